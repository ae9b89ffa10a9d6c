"""Fifty conversations at once over real HTTP: none sees another's words, customers or stream, and nothing is left."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import uvicorn

from server.app import create_app
from server.settings import Settings
from tests.builders import item
from tests.fakes import HashedWords, Json, ScriptedModel, calls, results, says
from tests.talk import send, settle, stream_events

TALKING, LEAVING = 50, 8
WORKSPACES = ("north", "south")
OPENING = "What did {name} complain about?"
GOING_ON = ("What else did they do?", "When was their last order?")
_SYLLABLES = ("ba", "do", "fi", "gu", "ke", "lo", "mu", "ni", "pa", "ro")
#: What the process may have grown by in the second round, of 58 answers. Everything that an answer is made of comes to
#: some 3,000 objects and 0.3 MB, so that a leak of one in three of them would be seen. It keeps no answer, only caches
#: of bounded size, and pages of memory that are in use in part: 1,000 objects and 2 MB were the most that was seen.
_GROWN_OBJECTS, _GROWN_MB = 10_000, 12.0
_AT_REST_S = 15


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation: whose it is, and how it is held."""

    number: int

    @property
    def workspace(self) -> str:
        return WORKSPACES[self.number % 2]

    @property
    def client_id(self) -> str:
        """The same ids in both workspaces."""
        return f"c{self.number // 2}"

    @property
    def mark(self) -> str:
        """The last name of its customer, which no other has: it stands in their events, and so in their answers."""
        tens, ones = divmod(self.number, 10)
        return f"{_SYLLABLES[tens % 10]}{_SYLLABLES[ones]}{_SYLLABLES[self.number // 100]}vik".title()

    @property
    def name(self) -> str:
        return f"Ada {self.mark}"

    @property
    def bound(self) -> bool:
        return self.number % 3 == 0

    @property
    def streams(self) -> bool:
        return self.number // 2 % 2 == 0

    @property
    def thread_id(self) -> str:
        return f"{self.workspace}-{self.number}"

    def asked(self, question: str) -> Json:
        held = {"customer_id": self.client_id} if self.bound else {}
        return {"message": question, "thread_id": self.thread_id, "stream": self.streams, **held}

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Workspace": self.workspace}

    def events(self) -> list[Json]:
        lamp = {"revenue": 10 + self.number, "currency": "EUR", "products": [{"name": f"Lamp {self.mark}"}]}
        told = {"message": f"The lamp {self.mark} is broken"}
        return [
            item("", "2026-01-01", self.client_id, type="identify", traits={"name": self.name}),
            item("Order Completed", "2026-02-01", self.client_id, properties=lamp),
            item("Support Ticket Opened", "2026-03-01", self.client_id, properties=told),
        ]


TALKS = [Talk(number) for number in range(TALKING)]
MARKS = {talk.mark for talk in TALKS}


def marks_in(text: str) -> set[str]:
    return {word for word in re.findall(r"\b[A-Z]\w+vik\b", text) if word in MARKS}


def say(messages: list[Json]) -> Json:
    """Looks up whom the product understood to be meant, then cites all it was shown, for code to write out."""
    meant = re.findall(r"Customers meant: (\w+)", " ".join(str(m["content"]) for m in messages if m["role"] == "user"))
    if not results(messages):
        return calls(("timeline", {"client_id": meant[-1]}), ("profile", {"client_id": meant[-1]}))
    refs = {event["ref"] for result in results(messages) for event in result.get("events", [])}
    return says("\n".join(f"- [{ref}]" for ref in sorted(refs)))


