"""Every generated category, one line each: what is asked in the shop, and what in the software company."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from random import Random

from evals.generated import (
    ambiguous,
    as_of,
    cohorts,
    comparisons,
    counts,
    facts,
    follow_ups,
    rankings,
    recommendations,
    risks,
    sums,
    timelines,
    trends,
    unanswerable,
)
from evals.sample import Sample
from evals.truth.tables import Tables

#: Draws the questions of a category over a workspace.
Make = Callable[[Tables, Random], Iterator[Sample]]
#: Another seed asks other questions of the same kinds.
SEED = 4
CATEGORIES: tuple[tuple[str, str, Make], ...] = (
    ("single_fact", "shop", facts.shop),
    ("single_fact", "software", facts.software),
    ("timeline", "shop", timelines.shop),
    ("timeline", "software", timelines.software),
    ("why_at_risk", "shop", risks.shop),
    ("why_at_risk", "software", risks.software),
    ("compare", "shop", comparisons.shop),
    ("compare", "software", comparisons.software),
    ("count", "shop", counts.shop),
    ("count", "software", counts.software),
    ("sum", "shop", sums.shop),
    ("sum", "software", sums.software),
    ("trend", "shop", trends.shop),
    ("trend", "software", trends.software),
    ("ranking", "shop", rankings.shop),
    ("ranking", "software", rankings.software),
    ("cohort", "shop", cohorts.shop),
    ("cohort", "software", cohorts.software),
    ("recommend", "shop", recommendations.shop),
    ("recommend", "software", recommendations.software),
    ("unanswerable", "shop", unanswerable.shop),
    ("unanswerable", "software", unanswerable.software),
    ("ambiguous", "software", ambiguous.software),
    ("as_of", "shop", as_of.shop),
    ("as_of", "software", as_of.software),
    ("follow_up", "shop", follow_ups.shop),
    ("follow_up", "software", follow_ups.software),
)


def generate(workspaces: Mapping[str, Tables], seed: int = SEED) -> Iterator[Sample]:
    """The samples of all categories; the same for the same events and seed. No question is asked twice."""
    asked: set[tuple[object, ...]] = set()
    for category, workspace, make in CATEGORIES:
        drawn = make(workspaces[workspace], Random(f"{seed}/{category}/{workspace}"))
        fresh = (sample for sample in drawn if _is_new(sample, asked))
        for number, sample in enumerate(fresh, start=1):
            yield sample.model_copy(update={"id": f"{category}-{workspace}-{number:02}", "category": category})


def _is_new(sample: Sample, asked: set[tuple[object, ...]]) -> bool:
    key = (sample.workspace, sample.before, sample.question, sample.as_of)
    new = key not in asked
    asked.add(key)
    return new
