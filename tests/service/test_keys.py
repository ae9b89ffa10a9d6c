"""API keys: what each scope opens, how they are made, replaced and revoked, and that no secret is ever told."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import stat
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.routing import RouteContext, iter_route_contexts
from structlog.testing import capture_logs
from typer.testing import CliRunner

from memory import keyring
from memory.data_dir import open_data_dir
from memory.keyring import Keyring
from memory.keys import KeyScope
from memory.scope import Scope
from memory.store import Control, StoreUnavailable
from server.access import Access
from server.address import Address, read_address, write_address
from server.app import create_app, operator_token
from server.auth import needs_of, scope_for_key
from server.cli import connection
from server.cli.main import app as commands
from server.problems import Refusal
from server.settings import ENV_PREFIX, Settings
from tests.builders import item
from tests.fakes import HashedWords

EVENT = item("Signed In", "2026-03-01", "ada")
SCOPES = [scope.value for scope in KeyScope]
ANYWHERE = "0.0.0.0"  # noqa: S104


@pytest.fixture
async def install(tmp_path: Path) -> AsyncIterator[FastAPI]:
    """A fresh application, without any key."""
    async with started(tmp_path / "data") as app:
        yield app


@pytest.fixture(scope="module")
async def keyed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[FastAPI, dict[str, str]]]:
    """An application, and for each scope a key that has it alone."""
    async with started(tmp_path_factory.mktemp("keyed") / "data") as app:
        admin = await make(app, "admin", workspace="shop")
        others = {scope: await make(app, scope, key=admin) for scope in SCOPES if scope != "admin"}
        yield app, {**others, "admin": admin}


@asynccontextmanager
async def started(data_dir: Path, **settings: Any) -> AsyncIterator[FastAPI]:
    """An application that runs as long as the block."""
    app = create_app(Settings(data_dir=data_dir, **settings), embedder=HashedWords())
    async with app.router.lifespan_context(app):
        yield app


def caller(
    app: FastAPI, key: str | None = None, workspace: str | None = None, client: str = "127.0.0.1"
) -> httpx.AsyncClient:
    """A client with this key, from this address."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    if workspace:
        headers["X-Workspace"] = workspace
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(client, 5000))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers)


async def call(app: FastAPI, method: str, path: str, key: str | None = None, **given: Any) -> httpx.Response:
    asked = {name: given.pop(name) for name in ("workspace", "client") if name in given}
    async with caller(app, key, **asked) as http:
        return await http.request(method, path, **given)


async def make(app: FastAPI, *scopes: str, key: str | None = None, **given: Any) -> str:
    """The text of a new key."""
    body = {"scopes": list(scopes), **given.pop("body", {})}
    answer = await call(app, "POST", "/keys", key, json=body, **given)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["key"])


async def status(app: FastAPI, key: str | None, path: str = "/clients", **given: Any) -> int:
    return (await call(app, "GET", path, key, **given)).status_code


def id_of(text: str) -> str:
    return text.split("_")[1]


def routes(app: FastAPI) -> list[RouteContext]:
    return [route for route in iter_route_contexts(app.routes) if hasattr(route, "dependant")]


def scoped_calls(app: FastAPI) -> list[tuple[str, str, KeyScope]]:
    """Each address that needs a scope: its method, a path that names nothing, and the need."""
    return [
        (method, str(route.path_format).replace("{", "no-").replace("}", ""), need)
        for route in routes(app)
        for need in needs_of(route.dependant)
        for method in route.methods or ()
    ]


async def test_every_address_needs_exactly_one_scope_except_health_and_docs(shared_app: FastAPI) -> None:
    wrong = {route.path_format: len(list(needs_of(route.dependant))) for route in routes(shared_app)}
    assert {path for path, needs in wrong.items() if needs != 1} == {"/health/live", "/health/ready"}
    described = {"/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc"}
    plain = {getattr(r, "path", None) for r in iter_route_contexts(shared_app.routes) if not hasattr(r, "dependant")}
    assert plain == described


