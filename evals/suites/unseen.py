"""Suite `unseen`: questions of trades that the product knows nothing of, over their own names of events."""

from __future__ import annotations

from evals.domains.workspaces import WORKSPACES
from evals.sample import DATA, Sample, read_samples
from evals.suite import Suite
from evals.suites import answers


def samples() -> list[Sample]:
    """Those of all domains, in order; raises BadSamples."""
    return [sample for name in WORKSPACES for sample in read_samples(DATA / f"domain_{name}.jsonl")]


SUITE = Suite(
    name="unseen",
    title="Answers in trades never seen before",
    samples=samples,
    solve=answers.solve,
    score=answers.score,
    metrics=tuple(answers.METRICS),
    passes="passed",
)
