"""The demo: a server on its own data directory, real data in it, and three questions answered."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import sys
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.text import Text

from server.address import read_address
from server.cli import show
from server.cli.connection import bearer, checked
from server.cli.loading import load_file, summary
from server.settings import ENV_PREFIX, Settings

DATA = files("server") / "demo_data"

#: One customer's story; why one may leave; who needs attention.
QUESTIONS = (
    ("software", "What is María López's story?"),
    ("shop", "Why may customer 16333 leave?"),
    ("shop", "Who needs attention this week?"),
)
#: What kinds of models there are, for people.
FORMS = {
    "steps": "a boosting machine of this workspace's own history",
    "offset": "what is usual elsewhere, fitted to this workspace's own history",
    "bgnbd": "BG/NBD, fitted to this workspace's own history",
    "prior": "what is usual elsewhere: too few customers to learn from",
    "none": "nothing yet: too few customers to learn from",
}
HTTP_WAITING = 202
#: The riskiest customer; asked for every half second, for five minutes at most.
_FIRST = {"filter": {}, "limit": 1}
_POLL_S, _POLLS = 0.5, 600


async def run_demo(url: str, console: Console, data_dir: Path) -> None:
    """Load what is missing, ask, and say how to go on with the server of this data directory."""
    workspaces: dict[str, Any] = json.loads((DATA / "workspaces.json").read_text())
    console.print(Rule("Throughline demo"))
    address = read_address(data_dir)
    headers = bearer(address.token if address else "")
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=120) as client:
        for name, workspace in workspaces.items():
            await _load(client, name, workspace, console)
        for name in workspaces:
            await _learn(client, name, console)
        for name, question in QUESTIONS:
            await _ask(client, name, question, console)
        pending = checked(await client.get("/health/ready"))["pending"]
    console.print(_next_steps(url, pending, _program(data_dir)))


async def _load(client: httpx.AsyncClient, name: str, workspace: dict[str, Any], console: Console) -> None:
    client.headers["X-Workspace"] = name
    checked(await client.put("/workspace", json=workspace["settings"]))
    with as_file(DATA / workspace["file"]) as file:
        verdicts = await load_file(client, Path(file), console, workspace["title"])
    console.print(Text(f"  workspace {name}: {summary(verdicts)}", style="dim"))


async def _learn(client: httpx.AsyncClient, name: str, console: Console) -> None:
    """Wait until the workspace's churn model is trained, and say which it is."""
    client.headers["X-Workspace"] = name
    with console.status(f"learning who leaves, from the history of {name}"):
        reply = await client.post("/signals/churn", json=_FIRST)
        for _ in range(_POLLS):
            if reply.status_code != HTTP_WAITING:
                break
            await asyncio.sleep(_POLL_S)
            reply = await client.post("/signals/churn", json=_FIRST)
    results = checked(reply)["results"]
    if results and results[0]["model"]:
        text = f"  workspace {name}: churn is foretold by {FORMS[results[0]['model']['form']]}"
        console.print(Text(text, style="dim"))


async def _ask(client: httpx.AsyncClient, name: str, question: str, console: Console) -> None:
    client.headers["X-Workspace"] = name
    console.print(Rule(Text(f"{question}  ({name})"), align="left"))
    with console.status("looking it up"):
        reply = checked(await client.post("/chat", json={"message": question}))
    console.print(show.answer(reply))


def _program(data_dir: Path) -> str:
    """The command as it is called from here, told the data directory where it is not the usual one."""
    program = os.path.relpath(sys.argv[0]) if os.sep in sys.argv[0] else sys.argv[0]
    usual = data_dir == Settings.model_fields["data_dir"].default
    return program if usual else f"{ENV_PREFIX}DATA_DIR={shlex.quote(str(data_dir))} {program}"


def _next_steps(url: str, pending: int, program: str) -> RenderableType:
    text = Text()
    text.append(f"Serving at {url}   API reference at {url}/docs\n", style="bold")
    if pending:
        text.append(
            f"{pending:,} events are still being embedded; search by meaning fills up meanwhile.\n", style="dim"
        )
    text.append("Try in another terminal:\n")
    for command in (
        f'{program} ask -w software "Who complained about exports?"',
        f'{program} ask -w shop "Top 3 customers by spend in GBP"',
        f"{program} client -w shop 17675",
        f"curl -H 'X-Workspace: software' {url}/clients/maria-lopez",
        f"curl -H 'X-Workspace: software' '{url}/clients/maria-lopez/memory?query=slow+exports'",
    ):
        text.append(f"  {command}\n", style="cyan")
    text.append("Ctrl-C ends it; the data stay for the next time.")
    return Group(Rule(), text)
