"""`throughline keys`: who may call."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from memory.keys import KeyScope
from server.cli.connection import checked, connect, console, run
from server.cli.options import Url, Workspace

app = typer.Typer(help="Make, list, rotate and revoke API keys.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print the reply of the API as JSON.")]
Show = Callable[[Any], RenderableType]
KeyId = Annotated[str, typer.Argument(metavar="ID", help="The middle part of a key: tl_<id>_<secret>")]


@app.command()
def create(
    scope: Annotated[list[KeyScope], typer.Option("--scope", "-s", help="What it is for; may be repeated.")],
    workspace: Workspace = None,
    label: Annotated[str, typer.Option(help="Who or what it is for.")] = "",
    expires_days: Annotated[int | None, typer.Option(min=1, help="By default it has no end.")] = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Make a key and print it, this once. From the first key on, every call needs one."""
    body = {"scopes": [each.value for each in scope], "label": label, "expires_days": expires_days}
    _call(workspace, url, as_json, _told, "POST", "/keys", body)


@app.command("list")
def list_(workspace: Workspace = None, as_json: AsJson = False, url: Url = None) -> None:
    """List a workspace's keys, without their secrets."""
    _call(workspace, url, as_json, lambda reply: _table(reply["keys"]), "GET", "/keys")


@app.command()
def rotate(
    key_id: KeyId,
    workspace: Workspace = None,
    grace_hours: Annotated[float, typer.Option(min=0, help="How long the old key still works.")] = 24,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Replace a key by a new one, which is printed this once."""
    path = f"/keys/{quote(key_id, safe='')}/rotate"
    _call(workspace, url, as_json, _told, "POST", path, {"grace_hours": grace_hours})


@app.command()
def revoke(key_id: KeyId, workspace: Workspace = None, as_json: AsJson = False, url: Url = None) -> None:
    """Revoke a key, at once and for good."""
    path = f"/keys/{quote(key_id, safe='')}"
    _call(workspace, url, as_json, lambda reply: Text(f"The key {reply['id']} is revoked."), "DELETE", path)


def _call(
    workspace: str | None, url: str | None, as_json: bool, show: Show, method: str, path: str, body: Any = None
) -> None:
    async def command() -> None:
        async with connect(workspace, url) as client:
            reply = checked(await client.request(method, path, json=body))
        if as_json:
            typer.echo(json.dumps(reply))
        else:
            # A key that is wrapped cannot be copied.
            console.print(show(reply), soft_wrap=True)

    run(command)


def _told(reply: dict[str, Any]) -> RenderableType:
    ends = f", until {reply['expires_at'][:16]}Z" if reply["expires_at"] else ""
    opened = f"It opens {', '.join(reply['scopes'])} of workspace {reply['workspace']}{ends}."
    return Group(Text(reply["key"], style="bold"), Text(f"{opened} It is not shown again.", style="dim"))


def _table(keys: list[dict[str, Any]]) -> RenderableType:
    if not keys:
        return Text("no keys", style="dim")
    table = Table(box=None, pad_edge=False)
    for title in ("id", "label", "scopes", "state", "created", "expires"):
        table.add_column(title, no_wrap=title == "id")
    for key in keys:
        cells = [key["id"], key["label"], ", ".join(key["scopes"]), key["state"], key["created_at"][:10]]
        table.add_row(*map(Text, [*cells, (key["expires_at"] or "never")[:16]]))
    return table