@pytest.mark.parametrize("scope", SCOPES)
async def test_a_key_opens_what_its_scope_is_for_and_nothing_else(
    keyed: tuple[FastAPI, dict[str, str]], scope: str
) -> None:
    app, keys = keyed
    calls = scoped_calls(app)
    assert {need for _, _, need in calls} == set(KeyScope)
    for method, path, need in calls:
        answer = await call(app, method, path, keys[scope], json={})
        assert (answer.status_code == 403) == (scope not in (need, "admin")), (method, path, answer.text)


async def test_no_address_that_needs_a_scope_answers_without_a_key(keyed: tuple[FastAPI, dict[str, str]]) -> None:
    for method, path, _ in scoped_calls(keyed[0]):
        assert (await call(keyed[0], method, path, json={})).status_code == 401, (method, path)


async def test_a_missing_scope_is_named(keyed: tuple[FastAPI, dict[str, str]]) -> None:
    app, keys = keyed
    problem = (await call(app, "GET", "/clients", keys["ingest"])).json()
    assert problem["type"] == "/problems/forbidden"
    assert problem["errors"][0]["reason"] == "missing_scope"
    assert "the scope read" in problem["detail"]


async def test_a_key_may_have_several_scopes(install: FastAPI) -> None:
    key = await make(install, "ingest", "read")
    assert await status(install, key) == 200
    assert (await call(install, "POST", "/events", key, json=EVENT)).status_code == 200
    assert await status(install, key, "/quarantine") == 403


async def test_the_description_names_the_scope_of_each_address(keyed: tuple[FastAPI, dict[str, str]]) -> None:
    paths = (await call(keyed[0], "GET", "/openapi.json")).json()["paths"]
    assert paths["/clients"]["get"]["security"] == [{}, {"key": ["read"]}, {"write_key": ["read"]}]
    assert paths["/events"]["post"]["security"][1] == {"key": ["ingest"]}
    assert "security" not in paths["/health/live"]["get"]


async def test_from_the_first_key_on_every_call_needs_one(install: FastAPI) -> None:
    assert await status(install, None) == 200
    key = await make(install, "read")
    assert await status(install, None) == 401
    assert await status(install, key) == 200
    assert await status(install, None, "/health/live") == 200


async def test_with_a_stored_key_pages_of_other_hosts_are_answered_and_without_again_refused(install: FastAPI) -> None:
    foreign = {"Host": "memory.example", "Origin": "https://shop.example"}
    assert await status(install, None, headers=foreign) == 421
    key = await make(install, "admin")
    assert await status(install, key, headers=foreign) == 200
    assert (await call(install, "DELETE", f"/keys/{id_of(key)}", key)).json()["state"] == "revoked"
    assert await status(install, key, headers=foreign) == 421
    assert await status(install, None) == 200


async def test_stored_keys_and_those_of_the_settings_work_side_by_side(tmp_path: Path) -> None:
    keys: Any = "tl_looks_alike=shop,plain=bank"
    async with started(tmp_path / "data", keys=keys) as app:
        stored = await make(app, "read", key="plain")
        assert [await status(app, key) for key in ("plain", "tl_looks_alike", stored, "other")] == [200, 200, 200, 401]
        assert (await call(app, "GET", "/keys", "plain")).json()["keys"][0]["workspace"] == "bank"
        assert await status(app, "plain", "/quarantine") == 200


async def test_a_key_never_opens_another_workspace(install: FastAPI) -> None:
    first = await make(install, "admin", workspace="first")
    second = await make(install, "admin", workspace="second", key=operator_token(install))
    await call(install, "POST", "/events", first, json=EVENT)
    assert await status(install, second, "/clients/ada") == 404
    assert await status(install, second, "/clients/ada", workspace="first") == 403
    assert await status(install, first, "/clients/ada", workspace="first") == 200


async def test_an_admin_key_reaches_only_the_keys_of_its_own_workspace(install: FastAPI) -> None:
    first = await make(install, "admin", workspace="first")
    second = await make(install, "admin", workspace="second", key=operator_token(install))
    listed = (await call(install, "GET", "/keys", first)).json()["keys"]
    assert [key["id"] for key in listed] == [id_of(first)]
    for method, path in (("DELETE", f"/keys/{id_of(second)}"), ("POST", f"/keys/{id_of(second)}/rotate")):
        answer = await call(install, method, path, first)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-key")
    assert await status(install, second) == 200


