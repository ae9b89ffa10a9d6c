"""The items recommended on public data sets, through intake, store, counts and ranking of the product.

`python -m evals.recommend_tasks FOLDER...` finds the data sets below these folders.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.table import Table

from evals.backtest.datasets import DataMissing
from evals.backtest.item_figures import K, Origin, as_json, best_trend, mean_of, reached
from evals.backtest.item_run import RanItems, run_items
from evals.backtest.item_tasks import ITEM_TASKS, ItemFigure, ItemTask
from evals.backtest.own_store import NotForetold
from evals.backtest.recommenders import POPULAR
from evals.backtest.task_figures import PRODUCT
from evals.backtest.task_tables import checks_json, checks_table, number, told

_TITLES: dict[ItemFigure, str] = {"hit": f"HR@{K}", "ndcg": f"NDCG@{K}", "coverage": "coverage"}
_METHODS = {PRODUCT: "Product", **{name: title for name, (title, _) in POPULAR.items()}}
_FAILED = 1
_UNABLE = 2


def figures_table(ran: RanItems) -> Table:
    """Every method at every origin, and the mean over the origins."""
    table = Table("origin", "items", "n", "method", *_TITLES.values(), title=ran.task.title)
    for origin in ran.origins:
        _add(table, ran.task, [origin], origin.title)
    if len(ran.origins) > 1:
        _add(table, ran.task, ran.origins, "mean")
    known = ", ".join(f"{origin.catalogue:,}" for origin in ran.origins)
    table.caption = f"ranked among all items known: {known}"
    return table


def goals_table(ran: RanItems) -> Table:
    """What had to be reached; intervals (95 %) by drawing customers."""
    table = Table("figure", "reached", "95 % interval", "floor", "aim", title=f"{ran.task.title}: goals")
    for each in reached(ran.task, ran.origins):
        goal, sure = each.goal, each.sure
        words = f"{_TITLES[goal.figure]}, {_items(goal.new)}" + (f" by {_METHODS[each.trend]}" if each.trend else "")
        table.add_row(
            words,
            f"{each.value:.2f} times" if each.trend else number(each.value),
            f"{sure.low:.4f} to {sure.high:.4f}" if sure else "",
            told(goal.floor, each.floor),
            told(goal.aim, each.aim),
        )
    return table


def chosen_tasks(names: Sequence[str], origins: Sequence[str]) -> list[ItemTask]:
    """The tasks asked for, with other origins where given and where a task has any."""
    tasks = [ITEM_TASKS[name] for name in names or ITEM_TASKS]
    return [replace(task, origins=tuple(origins)) if origins and task.origins else task for task in tasks]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Judge the recommended items on public data sets.")
    parser.add_argument("folders", metavar="FOLDER", type=Path, nargs="+", help="where the data sets are, or below")
    parser.add_argument("--task", action="append", default=[], choices=ITEM_TASKS, help="default: all; may be repeated")
    parser.add_argument("--origins", nargs="+", default=[], metavar="DATE", help="other origins than the task's own")
    parser.add_argument("--checks", action="store_true", help="also whether lists know nothing of the future")
    parser.add_argument("--out", type=Path, help="a JSON file for all figures")
    return parser.parse_args()


def main() -> int:
    """Print what each task came to; 1 where a floor or a check was missed, 2 where nothing could be judged."""
    given, console = parse_arguments(), Console()
    kept, held = [], True
    for task in chosen_tasks(given.task, given.origins):
        started = perf_counter()
        try:
            ran = asyncio.run(run_items(task, given.folders, console, checks=given.checks))
        except (DataMissing, NotForetold) as error:
            console.print(f"{task.title}: {error}", markup=False, highlight=False)
            return _UNABLE
        spent = perf_counter() - started
        console.print(figures_table(ran))
        console.print(goals_table(ran))
        if ran.checks:
            console.print(checks_table(f"{task.title}: {ran.origins[-1].title}", ran.checks))
        console.print(f"{task.name}: {spent:.0f} s", highlight=False)
        kept.append({**as_json(task, ran.origins), "seconds": round(spent, 1), "checks": checks_json(ran.checks)})
        if given.out:
            given.out.write_text(json.dumps(kept, indent=1), encoding="utf-8")
        held &= all(each.floor is not False for each in reached(task, ran.origins))
        held &= all(check.held for check in ran.checks)
    return 0 if held else _FAILED


def _add(table: Table, task: ItemTask, origins: Sequence[Origin], label: str) -> None:
    for new in task.parts:
        n = sum(len(origin.parts[new].customers) for origin in origins)
        best = best_trend(origins, "ndcg", new)
        for method, title in _METHODS.items():
            first = method == PRODUCT
            cells = (label, _items(new), f"{n:,}") if first else ("", "", "")
            figures = (number(mean_of(origins, method, figure, new)) for figure in _TITLES)
            table.add_row(*cells, f"{title} (best)" if method == best else title, *figures)
        table.add_section()


def _items(new: bool) -> str:
    return "new items" if new else "all items"


if __name__ == "__main__":
    sys.exit(main())
