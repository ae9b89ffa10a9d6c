"""The questions of every domain, one line each, and how its samples are made."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from evals.domains.asking import Asking, Questions
from evals.domains.clinic.questions import QUESTIONS as CLINIC
from evals.domains.ferry.questions import QUESTIONS as FERRY
from evals.domains.library.questions import QUESTIONS as LIBRARY
from evals.domains.workshop.questions import QUESTIONS as WORKSHOP
from evals.domains.workspaces import SEED, WORKSPACES, lines_of
from evals.sample import Sample
from evals.sources import Source
from evals.truth.tables import Tables, open_tables

DOMAINS: dict[str, tuple[tuple[str, Questions], ...]] = {
    "clinic": CLINIC,
    "ferry": FERRY,
    "library": LIBRARY,
    "workshop": WORKSHOP,
}


def tables_of(name: str) -> Tables:
    """The events of a domain as tables."""
    title, settings, _ = WORKSPACES[name]
    return open_tables(Source(name, title, settings, lambda: lines_of(name)))


def samples_of(name: str, seed: int = SEED) -> Iterator[Sample]:
    """The samples of a domain, category by category; the same for the same events and seed."""
    tables = tables_of(name)
    for category, questions in DOMAINS[name]:
        asking = Asking(tables, Random(f"{seed}/{name}/{category}"))
        for number, sample in enumerate(questions(asking), start=1):
            yield sample.model_copy(update={"id": f"{name}-{category}-{number:02}", "category": category})
