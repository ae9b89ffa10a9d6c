"""Items that nobody took up yet, recommended by their names on public data, through the product.

`python -m evals.newcomer_task FOLDER...` finds the orders of Online Retail below these folders.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from evals.backtest.datasets import DATA_SETS, DataMissing
from evals.backtest.item_cases import cases_of
from evals.backtest.item_figures import K
from evals.backtest.item_newcomers import WINDOW_DAYS, Newcomers, judge_newcomers, newcomers_of, shown_before
from evals.backtest.item_store import Shop
from evals.backtest.item_tasks import ITEM_TASKS
from evals.backtest.own_store import NotForetold, fill, own_store
from evals.backtest.task_tables import number
from evals.backtest.tasks import instant
from evals.progress import bar
from memory.workspace import ChurnDefinition
from tools.recommending.keeper import ItemKeeper

_TASK = ITEM_TASKS["online-retail"]
_UNABLE = 2


async def run_newcomers(folders: Sequence[Path], origins: Sequence[str], console: Console) -> list[Newcomers]:
    """Every origin in a workspace of its own; raises DataMissing, NotForetold."""
    with console.status(f"Reading {DATA_SETS[_TASK.data].title}"):
        known = cases_of(_TASK, list(DATA_SETS[_TASK.data].events(folders)))
    found = []
    async with own_store() as services:
        for origin in origins:
            shop = Shop(services, ItemKeeper(services.ledger), f"newcomers-{origin}")
            at = instant(origin)
            past = [event for event in known.events if datetime.fromisoformat(event["timestamp"]) < at]
            events = [*past, *shown_before(newcomers_of(known.orders, at), at)]
            with bar(console, f"Taking in: {origin}", len(events)) as advance:
                await fill(services, shop.workspace, events, ChurnDefinition(), advance)
            found.append(await judge_newcomers(shop, origin, at, known.orders))
    return found


def newcomers_table(found: Sequence[Newcomers]) -> Table:
    table = Table("origin", "newcomers", "customers", f"HR@{K}", "95 % interval", "ten drawn blindly")
    table.title = f"{_TASK.title}: what nobody took up before, within {WINDOW_DAYS} days"
    for each in found:
        sure = f"{number(each.hit.low)} to {number(each.hit.high)}"
        cells = (f"{each.items:,}", f"{each.cases:,}", number(each.hit.value), sure, number(each.chance))
        table.add_row(each.title, *cells)
    return table


def main() -> int:
    """Print how often a newcomer was rightly recommended; 2 where nothing could be judged."""
    parser = argparse.ArgumentParser(description="Judge recommendations of items that nobody took up yet.")
    parser.add_argument("folders", metavar="FOLDER", type=Path, nargs="+", help="where the data set is, or below")
    parser.add_argument("--origins", nargs="+", default=_TASK.origins, metavar="DATE", help="other days")
    given, console = parser.parse_args(), Console()
    try:
        found = asyncio.run(run_newcomers(given.folders, given.origins, console))
    except (DataMissing, NotForetold) as error:
        console.print(str(error), markup=False, highlight=False)
        return _UNABLE
    console.print(newcomers_table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
