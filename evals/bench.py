"""Compare with what one would use otherwise, as ratios within one run, and time answers on a large memory.

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

from evals.bench_answers import QUESTIONS, SAMPLES, Answers, quantile, time_answers
from evals.bench_intake import Encoder, Encoding, Intake, Line, notes_of, read_events, texts_of, time_intake
from evals.bench_items import STEPS as ITEM_STEPS
from evals.bench_items import ItemSpeeds, items_rows, time_items
from evals.bench_model import QUESTIONS as OF_ONE
from evals.bench_model import TOGETHER, Overhead, time_overhead
from evals.bench_signals import STEPS as SIGNAL_STEPS
from evals.bench_signals import Speeds, signals_rows, time_signals
from evals.bench_store import LIMIT, PARTS, Timing, make_points, make_searches, time_embedded, time_local
from evals.sources import DEMO_DATA

_POINTS, _SEARCHES = 5_000, 50
_ASKED_OF, _TIMES = 100_000, 3
PARTS_OF_BENCH = ("stores", "intake", "answers", "model", "signals", "items")
#: Milliseconds an answer may take, warm, and what a model may make of it beside its own time: at p50 and at p95.
_GOAL_MS, _OVER_GOAL_MS = (100, 300), (40, 100)
HALF = "orders, half the top load"
DISK = "orders, flushed to disk"


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


def bench_intake(file: Path, limit: int | None, progress: Progress) -> tuple[dict[str, Intake], dict[str, Encoding]]:
    """Servers that take in events; texts are encoded raw before and after, never while a server runs."""
    lines = read_events(file, limit)
    notes = notes_of([text for text in texts_of(lines) if text])
    jobs = {"orders": lines, "distinct texts": notes}
    encoder, texts = Encoder(), {name: texts_of(job) for name, job in jobs.items()}
    spent = {name: _encode(encoder, name, each[::2], progress) for name, each in texts.items()}
    taken: dict[str, Intake] = {}
    for name, job in jobs.items():
        taken[name] = _take(name, job, progress)
    half = taken["orders"].events / taken["orders"].accepted_s / 2
    taken[HALF] = _take(HALF, lines, progress, pace=half)
    taken[DISK] = _take(DISK, lines, progress, durability="disk")
    spent = {name: seconds + _encode(encoder, name, texts[name][1::2], progress) for name, seconds in spent.items()}
    return taken, {name: Encoding(len(texts[name]), seconds) for name, seconds in spent.items()}


def _encode(encoder: Encoder, name: str, texts: list[str], progress: Progress) -> float:
    task = progress.add_task(f"Raw encoding: {name}", total=len(texts))
    seconds = encoder.seconds_for(texts)
    progress.update(task, completed=len(texts))
    return seconds


def _take(name: str, lines: list[Line], progress: Progress, pace: float | None = None, **settings: str) -> Intake:
    task = progress.add_task(f"Intake, then searchable: {name}", total=2 * len(lines))
    return time_intake(lines, lambda done: progress.advance(task, done), pace=pace, **settings)


async def bench_answers(events: int, times: int, progress: Progress) -> Answers:
    """A memory of so many events in this process, then every question so many times, warm."""
    total = events + (times + 1) * sum(map(len, QUESTIONS.values()))
    task = progress.add_task("Answers on a large memory", total=total)
    return await time_answers(events, times, lambda done: progress.advance(task, done))


def answers_table(answers: Answers) -> Table:
    """Milliseconds an answer, by kind of question."""
    table = Table("answers, ms", "questions", "p50", "p95", "max", "longest a turn")
    table.title = (
        f"{answers.events:,} events of {answers.customers:,} customers (the samples {', '.join(SAMPLES)} again and "
        "again under other names); no chat model, no vectors, warm"
    )
    for kind in (*QUESTIONS, None):
        times = answers.of(kind)
        stall = max(each.stall_ms for each in answers.asked if kind in (None, each.kind))
        asked = len(QUESTIONS[kind]) if kind else sum(map(len, QUESTIONS.values()))
        figures = (quantile(times, 0.5), quantile(times, 0.95), times[-1], stall)
        table.add_row(kind or "all", str(asked), *(f"{each:,.0f}" for each in figures))
    slowest = max(answers.asked, key=lambda each: each.ms)
    table.caption = (
        f"to reach: p50 {_GOAL_MS[0]}, p95 {_GOAL_MS[1]}; the first question, which reads and folds everyone, took "
        f"{answers.first_ms / 1000:.1f} s; the slowest of the others was: {slowest.question}"
    )
    return table


async def bench_model(events: int, times: int, progress: Progress) -> Overhead:
    """A memory of so many events in this process, then every question of one customer, with a scripted model."""
    task = progress.add_task("Overhead over a chat model", total=events + (times + 1) * len(OF_ONE))
    return await time_overhead(events, times, lambda done: progress.advance(task, done))


def model_table(found: Overhead) -> Table:
    """Milliseconds beside the model's own, against the same questions without one."""
    table = Table("questions of one customer", "n", "p50 ms", "p95 ms", "max ms")
    table.title = (
        f"{found.events:,} events; a scripted model without delay in a process of its own: three tools, one a turn, "
        "then the answer (four requests)"
    )
    over, alone = found.over_ms(), found.alone_ms()
    for label, times in (
        ("overhead: an answer less the model's own time", over),
        ("of it the product's own processor time", found.worked_ms()),
        ("the same without a model", alone),
        (f"{TOGETHER} conversations at once: an answer, all in", found.together_ms),
    ):
        figures = (quantile(times, 0.5), quantile(times, 0.95), times[-1])
        table.add_row(label, str(len(times)), *(f"{each:,.0f}" for each in figures))
    by_model = sum(turn.mode == "model" for turn in found.turns)
    table.caption = (
        f"to reach: p50 {_OVER_GOAL_MS[0]}, p95 {_OVER_GOAL_MS[1]}; overhead / without a model "
        f"{quantile(over, 0.5) / quantile(alone, 0.5):.1f} x; the model's answer stood in {by_model} of "
        f"{len(found.turns)}; {TOGETHER / found.together_s:.0f} answers/s at once"
    )
    return table


