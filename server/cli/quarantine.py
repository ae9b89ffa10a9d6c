"""`throughline quarantine`: what could not be kept as an event, and the ways out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import httpx
import orjson
import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from server.cli.connection import CommandFailed, checked, connect, console, run
from server.cli.options import Url, Workspace

app = typer.Typer(help="What could not be kept as an event, and the ways out.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="The item's id; its first 8 characters or more will do.")]
Why = Annotated[str, typer.Option(help="Kept on record.")]

#: Enough of an id to tell some ten thousand items apart.
_ID_CHARS = 12
_SHORTEST_ID = 8
_ID = 64
_ITEM_CHARS = 2_000


@app.command("list")
def list_(
    reason: Annotated[list[str] | None, typer.Option(help="Only items with this reason; may be repeated.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 20,
    workspace: Workspace = None,
    url: Url = None,
) -> None:
    """List quarantined items, newest first, and how many there are by reason."""

    async def command() -> None:
        async with connect(workspace, url) as client:
            wanted = [("reason", each) for each in reason or ()]
            page = checked(await client.get("/quarantine", params=[("limit", limit), *wanted]))
        console.print(_page(page))

    run(command)


@app.command()
def show(id: Id, workspace: Workspace = None, url: Url = None) -> None:
    """Show one item: why it is here, and what was sent."""

    async def command() -> None:
        async with connect(workspace, url) as client:
            kept = await _find(client, id)
        console.print(_item(kept))

    run(command)


@app.command()
def replay(
    id: Id,
    item: Annotated[
        Path | None, typer.Option(help="A JSON file with the mended item; else it is sent as it was.")
    ] = None,
    why: Why = "",
    workspace: Workspace = None,
    url: Url = None,
) -> None:
    """Send an item again, mended or as it was."""

    async def command() -> None:
        body = {"why": why, **({"item": _mended(item)} if item else {})}
        async with connect(workspace, url) as client:
            kept = await _find(client, id)
            result = checked(await client.post(f"/quarantine/{kept['sha256']}/replay", content=orjson.dumps(body)))
        console.print(Text(": ".join(filter(None, [result["verdict"], result["field"], result["detail"]]))))
        if result["verdict"] == "quarantined":
            raise CommandFailed("The item is no event yet; it stays in quarantine.")

    run(command)


@app.command()
def discard(id: Id, why: Why = "", workspace: Workspace = None, url: Url = None) -> None:
    """Remove an item for good; a record stays."""

    async def command() -> None:
        async with connect(workspace, url) as client:
            kept = await _find(client, id)
            checked(await client.delete(f"/quarantine/{kept['sha256']}", params={"why": why}))
        console.print(f"discarded {kept['sha256']}")

    run(command)


async def _find(client: httpx.AsyncClient, id: str) -> dict[str, Any]:
    """The item with this id, or the only one whose id begins so; raises CommandFailed."""
    if _SHORTEST_ID <= len(id) < _ID:
        id = await _whole_id(client, id)
    kept: dict[str, Any] = checked(await client.get(f"/quarantine/{quote(id, safe='')}"))
    return kept


async def _whole_id(client: httpx.AsyncClient, start: str) -> str:
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        params = {"limit": "500", **({"cursor": cursor} if cursor else {})}
        page = checked(await client.get("/quarantine", params=params))
        found += [kept["sha256"] for kept in page["items"] if kept["sha256"].startswith(start)]
        cursor = page["next_cursor"]
    if len(found) > 1:
        raise CommandFailed(f"{len(found)} quarantined items have an id that begins with {start}: name more of it.")
    return found[0] if found else start


def _mended(file: Path) -> Any:
    if not file.is_file():
        raise CommandFailed(f"There is no file {file}.")
    try:
        return orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise CommandFailed(f"{file} is not JSON: {error}") from None


def _page(page: dict[str, Any]) -> Group:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("id", "received", "reason", "field", "detail"):
        table.add_column(name, no_wrap=name != "detail")
    for kept in page["items"]:
        cells = (kept["sha256"][:_ID_CHARS], kept["received_at"][:19], kept["reason"], kept["field"], kept["detail"])
        table.add_row(*map(Text, cells))
    counts = ", ".join(f"{count:,} {reason}" for reason, count in page["counts"].items())
    shown = f"{len(page['items']):,} of {page['total']:,}" if page["next_cursor"] else f"{page['total']:,}"
    return Group(
        *([table] if page["items"] else []), Text(f"{shown} quarantined; in all: {counts or 'none'}", style="dim")
    )


def _item(kept: dict[str, Any]) -> Group:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    for name in ("sha256", "message_id", "received_at", "reason", "field", "detail", "bytes"):
        table.add_row(name, Text(str(kept[name] if kept[name] is not None else "")))
    told = "" if kept["whole"] and len(kept["item"]) <= _ITEM_CHARS else " (its beginning)"
    return Group(table, Text(f"item{told}", style="dim"), Text(kept["item"][:_ITEM_CHARS]))
