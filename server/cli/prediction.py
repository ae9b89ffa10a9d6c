"""`throughline train`, `signals` and `model`: the churn model and what it says, at a terminal."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import httpx
import typer
from rich.console import Group, RenderableType
from rich.markdown import Markdown
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from server.cli.connection import CommandFailed, checked, connect, console, errors, run, told_of
from server.cli.options import AsOf, Url, Workspace

_EVERY_S = 0.5
_ACCEPTED = 202
_STYLES = {"high": "red", "medium": "yellow", "low": "green"}


def train(
    wait: Annotated[bool, typer.Option("--wait", help="Until it is trained, and tell what became of it.")] = False,
    workspace: Workspace = None,
    url: Url = None,
) -> None:
    """Train the churn model from all that is known now; it answers unless it is worse than the one in force.

    Without a running server, `--wait` for it: what is not done goes on when one starts.
    """

    async def command() -> None:
        async with connect(workspace, url) as client:
            job = checked(await client.post("/signals/churn/model/train"))
            if wait:
                job = await _followed(client, job, "training")
        console.print(_trained(job), soft_wrap=True)

    run(command)


def signals(
    limit: Annotated[int, typer.Option(min=1, max=500)] = 20,
    sort: Annotated[str, typer.Option(help="probability, value_at_stake or change.")] = "probability",
    band: Annotated[list[str] | None, typer.Option(help="Only these bands: low, medium, high.")] = None,
    horizon_days: Annotated[int | None, typer.Option(min=1, max=730)] = None,
    as_of: AsOf = None,
    workspace: Workspace = None,
    url: Url = None,
) -> None:
    """List who may leave, and the strongest reason of each."""

    async def command() -> None:
        params: dict[str, Any] = {"limit": limit, "sort": sort, "band": band or []}
        params |= {k: v for k, v in {"horizon_days": horizon_days, "as_of": as_of}.items() if v is not None}
        async with connect(workspace, url) as client:
            found = await _ready(client, "/signals/churn", params)
        console.print(_riskiest(found.json()))

    run(command)


def model(
    version: Annotated[str | None, typer.Argument(help="By default the one that answers.")] = None,
    as_of: AsOf = None,
    workspace: Workspace = None,
    url: Url = None,
) -> None:
    """Show the model's card: what it learnt from, how good it was on what it had not seen."""

    async def command() -> None:
        params = {k: v for k, v in {"version": version, "as_of": as_of, "format": "markdown"}.items() if v is not None}
        async with connect(workspace, url) as client:
            found = await _ready(client, "/signals/churn/model", params)
        console.print(Markdown(found.text))

    run(command)


async def _ready(client: httpx.AsyncClient, path: str, params: dict[str, Any]) -> httpx.Response:
    """The answer, once the model that it needs is trained; raises CommandFailed."""
    while True:
        reply = await client.get(path, params=params)
        if not reply.is_success:
            raise CommandFailed(told_of(reply))
        if reply.status_code != _ACCEPTED:
            return reply
        address = reply.headers["Location"]
        await _followed(client, checked(await client.get(address)), "training")


async def _followed(client: httpx.AsyncClient, job: dict[str, Any], doing: str) -> dict[str, Any]:
    """The job at its end, its progress shown meanwhile; raises CommandFailed where it fails."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True) as progress:
        shown = progress.add_task(doing, total=job["total"])
        while job["status"] in ("queued", "running", "training"):
            await asyncio.sleep(_EVERY_S)
            job = checked(await client.get(f"/signals/churn/{job['job']}"))
            progress.update(shown, completed=job["done"] or 0, total=job["total"])
    if job["status"] == "failed":
        raise CommandFailed(job["reason"] or "It failed.")
    return job


def _trained(job: dict[str, Any]) -> RenderableType:
    if job["status"] != "done":
        return Text(f"Training goes on as {job['job']}; GET /signals/churn/{job['job']} tells how far it is.")
    answers = "answers from now on" if job["promoted"] else "does not answer: the one in force stays"
    return Group(Text(f"The model {job['model']} {answers}."), Text(job["reason"] or "", style="dim"))


def _riskiest(reply: dict[str, Any]) -> RenderableType:
    if not reply["results"]:
        return Text("nobody who can leave is known", style="dim")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("customer", "chance", "band", "at stake", "change", "why"):
        numeric = title in ("chance", "at stake", "change")
        table.add_column(title, justify="right" if numeric else "left", no_wrap=title != "why")
    for each in reply["results"]:
        table.add_row(*_row(each))
    marked = {each["status"] for each in reply["results"]}
    told = f"{len(reply['results']):,} of {reply['total']:,} · as of {reply['as_of']}"
    if "prior" in marked:
        told += " · prior, uncalibrated: too few customers to learn from"
    return Group(table, Text(told, style="dim"))


def _row(signal: dict[str, Any]) -> list[Text]:
    value, delta = signal["expected_value"], signal["delta"]
    stake = f"{value['at_stake']:,.2f} {value['currency'] or ''}".strip() if value else ""
    change = f"{100 * delta['change']:+.1f}" if delta else ""
    raising = [each for each in signal["drivers"] if each["direction"] == "raises"] or signal["drivers"]
    name = signal["client_id"] + (f" ({signal['name']})" if signal["name"] else "")
    band = signal["band"] + (" *" if signal["override"] else "")
    return [
        Text(name), Text(f"{100 * signal['probability']:.1f} %"), Text(band, style=_STYLES.get(signal["band"], "")),
        Text(stake), Text(change), Text(raising[0]["sentence"] if raising else "", style="dim"),
    ]  # fmt: skip
