"""`throughline ask`: a question, what is looked up for it as it happens, and the answer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import typer

from server.cli import show
from server.cli.connection import CommandFailed, checked, connect, console, errors, run
from server.cli.options import AsOf, Url, Workspace


def ask(
    question: str,
    customer: Annotated[str | None, typer.Option("--customer", "-c", help="Ask about this customer only.")] = None,
    thread: Annotated[
        str | None, typer.Option("--thread", "-t", help="Go on in the conversation of this name.")
    ] = None,
    workspace: Workspace = None,
    as_of: AsOf = None,
    url: Url = None,
) -> None:
    """Ask a question."""
    given = {"message": question, "customer_id": customer, "thread_id": thread, "as_of": as_of}
    body = {key: value for key, value in given.items() if value is not None}

    async def command() -> None:
        async with connect(workspace, url) as client:
            console.print(show.answer(await _answer(client, {**body, "stream": True})))

    run(command)


async def _answer(client: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    """The answer to a question, telling meanwhile what is looked up; raises CommandFailed."""
    loading = checked(await client.get("/health/ready"))["embedder"] != "loaded"
    waiting = "looking it up" + (", once the embedding model has loaded" if loading else "")
    with errors.status(waiting) as status:
        async for name, data in _told(client, body):
            if name == "tool.started":
                status.update(f"{waiting}: {data['name']}")
            elif name == "error":
                raise CommandFailed(data["detail"] or data["title"])
            elif name == "answer.final":
                found: dict[str, Any] = data["answer"]
                return found
    raise CommandFailed("The server's answer broke off.")


async def _told(client: httpx.AsyncClient, body: dict[str, Any]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """The name and data of each event of a run; comments are left out."""
    async with client.stream("POST", "/chat", json=body) as reply:
        if not reply.is_success:
            await reply.aread()
            checked(reply)
        name = ""
        async for line in reply.aiter_lines():
            field, _, value = line.partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                yield name, json.loads(value)
