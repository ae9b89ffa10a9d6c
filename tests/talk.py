"""Short words for talking to the application over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI

Json = dict[str, Any]
#: What differs from one answer to the same question to the next.
FLEETING = ("thread_id", "ms", "request_id", "job")


@asynccontextmanager
async def talk(app: FastAPI, workspace: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application in this process, in one workspace."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        client.headers["X-Workspace"] = workspace
        yield client


async def send(client: httpx.AsyncClient, items: Iterable[Json]) -> None:
    """Keep new events; each has to be accepted."""
    sent = list(items)
    reply = await client.post("/events", json=sent)
    assert reply.status_code == 200, reply.text
    assert reply.json()["counts"]["accepted"] == len(sent), reply.text


async def until_done(ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """The first reply that is no 202."""
    for _ in range(1_000):
        reply = await ask()
        if reply.status_code != httpx.codes.ACCEPTED:
            return reply
        await asyncio.sleep(0.1)
    raise AssertionError("it is still at work")


async def settle(client: httpx.AsyncClient) -> None:
    """Wait until every event can be found by meaning."""
    for _ in range(500):
        if (await client.get("/health/ready")).json()["pending"] == 0:
            return
        await asyncio.sleep(0.01)
    raise TimeoutError("events are still waiting to be embedded")


async def get(client: httpx.AsyncClient, path: str, **params: Any) -> Json:
    reply = await client.get(path, params=params)
    assert reply.status_code == 200, reply.text
    found: Json = reply.json()
    return found


async def post(client: httpx.AsyncClient, path: str, **body: Any) -> Json:
    reply = await client.post(path, json=body)
    assert reply.status_code == 200, reply.text
    found: Json = reply.json()
    return found


async def ask(client: httpx.AsyncClient, message: str, **fields: Any) -> Json:
    """The answer to a question."""
    return await post(client, "/chat", message=message, **fields)


async def pages(client: httpx.AsyncClient, path: str, rows: str, **params: Any) -> list[Json]:
    """All rows of a list, page after page."""
    found: list[Json] = []
    cursor: dict[str, str] = {}
    while True:
        page = await get(client, path, **params, **cursor)
        found += page[rows]
        assert len(found) <= page["total"], "a page came twice"
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def lasting(value: Any) -> Any:
    """A reply without what differs each time."""
    if isinstance(value, dict):
        return {key: lasting(item) for key, item in value.items() if key not in FLEETING}
    return [lasting(item) for item in value] if isinstance(value, list) else value


def stream_events(body: str) -> list[tuple[str, Json]]:
    """The name and data of each server-sent event; comments, which only keep the connection alive, are left out."""
    found = []
    for block in body.strip().split("\n\n"):
        if block.startswith(":"):
            continue
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def refused(reply: httpx.Response, status: int, *fields: str) -> Json:
    """The problem of a reply that names these fields as wrong."""
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    problem: Json = reply.json()
    assert [error["field"] for error in problem["errors"]] == list(fields)
    return problem
