"""Compare with what one would use otherwise, as ratios within one run: absolute numbers of a machine say little.

`python -m evals.bench`
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from evals.bench_intake import Encoder, Encoding, Intake, distinct_texts, read_events, time_intake
from evals.bench_store import LIMIT, PARTS, Timing, make_points, make_searches, time_embedded, time_local
from evals.oracle import DEMO_DATA

_POINTS, _SEARCHES = 5_000, 50


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
    """A server that takes in the events; half of their texts encoded before and half after, never both at once."""
    lines = read_events(file, limit)
    texts = distinct_texts(lines)
    raw = progress.add_task("Raw encoding", total=len(texts))
    intake = progress.add_task("Intake: accepted, then searchable", total=2 * len(lines))
    encoder, seconds = Encoder(), 0.0
    halves = [texts[::2], texts[1::2]]
    seconds += encoder.seconds_for(halves[0])
    progress.advance(raw, len(halves[0]))
    taken = time_intake(lines, lambda done: progress.advance(intake, done))
    seconds += encoder.seconds_for(halves[1])
    progress.advance(raw, len(halves[1]))
    return taken, Encoding(len(texts), seconds)


def store_table(embedded: Timing, local: Timing, points: int, searches: int) -> Table:
    table = Table("store", "embedded", "local mode", "ratio")
    table.title = f"{points:,} points of {PARTS} parts each; {searches} searches a kind for {LIMIT} of one customer"
    for label, ours, theirs in (
        ("write payload and words, points/s", embedded.write_per_s, local.write_per_s),
        ("give vectors, points/s", embedded.vectors_per_s, local.vectors_per_s),
    ):
        table.add_row(label, f"{ours:,.0f}", f"{theirs:,.0f}", f"{ours / theirs:.1f} x")
    for label, ours, theirs in (
        ("search by words, median ms", embedded.words_ms, local.words_ms),
        ("search by meaning, median ms", embedded.meaning_ms, local.meaning_ms),
    ):
        table.add_row(label, f"{ours:.2f}", f"{theirs:.2f}", f"{theirs / ours:,.0f} x")
    same = sum(a == b for a, b in zip(embedded.answers, local.answers, strict=True))
    table.caption = f"the same events found in {same} of {len(local.answers)} searches"
    return table


def intake_table(taken: Intake, encoding: Encoding) -> Table:
    """Each row with its speed, and its time as a share of the raw encoding's."""
    table = Table("intake", "seconds", "a second", "time / raw encoding")
    table.title = f"{taken.events:,} events over HTTP on loopback, {encoding.texts:,} distinct texts"
    for label, seconds, number, unit in (
        ("raw encoding of texts", encoding.seconds, encoding.texts, "texts"),
        ("until all accepted", taken.accepted_s, taken.events, "events"),
        ("until all found by meaning", taken.searchable_s, taken.events, "events"),
    ):
        table.add_row(label, f"{seconds:.2f}", f"{number / seconds:,.0f} {unit}", f"{seconds / encoding.seconds:.2f}")
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
    console.print(f"{os.cpu_count()} cores, Python {platform.python_version()}: compare the ratios, not the numbers")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        embedded, local = asyncio.run(bench_stores(given.data, given.points, given.searches, progress))
        taken, encoding = bench_intake(given.data, given.events, progress)
    console.print(store_table(embedded, local, given.points, given.searches))
    console.print(intake_table(taken, encoding))


if __name__ == "__main__":
    main()
