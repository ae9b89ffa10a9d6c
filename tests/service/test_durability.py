"""When an event may be called kept: after the log, or after a flush to the disk that concurrent requests share."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from memory.data_dir import open_data_dir
from memory.edge_store import EdgeStore
from memory.store import StoreUnavailable
from tests.fakes import HashedWords
from tests.service.conftest import Serve
from tests.talk import Json, get

REQUESTS = 24


class Watched:
    """A store that passes everything on, and notes in which order events are written and flushes begin."""

    def __init__(self, store: EdgeStore) -> None:
        self._store = store
        self.log: list[str] = []
        self.fails = False
        #: Set unless the disk takes its time.
        self.disk = asyncio.Event()
        self.disk.set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def insert(self, scope: Any, records: Any, words_of: Any) -> Any:
        verdicts = await self._store.insert(scope, records, words_of)
        self.log += [record.message_id for record in records]
        return verdicts

    async def flush(self) -> None:
        self.log.append("flush")
        if self.fails:
            raise StoreUnavailable("the disk is full")
        await self.disk.wait()
        await self._store.flush()

    async def comes_to(self, *log: str) -> None:
        """Wait until just this was written and flushed."""
        for _ in range(2_000):
            if self.log == list(log):
                return
            await asyncio.sleep(0.001)
        raise TimeoutError(f"it came to {self.log}")

    def flushed_since(self, message_id: str) -> bool:
        """Whether a flush has begun after this event was last written."""
        written = len(self.log) - 1 - self.log[::-1].index(message_id)
        return "flush" in self.log[written:]


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(open_data_dir(tmp_path / "store", HashedWords.dimensions))


def event(number: int, **fields: Any) -> Json:
    return {"event": "Signed In", "userId": f"c{number}", "messageId": f"m{number}", "timestamp": number + 1, **fields}


async def post(client: httpx.AsyncClient, watched: Watched, number: int) -> bool:
    """Send one event; whether a flush had begun after its write by the time of the answer."""
    answer = await client.post("/events", json=event(number))
    assert answer.json()["counts"]["accepted"] == 1
    return watched.flushed_since(f"m{number}")


async def test_concurrent_requests_share_a_flush_that_begins_after_their_writes(
    serve_app: Serve, watched: Watched
) -> None:
    async with serve_app(store=watched, durability="disk") as client:
        watched.log.clear()
        covered = await asyncio.gather(*(post(client, watched, n) for n in range(REQUESTS)))
        assert covered == [True] * REQUESTS
        assert 1 <= watched.log.count("flush") <= REQUESTS / 2


async def test_a_request_that_writes_while_others_are_flushed_has_a_flush_of_its_own(
    serve_app: Serve, watched: Watched
) -> None:
    async with serve_app(store=watched, durability="disk") as client:
        watched.log.clear()
        watched.disk.clear()
        first = asyncio.create_task(post(client, watched, 1))
        await watched.comes_to("m1", "flush")
        second = asyncio.create_task(post(client, watched, 2))
        await watched.comes_to("m1", "flush", "m2", "flush")
        assert not first.done()
        assert not second.done()
        watched.disk.set()
        assert (await first, await second) == (True, True)


async def test_a_batch_is_flushed_once_after_its_last_event(serve_app: Serve, watched: Watched) -> None:
    async with serve_app(store=watched, durability="disk") as client:
        watched.log.clear()
        await client.post("/events", json=[event(n) for n in range(500)])
        assert watched.log[-1] == "flush"
        assert watched.log.count("flush") == 1


async def test_a_duplicate_is_acknowledged_after_a_flush_too(serve_app: Serve, watched: Watched) -> None:
    async with serve_app(store=watched, durability="disk") as client:
        await client.post("/events", json=event(1))
        watched.log.clear()
        # Its first delivery may still wait for the disk.
        await client.post("/events", json=event(1))
        assert watched.log == ["m1", "flush"]


async def test_what_only_survives_a_killed_process_is_not_flushed_on_the_way(
    serve_app: Serve, watched: Watched
) -> None:
    async with serve_app(store=watched, durability="process") as client:
        watched.log.clear()
        covered = await asyncio.gather(*(post(client, watched, n) for n in range(REQUESTS)))
        assert not any(covered)
        assert "flush" not in watched.log


async def test_a_flush_that_fails_acknowledges_nothing_to_any_who_share_it(serve_app: Serve, watched: Watched) -> None:
    async with serve_app(store=watched, durability="disk") as client:
        watched.fails = True
        answers = await asyncio.gather(*(client.post("/events", json=event(n)) for n in range(5)))
        assert [answer.status_code for answer in answers] == [503] * 5
        assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)
        watched.fails = False
        again = await asyncio.gather(*(client.post("/events", json=event(n)) for n in range(5)))
        assert [answer.status_code for answer in again] == [200] * 5
        assert (await get(client, "/events/stats"))["kept"]["events"] == 5


async def test_events_that_come_by_other_roads_are_flushed_before_they_are_acknowledged(
    serve_app: Serve, watched: Watched
) -> None:
    async with serve_app(store=watched, durability="disk") as client:
        await client.post("/events", json=[event(1, userId=None), event(2)])
        exported = (await client.get("/export")).content
        (held,) = (await get(client, "/quarantine"))["items"]
        for path, body in (
            (f"/quarantine/{held['sha256']}/replay", {"json": {"item": event(1)}}),
            ("/import", {"content": exported}),
        ):
            watched.log.clear()
            assert (await client.post(path, **body)).status_code == 200  # type: ignore[arg-type]
            assert watched.log[-1:] == ["flush"], path


async def test_what_keys_settings_and_quarantine_change_is_flushed_before_the_answer(
    serve_app: Serve, watched: Watched
) -> None:
    async def flushes(method: str, path: str, **body: Any) -> Any:
        watched.log.clear()
        answer = await client.request(method, path, json=body or None)
        assert answer.is_success, answer.text
        assert "flush" in watched.log, path
        return answer.json()

    async with serve_app(store=watched, durability="disk", keys="first=default") as client:
        client.headers["Authorization"] = "Bearer first"
        made = await flushes("POST", "/keys", scopes=["read"])
        made = await flushes("POST", f"/keys/{made['id']}/rotate", grace_hours=0)
        await flushes("DELETE", f"/keys/{made['id']}")
        await flushes("PUT", "/workspace", time_zone="Europe/Berlin")
        await client.post("/events", json=[{"a": 1}, {"a": 2}])
        kept = [each["sha256"] for each in (await get(client, "/quarantine"))["items"]]
        await flushes("DELETE", f"/quarantine/{kept[0]}")
        await flushes("POST", "/quarantine/discard", ids=kept[1:])
