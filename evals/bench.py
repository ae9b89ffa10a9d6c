"""Compare with what one would use otherwise, as ratios within one run: absolute numbers of a machine say little.

`python -m evals.bench`
"""

from __future__ import annotations

import argparse
import asyncio
import platform
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from evals.bench_intake import Encoding, Intake, distinct_texts, read_events, time_encoding, time_intake
from evals.bench_store import LIMIT, PARTS, Timing, make_points, make_searches, time_embedded, time_local
from evals.oracle import DEMO_DATA

_POINTS, _SEARCHES = 5_000, 100


async def bench_stores(file: Path, points: int, searches: int, progress: Progress) -> tuple[Timing, Timing]:
    """The embedded store, then the client's local mode, on the same points."""
    task = progress.add_task("Preparing points", total=None)
    made = make_points(file, points)
    asked = make_searches(made, searches)
    progress.update(task, total=1, completed=1)
    work = 2 * points + searches
    task = progress.add_task("Embedded store", total=work)
    embedded = await time_embedded(made, asked, lambda done: progress.advance(task, done))
    other = progress.add_task("qdrant-client local mode", total=work)
    local = await time_local(made, asked, lambda done: progress.advance(other, done))
    return embedded, local


def bench_intake(file: Path, limit: int | None, progress: Progress) -> tuple[Intake, Encoding]:
    """A server that takes in the events, then the bare model on their texts: never both at once."""
    lines = read_events(file, limit)
    task = progress.add_task("Intake: accepted, then searchable", total=2 * len(lines))
    taken = time_intake(lines, lambda done: progress.advance(task, done))
    texts = distinct_texts(lines)
    other = progress.add_task("Raw encoding", total=len(texts))
    return taken, time_encoding(texts, lambda done: progress.advance(other, done))


def store_table(embedded: Timing, local: Timing, points: int, searches: int) -> Table:
    table = Table(
        "per customer" if False else "store", "embedded", "local mode", "ratio",
        title=f"{points:,} points of {PARTS} parts each; {searches} searches a kind for {LIMIT} of one customer",
    )  # fmt: skip
    rows = [
        ("write payload and words, points/s", embedded.write_per_s, local.write_per_s, "0,.0f"),
        ("give vectors, points/s", embedded.vectors_per_s, local.vectors_per_s, "0,.0f"),
    ]
    for label, ours, theirs, form in rows:
        table.add_row(label, f"{ours:{form}}", f"{theirs:{form}}", f"{ours / theirs:.1f} x")
    for label, ours, theirs in (
        ("search by words, median ms", embedded.words_ms, local.words_ms),
        ("search by meaning, median ms", embedded.meaning_ms, local.meaning_ms),
    ):
        table.add_row(label, f"{ours:.2f}", f"{theirs:.2f}", f"{theirs / ours:.0f} x")
    same = sum(a == b for a, b in zip(embedded.answers, local.answers, strict=True))
    table.caption = f"the same events found in {same} of {len(local.answers)} searches"
    return table


def intake_table(taken: Intake, encoding: Encoding) -> Table:
    table = Table("intake", "seconds", "a second", "against raw encoding")
    table.title = f"{taken.events:,} events over HTTP on loopback; {encoding.texts:,} distinct texts"
    per_event = encoding.seconds / taken.events
    table.add_row("raw encoding of the texts", f"{encoding.seconds:.1f}", f"{encoding.texts / encoding.seconds:,.0f} texts", "1")
    table.add_row(
        "until all accepted",
        f"{taken.accepted_s:.2f}",
        f"{taken.events / taken.accepted_s:,.0f} events",
        f"{per_event * taken.events / taken.accepted_s:.1f} x as fast",
    )
    table.add_row(
        "until all found by meaning",
        f"{taken.searchable_s:.1f}",
        f"{taken.events / taken.searchable_s:,.0f} events",
        f"{taken.searchable_s / encoding.seconds:.2f} x the time",
    )
    return table


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare the store and the intake with the usual choices.")
    parser.add_argument("--data", type=Path, default=DEMO_DATA / "retail.jsonl.gz", help="JSONL of events, also .gz")
    parser.add_argument("--points", type=int, default=_POINTS, help="points in the stores")
    parser.add_argument("--searches", type=int, default=_SEARCHES, help="searches of each kind")
    parser.add_argument("--events", type=int, default=None, help="events to take in; by default all of the file")
    return parser.parse_args()


def main() -> None:
    """Print both comparisons."""
    given = parse_arguments()
    console = Console()
    console.print(f"Python {platform.python_version()}, {platform.machine()}; ratios hold, absolute numbers are this machine's")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        embedded, local = asyncio.run(bench_stores(given.data, given.points, given.searches, progress))
        taken, encoding = bench_intake(given.data, given.events, progress)
    console.print(store_table(embedded, local, given.points, given.searches))
    console.print(intake_table(taken, encoding))


if __name__ == "__main__":
    main()
