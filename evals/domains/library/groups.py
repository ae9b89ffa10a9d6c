"""Groups of members: who did something, never did, did it so often, or is of some kind; listed or counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from evals.domains.asking import Asking
from evals.domains.clinic.truths import size
from evals.domains.figures import number, people, with_trait, without
from evals.domains.library.asked import (
    ATTENDED,
    BORROWED,
    FINED,
    JUNE,
    LATE,
    RENEWED,
    RETURNED,
    STREAMED,
    Y2026,
    has,
)
from evals.sample import Sample


def cohorts(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    yield ask.ask("Who came to Family History Clinic in 2026?", "customers", people(
        tables, ATTENDED.where(programme="Family History Clinic").within(*Y2026)))  # fmt: skip
    yield ask.ask("members that never borrowed an item", "customers", (without(tables, BORROWED), ()))
    yield ask.ask("How many members have never been charged a fine?", "count", (len(without(tables, FINED)), ()))
    yield ask.ask("how many of our members are students?", "count", size(with_trait(tables, "member-type", "student")))
    yield ask.ask("Give me all members who live in Longbeach.", "customers", with_trait(tables, "suburb", "Longbeach"))
    yield ask.ask("Which members have renewed loans at least three times?", "customers", people(tables, RENEWED, 3))
    yield ask.ask("how many different members streamed something in June 2026?", "count", size(
        people(tables, STREAMED.within(*JUNE))))  # fmt: skip
    yield ask.ask("Who has returned something 15 or more days late?", "customers", people(
        tables, replace(RETURNED, but=f"{number(LATE)} >= 15")))  # fmt: skip
    yield ask.ask("Who borrowed Murder at Low Tide?", "customers", people(
        tables, replace(BORROWED, but=has("title", "Murder at Low Tide"))))  # fmt: skip
