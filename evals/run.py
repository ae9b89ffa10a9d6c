"""Puts samples to a target, several at a time, and writes each down as it finishes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from time import perf_counter

from evals.progress import Advance
from evals.runs import Run
from evals.sample import Sample
from evals.suite import Record, Score, Suite
from evals.target import Json, Target, TargetFailed

#: Adds a judge's opinion to an output, before it is scored.
Judge = Callable[[Sample, Json], Awaitable[None]]
#: How many tokens a model has spent so far.
Spent = Callable[[], int]
#: A sample of a suite, and which time it is asked.
Job = tuple[Suite, Sample, int]


def jobs(suites: Mapping[str, Suite], samples: Mapping[str, Sequence[Sample]], epochs: int) -> list[Job]:
    """All there is to do, one epoch after the other."""
    return [(suites[name], sample, epoch) for epoch in range(epochs) for name in samples for sample in samples[name]]


def left_of(all_jobs: Iterable[Job], done: Iterable[Record]) -> list[Job]:
    """What a run that was interrupted has yet to do."""
    finished = {(record.suite, record.id, record.epoch) for record in done}
    return [job for job in all_jobs if (job[0].name, job[1].id, job[2]) not in finished]


async def work_off(
    to_do: Sequence[Job],
    target: Target,
    run: Run,
    concurrency: int,
    advance: Advance,
    judge: Judge | None = None,
    spent: Spent | None = None,
) -> None:
    """Do every job; what is not the target's own failure ends the run, and what is done so far is kept.

    What a sample spent can be told only where it was alone.
    """
    spent = spent if concurrency == 1 else None
    waiting = iter(to_do)

    async def worker() -> None:
        # One iterator for all workers: each takes the next job.
        for suite, sample, epoch in waiting:
            before = spent() if spent else 0
            record = await solve(suite, sample, epoch, target, judge)
            run.append(record.model_copy(update={"tokens": spent() - before}) if spent else record)
            advance(1)

    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(worker())


async def solve(suite: Suite, sample: Sample, epoch: int, target: Target, judge: Judge | None = None) -> Record:
    """One sample, put to the target and scored."""
    started = perf_counter()
    record = Record(suite=suite.name, id=sample.id, epoch=epoch, category=sample.category, cluster=sample.cluster)
    try:
        output = await suite.solve(target, sample)
    except TargetFailed as error:
        record.error = str(error)
        record.scores = suite.failed(str(error))
        return record
    record.ms = round((perf_counter() - started) * 1000, 2)
    if judge:
        await judge(sample, output)
    record.output = output
    record.scores = scores(suite, sample, output)
    return record


def scores(suite: Suite, sample: Sample, output: Json) -> dict[str, Score]:
    """The suite's scores, and what a judge thought where one was asked."""
    found = suite.score(sample, output)
    if opinion := output.get("judge"):
        found["judge"] = Score(value=opinion["score"], why=opinion.get("reason"))
    return found


def score_again(
    records: Iterable[Record], suites: Mapping[str, Suite], samples: Mapping[str, Sequence[Sample]]
) -> list[Record]:
    """The same outputs under the scoring of today; errors stay what they are."""
    known = {(name, sample.id): sample for name, chosen in samples.items() for sample in chosen}
    return [
        record
        if record.error
        else record.model_copy(
            update={"scores": scores(suites[record.suite], known[record.suite, record.id], record.output)}
        )
        for record in records
    ]
