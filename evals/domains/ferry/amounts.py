"""How many, how much and how much on average: of one customer, of everybody, of the events with some property."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from evals.domains.asking import Asking
from evals.domains.ferry.asked import (
    APRIL,
    BOARDED,
    CANCELLED,
    COMPLAINED,
    FEBRUARY,
    MARCH,
    MEALS,
    Q1_2026,
    Q2_2026,
    Q4_2025,
    RESERVED,
    SUMMER_2025,
    SURVEYED,
    Y2025,
    Y2026,
)
from evals.domains.figures import count, mean, number, total
from evals.sample import Sample


def counts(ask: Asking) -> Iterator[Sample]:
    yield from _in_a_time(ask)
    yield from _of_a_kind(ask)


def _in_a_time(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    who = ask.pick(RESERVED.within(*Y2025), 3)
    yield ask.ask(
        "how many reservations did {0} make in 2025?", "count", count(tables, RESERVED.by(who).within(*Y2025)), who
    )
    who = ask.pick(CANCELLED, 2)
    yield ask.ask("How often has {0} cancelled?", "count", count(tables, CANCELLED.by(who)), who)
    yield ask.ask("How many cabins were reserved in March 2026?", "count", count(tables, RESERVED.within(*MARCH)))
    yield ask.ask("number of suite reservations so far", "count", count(tables, RESERVED.where(cabin="Suite")))
    who = ask.pick(BOARDED.within(*SUMMER_2025), 2)
    yield ask.ask(
        "How many crossings did {0} board between June and August 2025?",
        "count",
        count(tables, BOARDED.by(who).within(*SUMMER_2025)),
        who,
    )
    yield ask.ask(
        "reservations for Helsinki-Tallinn in Q1 2026, how many?",
        "count",
        count(tables, RESERVED.where(route="Helsinki-Tallinn").within(*Q1_2026)),
    )


def _of_a_kind(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    yield ask.ask("complaints about noise: how many?", "count", count(tables, COMPLAINED.where(topic="Noise")))
    yield ask.ask("How many complaints did we receive last month?", "count", count(tables, COMPLAINED.within(*APRIL)))
    who = ask.pick(MEALS, 3)
    yield ask.ask("count of meals {0} prebooked", "count", count(tables, MEALS.by(who)), who)
    yield ask.ask(
        "How many breakfast buffets were prebooked this year?",
        "count",
        count(tables, MEALS.where(meal="Breakfast buffet").within(*Y2026)),
    )
    yield ask.ask(
        "how many surveys came back with a score below 5?",
        "count",
        count(tables, replace(SURVEYED, but=f"{number('score')} < 5")),
    )
    yield ask.ask(
        "How many times did people cancel because of illness?",
        "count",
        count(tables, CANCELLED.where(reason="illness")),
    )
    yield ask.ask(
        "How many reservations with a camper do we have?", "count", count(tables, RESERVED.where(vehicle="camper"))
    )


def sums(ask: Asking) -> Iterator[Sample]:
    yield from _fares(ask)
    yield from _other_sums(ask)


def _fares(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    who = ask.pick(RESERVED, 4)
    yield ask.ask("total fare of all reservations by {0}?", "number", total(tables, RESERVED.by(who), "fare"), who)
    who = ask.pick(RESERVED.within(*Y2025), 3)
    yield ask.ask(
        "fares {0} booked in 2025, added up", "number", total(tables, RESERVED.by(who).within(*Y2025), "fare"), who
    )
    yield ask.ask(
        "What do the fares of all Suite reservations come to?",
        "number",
        total(tables, RESERVED.where(cabin="Suite"), "fare"),
    )
    yield ask.ask("How much have we charged in cancellation fees so far?", "number", total(tables, CANCELLED, "fee"))
    who = ask.pick(CANCELLED, 2)
    yield ask.ask("cancellation fees of {0} altogether?", "number", total(tables, CANCELLED.by(who), "fee"), who)


def _other_sums(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    who = ask.pick(RESERVED, 3)
    yield ask.ask(
        "Total number of passengers on {0}'s reservations?",
        "number",
        total(tables, RESERVED.by(who), "passengers"),
        who,
    )
    yield ask.ask(
        "sum of fares on Turku-Stockholm in the fourth quarter of 2025?",
        "number",
        total(tables, RESERVED.where(route="Turku-Stockholm").within(*Q4_2025), "fare"),
    )
    who = ask.pick(RESERVED, 3)
    yield ask.ask(
        "How many nights has {0} reserved in total?", "number", total(tables, RESERVED.by(who), "nights"), who
    )
    who = ask.pick(MEALS, 3)
    yield ask.ask("what do {0}'s prebooked meals cost in all?", "number", total(tables, MEALS.by(who), "price"), who)
    yield ask.ask("Total fare booked last month?", "number", total(tables, RESERVED.within(*APRIL), "fare"))
    yield ask.ask(
        "how many guests were the Archipelago dinners prebooked for, all told?",
        "number",
        total(tables, MEALS.where(meal="Archipelago dinner"), "guests"),
    )


def averages(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    yield ask.ask("average survey score this quarter?", "number", mean(tables, SURVEYED.within(*Q2_2026), "score"))
    who = ask.pick(SURVEYED, 3)
    yield ask.ask("What's {0}'s average survey score?", "number", mean(tables, SURVEYED.by(who), "score"), who)
    yield ask.ask("mean fare in 2025?", "number", mean(tables, RESERVED.within(*Y2025), "fare"))
    who = ask.pick(RESERVED, 4)
    yield ask.ask(
        "how much fare does {0} pay per reservation, on average?", "number", mean(tables, RESERVED.by(who), "fare"), who
    )
    yield ask.ask("avg fare for a suite", "number", mean(tables, RESERVED.where(cabin="Suite"), "fare"))
    yield ask.ask(
        "On average, how many passengers are on a Helsinki-Tallinn reservation?",
        "number",
        mean(tables, RESERVED.where(route="Helsinki-Tallinn"), "passengers"),
    )
    yield ask.ask("What is the average cancellation fee?", "number", mean(tables, CANCELLED, "fee"))
    who = ask.pick(RESERVED, 4)
    yield ask.ask("average number of nights {0} reserves?", "number", mean(tables, RESERVED.by(who), "nights"), who)
    yield ask.ask(
        "How high was the survey score on average in February 2026?",
        "number",
        mean(tables, SURVEYED.within(*FEBRUARY), "score"),
    )
    who = ask.pick(MEALS, 3)
    yield ask.ask("{0}: average price of a prebooked meal", "number", mean(tables, MEALS.by(who), "price"), who)