async def test_a_wrong_secret_of_a_known_id_is_told_like_an_unknown_key(install: FastAPI) -> None:
    key = await make(install, "read")
    near = key[:-1] + ("0" if key[-1] != "0" else "1")
    wrong = [near, key + "0", key[:-1], key.upper(), f"tl_{id_of(key)}_", f"tl_{'0' * 12}_{'0' * 64}"]
    told = [(await call(install, "GET", "/clients", text)).json()["detail"] for text in wrong]
    assert told == ["This key is not known."] * len(wrong)


async def test_a_revoked_key_stops_at_once_and_says_so(install: FastAPI) -> None:
    admin = await make(install, "admin")
    key = await make(install, "read", key=admin)
    assert await status(install, key) == 200
    await call(install, "DELETE", f"/keys/{id_of(key)}", admin)
    answer = await call(install, "GET", "/clients", key)
    assert (answer.status_code, answer.json()["detail"]) == (401, "This key is revoked.")
    again = await call(install, "DELETE", f"/keys/{id_of(key)}", admin)
    listed = (await call(install, "GET", "/keys", admin)).json()["keys"]
    assert again.json()["revoked_at"] == listed[1]["revoked_at"]


async def test_a_rotated_key_works_until_its_grace_ends(install: FastAPI) -> None:
    admin = await make(install, "admin")
    old = await make(install, "read", key=admin, body={"label": "dashboard"})
    reply = (await call(install, "POST", f"/keys/{id_of(old)}/rotate", admin, json={"grace_hours": 0.00005})).json()
    assert (reply["rotated_from"], reply["label"], reply["scopes"]) == (id_of(old), "dashboard", ["read"])
    assert [await status(install, old), await status(install, reply["key"])] == [200, 200]
    await asyncio.sleep(0.25)
    answer = await call(install, "GET", "/clients", old)
    assert (answer.status_code, answer.json()["detail"]) == (401, "This key has expired.")
    assert await status(install, reply["key"]) == 200


async def test_a_key_with_a_successor_or_an_end_behind_it_is_not_rotated(install: FastAPI) -> None:
    admin = await make(install, "admin")
    key = await make(install, "read", key=admin)
    rotate = partial(call, install, "POST", f"/keys/{id_of(key)}/rotate", admin)
    assert (await rotate()).status_code == 201
    again = await rotate()
    assert (again.status_code, again.json()["type"]) == (409, "/problems/key-conflict")
    await call(install, "DELETE", f"/keys/{id_of(key)}", admin)
    assert "revoked" in (await rotate()).json()["detail"]


async def test_a_successor_lives_as_long_as_the_key_did(tmp_path: Path) -> None:
    now, scope = datetime.now(UTC), Scope("shop")
    store = open_data_dir(tmp_path / "data", 64)
    ring = Keyring(store, shared=False)
    made = now - timedelta(days=9)
    key, text = await ring.create(scope, frozenset({KeyScope.READ}), "", made, timedelta(days=10))
    successor, _ = await ring.rotate(scope, key.id, now, timedelta(days=5))
    assert successor.expires_at == now + timedelta(days=10)
    old = ring.find(text)
    assert old is not None
    assert old.expires_at == made + timedelta(days=10)
    await store.close()


async def test_an_expired_key_is_refused_and_does_not_open_the_install(tmp_path: Path) -> None:
    text = await key_made_before(tmp_path / "data", timedelta(days=2))
    async with started(tmp_path / "data") as app:
        answer = await call(app, "GET", "/clients", text)
        assert (answer.status_code, answer.json()["detail"]) == (401, "This key has expired.")
        assert await status(app, None) == 401
        assert (await call(app, "GET", "/keys", operator_token(app))).json()["keys"][0]["state"] == "expired"


