"""`throughline webhooks`: who is told of what happens, and what did not reach them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from memory.webhooks import EventType
from server.cli.connection import CommandFailed, checked, connect, console, run
from server.cli.options import Url, Workspace

app = typer.Typer(help="Tell other systems when a customer crosses a churn band.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="The webhook's id.")]


@app.command()
def add(
    address: Annotated[str, typer.Argument(metavar="URL", help="Where it is sent: https:// or http://.")],
    event: Annotated[list[EventType] | None, typer.Option("--event", "-e", help="By default all there are.")] = None,
    description: Annotated[str, typer.Option(help="Who or what it is for.")] = "",
    workspace: Workspace = None,
    url: Url = None,
) -> None:
    """Add a webhook, and print its secret, this once."""

    async def command() -> None:
        body = {"url": address, "events": list(event or EventType), "description": description}
        async with connect(workspace, url) as client:
            made = checked(await client.post("/webhooks", json=body))
        told = f"The webhook {made['id']} is told of {', '.join(made['events'])}. Its secret is not shown again."
        # A secret that is wrapped cannot be copied.
        console.print(Group(Text(made["secret"], style="bold"), Text(told, style="dim")), soft_wrap=True)

    run(command)


@app.command("list")
def list_(workspace: Workspace = None, url: Url = None) -> None:
    """List the webhooks, without their secrets."""

    async def command() -> None:
        async with connect(workspace, url) as client:
            found = checked(await client.get("/webhooks"))["webhooks"]
        rows = [
            (each["id"], each["disabled_reason"] or each["state"], ", ".join(each["events"]), each["description"],
             each["url"])
            for each in found
        ]  # fmt: skip
        console.print(_table(("id", "state", "events", "description", "url"), rows, "no webhooks"), soft_wrap=True)

    run(command)


@app.command("test")
def ping(webhook_id: Id, workspace: Workspace = None, url: Url = None) -> None:
    """Send a signed test, and tell how it went."""

    async def command() -> None:
        async with connect(workspace, url) as client:
            told = checked(await client.post(f"/webhooks/{quote(webhook_id, safe='')}/test"))
        if not told["delivered"]:
            raise CommandFailed(f"The test did not arrive: {told['error']}.")
        console.print(f"The test arrived in {told['duration_ms']:g} ms, and was answered {told['status']}.")

    run(command)


@app.command()
def remove(webhook_id: Id, workspace: Workspace = None, url: Url = None) -> None:
    """Remove a webhook, with all that was on its way to it."""

    async def command() -> None:
        async with connect(workspace, url) as client:
            checked(await client.delete(f"/webhooks/{quote(webhook_id, safe='')}"))
        console.print(f"removed {webhook_id}", highlight=False)

    run(command)


@app.command()
def dead(
    limit: Annotated[int, typer.Option(min=1, max=500)] = 20, workspace: Workspace = None, url: Url = None
) -> None:
    """List what was given up, latest first, and why."""

    async def command() -> None:
        async with connect(workspace, url) as client:
            page = checked(await client.get("/webhooks/dead", params={"limit": limit}))
        rows = [
            (each["id"], each["ended_at"][:19], each["reason"], str(each["attempts"]), each["error"] or "")
            for each in page["deliveries"]
        ]
        shown = f"{len(rows):,} of {page['total']:,}" if page["next_cursor"] else f"{page['total']:,}"
        table = _table(("id", "given up", "reason", "attempts", "last error"), rows, "nothing was given up")
        console.print(Group(table, Text(f"{shown} dead", style="dim")), soft_wrap=True)

    run(command)


@app.command()
def replay(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of dead deliveries; by default all.")] = None,
    workspace: Workspace = None,
    url: Url = None,
) -> None:
    """Try again what was given up."""

    async def command() -> None:
        async with connect(workspace, url) as client:
            told = checked(await client.post("/webhooks/dead/replay", json={"ids": ids} if ids else {"all": True}))
        console.print(_replayed(told))
        if told["unknown"]:
            raise CommandFailed(f"No dead delivery has the id {', '.join(told['unknown'])}.")

    run(command)


def _replayed(told: dict[str, Any]) -> Text:
    left = f"; {len(told['disabled']):,} stay, as their webhook is disabled" if told["disabled"] else ""
    return Text(f"{told['replayed']:,} wait to be sent again{left}")


def _table(titles: tuple[str, ...], rows: Sequence[tuple[str, ...]], none: str) -> Table | Text:
    if not rows:
        return Text(none, style="dim")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in titles:
        table.add_column(title, no_wrap=title == "id", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table
