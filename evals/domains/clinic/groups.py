"""Groups of owners: who did something, never did, did it so often, or is of some kind; listed or counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from evals.domains.asking import Asking
from evals.domains.clinic.asked import (
    BOOKED,
    JANUARY,
    JOINED,
    MISSED,
    PLAN,
    REGISTERED,
    REVIEWED,
    SETTLED,
    VISITED,
    Y2026,
    of_species,
    with_service,
)
from evals.domains.clinic.truths import size
from evals.domains.figures import number, people, with_trait, without, word
from evals.sample import Sample


def cohorts(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    yield ask.ask("Who has missed two or more appointments?", "customers", people(tables, MISSED, 2))
    yield ask.ask("Customers who have registered a rabbit?", "customers", people(
        tables, replace(REGISTERED, but=of_species("rabbit"))))  # fmt: skip
    yield ask.ask("how many customers have never booked an appointment?", "count", (
        len(without(tables, BOOKED)), ()))  # fmt: skip
    yield ask.ask("which customers want to be contacted by text?", "customers", with_trait(
        tables, "preferredContact", "text"))  # fmt: skip
    yield ask.ask("How many customers call Lakewood their home branch?", "count", size(
        with_trait(tables, "homeBranch", "Lakewood")))  # fmt: skip
    yield ask.ask("who left a one-star review?", "customers", people(
        tables, replace(REVIEWED, but=f"{number('stars')} = 1")))  # fmt: skip
    yield ask.ask("List everyone with a completed visit at Boulder in January 2026.", "customers", people(
        tables, VISITED.where(branch="Boulder").within(*JANUARY)))  # fmt: skip
    yield ask.ask("Number of customers without a completed visit in 2026?", "count", (
        len(without(tables, VISITED.within(*Y2026))), ()))  # fmt: skip
    yield ask.ask("Which customers ever joined Paws Total?", "customers", people(
        tables, replace(JOINED, but=f"{word(PLAN)} = 'Paws Total'")))  # fmt: skip
    yield ask.ask("how many different customers were billed for a blood panel?", "count", size(
        people(tables, replace(SETTLED, but=with_service("Blood panel")))))  # fmt: skip
