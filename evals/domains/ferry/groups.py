"""Groups of customers: who did something, never did, did it so often, or is of some kind; listed or counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from evals.domains.asking import Asking, Truth
from evals.domains.ferry.asked import (
    APRIL,
    BOARDED,
    CANCELLED,
    COMPLAINED,
    JANUARY,
    MAY,
    OPENED,
    RESERVED,
    SURVEYED,
    Y2026,
)
from evals.domains.figures import Of, number, people, with_trait, without
from evals.sample import Sample


def cohorts(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables

    def size(truth: Truth) -> Truth:
        return len(truth[0]), truth[1]

    def none(of: Of) -> Truth:
        return without(tables, of), ()

    noise = COMPLAINED.where(topic="Noise")
    yield ask.ask("who complained about noise?", "customers", people(tables, noise))
    yield ask.ask("how many customers never boarded?", "count", size(none(BOARDED)))
    yield ask.ask("Which customers have never boarded a crossing?", "customers", none(BOARDED))
    yield ask.ask("customers with at least 3 cancellations", "customers", people(tables, CANCELLED, 3))
    suites = RESERVED.where(cabin="Suite")
    yield ask.ask("Who reserved a Suite in January 2026?", "customers", people(tables, suites.within(*JANUARY)))
    yield ask.ask("how many customers speak Swedish?", "count", size(with_trait(tables, "language", "Swedish")))
    yield ask.ask("list the Latvian-speaking customers", "customers", with_trait(tables, "language", "Latvian"))
    yield ask.ask("How many customers are on the Gold tier?", "count", size(with_trait(tables, "tier", "Gold")))
    yield ask.ask("Which customers have Riga as their home port?", "customers", with_trait(tables, "home_port", "Riga"))
    yield ask.ask(
        "how many different customers reserved a cabin last month?",
        "count",
        size(people(tables, RESERVED.within(*APRIL))),
    )
    angry = replace(SURVEYED, but=f"{number('score')} <= 2")
    yield ask.ask("who gave a survey score of 2 or lower?", "customers", people(tables, angry))
    yield ask.ask("Who cancelled in May 2026?", "customers", people(tables, CANCELLED.within(*MAY)))
    yield ask.ask("how many customers did not reserve anything in 2026?", "count", size(none(RESERVED.within(*Y2026))))
    yield ask.ask("which of our customers are companies?", "customers", with_trait(tables, "account_type", "company"))
    yield ask.ask(
        "How many people opened the Crayfish nights newsletter?",
        "count",
        size(people(tables, OPENED.where(issue="Crayfish nights"))),
    )
    yield ask.ask("how many customers made 10 or more reservations?", "count", size(people(tables, RESERVED, 10)))
