"""Law 1 with a process that is killed or told to end: what was acknowledged is there, once."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import signal
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.service.conftest import Launch

BATCH = 50
WORKSPACE = {"X-Workspace": "shop"}


def demo_events() -> list[dict[str, Any]]:
    with gzip.open(str(files("server") / "demo_data" / "retail.jsonl.gz"), "rt") as lines:
        return [json.loads(line) for line in lines]


def batches(events: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [events[start : start + BATCH] for start in range(0, len(events), BATCH)]


async def send(client: httpx.AsyncClient, batch: list[dict[str, Any]], acknowledged: dict[str, str]) -> None:
    response = await client.post("/events", json=batch)
    response.raise_for_status()
    acknowledged.update({result["message_id"]: result["verdict"] for result in response.json()["results"]})


async def exported(client: httpx.AsyncClient) -> list[bytes]:
    return (await client.get("/export")).raise_for_status().content.splitlines()[1:]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_after_a_kill_in_the_middle_of_a_load_nothing_acknowledged_is_missing_or_doubled(
    tmp_path: Path, launch: Launch, seed: int
) -> None:
    events = demo_events()
    acknowledged: dict[str, str] = {}
    server = launch(tmp_path / "data")
    async with httpx.AsyncClient(base_url=server.url, headers=WORKSPACE, timeout=60) as client:
        dice = random.Random(seed)
        under_way = asyncio.Event()
        loading = asyncio.create_task(
            load_until_it_ends(client, events, acknowledged, under_way, dice.randrange(BATCH, len(events) * 2 // 3))
        )
        await under_way.wait()
        # Somewhere within the next request.
        await asyncio.sleep(dice.uniform(0, 0.03))
        server.process.send_signal(signal.SIGKILL)
        await loading
    assert server.process.wait() == -signal.SIGKILL
    assert 0 < len(acknowledged) < len(events), "the kill came before or after the load"

    again = launch(tmp_path / "data")
    async with httpx.AsyncClient(base_url=again.url, headers=WORKSPACE, timeout=60) as client:
        kept = {json.loads(line)["message_id"] for line in await exported(client)}
        assert set(acknowledged) <= kept
        second: dict[str, str] = {}
        for batch in batches(events):
            await send(client, batch, second)
        assert set(second.values()) <= {"accepted", "duplicate"}
        assert all(second[message_id] == "duplicate" for message_id in acknowledged)
        lines = await exported(client)
        ids = [json.loads(line)["message_id"] for line in lines]
        assert sorted(ids) == sorted(event["messageId"] for event in events)


async def load_until_it_ends(
    client: httpx.AsyncClient,
    events: list[dict[str, Any]],
    acknowledged: dict[str, str],
    under_way: asyncio.Event,
    enough: int,
) -> None:
    try:
        for batch in batches(events):
            await send(client, batch, acknowledged)
            if len(acknowledged) >= enough:
                under_way.set()
    except httpx.TransportError:
        return


async def test_loading_again_leaves_the_same_bytes(tmp_path: Path, launch: Launch) -> None:
    events = demo_events()
    server = launch(tmp_path / "data")
    async with httpx.AsyncClient(base_url=server.url, headers=WORKSPACE, timeout=60) as client:
        first: dict[str, str] = {}
        for batch in batches(events):
            await send(client, batch, first)
        before = await exported(client)
        second: dict[str, str] = {}
        for batch in reversed(batches(events)):
            await send(client, batch, second)
        assert set(first.values()) == {"accepted"}
        assert set(second.values()) == {"duplicate"}
        assert await exported(client) == before


async def test_a_server_that_is_told_to_end_keeps_what_it_acknowledged_and_tells_nobody_else_it_did(
    tmp_path: Path, launch: Launch
) -> None:
    events = demo_events()
    parts = [events[number::3] for number in range(3)]
    told: list[dict[str, str]] = [{}, {}, {}]
    server = launch(tmp_path / "data")
    async with httpx.AsyncClient(base_url=server.url, headers=WORKSPACE, timeout=60) as client:
        under_way = asyncio.Event()
        loads = [
            asyncio.create_task(load_until_it_ends(client, part, heard, under_way, 4 * BATCH))
            for part, heard in zip(parts, told, strict=True)
        ]
        await under_way.wait()
        server.process.terminate()
        # Any answer but a 2xx would raise here: whoever was not served saw the connection close.
        await asyncio.gather(*loads)
    status, said = await asyncio.to_thread(server.ended)
    assert status == 0, said
    acknowledged = {message_id for heard in told for message_id in heard}
    assert 0 < len(acknowledged) < len(events), "the end came before or after the load"
    again = launch(tmp_path / "data")
    async with httpx.AsyncClient(base_url=again.url, headers=WORKSPACE, timeout=60) as client:
        ids = [json.loads(line)["message_id"] for line in await exported(client)]
    assert acknowledged <= set(ids)
    assert len(ids) == len(set(ids))


async def test_a_request_under_way_is_answered_before_the_server_ends(tmp_path: Path, launch: Launch) -> None:
    batch = [{"event": "Viewed", "userId": "ada", "messageId": f"m{n}", "timestamp": n + 1} for n in range(3_000)]
    server = launch(tmp_path / "data")
    async with httpx.AsyncClient(base_url=server.url, headers=WORKSPACE, timeout=60) as client:
        acknowledged: dict[str, str] = {}
        sending = asyncio.create_task(send(client, batch, acknowledged))
        async with httpx.AsyncClient(base_url=server.url, headers=WORKSPACE, timeout=60) as watching:
            while not (await watching.get("/events/stats")).json()["received"]:
                assert not sending.done()
        server.process.terminate()
        await sending
    assert len(acknowledged) == len(batch)
    status, said = await asyncio.to_thread(server.ended)
    assert status == 0, said
    again = launch(tmp_path / "data")
    async with httpx.AsyncClient(base_url=again.url, headers=WORKSPACE, timeout=60) as client:
        assert len(await exported(client)) == len(batch)
