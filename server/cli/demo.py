"""The demo: a server on its own data directory, real data in it, and three questions answered."""

from __future__ import annotations

import json
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from server.cli import show
from server.cli.connection import checked
from server.cli.loading import load_file, summary

DATA = files("server") / "demo_data"

#: One customer's story; why one may leave; who needs attention.
QUESTIONS = (
    ("software", "What is María López's story?"),
    ("shop", "Why may customer 16333 leave?"),
    ("shop", "Who needs attention this week?"),
)


async def run_demo(url: str, console: Console) -> None:
    """Load what is missing, ask, and say how to go on."""
    workspaces: dict[str, Any] = json.loads((DATA / "workspaces.json").read_text())
    console.print(Rule("Throughline demo"))
    async with httpx.AsyncClient(base_url=url, timeout=120) as client:
        for name, workspace in workspaces.items():
            await _load(client, name, workspace, console)
        for name, question in QUESTIONS:
            await _ask(client, name, question, console)
        pending = checked(await client.get("/health/ready"))["pending"]
    console.print(_next_steps(url, pending))


async def _load(client: httpx.AsyncClient, name: str, workspace: dict[str, Any], console: Console) -> None:
    client.headers["X-Workspace"] = name
    checked(await client.put("/workspace", json=workspace["settings"]))
    with as_file(DATA / workspace["file"]) as file:
        verdicts = await load_file(client, Path(file), console, workspace["title"])
    console.print(Text(f"  workspace {name}: {summary(verdicts)}", style="dim"))


async def _ask(client: httpx.AsyncClient, name: str, question: str, console: Console) -> None:
    client.headers["X-Workspace"] = name
    console.print(Rule(Text(f"{question}  ({name})"), align="left"))
    with console.status("looking it up"):
        reply = checked(await client.post("/chat", json={"message": question}))
    console.print(show.answer(reply))


def _next_steps(url: str, pending: int) -> Panel:
    text = Text()
    text.append(f"Serving at {url}   API reference at {url}/docs\n", style="bold")
    if pending:
        text.append(
            f"{pending:,} events are still being embedded; search by meaning fills up meanwhile.\n", style="dim"
        )
    text.append("\nTry in another terminal:\n")
    for command in (
        'throughline ask -w software "Who complained about exports?"',
        'throughline ask -w shop "Top 3 customers by spend in GBP"',
        "throughline client -w shop 17675",
        f"curl -H 'X-Workspace: software' {url}/clients/maria-lopez",
        f"curl -H 'X-Workspace: software' '{url}/clients/maria-lopez/memory?query=slow+exports'",
    ):
        text.append(f"  {command}\n", style="cyan")
    text.append("\nCtrl-C ends it; the data stay for the next time.")
    return Panel(text, title="Next", expand=False)
