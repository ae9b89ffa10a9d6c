"""The caretaker: trouble in one workspace holds up no other, and what a crash left behind is put right."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from memory.caretaker import Caretaker
from memory.data_dir import open_data_dir
from memory.kinds import RECEIPT
from memory.points import rebuild
from memory.scope import Scope
from memory.store import Control
from server.app import create_app
from server.bootstrap import Services
from server.settings import Settings
from tests.builders import item
from tests.fakes import HashedWords
from tests.service.conftest import Serve
from tests.talk import get, send, talk

KEEPS_A_YEAR = {"retention_days": 365, "now": "2026-06-01"}
LIFE = [item("Old", "2020-01-01"), item("New", "2026-01-01")]


async def titles(client: httpx.AsyncClient) -> list[str]:
    return [event["title"] for event in (await get(client, "/clients/c1/timeline"))["events"]]


async def until_receipts(client: httpx.AsyncClient) -> list[Any]:
    """The receipts, once there are any."""
    for _ in range(250):
        if found := (await get(client, "/erasures"))["receipts"]:
            return list(found)
        await asyncio.sleep(0.02)
    raise TimeoutError("no receipt was written")


@pytest.fixture
async def services(tmp_path: Path) -> Any:
    """Everything, running, on a directory of its own, and a client of it."""
    app = create_app(Settings(data_dir=tmp_path / "own"), embedder=HashedWords())
    async with app.router.lifespan_context(app), talk(app, "zz") as client:
        # Its own first round is over before a test begins.
        await asyncio.sleep(0.05)
        yield app.state.services, client


async def test_trouble_in_one_workspace_keeps_no_other_from_forgetting(
    services: tuple[Services, httpx.AsyncClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    built, client = services
    await send(client, LIFE)
    await client.put("/workspace", json=KEEPS_A_YEAR)
    await client.post("/events", json=LIFE, headers={"X-Workspace": "aa"})
    enforce, resume = built.eraser.enforce, built.eraser.resume

    def troubled(real: Any) -> Any:
        async def call(scope: Scope, now: datetime) -> Any:
            if scope.workspace == "aa":
                raise TypeError("something of a customer's")
            return await real(scope, now)

        return call

    monkeypatch.setattr(built.eraser, "enforce", troubled(enforce))
    monkeypatch.setattr(built.eraser, "resume", troubled(resume))
    await built.caretaker.round(datetime.now(UTC))
    assert await titles(client) == ["New"]


async def test_a_receipt_that_cannot_be_read_stops_no_compaction(services: tuple[Services, httpx.AsyncClient]) -> None:
    built, client = services
    await send(client, LIFE)
    await client.post("/events", json=LIFE, headers={"X-Workspace": "aa"})
    await built.store.put(Scope("aa"), [Control(RECEIPT, "x", {"a": 1})])
    await client.delete("/clients/c1")
    assert (await client.post("/compact")).json() == {"purged_receipts": 1}


async def test_pending_receipts_that_cannot_be_compared_stop_no_compaction_of_others(
    services: tuple[Services, httpx.AsyncClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    built, client = services
    await send(client, LIFE)
    await client.post("/events", json=LIFE, headers={"X-Workspace": "aa"})
    await client.delete("/clients/c1")
    controls = built.store.controls

    async def damaged(scope: Scope, kind: str, *rest: Any) -> Any:
        if (scope.workspace, kind) == ("aa", RECEIPT):
            raise KeyError("data")
        return await controls(scope, kind, *rest)

    monkeypatch.setattr(built.store, "controls", damaged)
    assert (await client.post("/compact")).json() == {"purged_receipts": 1}


async def test_the_caretaker_goes_on_after_a_round_that_failed(
    services: tuple[Services, httpx.AsyncClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    built, _ = services
    rounds = 0

    class Clumsy(Caretaker):
        async def round(self, now: datetime) -> None:
            nonlocal rounds
            rounds += 1
            raise TypeError("never seen before")

    monkeypatch.setattr("memory.caretaker.EVERY_S", 0.01)
    clumsy = Clumsy(built.store, built.workspaces, built.eraser)
    clumsy.background.start()
    await asyncio.sleep(0.1)
    await clumsy.background.stop()
    assert rounds > 1


async def test_whom_an_import_left_alive_when_it_was_killed_is_erased_at_the_next_start(
    serve_app: Serve, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    async with serve_app(data_dir=data_dir) as client:
        await send(client, LIFE)
        copy = [orjson.loads(line) for line in (await client.get("/export")).content.splitlines()[1:]]
        await client.delete("/clients/c1")
    store = open_data_dir(data_dir, HashedWords.dimensions)
    scope = Scope("default")
    # As if the process had ended between the last line and what follows it.
    assert await store.restore(scope, [rebuild(scope, line) for line in copy]) == 2
    await store.close()
    async with serve_app(data_dir=data_dir) as client:
        for _ in range(250):
            if (await client.get("/clients/c1")).status_code == 404:
                break
            await asyncio.sleep(0.02)
        assert (await client.get("/clients/c1")).status_code == 404


async def test_retention_of_a_workspace_works_beside_one_with_a_damaged_receipt(
    serve_app: Serve, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    async with serve_app(data_dir=data_dir) as client:
        await client.post("/events", json=LIFE, headers={"X-Workspace": "aa"})
        await send(client, LIFE)
        await client.put("/workspace", json=KEEPS_A_YEAR)
    store = open_data_dir(data_dir, HashedWords.dimensions)
    await store.put(Scope("aa"), [Control(RECEIPT, "x", {"a": 1})])
    await store.close()
    async with serve_app(data_dir=data_dir) as client:
        (receipt,) = await until_receipts(client)
        assert receipt["cause"] == "retention"
        assert await titles(client) == ["New"]
