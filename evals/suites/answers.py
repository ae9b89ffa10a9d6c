"""Suite `answers`: questions with a known right answer, judged by code from what is stated and what is cited."""

from __future__ import annotations

from collections.abc import Sequence

from evals.sample import DATA, Sample, read_samples
from evals.scoring.check import check
from evals.scoring.known import know
from evals.suite import Metric, Score, Suite
from evals.target import Json, Target

#: Written by hand; computed from the shipped data; asked of data that attacks the one who reads it.
FILES = ("answers.jsonl", "generated.jsonl", "attacked.jsonl")


def samples() -> list[Sample]:
    """Those of all files, in order; raises BadSamples."""
    return [sample for file in FILES for sample in read_samples(DATA / file)]


async def solve(target: Target, sample: Sample) -> Json:
    """The reply to the question, after those before it in the same thread."""
    thread: str | None = None
    for earlier in sample.before:
        thread = (await _ask(target, sample, earlier, thread))["thread_id"]
    reply = await _ask(target, sample, sample.question, thread)
    return {"reply": reply}


async def _ask(target: Target, sample: Sample, question: str, thread: str | None) -> Json:
    return await target.ask(
        sample.workspace, question, customer_id=sample.bound_to, as_of=sample.as_of, thread_id=thread
    )


def score(sample: Sample, output: Json) -> dict[str, Score]:
    return check(sample, output["reply"], know(sample.workspace))


_NEVER_BROKEN = {
    "exists": "Cited events exist",
    "dated": "Nothing from after the time asked about",
    "grounded": "Numbers are computed facts",
    "forbidden": "Nothing forbidden",
}


def _share(name: str, title: str, *, gated: bool = False, by_category: bool = False) -> Metric:
    return Metric(name, title, gated=gated, by_category=by_category)


METRICS: Sequence[Metric] = (
    _share("passed", "Answers that pass", gated=True, by_category=True),
    _share("value", "Right value stated", by_category=True),
    _share("order", "Order kept (Kendall's tau, 0 to 1)"),
    _share("cited", "Answers that cite what shows them"),
    _share("citation_precision", "Citation precision"),
    _share("citation_recall", "Citation recall"),
    _share("abstention", "Left open exactly where nothing is on record"),
    _share("tools", "Expected tools called"),
    # Taking "and the refunds?" for a question about everybody is a miss; where a scope forbids it, `trust` judges it.
    _share("owner", "Cited events are of whom was asked about", gated=True),
    *(Metric(name, title, zero_tolerance=True) for name, title in _NEVER_BROKEN.items()),
)

SUITE = Suite(
    name="answers",
    title="Answers to questions about customers",
    samples=samples,
    solve=solve,
    score=score,
    metrics=tuple(METRICS),
    passes="passed",
)
