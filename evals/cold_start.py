"""Measures the cold start on raw data sets: `python -m evals.cold_start FOLDER... [--task NAME] [--out FILE]`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as Shown

from evals.backtest.cold_start import (
    METHODS,
    SEEDS,
    SIZES,
    TASKS,
    Result,
    Setting,
    Task,
    means,
    play,
    settings_of,
    within,
)
from evals.backtest.datasets import DataMissing
from evals.backtest.panels import panel_of

#: Of a table that is written to a file.
_WIDTH = 120


def main() -> None:
    """Prints a table a task; fails where an aim at fifty customers, or the margin to the rivals, is missed."""
    args = _arguments()
    console, found, missed = (
        Console(width=None if sys.stdout.isatty() else _WIDTH),
        dict[str, list[Result]](),
        list[str](),
    )
    for task in TASKS:
        if args.task in (None, task.panel):
            try:
                results = _played(task, args, console)
            except DataMissing as error:
                raise SystemExit(str(error)) from None
            found[task.panel] = results
            missed += _show(task, results, console)
    if args.out:
        told = {name: [dataclasses.asdict(result) for result in results] for name, results in found.items()}
        args.out.write_text(json.dumps(told, indent=1), encoding="utf-8")
    for each in missed:
        console.print(f"[red]missed[/red] {each}")
    raise SystemExit(1 if missed else 0)


def _played(task: Task, args: argparse.Namespace, console: Console) -> list[Result]:
    table = panel_of(task.panel, args.folders)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    results: list[Result] = []
    with Progress(*columns, console=console, transient=True) as progress:
        shown = progress.add_task(task.panel, total=len(task.origins) * len(args.sizes) * args.seeds)
        for setting in settings_of(task, table):
            for result in _all(setting, args.sizes, args.seeds, args.workers):
                results.append(result)
                progress.advance(shown)
    return results


def _all(setting: Setting, sizes: Sequence[int], seeds: int, workers: int) -> list[Result]:
    drawn = [(size, seed) for size in sizes for seed in range(seeds) if size < len(setting.asked)]
    with ProcessPoolExecutor(workers, initializer=_keep, initargs=(setting,)) as pool:
        return list(pool.map(_one, drawn))


_kept: list[Setting] = []


def _keep(setting: Setting) -> None:
    _kept[:] = [setting]


def _one(drawn: tuple[int, int]) -> Result:
    return play(_kept[0], *drawn)


def _show(task: Task, results: Sequence[Result], console: Console) -> list[str]:
    """The table of a task, by origin and on the mean; what was missed, in sentences."""
    shown, missed = Shown(title=f"{task.panel}, H = {task.horizon_days}: log loss"), list[str]()
    for name in ("origin", "seen", *(name.replace("_", " ") for name in METHODS), "chosen"):
        shown.add_column(name)
    for origin in (*task.origins, "mean"):
        for size in sorted({result.seen for result in results}):
            those = [each for each in results if each.seen == size and origin in (each.origin, "mean")]
            mean = means(those)
            forms = sorted({each.form for each in those})
            counts = ", ".join(f"{form} {sum(each.form == form for each in those)}" for form in forms)
            shown.add_row(origin, str(size), *(f"{mean[name]:.4f}" for name in METHODS), counts)
            if origin == "mean" and not within(mean):
                missed.append(f"{task.panel}, {size} customers: {mean['product']:.4f}, worse than the rivals")
        shown.add_section()
    console.print(shown)
    return missed + _missed_at_fifty(task, results)


def _missed_at_fifty(task: Task, results: Sequence[Result]) -> list[str]:
    """The aim is one of the last origin, the one with the most history behind it."""
    those = [each for each in results if each.seen == 50 and each.origin == task.origins[-1]]
    if not those or task.at_fifty is None:
        return []
    loss = means(those)["product"]
    return [] if loss <= task.at_fifty else [f"{task.panel}, 50 customers: {loss:.4f} over {task.at_fifty}"]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evals.cold_start", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, help="where the raw files are, however deep")
    parser.add_argument("--task", choices=[task.panel for task in TASKS])
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES))
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, help="where to write every result as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
