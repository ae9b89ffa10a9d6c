"""The product under judgement: the application in this process, on a store of its own, filled through its API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from rich.console import Console
from starlette.applications import Starlette

from evals.everybody import everybodys_signals
from evals.progress import bar
from evals.sources import SOURCES, Source
from evals.target import Json, TargetFailed, chat_request
from memory.scope import workspace_scope
from server import logs
from server.app import create_app
from server.bootstrap import Services
from server.settings import Settings
from server.times import moment
from tools import recall, recommend
from tools.tool import ToolContext

_TIMEOUT_S = 120.0
_POLL_S = 0.2
_BATCH = 200


class CannotPrepare(Exception):
    """The data of a suite could not be loaded: nothing was judged."""


@dataclass(frozen=True, slots=True)
class Product:
    """`Target` over the API, every call naming its workspace; and the services, for what has no route of its own."""

    client: httpx.AsyncClient
    services: Services

    async def prepare(self, workspaces: Collection[str], console: Console, *, by_meaning: bool = True) -> None:
        for name in sorted(workspaces):
            await self._load(SOURCES[name], console)
        if by_meaning:
            await self._wait_until_searchable(console)
        for name in sorted(workspaces):
            for customer_id in SOURCES[name].erased:
                await self._json("POST", "/erasures", name, json={"client_id": customer_id})

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
        return await self._json("POST", "/chat", workspace, json=body)

    async def search(
        self, workspace: str, customer_id: str | None, query: str, *, as_of: str | None = None, limit: int = 20
    ) -> list[str]:
        if customer_id is None:
            # As the agent searches it; it has no route.
            context = await self._context(workspace, as_of)
            found = await recall.run(context, recall.RecallArgs(query=query, limit=limit))
            return [key for memory in found.memories for key in _ids(memory.message_id, memory.message_ids)]
        params = {"query": query, "limit": str(limit), **({"as_of": as_of} if as_of else {})}
        reply = await self._json("GET", f"/clients/{customer_id}/memory", workspace, params=params)
        return [key for each in reply["memories"] for key in _ids(each["message_id"], each["message_ids"])]

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
        context = await self._context(workspace, as_of)
        asked = {"client_id": customer_id, "limit": limit, "kind": kind, "exclude_owned": exclude_owned}
        found = await recommend.run(context, recommend.RecommendArgs.model_validate(asked))
        return [each.model_dump(mode="json") for each in found.recommendations]

    async def _context(self, workspace: str, as_of: str | None) -> ToolContext:
        scope = workspace_scope(workspace)
        return self.services.desk.context(scope, await moment(self.services, scope, as_of))

    async def _load(self, source: Source, console: Console) -> None:
        """A workspace's events, sent the way anybody would send them."""
        await self._json("PUT", "/workspace", source.name, json=source.settings)
        await self._send(source.name, source.title, source.lines(), console)

    async def send(self, workspace: str, events: Sequence[Mapping[str, Any]], console: Console) -> None:
        """Events of no source of ours, until they can be found by meaning."""
        await self._send(workspace, workspace, events, console)
        await self._wait_until_searchable(console)

    async def _send(self, workspace: str, title: str, lines: Sequence[Mapping[str, Any]], console: Console) -> None:
        with bar(console, title, len(lines)) as advance:
            for start in range(0, len(lines), _BATCH):
                batch = list(lines[start : start + _BATCH])
                counts = (await self._json("POST", "/events", workspace, json=batch))["counts"]
                if counts["accepted"] != len(batch):
                    raise CannotPrepare(f"{workspace}: of {len(batch)} events the product took {counts}")
                advance(len(batch))

    async def _wait_until_searchable(self, console: Console) -> None:
        """Until no event waits for its vectors."""
        pending = left = await self._pending()
        with bar(console, "Embedding", pending) as advance:
            while left:
                await asyncio.sleep(_POLL_S)
                now = await self._pending()
                advance(left - now)
                left = now

    async def _pending(self) -> int:
        return int((await self._json("GET", "/health/ready"))["pending"])

    async def _json(self, method: str, path: str, workspace: str = "default", **sent: Any) -> Json:
        response = await self.client.request(method, path, headers={"X-Workspace": workspace}, **sent)
        if not response.is_success:
            raise TargetFailed(f"{method} {path}: {response.status_code} {response.text[:500]}")
        found: Json = response.json()
        return found


def _ids(best: str, same: Sequence[str]) -> list[str]:
    """The events of a memory in the order a reader meets them: the one that is shown, then those that say the same."""
    return [best, *(key for key in same if key != best)]


@asynccontextmanager
async def product(model: dict[str, Any] | None = None) -> AsyncIterator[Product]:
    """The product on an empty store; without `model` (settings of the chat model) every run is the same."""
    logs.configure("error")
    with TemporaryDirectory() as folder:
        given: dict[str, Any] = {"data_dir": Path(folder), "keys": {}, "llm_model": None, "qdrant_url": None}
        # What the environment sets would make two runs differ.
        app = create_app(Settings(_env_file=None, **{**given, **(model or {})}))
        async with app.router.lifespan_context(app), client_of(app) as client:
            yield Product(client, app.state.services)


def client_of(app: Starlette) -> httpx.AsyncClient:
    """A client of an application in this process."""
    # A 500 is an answer, and that sample's failure.
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=_TIMEOUT_S)
