"""A running service under judgement: only the address that is named is spoken to, and nothing there is changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
from rich.console import Console

from evals.everybody import everybodys_signals
from evals.target import Json, TargetFailed, chat_request

#: As long as the commands wait: the first search of a cold service loads its model.
_TIMEOUT_S = 120.0
_PAGE = 500
#: Of a larger workspace the customers are not listed: that would take longer than the questions.
MOST_CUSTOMERS = 10_000
#: Look-ups under way at once, so as not to crowd out those who use the service.
_AT_ONCE = 4
_KEY_REFUSED = (401, 403)
_DEFAULT_WORKSPACE = "default"


class Unreachable(Exception):
    """The service is not there, is no Throughline, or does not let us in: nothing can be judged."""


@dataclass(frozen=True, slots=True)
class Remote:
    """`Target` over HTTP; with `workspace` every call goes there, else where its sample says.

    A key names its workspace itself, so samples that name none ("default") leave that to the service.
    """

    client: httpx.AsyncClient
    workspace: str | None
    title: str
    _known: dict[tuple[str, ...], Any] = field(default_factory=dict, repr=False)

    async def prepare(self, workspaces: Collection[str], console: Console, *, by_meaning: bool = True) -> None:
        """Raises Unreachable where the service is not ready, or a workspace is not to be read or is empty."""
        ready = await self._get("/health/ready", _DEFAULT_WORKSPACE)
        if ready.get("status") != "ready":
            raise Unreachable(f"{self._url} answers, but not as this product does.")
        for name in sorted(workspaces):
            if not (await self._get("/clients", name, {"limit": 1})).get("total"):
                raise Unreachable(
                    f"The workspace {self._named(name) or 'of this key'} of {self._url} has no customers."
                )

    async def ask(
        self,
        workspace: str,
        question: str,
        *,
        customer_id: str | None = None,
        as_of: str | None = None,
        thread_id: str | None = None,
    ) -> Json:
        body = chat_request(question, customer_id, as_of, thread_id)
        reply = await self._json("POST", "/chat", workspace, json=body)
        missing = {"thread_id", "answer", "citations", "facts", "tools", "abstained", "mode", "as_of"} - reply.keys()
        if missing:
            raise TargetFailed(f"POST /chat: the reply has no {', '.join(sorted(missing))}")
        return reply

    async def search(
        self, workspace: str, customer_id: str | None, query: str, *, as_of: str | None = None, limit: int = 20
    ) -> list[str]:
        """As `Target`; over everybody's memory the API does not search: TargetFailed."""
        if customer_id is None:
            raise TargetFailed("the API searches the memory of one customer at a time")
        params = {"query": query, "limit": limit, **({"as_of": as_of} if as_of else {})}
        reply = await self._json("GET", f"/clients/{quote(customer_id, safe='')}/memory", workspace, params=params)
        return [memory["message_id"] for memory in reply["memories"]]

    async def churn(self, workspace: str, as_of: str) -> list[Json]:
        async def send(method: str, path: str, **sent: Any) -> Json:
            return await self._json(method, path, workspace, **sent)

        return await everybodys_signals(send, as_of)

    async def recommend(
        self,
        workspace: str,
        customer_id: str,
        as_of: str,
        limit: int,
        *,
        kind: str | None = None,
        exclude_owned: bool = False,
    ) -> list[Json]:
        params: Json = {
            "as_of": as_of,
            "limit": limit,
            "exclude_owned": exclude_owned,
            **({"kind": kind} if kind else {}),
        }
        path = f"/clients/{quote(customer_id, safe='')}/recommendations"
        found: list[Json] = (await self._json("GET", path, workspace, params=params))["recommendations"]
        return found

    async def lookup(self, workspace: str, message_ids: Iterable[str]) -> dict[str, Json | None]:
        """The version in force of each event as GET /events gives it; None where there is none."""
        keys = sorted(set(message_ids))
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(key: str) -> Json | None:
            async with gate:
                return await self._event(workspace, key)

        return dict(zip(keys, await asyncio.gather(*map(one, keys)), strict=True))

    async def person(self, workspace: str, customer_id: str) -> str:
        """Who an id belongs to: itself, or the customer that an anonymous id was joined to."""
        found: str | None = self._known.get(("person", workspace, customer_id))
        if found is None:
            body = {"client_id": customer_id}
            response = await self._send("POST", "/signals/churn", workspace, json=body)
            found = customer_id if response.status_code == 404 else self._read(response)["results"][0]["client_id"]
            self._known["person", workspace, customer_id] = found
        return found

    async def customers(self, workspace: str) -> list[Json]:
        """Id and name of everybody; of a workspace with more than MOST_CUSTOMERS nobody. Asked once."""
        found: list[Json] | None = self._known.get(("customers", workspace))
        if found is None:
            found = self._known["customers", workspace] = await self._customers(workspace)
        return found

    async def clock(self, workspace: str) -> tuple[str, str]:
        """Its present as an ISO instant, and its time zone; UTC where the key may not read that."""
        now = (await self._json("GET", "/clients", workspace, params={"limit": 1}))["as_of"]
        zone = self._known.get(("zone", workspace))
        if zone is None:
            response = await self._send("GET", "/workspace", workspace)
            refused = response.status_code in _KEY_REFUSED
            zone = self._known["zone", workspace] = "UTC" if refused else self._read(response)["time_zone"]
        return now, zone

    async def _event(self, workspace: str, message_id: str) -> Json | None:
        response = await self._send("GET", "/events", workspace, params={"message_id": message_id})
        # 422: no id that an event could have.
        if response.status_code in (404, 422):
            return None
        versions = self._read(response)["versions"]
        return next((version for version in versions if version["in_force"]), None)

    async def _customers(self, workspace: str) -> list[Json]:
        found: list[Json] = []
        params: Json = {"limit": _PAGE}
        while True:
            page = await self._json("GET", "/clients", workspace, params=params)
            if page["total"] > MOST_CUSTOMERS:
                return []
            found += [{"client_id": row["client_id"], "name": row["name"]} for row in page["clients"]]
            if page["next_cursor"] is None:
                return found
            params["cursor"] = page["next_cursor"]

    async def _get(self, path: str, workspace: str, params: Json | None = None) -> Json:
        """Before anything is judged: whatever fails here is no sample's failure."""
        try:
            return await self._json("GET", path, workspace, params=params)
        except TargetFailed as error:
            raise Unreachable(f"{self._url} cannot be judged: {error}") from error

    async def _json(self, method: str, path: str, workspace: str, **sent: Any) -> Json:
        return self._read(await self._send(method, path, workspace, **sent))

    async def _send(self, method: str, path: str, workspace: str, **sent: Any) -> httpx.Response:
        """Raises Unreachable where nobody is there or the key is refused, TargetFailed where no answer comes."""
        named = self._named(workspace)
        headers = {"X-Workspace": named} if named else {}
        try:
            response = await self.client.request(method, path, headers=headers, **sent)
        except httpx.ConnectError as error:
            raise Unreachable(f"Nothing answers at {self._url}: {error or type(error).__name__}") from error
        except httpx.HTTPError as error:
            raise TargetFailed(f"{method} {path}: {error or type(error).__name__}") from error
        if response.status_code in _KEY_REFUSED and path != "/workspace":
            raise Unreachable(f"{self._url} does not let this key in: {_told(response)}")
        if response.is_redirect:
            # A key follows nobody else's pointer.
            raise Unreachable(f"{self._url} points to {response.headers.get('location')}: name that address.")
        return response

    def _read(self, response: httpx.Response) -> Json:
        if response.is_success:
            try:
                found = response.json()
            except ValueError:
                found = None
            if isinstance(found, dict):
                return found
        raise TargetFailed(f"{response.request.method} {response.request.url.path}: {_told(response)}")

    def _named(self, workspace: str) -> str | None:
        return self.workspace or (workspace if workspace != _DEFAULT_WORKSPACE else None)

    @property
    def _url(self) -> str:
        return str(self.client.base_url).rstrip("/")


@asynccontextmanager
async def remote(url: str, key: str | None = None, workspace: str | None = None) -> AsyncIterator[Remote]:
    """The service at a URL; raises Unreachable for what is no address of one."""
    address = address_of(url)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=_TIMEOUT_S) as client:
        yield Remote(client, workspace, f"the service at {url}")


def address_of(url: str) -> httpx.URL:
    """The address of a service; raises Unreachable for what is none, or holds a secret: it stands in every report."""
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        address = httpx.URL("")
    if address.userinfo or address.query:
        raise Unreachable("The address holds a password or a query: leave it out, and give a key with --key.")
    if address.scheme not in ("http", "https") or not address.host:
        raise Unreachable(f"{url!r} is no address of a service, such as http://127.0.0.1:8000")
    return address


def _told(response: httpx.Response) -> str:
    """The sentence of a problem, else the status."""
    try:
        problem = response.json()
        return f"{response.status_code} {problem['title']}: {problem['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"{response.status_code}, and no JSON of this product"