def bench_signals(file: Path, progress: Progress) -> Speeds:
    """Features, scores and training of signals, in this process."""
    task = progress.add_task("Signals", total=SIGNAL_STEPS)
    return time_signals(file, lambda done: progress.advance(task, done))


def signals_table(speeds: Speeds) -> Table:
    """Each part beside its goal."""
    table = Table("signals", "measured", "to reach")
    table.title = f"{speeds.events:,} events of {speeds.customers:,} customers, {speeds.features} features"
    for row in signals_rows(speeds):
        table.add_row(*row)
    table.caption = "rows and training on drawn numbers, the same every time; one process"
    return table


def bench_items(file: Path, progress: Progress) -> ItemSpeeds:
    """Counts, what is known of a day, and lists, in this process."""
    task = progress.add_task("Items", total=ITEM_STEPS)
    return time_items(file, lambda done: progress.advance(task, done))


def items_table(speeds: ItemSpeeds) -> Table:
    """Each part beside its goal."""
    table = Table("items", "measured", "to reach")
    table.title = f"{speeds.events:,} events of {speeds.customers:,} customers, {speeds.items:,} items"
    for row in items_rows(speeds):
        table.add_row(*row)
    table.caption = "the demo's orders again and again under other names; one process"
    return table


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


def intake_table(taken: dict[str, Intake], encoding: dict[str, Encoding]) -> Table:
    """Each run with its speed, against the raw encoding of the same distinct texts."""
    table = Table(
        "intake over HTTP", "events", "accepted/s", "searchable/s", "raw texts/s", "raw time / searchable time"
    )
    table.title = "batches of 100, the client on the same cores; raw: the bare model on the same distinct texts"
    for name, run in taken.items():
        raw = encoding.get(name)
        table.add_row(
            name, f"{run.events:,}", f"{run.events / run.accepted_s:,.0f}", f"{run.events / run.searchable_s:,.0f}",
            f"{raw.texts / raw.seconds:,.0f}" if raw else "", f"{raw.seconds / run.searchable_s:.2f}" if raw else "",
        )  # fmt: skip
    half, orders = taken[HALF], taken["orders"]
    table.caption = (
        f"at half the top load the lag from accepted to searchable is {half.lag_p50_s:.2f} s (p50), "
        f"{half.lag_p99_s:.2f} s (p99); memory grew by {orders.memory_bytes / orders.payload_bytes:.1f} times the "
        f"{orders.payload_bytes / 1e6:.0f} MB of payloads"
    )
    return table


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare the store and the intake with the usual choices.")
    parser.add_argument("--data", type=Path, default=DEMO_DATA / "retail.jsonl.gz", help="JSONL of events, also .gz")
    parser.add_argument("--points", type=int, default=_POINTS, help="points in the stores")
    parser.add_argument("--searches", type=int, default=_SEARCHES, help="searches of each kind")
    parser.add_argument("--events", type=int, default=None, help="events to take in; by default all of the file")
    parser.add_argument(
        "--memory", type=int, default=_ASKED_OF, help="events in the memory that questions are asked of"
    )
    parser.add_argument("--times", type=int, default=_TIMES, help="how often each question is asked, once it was")
    parser.add_argument("--only", choices=PARTS_OF_BENCH, help="one part alone; by default all")
    return parser.parse_args()


def main() -> None:
    """Print every comparison."""
    given = parse_arguments()
    console = Console()
    console.print(f"{os.cpu_count()} cores, Python {platform.python_version()}: compare the ratios, not the numbers")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    tables: list[Table] = []
    with Progress(*columns, console=console) as progress:
        if given.only in (None, "stores"):
            embedded, local = asyncio.run(bench_stores(given.data, given.points, given.searches, progress))
            tables.append(store_table(embedded, local, given.points, given.searches))
        if given.only in (None, "intake"):
            tables.append(intake_table(*bench_intake(given.data, given.events, progress)))
        if given.only in (None, "answers"):
            tables.append(answers_table(asyncio.run(bench_answers(given.memory, given.times, progress))))
        if given.only in (None, "model"):
            tables.append(model_table(asyncio.run(bench_model(given.memory, given.times, progress))))
        if given.only in (None, "signals"):
            tables.append(signals_table(bench_signals(given.data, progress)))
        if given.only in (None, "items"):
            tables.append(items_table(bench_items(given.data, progress)))
    for table in tables:
        console.print(table)


if __name__ == "__main__":
    main()
