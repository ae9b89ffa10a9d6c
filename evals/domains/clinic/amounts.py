"""How many, how much and how much on average, over text amounts, nested values, yes and no, and invoice lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from evals.domains.asking import Asking
from evals.domains.clinic.asked import (
    BOOKED,
    DECEMBER,
    FEBRUARY,
    JANUARY,
    LAST_WEEK,
    MISSED,
    Q3_2025,
    Q4_2025,
    REMINDED,
    REVIEWED,
    SETTLED,
    THIS_WEEK,
    VACCINATED,
    VISITED,
    WEIGHT,
    Y2025,
    Y2026,
    of_pet,
    of_species,
    with_service,
)
from evals.domains.clinic.truths import billed, owner_of
from evals.domains.figures import count, mean, number, total
from evals.sample import Sample


def counts(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    yield ask.ask("how many reminders did we send last week?", "count", count(tables, REMINDED.within(*LAST_WEEK)))
    yield ask.ask("Visits completed this week so far?", "count", count(tables, VISITED.within(*THIS_WEEK)))
    yield ask.ask("Appointments booked online in 2025: number?", "count", count(
        tables, BOOKED.where(bookedOnline="true").within(*Y2025)))  # fmt: skip
    yield ask.ask("How many appointments were missed at the Arvada branch?", "count", count(
        tables, MISSED.where(branch="Arvada")))  # fmt: skip
    who = ask.pick(BOOKED, 4)
    yield ask.ask("number of appointments {0} has booked in all", "count", count(tables, BOOKED.by(who)), who)
    yield ask.ask("how many rabies vaccinations have we given?", "count", count(
        tables, VACCINATED.where(vaccine="Rabies")))  # fmt: skip
    yield ask.ask("How many invoices had an X-ray on them?", "count", count(
        tables, replace(SETTLED, but=with_service("X-ray"))))  # fmt: skip
    yield ask.ask("count the visits of cats in Q3 2025", "count", count(
        tables, replace(VISITED, but=of_species("cat")).within(*Q3_2025)))  # fmt: skip
    who = ask.pick(MISSED, 2)
    yield ask.ask("How many times was {0} a no-show?", "count", count(tables, MISSED.by(who)), who)
    yield ask.ask("invoices over $300 this year, how many of them?", "count", count(
        tables, replace(SETTLED, but=f"{number('total')} > 300").within(*Y2026)))  # fmt: skip
    yield ask.ask("How many tick season reminders went out?", "count", count(
        tables, REMINDED.where(topic="tick season")))  # fmt: skip


def sums(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    who = ask.pick(SETTLED, 4)
    yield ask.ask("How much has {0} paid us on invoices altogether?", "number", total(
        tables, SETTLED.by(who), "total"), who)  # fmt: skip
    yield ask.ask("invoice total for February 2026, all practices", "number", total(
        tables, SETTLED.within(*FEBRUARY), "total"))  # fmt: skip
    yield ask.ask("What do all no-show fees of 2025 add up to?", "number", total(
        tables, MISSED.within(*Y2025), "noShowFee"))  # fmt: skip
    yield ask.ask("How much came in through invoices paid by insurance?", "number", total(
        tables, SETTLED.where(paidBy="insurance"), "total"))  # fmt: skip
    dental = replace(SETTLED, but=with_service("Dental cleaning"))
    yield ask.ask("What have we billed for the service Dental cleaning in total?", "number", billed(
        tables, dental, "Dental cleaning"))  # fmt: skip
    yield ask.ask("total minutes Dr. Imada spent in completed visits", "number", total(
        tables, VISITED.where(vet="Dr. Imada"), "minutes"))  # fmt: skip
    who = ask.pick(SETTLED.within(*Q4_2025), 2)
    yield ask.ask("sum up {0}'s invoices from October through December 2025", "number", total(
        tables, SETTLED.by(who).within(*Q4_2025), "total"), who)  # fmt: skip


def averages(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    yield ask.ask("What does an invoice come to on average?", "number", mean(tables, SETTLED, "total"))
    yield ask.ask("average star rating of the Boulder branch?", "number", mean(
        tables, REVIEWED.where(branch="Boulder"), "stars"))  # fmt: skip
    who = ask.pick(VISITED, 4)
    yield ask.ask("How many minutes does a visit of {0} take on average?", "number", mean(
        tables, VISITED.by(who), "minutes"), who)  # fmt: skip
    yield ask.ask("mean invoice total in January 2026", "number", mean(tables, SETTLED.within(*JANUARY), "total"))
    pierogi = replace(VISITED, but=of_pet("Pierogi"))
    yield ask.ask("average weight of Pierogi across his visits, in lb?", "number", mean(
        tables, pierogi, WEIGHT)).model_copy(update={"customer_ids": (owner_of(ask, "Pierogi"),)})  # fmt: skip
    yield ask.ask("avg. stars in December 2025?", "number", mean(tables, REVIEWED.within(*DECEMBER), "stars"))
