"""What waits to be embedded is bounded: past the bound new events are refused whole, and told when to come back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from memory.backlog import MAX_TEXTS_OF, Backlog
from memory.data_dir import open_data_dir
from memory.embedder import EmbedderUnavailable, Vectors
from memory.indexer import SCAN_EVENTS, Indexer
from memory.scope import Scope
from memory.store import Store
from memory.workspaces import Workspaces
from tests.builders import make_intake
from tests.fakes import HashedWords
from tests.service.conftest import Serve
from tests.talk import Json, get, settle

ACME, OTHER = Scope("acme"), Scope("other")
MOST = 20


class Held(HashedWords):
    """Embeds nothing until it is let go, and knows what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()
        self.asked: list[str] = []

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        await self.go.wait()
        return await super().embed(texts)


class Away(Held):
    """Is not there at all until it is let go."""

    async def embed(self, texts: Sequence[str]) -> Vectors:
        if not self.go.is_set():
            raise EmbedderUnavailable("away")
        return await super().embed(texts)


def notes(first: int, count: int, user: str = "ada") -> list[Json]:
    return [
        {"event": "Note Left", "userId": user, "messageId": f"{user}-{n}", "timestamp": 1_772_357_400 + n,
         "properties": {"text": f"lamp {n}"}}
        for n in range(first, first + count)
    ]  # fmt: skip


async def verdicts(client: httpx.AsyncClient, items: list[Json]) -> Json:
    answer = await client.post("/events", json=items)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["counts"])


async def waiting(client: httpx.AsyncClient) -> float:
    (line,) = [
        line for line in (await client.get("/metrics")).text.splitlines()
        if line.startswith("throughline_events_waiting ")
    ]  # fmt: skip
    return float(line.split()[1])


async def test_past_the_bound_a_request_is_refused_whole_and_told_when_to_come_back(serve_app: Serve) -> None:
    async with serve_app(embedder=Held(), max_pending=MOST) as client:
        await verdicts(client, notes(0, MOST))
        before = (await client.get("/export")).content
        answer = await client.post("/events", json=[*notes(MOST, 2), "not an event"])
        assert answer.status_code == 429
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "/problems/too-many-events-waiting"
        assert int(answer.headers["retry-after"]) > 0
        assert (await client.get("/export")).content == before
        stats = await get(client, "/events/stats")
        assert (stats["received"], stats["kept"]["events"], stats["kept"]["quarantined"]) == (MOST, MOST, 0)


async def test_what_the_embedder_has_in_hand_still_waits(serve_app: Serve) -> None:
    async with serve_app(embedder=Held(), max_pending=MOST) as client:
        for n in range(MOST):
            await verdicts(client, notes(n, 1))
            # The embedder's task has its turn, and takes up what there is.
            await asyncio.sleep(0)
        assert await waiting(client) == MOST
        assert (await client.post("/events", json=notes(MOST, 1))).status_code == 429


async def test_below_the_bound_a_batch_is_taken_whole(serve_app: Serve) -> None:
    async with serve_app(embedder=Held(), max_pending=MOST) as client:
        await verdicts(client, notes(0, MOST - 1))
        assert (await verdicts(client, notes(MOST, 3 * MOST)))["accepted"] == 3 * MOST


async def test_meanwhile_facts_and_words_can_be_read(serve_app: Serve) -> None:
    async with serve_app(embedder=Held(), max_pending=MOST) as client:
        await verdicts(client, notes(0, MOST))
        assert (await client.post("/events", json=notes(MOST, 1))).status_code == 429
        assert (await get(client, "/clients/ada/timeline", limit=100))["total"] == MOST
        assert (await get(client, "/clients/ada"))["client_id"] == "ada"