@asynccontextmanager
async def served(data_dir: Path, model: ScriptedModel) -> AsyncIterator[httpx.AsyncClient]:
    """The product on a port of this machine, in this process, where its tasks can be counted."""
    settings = Settings(data_dir=data_dir, llm_base_url=model.base_url, llm_model="scripted", log_level="error")
    config = uvicorn.Config(create_app(settings, embedder=HashedWords()), port=0, log_level="error", access_log=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - it has no event for that
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    limits = httpx.Limits(max_connections=TALKING + LEAVING, max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120, limits=limits) as client:
        yield client
    server.should_exit = True
    await serving


async def ask(client: httpx.AsyncClient, talk: Talk, question: str) -> tuple[Json, list[Json]]:
    """The reply, and the events of the stream where it was streamed."""
    if not talk.streams:
        reply = await client.post("/chat", json=talk.asked(question), headers=talk.headers)
        assert reply.status_code == 200, reply.text
        return reply.json(), []
    async with client.stream("POST", "/chat", json=talk.asked(question), headers=talk.headers) as reply:
        assert reply.status_code == 200
        body = "".join([part async for part in reply.aiter_text()])
    told: list[Json] = [{"name": name, "data": data} for name, data in stream_events(body)]
    return told[-1]["data"]["answer"], told


def check(talk: Talk, reply: Json, told: list[Json]) -> None:
    """Whether an answer, and each event of its stream, is this conversation's own and nobody else's."""
    assert (reply["mode"], reply["mode_reason"]) == ("model", None)
    assert reply["thread_id"] == talk.thread_id
    assert {citation["customer_id"] for citation in reply["citations"]} == {talk.client_id}
    # Both workspaces have customers and message ids of the same names: what they hold tells them apart.
    assert marks_in(json.dumps([reply["answer"], reply["citations"], reply["facts"]])) == {talk.mark}
    assert marks_in(json.dumps(told)) <= {talk.mark}
    named = {event["data"]["args"].get("client_id") for event in told if event["name"].startswith("tool.")}
    assert named <= {talk.client_id}
    shown = "".join(event["data"]["text"] for event in told if event["name"] == "answer.delta")
    assert shown == (reply["answer"] if told else "")


async def converse(client: httpx.AsyncClient, talk: Talk, *questions: str) -> None:
    for question in questions:
        check(talk, *await ask(client, talk, question))


async def leave(client: httpx.AsyncClient, talk: Talk) -> None:
    """Go away in the middle of an answer, in a thread of its own."""
    asked = {**talk.asked(OPENING.format(name=talk.name)), "thread_id": left(talk), "stream": True}
    async with client.stream("POST", "/chat", json=asked, headers=talk.headers) as reply:
        async for line in reply.aiter_lines():
            if line == "event: tool.finished":
                return
    raise AssertionError("it was answered before anybody could leave")


def left(talk: Talk) -> str:
    return f"left-{talk.number}"


class Footprint(NamedTuple):
    """Of this process: tasks, open files and connections, what the garbage collector knows, and resident memory."""

    tasks: int
    files: int
    objects: int
    megabytes: float


def footprint() -> Footprint:
    gc.collect()
    # What was freed, and what the allocator only holds back.
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    tasks = [task for task in asyncio.all_tasks() if not task.done()]
    megabytes = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return Footprint(len(tasks), len(os.listdir("/proc/self/fd")), len(gc.get_objects()), megabytes)


async def at_rest(client: httpx.AsyncClient, like: Footprint) -> Footprint:
    """The footprint once it has no more tasks and files than another, or has had them for long.

    A question now and then lets go of the connections to the model, which are kept open for some seconds.
    """
    for _ in range(_AT_REST_S):
        await converse(client, TALKS[0], GOING_ON[0])
        now = footprint()
        if now.tasks <= like.tasks and now.files <= like.files:
            break
        await asyncio.sleep(1)
    return now


@pytest.fixture(scope="module")
async def evening(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Any]:
    with ScriptedModel(pause_s=0.002) as model:
        model.script = say
        async with served(tmp_path_factory.mktemp("many") / "data", model) as client:
            for talk in TALKS:
                client.headers["X-Workspace"] = talk.workspace
                await send(client, talk.events())
            del client.headers["X-Workspace"]
            await settle(client)
            yield model, client


async def all_at_once(client: httpx.AsyncClient, *questions: str) -> None:
    """Every conversation asks these, one after the other, while some who ask besides go away."""
    async with asyncio.TaskGroup() as group:
        for talk in TALKS:
            group.create_task(converse(client, talk, *(question.format(name=talk.name) for question in questions)))
        for talk in TALKS[:LEAVING]:
            group.create_task(leave(client, talk))


async def test_fifty_conversations_at_once_keep_to_themselves_and_leave_nothing_behind(evening: Any) -> None:
    model, client = evening
    await converse(client, TALKS[0], OPENING.format(name=TALKS[0].name))
    alone = footprint()
    await all_at_once(client, OPENING, GOING_ON[0])
    # What a model is told of one conversation holds nothing of another.
    assert {len(marks_in(json.dumps(request["messages"]))) for request in model.requests} == {1}
    model.requests.clear()
    before = await at_rest(client, alone)
    await all_at_once(client, GOING_ON[1])
    model.requests.clear()
    after = await at_rest(client, alone)
    assert (after.tasks <= alone.tasks, after.files <= alone.files) == (True, True)
    assert after.objects - before.objects < _GROWN_OBJECTS
    assert after.megabytes - before.megabytes < _GROWN_MB
    for talk in TALKS[:LEAVING]:
        assert (await client.get(f"/threads/{left(talk)}", headers=talk.headers)).status_code == 404
