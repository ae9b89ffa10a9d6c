"""Threads: what was asked in one goes on in it, is kept within bounds, and is seen by nobody else."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from memory.data_dir import open_data_dir
from memory.scope import Scope
from tests.builders import item
from tests.fakes import HashedWords
from tests.service.conftest import Launch, Serve
from tests.talk import Json, ask, get, lasting, pages, refused, send, settle, stream_events

AS_OF = "2026-04-01T00:00:00Z"
SPENT = "How much has Ada Byron spent?"


def shop_events() -> list[Json]:
    return [
        item("", "2026-01-01", "ada", type="identify", traits={"name": "Ada Byron", "email": "ada@b.example"}),
        item("", "2026-01-01", "grace", type="identify", traits={"name": "Grace Hopper"}),
        *(
            item("Order Completed", f"2026-02-{day:02}", "ada", properties={"revenue": day, "currency": "EUR"})
            for day in (1, 8, 15)
        ),
        item("Order Completed", "2026-03-20", "grace", properties={"revenue": 100, "currency": "EUR"}),
    ]


@pytest.fixture
async def shop(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await send(client, shop_events())
    await settle(client)
    return client


async def say(client: httpx.AsyncClient, message: str, stream: bool = False, **fields: Any) -> Json:
    """The answer, in either form."""
    if not stream:
        return await ask(client, message, as_of=AS_OF, **fields)
    body = {"message": message, "as_of": AS_OF, "stream": True, **fields}
    name, data = stream_events((await client.post("/chat", json=body)).text)[-1]
    assert name == "answer.final", data
    return data["answer"]  # type: ignore[no-any-return]


async def questions(client: httpx.AsyncClient, thread_id: str) -> list[str]:
    return [turn["question"] for turn in (await get(client, f"/threads/{thread_id}"))["turns"]]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_thread_shows_what_was_asked_understood_and_answered(shop: httpx.AsyncClient, stream: bool) -> None:
    told = await say(shop, SPENT, stream)
    (turn,) = (await get(shop, f"/threads/{told['thread_id']}"))["turns"]
    assert (turn["question"], turn["as_of"], turn["customer_id"]) == (SPENT, AS_OF, None)
    assert turn["understood"]
    kept = {name: value for name, value in told.items() if name not in ("thread_id", "facts")}
    assert turn["answer"] == kept


@pytest.mark.parametrize("stream", [False, True])
async def test_the_next_question_goes_on_from_the_last(shop: httpx.AsyncClient, stream: bool) -> None:
    first = await say(shop, SPENT, stream)
    then = await say(shop, "How many orders did she place?", stream, thread_id=first["thread_id"])
    assert then["thread_id"] == first["thread_id"]
    assert "3" in then["answer"]
    assert {citation["customer_id"] for citation in then["citations"]} == {"ada"}


@pytest.mark.parametrize("between", [[], ["As of 2026-02-20, what did the first one buy?"]], ids=["at once", "later"])
async def test_a_question_of_the_past_goes_on_from_what_was_so_then(
    shop: httpx.AsyncClient, between: list[str]
) -> None:
    ranking, asked, then = "Who are the top 2 customers by revenue?", "What did the first one buy?", "2026-03-01"
    for question in (ranking, *between):
        told = await ask(shop, question, as_of=AS_OF, thread_id="later")
        await ask(shop, question, as_of=then, thread_id="then")
    assert "Grace" in told["answer"] or between
    found, expected = [await ask(shop, asked, as_of=then, thread_id=thread_id) for thread_id in ("later", "then")]
    assert "Ada Byron" in expected["answer"]
    assert lasting(found) == lasting(expected)


async def test_a_name_not_in_use_begins_a_thread_of_that_name(shop: httpx.AsyncClient) -> None:
    assert (await say(shop, SPENT, thread_id="my-own_1"))["thread_id"] == "my-own_1"
    assert await questions(shop, "my-own_1") == [SPENT]


@pytest.mark.parametrize("name", ["", "a b", "a/b", "x" * 65, "ä"])
async def test_a_name_that_is_none_is_refused(shop: httpx.AsyncClient, name: str) -> None:
    refused(await shop.post("/chat", json={"message": SPENT, "thread_id": name}), 422, "/thread_id")


async def test_threads_are_listed_by_their_last_question_page_by_page(shop: httpx.AsyncClient) -> None:
    for name in ("one", "two", "three", "one"):
        await say(shop, f"{SPENT} ({name})", thread_id=name)
    rows = await pages(shop, "/threads", "threads", limit=2)
    assert [(row["thread_id"], row["turns"]) for row in rows] == [("one", 2), ("three", 1), ("two", 1)]
    assert rows[0]["title"] == f"{SPENT} (one)"


async def test_an_unknown_thread_is_not_found(shop: httpx.AsyncClient) -> None:
    for method in ("GET", "DELETE"):
        assert refused(await shop.request(method, "/threads/none"), 404, "thread_id")["type"] == (
            "/problems/unknown-thread"
        )


async def test_a_deleted_thread_is_gone_with_its_bytes(serve_app: Serve, tmp_path: Path) -> None:
    async with serve_app(data_dir=tmp_path / "data") as client:
        await send(client, shop_events())
        await say(client, "How much has Ada Byron spent, zanzibar?", thread_id="gone")
        await say(client, SPENT, thread_id="stays")
        assert holding(tmp_path, b"zanzibar")
        assert (await client.delete("/threads/gone")).json() == {"deleted": True}
        assert (await client.get("/threads/gone")).status_code == 404
        assert await questions(client, "stays") == [SPENT]
        assert not holding(tmp_path, b"zanzibar")


def holding(folder: Path, mark: bytes) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and mark in path.read_bytes()]


async def test_another_workspace_has_none_of_it(shop: httpx.AsyncClient) -> None:
    await say(shop, SPENT, thread_id="shared")
    shop.headers["X-Workspace"] += "-b"
    assert (await get(shop, "/threads"))["threads"] == []
    for method in ("GET", "DELETE"):
        assert (await shop.request(method, "/threads/shared")).status_code == 404
    await say(shop, "Who are you?", thread_id="shared")
    shop.headers["X-Workspace"] = shop.headers["X-Workspace"].removesuffix("-b")
    assert await questions(shop, "shared") == [SPENT]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("begun", "then"), [(None, "ada"), ("ada", None), ("ada", "grace")])
async def test_a_thread_is_held_to_whom_it_began_with(
    shop: httpx.AsyncClient, begun: str | None, then: str | None, stream: bool
) -> None:
    held = "What was bought?"
    await say(shop, held, stream, thread_id="held", customer_id=begun)
    asked = {"message": held, "thread_id": "held", "customer_id": then, "stream": stream}
    refused(await shop.post("/chat", json=asked), 404, "/thread_id")
    await say(shop, held, stream, thread_id="held", customer_id=begun)
    assert await questions(shop, "held") == [held, held]


async def test_of_two_questions_at_once_neither_is_lost(shop: httpx.AsyncClient) -> None:
    asked = [f"{SPENT} ({n})" for n in range(6)]
    await asyncio.gather(*(say(shop, each, n % 2 == 0, thread_id="busy") for n, each in enumerate(asked)))
    assert sorted(await questions(shop, "busy")) == asked


async def test_a_question_cut_off_leaves_the_thread_as_it_was(shop: httpx.AsyncClient, shared_app: Any) -> None:
    await say(shop, SPENT, thread_id="cut")
    services = shared_app.state.services
    context = services.desk.context(Scope(shop.headers["X-Workspace"]), await _moment(services, shop))
    talk = (await services.desk.analyst()).talk(context, "What did Grace buy?", "cut")
    assert (await anext(talk)).event == "tool.started"
    await talk.aclose()
    assert await questions(shop, "cut") == [SPENT]
    await say(shop, SPENT, thread_id="cut")


async def _moment(services: Any, client: httpx.AsyncClient) -> Any:
    from server.times import moment

    return await moment(services, Scope(client.headers["X-Workspace"]), AS_OF, None, "/")


async def test_a_thread_and_a_workspace_keep_the_newest_within_their_bounds(serve_app: Serve) -> None:
    async with serve_app(max_threads=2, max_thread_turns=2) as client:
        await send(client, shop_events())
        for name, number in (("a", 1), ("b", 1), ("b", 2), ("b", 3), ("c", 1)):
            await say(client, f"{SPENT} ({name}{number})", thread_id=name)
        assert {row["thread_id"] for row in (await get(client, "/threads"))["threads"]} == {"b", "c"}
        assert await questions(client, "b") == [f"{SPENT} (b2)", f"{SPENT} (b3)"]


async def test_a_long_thread_still_knows_whom_it_is_about(serve_app: Serve) -> None:
    async with serve_app(max_thread_turns=1) as client:
        await send(client, shop_events())
        await say(client, SPENT, thread_id="long")
        for _ in range(3):
            then = await say(client, "How many orders did she place?", thread_id="long")
        assert {citation["customer_id"] for citation in then["citations"]} == {"ada"}


async def test_a_killed_process_keeps_every_answered_turn(launch: Launch, tmp_path: Path) -> None:
    first = launch(tmp_path / "data")
    async with httpx.AsyncClient(base_url=first.url) as client:
        await send(client, shop_events())
        told = await say(client, SPENT, thread_id="kept")
    os.kill(first.process.pid, signal.SIGKILL)
    first.ended()
    async with httpx.AsyncClient(base_url=launch(tmp_path / "data").url) as client:
        (turn,) = (await get(client, "/threads/kept"))["turns"]
        assert turn["answer"]["answer"] == told["answer"]


async def test_an_answer_is_no_memory_of_anybody(shop: httpx.AsyncClient) -> None:
    roads = [
        "/clients/ada",
        "/clients/ada/timeline",
        "/clients/ada/memory?query=spent",
        "/clients/ada/export",
        "/export",
    ]
    before = [(await shop.get(road)).content for road in roads]
    told = await say(shop, SPENT)
    assert "24" in told["answer"]
    after = [(await shop.get(road)).content for road in roads]
    assert [len(each.splitlines()) for each in after] == [len(each.splitlines()) for each in before]
    assert not [road for road, text in zip(roads, after, strict=True) if told["thread_id"].encode() in text]
    assert not [road for road, text in zip(roads, after, strict=True) if told["answer"].split("[")[0].encode() in text]


class Breaking:
    """A store that fails in a way that nobody foresaw, once it is told to."""

    def __init__(self, data_dir: Path) -> None:
        self._store = open_data_dir(data_dir, HashedWords.dimensions)
        self.broken = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def get(self, *given: Any) -> Any:
        if self.broken:
            raise RuntimeError("sesame")
        return await self._store.get(*given)


async def test_a_stream_that_fails_ends_with_a_problem_and_keeps_no_turn(serve_app: Serve, tmp_path: Path) -> None:
    store: Any = Breaking(tmp_path / "data")
    async with serve_app(store=store, data_dir=tmp_path / "data") as client:
        await send(client, shop_events())
        store.broken = True
        body = {"message": SPENT, "as_of": AS_OF, "stream": True, "thread_id": "failed"}
        text = (await client.post("/chat", json=body)).text
        name, problem = stream_events(text)[-1]
        assert (name, problem["type"], problem["status"]) == ("error", "/problems/internal-error", 500)
        assert "sesame" not in text
        assert (await client.get("/threads/failed")).status_code == 404