async def test_the_last_working_key_of_a_reachable_server_stays(tmp_path: Path) -> None:
    async with started(tmp_path / "data", host=ANYWHERE) as app:
        assert await status(app, None) == 401
        key = await make(app, "admin", key=operator_token(app))
        refused = await call(app, "DELETE", f"/keys/{id_of(key)}", key)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/last-key")
        assert await status(app, key) == 200
        second = await make(app, "read", key=key)
        both = (f"/keys/{id_of(key)}", f"/keys/{id_of(second)}")
        answers = await asyncio.gather(*(call(app, "DELETE", path, operator_token(app)) for path in both))
        assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_where_the_settings_have_a_key_the_last_stored_one_can_go(tmp_path: Path) -> None:
    keys: Any = "plain=default"
    async with started(tmp_path / "data", host=ANYWHERE, keys=keys) as app:
        key = await make(app, "read", key="plain")
        assert (await call(app, "DELETE", f"/keys/{id_of(key)}", "plain")).status_code == 200
        assert await status(app, None) == 401


async def test_keys_made_at_the_same_time_all_work(install: FastAPI) -> None:
    admin = await make(install, "admin")
    made = await asyncio.gather(*(make(install, "read", key=admin) for _ in range(20)))
    assert len(set(made)) == 20
    assert {await status(install, key) for key in made} == {200}
    listed = (await call(install, "GET", "/keys", admin)).json()["keys"]
    assert {key["id"] for key in listed} == {id_of(key) for key in [admin, *made]}


