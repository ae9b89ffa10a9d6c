"""`throughline erase`, `erasures` and `compact`: letting go of a customer, and proof of it."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from server.cli.connection import checked, connect, console, run
from server.cli.options import Url, Workspace


def erase(
    client_id: str,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what there is.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    workspace: Workspace = None,
    url: Url = None,
) -> None:
    """Erase a customer: unreachable at once, purged from the disk by the receipt's date."""

    async def command() -> None:
        asked = {"client_id": client_id}
        async with connect(workspace, url) as http:
            seen = checked(await http.post("/erasures", json={**asked, "dry_run": True}))
            console.print(_counts(f"What there is of {seen['client_id']}", seen["would_erase"]))
            if dry_run or not (yes or typer.confirm("Erase all of it? It cannot be undone.")):
                return
            receipt = checked(await http.post("/erasures", json=asked))
        console.print(_counts("Erased", receipt["erased"]))
        console.print(
            f"Receipt {receipt['receipt_id']}: found afterwards by id {receipt['found_by_id']}, "
            f"by search {receipt['found_by_search']}; purged from the disk by {receipt['purge_by']}.",
            highlight=False,
        )

    run(command)


def erasures(workspace: Workspace = None, url: Url = None) -> None:
    """List the receipts of erasures."""

    async def command() -> None:
        async with connect(workspace, url) as http:
            receipts = checked(await http.get("/erasures"))["receipts"]
        table = Table("receipt", "cause", "erased", "events", "ids", "purged")
        for each in receipts:
            purged = _day(each["purged_at"]) if each["purged_at"] else f"by {_day(each['purge_by'])}"
            table.add_row(
                each["receipt_id"][:12], each["cause"], _day(each["erased_at"]), str(each["erased"].get("events", 0)),
                str(each["suppressed_ids"]), purged,
            )  # fmt: skip
        console.print(table if receipts else "Nobody was erased.")

    run(command)


def compact(workspace: Workspace = None, url: Url = None) -> None:
    """Purge the bytes of everything erased so far from the disk. A running server goes on serving."""

    async def command() -> None:
        async with connect(workspace, url) as http:
            with console.status("copying what is live into fresh files"):
                reply = checked(await http.post("/compact"))
        console.print(f"{reply['purged_receipts']} erasures purged from the disk")

    run(command)


def _day(moment: str) -> str:
    return moment[:16].replace("T", " ")


def _counts(title: str, counts: dict[str, Any]) -> Table:
    table = Table("where", "how many", title=Text(title), title_justify="left")
    for name, number in counts.items():
        table.add_row(name, f"{number:,}")
    return table
