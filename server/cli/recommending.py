"""`throughline recommend`: what one customer may want, and what to do for them, at a terminal."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from server.cli.connection import checked, connect, console, run
from server.cli.options import AsOf, Url, Workspace

#: As wide as what stands before a title.
_INDENT = 7


def recommend(
    client_id: str,
    kind: Annotated[
        str | None, typer.Option(help="Only items they may want (item), or actions of ours (action).")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=25)] = 3,
    new: Annotated[bool, typer.Option("--new", help="Only items that they have not taken up before.")] = False,
    as_of: AsOf = None,
    workspace: Workspace = None,
    url: Url = None,
) -> None:
    """Tell what to offer to one customer, and what to do for them, with why."""

    async def command() -> None:
        given = {"kind": kind, "limit": limit, "exclude_owned": new or None, "as_of": as_of}
        params = {name: value for name, value in given.items() if value is not None}
        async with connect(workspace, url) as client:
            address = f"/clients/{quote(client_id, safe='')}/recommendations"
            reply = checked(await client.get(address, params=params))
        console.print(_told(reply))

    run(command)


def _told(reply: dict[str, Any]) -> RenderableType:
    playbook = reply["playbook"]
    under = f"as of {reply['as_of']} · playbook {playbook['name']} ({playbook['source']})"
    notes = [Text(f"the playbook's file is not in force: {playbook['problem']}", style="yellow")] * bool(
        playbook["problem"]
    )
    if not reply["recommendations"]:
        return Group(Text(reply["reason"] or "nothing", style="dim"), *notes, Text(under, style="dim"))
    shown = [line for each in reply["recommendations"] for line in _lines(each)]
    return Group(*shown, *notes, Text(under, style="dim"))


def _lines(each: dict[str, Any]) -> list[RenderableType]:
    """What and why; what to say; what is known of its effect; and the id that feedback is given with."""
    what = Text("offer  " if each["kind"] == "item" else "do     ", style="green" if each["kind"] == "item" else "cyan")
    what.append(each["title"], style="bold")
    if each["price"] is not None:
        what.append(f"  {each['price']:,.2f} {each['currency'] or ''}".rstrip())
    told = [f"{each['why']}", each["says"] and f"say: {each['says']}", _effect(each), each["id"]]
    under = (Text(line, style="" if line == each["why"] else "dim") for line in told if line)
    return [what, *(Padding(line, (0, 0, 0, _INDENT)) for line in under)]


def _effect(each: dict[str, Any]) -> str:
    """In points of percent with their interval; unknown is said of actions only, for of items nothing is claimed."""
    effect = each["expected_effect"]
    if effect == "unknown":
        return "effect: unknown" if each["kind"] == "action" else ""
    told = f"{100 * effect['value']:+.1f} points ({100 * effect['low']:+.1f} to {100 * effect['high']:+.1f})"
    return f"effect: {told} on {effect['outcome']}"