async def test_keys_outlive_a_restart(tmp_path: Path) -> None:
    async with started(tmp_path / "data") as app:
        key, token = await make(app, "read"), operator_token(app)
    async with started(tmp_path / "data") as app:
        assert [await status(app, None), await status(app, key), await status(app, token)] == [401, 200, 401]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["write"]}, "/scopes/0"),
        ({}, "/scopes"),
        ({"scopes": ["read"], "label": "x" * 101}, "/label"),
        ({"scopes": ["read"], "expires_days": 0}, "/expires_days"),
        ({"scopes": ["read"], "workspace": "bank"}, "/workspace"),
    ],
)
async def test_a_key_that_cannot_be_is_refused_by_field(client: httpx.AsyncClient, body: Any, field: str) -> None:
    answer = await client.post("/keys", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_no_secret_is_listed_exported_logged_described_or_told_in_an_error(install: FastAPI) -> None:
    with capture_logs() as logs:
        admin = await make(install, "admin")
        token = operator_token(install)
        calls: list[tuple[str, str, dict[str, Any]]] = [
            ("GET", "/keys", {}),
            ("GET", "/export", {}),
            ("GET", "/openapi.json", {}),
            ("GET", "/clients/nobody", {}),
            ("GET", "/clients", {"workspace": "bank"}),
            ("POST", "/keys", {"json": {}}),
            ("DELETE", f"/keys/{admin}", {}),
        ]
        answers = [
            await call(install, method, path, key, **given)
            for key in (admin, token, admin[:-1])
            for method, path, given in calls
        ]
    kept = install.state.services.keys.keyring.find(admin)
    for answer in answers:
        for secret in (admin.split("_")[2][:-1], token, kept.digest):
            assert secret not in answer.text, answer.request.url
            assert secret not in json.dumps(logs, default=str)


async def test_keys_are_no_part_of_an_export(install: FastAPI) -> None:
    key = await make(install, "admin", body={"label": "a-label-to-find"})
    text = (await call(install, "GET", "/export", key)).text
    assert id_of(key) not in text
    assert "a-label-to-find" not in text


async def test_the_operator_opens_every_workspace_from_this_machine_alone(install: FastAPI) -> None:
    await make(install, "read", workspace="shop")
    token = operator_token(install)
    assert await status(install, token, workspace="shop") == 200
    assert await status(install, token, "/keys", workspace="bank") == 200
    assert await status(install, token, client="203.0.113.9") == 401
    assert await status(install, token + "x") == 401


async def test_a_key_of_the_body_is_checked_like_one_of_the_headers(install: FastAPI) -> None:
    assert (await scope_for_key(asked(install), "any", KeyScope.INGEST)).workspace == "default"
    key = await make(install, "ingest", workspace="shop")
    assert (await scope_for_key(asked(install), key, KeyScope.INGEST)).workspace == "shop"
    for sent, need, refused in [(None, "ingest", 401), ("x", "ingest", 401), (key, "read", 403)]:
        with pytest.raises(Refusal) as why:
            await scope_for_key(asked(install), sent, KeyScope(need))
        assert why.value.status_code == refused
    with pytest.raises(Refusal, match="X-Workspace"):
        await scope_for_key(asked(install, ("x-workspace", "bank")), key, KeyScope.INGEST)


async def test_a_key_of_the_headers_goes_before_one_of_the_body(install: FastAPI) -> None:
    key = await make(install, "ingest", workspace="shop")
    basic = ("authorization", "Basic " + base64.b64encode(f"{key}:".encode()).decode())
    assert (await scope_for_key(asked(install, basic), "wrong", KeyScope.INGEST)).workspace == "shop"
    with pytest.raises(Refusal):
        await scope_for_key(asked(install, ("authorization", "Bearer wrong")), key, KeyScope.INGEST)


def asked(app: FastAPI, *headers: tuple[str, str]) -> Request:
    """A request as a route sees it."""
    raw = [(name.encode(), value.encode()) for name, value in (("host", "127.0.0.1"), *headers)]
    return Request({"type": "http", "app": app, "headers": raw, "client": ("127.0.0.1", 1), "server": None})


async def test_another_process_of_the_same_store_learns_of_keys_within_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, scope = datetime.now(UTC), Scope("shop")
    store = open_data_dir(tmp_path / "data", 64)
    here, there = Keyring(store, shared=True), Keyring(store, shared=True)
    await there.refresh()
    key, text = await here.create(scope, frozenset({KeyScope.READ}), "", now)
    await there.refresh()
    assert there.find(text) is None
    monkeypatch.setattr(keyring, "REREAD_S", 0.0)
    await there.refresh()
    assert there.find(text) == key
    await here.revoke(scope, key.id, now, keep_one=False)
    await there.refresh()
    assert not there.in_use
    await store.close()


class Gated:
    """A store whose keys are read, but not handed over before the gate opens; or that is away."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.gate = asyncio.Event()
        self.read = asyncio.Event()
        self.reads = 0
        self.away = False

    async def put(self, scope: Scope, controls: list[Control]) -> None:
        await self._store.put(scope, controls)

    async def controls(self, scope: Scope, kind: str) -> list[Control]:
        self.reads += 1
        found = await self._store.controls(scope, kind)
        self.read.set()
        await self.gate.wait()
        if self.away:
            raise StoreUnavailable("away")
        return list(found)


async def test_a_key_made_while_the_keys_are_read_is_kept(tmp_path: Path) -> None:
    store = open_data_dir(tmp_path / "data", 64)
    slow: Any = Gated(store)
    ring = Keyring(slow, shared=True)
    reading = asyncio.create_task(ring.refresh())
    await slow.read.wait()
    key, text = await ring.create(Scope("shop"), frozenset({KeyScope.READ}), "", datetime.now(UTC))
    slow.gate.set()
    await reading
    assert ring.find(text) == key
    await store.close()


async def test_callers_who_wait_for_the_keys_share_one_read_and_its_failure(tmp_path: Path) -> None:
    store = open_data_dir(tmp_path / "data", 64)
    slow: Any = Gated(store)
    slow.away = True
    ring = Keyring(slow, shared=True)
    waiting = [asyncio.create_task(ring.refresh()) for _ in range(20)]
    await slow.read.wait()
    slow.gate.set()
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(each) for each in found} == {StoreUnavailable}
    assert slow.reads == 1
    slow.away = False
    await ring.refresh()
    assert slow.reads == 2
    await store.close()


async def test_a_key_made_by_another_process_lets_pages_of_other_hosts_in(
    install: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = beside(install, monkeypatch)
    assert await status(install, None) == 200
    _, text = await other.create(Scope("default"), frozenset({KeyScope.READ}), "", datetime.now(UTC))
    assert await status(install, text, headers={"Host": "memory.example"}) == 200


async def test_when_another_process_revokes_the_last_key_other_hosts_are_refused_at_once(
    install: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = beside(install, monkeypatch)
    key, text = await other.create(Scope("default"), frozenset({KeyScope.READ}), "", datetime.now(UTC))
    assert await status(install, text) == 200
    await other.revoke(Scope("default"), key.id, datetime.now(UTC), keep_one=False)
    assert await status(install, None, headers={"Host": "memory.example"}) == 421
    assert await status(install, None) == 200


async def test_while_the_keys_cannot_be_read_callers_are_told_to_come_again(install: FastAPI) -> None:
    services = install.state.services
    away: Any = Gated(services.store)
    away.away = True
    away.gate.set()
    services.keys = Access(services.settings, Keyring(away, shared=True))
    answer = await call(install, "GET", "/clients")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert await status(install, None, "/health/live") == 200
    assert await status(install, None, headers={"Host": "memory.example"}) == 421


def beside(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Keyring:
    """The keys as another process of the same store has them; each call reads them again."""
    monkeypatch.setattr(keyring, "REREAD_S", 0.0)
    services = app.state.services
    services.keys = Access(services.settings, Keyring(services.store, shared=True))
    return Keyring(services.store, shared=True)


async def test_looking_a_key_up_takes_as_long_among_many(tmp_path: Path) -> None:
    def seconds(ring: Keyring, text: str) -> float:
        def once() -> float:
            begun = time.perf_counter()
            for _ in range(200):
                ring.find(text)
            return time.perf_counter() - begun

        return min(once() for _ in range(5))

    now, scope, scopes = datetime.now(UTC), Scope("shop"), frozenset({KeyScope.READ})
    store = open_data_dir(tmp_path / "data", 64)
    few, many = Keyring(store, shared=False), Keyring(store, shared=False)
    _, text = await few.create(scope, scopes, "", now)
    await many.refresh()
    for _ in range(500):
        await many.create(scope, scopes, "", now)
    # Comparing with each of them would take some 500 times as long.
    assert seconds(many, text) < 10 * seconds(few, text)
    assert many.find(text) is not None
    await store.close()


async def key_made_before(data_dir: Path, ago: timedelta, lifetime: timedelta = timedelta(days=1)) -> str:
    """A key that was made some time ago, in a data directory that nobody serves."""
    store = open_data_dir(data_dir, HashedWords.dimensions)
    scopes = frozenset({KeyScope.ADMIN})
    _, text = await Keyring(store, shared=False).create(Scope("default"), scopes, "", datetime.now(UTC) - ago, lifetime)
    await store.close()
    return text


async def test_an_address_that_others_can_reach_is_served_with_a_stored_key(launch: Any, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    key = await key_made_before(data_dir, timedelta())
    server = launch(data_dir, host=ANYWHERE)
    async with httpx.AsyncClient(base_url=server.url) as client:
        assert (await client.get("/clients")).status_code == 401
        assert (await client.get("/clients", headers={"Authorization": f"Bearer {key}"})).status_code == 200
    server.process.terminate()
    server.ended()


@pytest.mark.parametrize("expired", [False, True])
async def test_an_address_that_others_can_reach_is_not_served_without_a_key_that_works(
    launch: Any, tmp_path: Path, expired: bool
) -> None:
    if expired:
        await key_made_before(tmp_path / "data", timedelta(days=2))
    code, said = launch(tmp_path / "data", host=ANYWHERE).ended()
    assert code == 1
    assert said.count("\n") == 1
    assert "no key works" in said


async def test_a_server_tells_its_token_to_its_owner_alone_and_logs_no_secret(launch: Any, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    server = launch(data_dir, log_level="debug")
    async with httpx.AsyncClient(base_url=server.url) as client:
        key = (await client.post("/keys", json={"scopes": ["read"]})).json()["key"]
        await client.get("/clients", headers={"Authorization": f"Bearer {key}"})
        token = read_address(data_dir).token  # type: ignore[union-attr]
        answer = await client.get("/keys", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
    assert stat.S_IMODE((data_dir / "server.json").stat().st_mode) == 0o600
    server.process.terminate()
    _, said = server.ended()
    assert "request" in said
    assert key.split("_")[2] not in said
    assert token not in said
    assert not (data_dir / "server.json").exists()


def test_an_address_is_read_by_its_owner_alone_whatever_lay_there(tmp_path: Path) -> None:
    for name in (f"server.json.{os.getpid()}", "server.json"):
        (tmp_path / name).write_text("{}")
        (tmp_path / name).chmod(0o644)
    write_address(tmp_path, Address("http://127.0.0.1:1", os.getpid(), "token"))
    assert stat.S_IMODE((tmp_path / "server.json").stat().st_mode) == 0o600
    assert "token" not in repr(read_address(tmp_path))


def run(*arguments: str) -> str:
    """What a command prints that goes well."""
    result = CliRunner().invoke(commands, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def failed(*arguments: str) -> str:
    result = CliRunner().invoke(commands, arguments, catch_exceptions=False)
    assert result.exit_code == 1, result.output
    return " ".join(result.stderr.split())


@pytest.fixture(params=["with a server", "without one"])
def operated(request: Any, launch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory that the commands are told of, served or not."""
    monkeypatch.setenv(f"{ENV_PREFIX}DATA_DIR", str(tmp_path / "data"))
    if request.param == "with a server":
        assert launch(tmp_path / "data").url
    monkeypatch.setattr(connection, "create_app", partial(create_app, embedder=HashedWords()))
    return tmp_path / "data"


def test_keys_are_made_listed_rotated_and_revoked_by_command(operated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, told = run("keys", "create", "-w", "shop", "-s", "read", "--label", "desk", "--expires-days", "2").split(
        "\n"
    )[:2]
    assert "read of workspace shop, until " in told
    # The key shuts nobody out of their own machine.
    listed = json.loads(run("keys", "list", "-w", "shop", "--json"))["keys"]
    assert [(key["id"], key["label"], key["state"]) for key in listed] == [(id_of(text), "desk", "active")]
    assert id_of(text) in run("keys", "list", "-w", "shop")
    assert run("keys", "list", "-w", "bank").strip() == "no keys"

    rotated = json.loads(run("keys", "rotate", id_of(text), "-w", "shop", "--grace-hours", "0", "--json"))
    assert rotated["rotated_from"] == id_of(text)
    with monkeypatch.context() as patch:
        patch.setenv(f"{ENV_PREFIX}KEY", rotated["key"])
        assert "Unknown client" in failed("client", "nobody")
        assert "does not open the workspace" in failed("client", "nobody", "-w", "bank")
        assert "the scope admin" in failed("keys", "list")
        patch.setenv(f"{ENV_PREFIX}KEY", text.strip())
        assert "This key has expired" in failed("client", "nobody")

    assert run("keys", "revoke", rotated["id"], "-w", "shop").strip() == f"The key {rotated['id']} is revoked."
    states = [key["state"] for key in json.loads(run("keys", "list", "-w", "shop", "--json"))["keys"]]
    assert states == ["expired", "revoked"]
    assert "has no key of this id" in failed("keys", "revoke", "none", "-w", "shop")


def test_a_token_is_sent_to_no_other_server_than_its_own(
    launch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = launch(tmp_path / "data")
    httpx.post(f"{server.url}/keys", json={"scopes": ["read"]}).raise_for_status()
    monkeypatch.setenv(f"{ENV_PREFIX}DATA_DIR", str(tmp_path / "data"))
    assert run("keys", "list", "--url", f"{server.url}/").strip()
    own = read_address(tmp_path / "data")
    assert own
    write_address(tmp_path / "elsewhere", replace(own, url="http://127.0.0.1:9"))
    monkeypatch.setenv(f"{ENV_PREFIX}DATA_DIR", str(tmp_path / "elsewhere"))
    assert "Send a key" in failed("keys", "list", "--url", server.url)