@pytest.mark.parametrize("embedder", [Held, Away])
async def test_intake_goes_on_once_the_embedder_is_back(
    serve_app: Serve, embedder: type[Held], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("memory.indexer.IDLE_S", 0.01)
    held = embedder()
    async with serve_app(embedder=held, max_pending=MOST) as client:
        await verdicts(client, notes(0, MOST))
        assert (await client.post("/events", json=notes(MOST, 1))).status_code == 429
        held.go.set()
        await settle(client)
        assert (await verdicts(client, notes(MOST, 1)))["accepted"] == 1
        await settle(client)
        stats = await get(client, "/events/stats")
        assert (stats["kept"]["embedded"], stats["kept"]["pending"]) == (MOST + 1, 0)


async def test_what_waited_before_a_restart_counts_after_it(serve_app: Serve, tmp_path: Path) -> None:
    async with serve_app(embedder=Held(), data_dir=tmp_path / "data") as client:
        await verdicts(client, notes(0, MOST))
    async with serve_app(embedder=Held(), max_pending=MOST, data_dir=tmp_path / "data") as client:
        # The embedder's task looks into the store in its first turn.
        await asyncio.sleep(0.01)
        assert await waiting(client) == MOST
        assert (await client.post("/events", json=notes(MOST, 1))).status_code == 429


def parts(first: int, count: int) -> dict[str, tuple[str, ...]]:
    return {f"m{n}": (f"lamp {n}",) for n in range(first, first + count)}


def taken_from(backlog: Backlog) -> int:
    taken = backlog.take(64)
    return len(taken.parts) if taken else 0


def test_a_backlog_counts_what_is_at_hand_in_hand_and_in_the_store() -> None:
    backlog = Backlog()
    backlog.add(ACME, parts(0, 100))
    backlog.behind(OTHER, 7)
    assert len(backlog) == 107
    first, second = backlog.take(64), backlog.take(64)
    assert first
    assert second
    with backlog.holding(first), backlog.holding(second):
        assert len(backlog) == 107, "what is in hand has no vectors yet"
        assert backlog.take(64) is None
    assert len(backlog) == 7


def test_texts_over_the_bound_are_left_to_the_store_and_so_is_all_that_follows() -> None:
    backlog = Backlog()
    backlog.add(ACME, parts(0, MAX_TEXTS_OF))
    assert not backlog.is_behind(ACME)
    backlog.add(ACME, parts(MAX_TEXTS_OF, 5))
    assert backlog.is_behind(ACME)
    while taken_from(backlog):
        pass
    backlog.add(ACME, parts(MAX_TEXTS_OF + 5, 1))
    assert (len(backlog), taken_from(backlog)) == (6, 0)
    backlog.done(ACME, 6)
    assert (len(backlog), backlog.is_behind(ACME)) == (0, True), "only the store says that nothing is left"
    backlog.caught_up(ACME)
    backlog.add(ACME, parts(0, 1))
    assert (len(backlog), taken_from(backlog)) == (1, 1)


def test_what_is_at_hand_is_not_counted_again_in_the_store() -> None:
    backlog = Backlog()
    backlog.add(ACME, parts(0, 10))
    backlog.behind(ACME, 10)
    assert (len(backlog), backlog.is_behind(ACME)) == (10, False)
    backlog.behind(ACME, 15)
    assert (len(backlog), backlog.is_behind(ACME)) == (15, True)


def test_dropped_events_wait_no_more() -> None:
    backlog = Backlog()
    backlog.add(ACME, parts(0, 10))
    backlog.add(OTHER, parts(0, 10))
    backlog.drop(ACME, {"m0", "m1"})
    assert len(backlog) == 18


async def fill(store: Store, indexer: Indexer, scope: Scope, first: int, count: int) -> None:
    intake = make_intake(store, indexer)
    for start in range(first, first + count, 500):
        await intake.receive(scope, notes(start, min(500, first + count - start)), datetime.now(UTC))


@pytest.mark.parametrize("alone", [True, False])
async def test_more_than_fits_is_caught_up_from_the_store_and_nothing_is_left_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: bool
) -> None:
    # The bound is tried as it is above; here a small one, so that the store is passed through several times.
    monkeypatch.setattr("memory.backlog.MAX_TEXTS_OF", 500)
    store = open_data_dir(tmp_path, HashedWords.dimensions)
    embedder = Held()
    indexer = Indexer(store, embedder, Workspaces(store), alone=alone)
    await fill(store, indexer, ACME, 0, 1_600)
    assert len(indexer.backlog) == 1_600
    draining = asyncio.create_task(indexer.drain())
    await asyncio.sleep(0.01)
    # While it is behind, more comes in, here and in another workspace.
    await fill(store, indexer, ACME, 1_600, 100)
    await fill(store, indexer, OTHER, 0, 100)
    assert len(indexer.backlog) == 1_800
    embedder.go.set()
    assert await draining + await indexer.drain() == 1_800
    assert (len(indexer.backlog), await indexer.pending()) == (0, 0)
    # A note has two parts: its headline, and what was written.
    shared = 2 * 100
    assert len(embedder.asked) == len({*embedder.asked}) + shared, "each is embedded once in each workspace"
    await fill(store, indexer, ACME, 5_000, 1)
    assert (await indexer.drain(), len(indexer.backlog)) == (1, 0)
    await store.close()


async def test_a_long_backlog_of_one_workspace_keeps_no_other_waiting(tmp_path: Path) -> None:
    store = open_data_dir(tmp_path, HashedWords.dimensions)
    before = Indexer(store, HashedWords(), Workspaces(store))
    await fill(store, before, ACME, 0, 2 * SCAN_EVENTS)
    embedder = Held()
    indexer = Indexer(store, embedder, Workspaces(store), alone=True)
    draining = asyncio.create_task(indexer.drain())
    await asyncio.sleep(0.01)
    await make_intake(store, indexer).receive(OTHER, notes(0, 1, "bob"), datetime.now(UTC))
    await make_intake(store, indexer).receive(OTHER, [{**notes(0, 1, "cy")[0], "event": "Waved"}], datetime.now(UTC))
    embedder.go.set()
    assert await draining == 2 * SCAN_EVENTS + 2
    waved = next(n for n, text in enumerate(embedder.asked) if "Waved" in text)
    # Two parts a note.
    assert waved <= 2 * (SCAN_EVENTS + 2)
    await store.close()


async def test_what_was_in_hand_when_embedding_failed_waits_as_before(tmp_path: Path) -> None:
    store = open_data_dir(tmp_path, HashedWords.dimensions)
    indexer = Indexer(store, Away(), Workspaces(store), alone=True)
    await fill(store, indexer, ACME, 0, 10)
    with pytest.raises(EmbedderUnavailable):
        await indexer.drain()
    assert (len(indexer.backlog), await indexer.pending()) == (10, 10)
    await store.close()
