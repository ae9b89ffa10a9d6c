"""The churn signal on four public data sets, through intake, store, features and models of the product.

`python -m evals.churn_tasks FOLDER...` finds the data sets below these folders.
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
from evals.backtest.own_store import NotForetold
from evals.backtest.task_figures import (
    PRODUCT,
    STATISTICS,
    Judged,
    as_json,
    figures_of,
    interval,
    mean_of,
    noise_floor,
    pooled,
    reached,
)
from evals.backtest.task_run import Ran, run_task
from evals.backtest.task_tables import checks_json, checks_table, number, told
from evals.backtest.tasks import TASKS, YARDSTICK_TITLES, Task

_TITLES = {"roc_auc": "ROC-AUC", "log_loss": "log loss", "ece": "ECE", "lift_at_10": "lift@10 %"}
_AMONG = {"mean": "mean over origins", "each": "at the worst origin", "pooled": "all origins together"}
_FAILED = 1
_UNABLE = 2


def figures_table(ran: Ran) -> Table:
    """Every method at every origin, and the mean."""
    table = Table("origin", "n", "rate", "method", *_TITLES.values(), title=ran.task.title)
    for judged in ran.judged:
        _add(table, judged, f"{judged.origin}\n{judged.form}")
    for method in ran.judged[0].forecasts:
        figures = [mean_of(ran.judged, method, name) for name in STATISTICS]
        table.add_row("mean" if method == PRODUCT else "", "", "", _title(method), *map(number, figures))
    if len(ran.judged) > 1:
        table.add_section()
        _add(table, pooled(ran.judged), "all together")
    floors = ", ".join(f"{noise_floor(judged):.4f}" for judged in ran.judged)
    without = sum(judged.without for judged in ran.judged)
    table.caption = f"a perfect forecast's ECE would be {floors}; {without} cases without a number of their own"
    return table


def goals_table(ran: Ran) -> Table:
    """What had to be reached; intervals (95 %) by drawing customers."""
    table = Table("figure", "reached", "95 % interval", "floor", "aim", title=f"{ran.task.title}: goals")
    for each in reached(ran.task, ran.judged):
        goal = each.goal
        words = _TITLES[goal.figure] + (f" less {YARDSTICK_TITLES[goal.over]}" if goal.over else "")
        sure = interval(ran.judged, goal.figure, goal.over) if goal.among == "mean" else None
        table.add_row(
            f"{words}, {_AMONG[goal.among]}",
            f"{each.value:+.4f}" if goal.over else f"{each.value:.4f}",
            f"{sure.low:.4f} to {sure.high:.4f}" if sure else "",
            told(goal.floor, each.floor),
            told(goal.aim, each.aim),
        )
    return table


def chosen_tasks(names: Sequence[str], origins: Sequence[str], grid: bool) -> list[Task]:
    """The tasks asked for, with other origins where given; by the grid a task is taught by its own workspace."""
    tasks = [TASKS[name] for name in names or TASKS]
    if grid:
        tasks = [replace(task, taught=None) for task in tasks if names or task.taught is None]
    return [replace(task, origins=tuple(origins)) for task in tasks] if origins else tasks


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Judge the churn signal on public data sets.")
    parser.add_argument("folders", metavar="FOLDER", type=Path, nargs="+", help="where the data sets are, or below")
    parser.add_argument("--task", action="append", default=[], choices=TASKS, help="by default all; may be repeated")
    parser.add_argument("--origins", nargs="+", default=[], metavar="DATE", help="other origins than the task's own")
    parser.add_argument("--grid", action="store_true", help="the models that the API uses: trained at month starts")
    parser.add_argument("--checks", action="store_true", help="also whether scores know nothing of the future")
    parser.add_argument("--out", type=Path, help="a JSON file for all figures")
    return parser.parse_args()


def main() -> int:
    """Print what each task came to; 1 where a floor or a check was missed, 2 where nothing could be judged."""
    given, console = parse_arguments(), Console()
    kept, held = [], True
    for task in chosen_tasks(given.task, given.origins, given.grid):
        started = perf_counter()
        try:
            ran = asyncio.run(run_task(task, given.folders, console, grid=given.grid, checks=given.checks))
        except (DataMissing, NotForetold) as error:
            console.print(f"{task.title}: {error}", markup=False, highlight=False)
            return _UNABLE
        spent = perf_counter() - started
        console.print(figures_table(ran))
        with console.status("Drawing customers for the intervals"):
            console.print(goals_table(ran))
        if ran.checks:
            console.print(checks_table(f"{task.title}: {task.origins[-1]}", ran.checks))
        console.print(f"{task.name}: {spent:.0f} s", highlight=False)
        kept.append({**as_json(task, ran.judged), "seconds": round(spent, 1), "checks": checks_json(ran.checks)})
        if given.out:
            given.out.write_text(json.dumps(kept, indent=1), encoding="utf-8")
        missed = [each for each in reached(task, ran.judged) if each.floor is False]
        held &= not missed and all(check.held for check in ran.checks)
    return 0 if held else _FAILED


def _add(table: Table, judged: Judged, label: str) -> None:
    for method, values in judged.forecasts.items():
        first = method == PRODUCT
        cells = (label, f"{len(judged.labels):,}", f"{judged.labels.mean():.3f}") if first else ("", "", "")
        table.add_row(*cells, _title(method), *map(number, figures_of(judged.labels, values).values()))
    table.add_section()


def _title(method: str) -> str:
    return YARDSTICK_TITLES.get(method, "Product")


if __name__ == "__main__":
    sys.exit(main())
