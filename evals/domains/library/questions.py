"""Every category that is asked of the libraries, one line each."""

from __future__ import annotations

from evals.domains.asking import Questions
from evals.domains.library import amounts, groups, limits, lookups, orders, threads

QUESTIONS: tuple[tuple[str, Questions], ...] = (
    ("single_fact", lookups.single_fact),
    ("count", amounts.counts),
    ("sum", amounts.sums),
    ("average", amounts.averages),
    ("extreme", lookups.extremes),
    ("trend", orders.trends),
    ("ranking", orders.rankings),
    ("compare", orders.comparisons),
    ("timeline", orders.timelines),
    ("cohort", groups.cohorts),
    ("as_of", lookups.as_of),
    ("follow_up", threads.follow_ups),
    ("several", threads.several),
    ("unanswerable", limits.unanswerable),
    ("ambiguous", limits.ambiguous),
)
