"""From one month to another: did something go up, go down or stay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random
from typing import Any

from evals.generated import periods
from evals.generated.draft import draft, fill, in_turn
from evals.generated.names import called
from evals.generated.pools import draw, with_events
from evals.sample import Sample
from evals.truth.figures import (
    FEATURES,
    MONEY,
    MOST_EVIDENCE,
    ORDERS,
    PAYMENTS,
    REFUNDS,
    TICKETS,
    Evidence,
    Slice,
    count,
    net_in,
)
from evals.truth.tables import Tables

_OWN_ORDERS = (
    "Did orders of {who} go up from {earlier} to {later}?",
    "Is {who} ordering more in {later} than in {earlier}?",
    "orders of {who}, {earlier} vs {later}: up or down?",
    "How did the number of {who}'s orders change between {earlier} and {later}?",
)
_OWN_SPEND = (
    "Did {who}'s net spend rise or fall from {earlier} to {later}?",
    "How did the net spend of {who} develop from {earlier} to {later}?",
    "Has {who} spent less, after refunds, in {later} than in {earlier}?",
)
_REVENUE = (
    "How did our net revenue develop from {earlier} to {later}?",
    "Did net revenue go up between {earlier} and {later}?",
    "net revenue {later} compared to {earlier}?",
    "Was {later} better than {earlier} in net revenue?",
)
_ORDERS = (
    "Did we get more orders in {later} than in {earlier}?",
    "How did the number of orders change from {earlier} to {later}?",
    "orders: {earlier} vs {later}?",
)
_REFUNDS = (
    "Did the number of refunds go up from {earlier} to {later}?",
    "Were there more refunds in {later} than in {earlier}?",
)
_EUR = (
    "How did our revenue in EUR develop from {earlier} to {later}?",
    "Did the euro revenue grow from {earlier} to {later}?",
    "EUR revenue {earlier} vs {later}?",
)
_TICKETS = (
    "Are we getting more support tickets? Compare {earlier} with {later}.",
    "Did the number of support tickets go up from {earlier} to {later}?",
    "support tickets {earlier} vs {later}?",
)
_PAYMENTS = ("Did we receive more payments in {later} than in {earlier}?", "payments, {earlier} against {later}?")
_USE = (
    "Does {who} use the features more in {later} than in {earlier}?",
    "Did {who}'s use of features go down from {earlier} to {later}?",
    "How did feature usage of {who} change between {earlier} and {later}?",
)

#: Who did something less often has few months to compare.
_OFTEN = 8
#: How often two months that are level are asked about all the same.
_FLAT = 0.4


def shop(tables: Tables, rng: Random) -> Iterator[Sample]:
    yield from _people(tables, rng, _OWN_ORDERS, ORDERS, 5, of=ORDERS)
    yield from _people(tables, rng, _OWN_SPEND, ORDERS, 4, of=MONEY, currency="GBP")
    yield from _everyone(tables, rng, _REVENUE, MONEY, 3, "GBP")
    yield from _everyone(tables, rng, _ORDERS, ORDERS, 2)
    yield from _everyone(tables, rng, _REFUNDS, REFUNDS, 1)


def software(tables: Tables, rng: Random) -> Iterator[Sample]:
    yield from _everyone(tables, rng, _EUR, MONEY, 2, "EUR")
    yield from _everyone(tables, rng, _TICKETS, TICKETS, 2)
    yield from _everyone(tables, rng, _PAYMENTS, PAYMENTS, 1)
    yield from _people(tables, rng, _USE, FEATURES, 4, of=FEATURES)


def _people(
    tables: Tables,
    rng: Random,
    templates: Sequence[str],
    active: tuple[str, ...],
    size: int,
    *,
    of: tuple[str, ...],
    currency: str | None = None,
) -> Iterator[Sample]:
    """About customers who were active often."""
    people = draw(rng, with_events(tables, Slice(active), _OFTEN), size)
    for who, template in zip(people, in_turn(rng, templates), strict=False):
        yield _trend(tables, rng, template, Slice(of, who), currency)


def _everyone(
    tables: Tables,
    rng: Random,
    templates: Sequence[str],
    of: tuple[str, ...],
    size: int,
    currency: str | None = None,
) -> Iterator[Sample]:
    for template in islice(in_turn(rng, templates), size):
        yield _trend(tables, rng, template, Slice(of), currency)


def _trend(tables: Tables, rng: Random, template: str, of: Slice, currency: str | None = None) -> Sample:
    """Two months of which at least one has something."""
    while True:
        earlier, later = periods.months_apart(tables.workspace, rng)
        value, ids = measure(tables, of, earlier, later, currency)
        enough = value["first"] > 0 and value["last"] >= 0 and value["first"] + value["last"] > 1
        if enough and (value["direction"] != "flat" or rng.random() < _FLAT):
            break
    who = [of.who] if of.who else []
    name = called(tables, of.who, rng) if of.who else ""
    words = fill(template, who=name, earlier=_earlier(earlier, later, rng), later=periods.name(later))
    return draft(tables, words, "trend", value, ids, who=who)


def _earlier(earlier: str, later: str, rng: Random) -> str:
    """ "from April to May 2011": a year said once is enough."""
    once = earlier[:4] == later[:4] and rng.random() < 0.6
    return periods.bare(earlier) if once else periods.name(earlier)


def measure(
    tables: Tables, of: Slice, earlier: str, later: str, currency: str | None
) -> tuple[dict[str, Any], Evidence]:
    """The figure of both months and the way from one to the other, and the events of both."""
    values: list[float] = []
    evidence: Evidence = ()
    whole = True
    for month in (earlier, later):
        within = of.within(*periods.span(month))
        found, ids = net_in(tables, within, currency) if currency else count(tables, within)
        whole = whole and (bool(ids) or found == 0)
        values.append(found)
        evidence += ids
    first, last = values
    direction = "flat" if first == last else "up" if last > first else "down"
    value: dict[str, Any] = {"first": first, "last": last, "direction": direction}
    shown = evidence if whole and len(evidence) <= MOST_EVIDENCE else ()
    return {**value, **({"currency": currency} if currency else {})}, shown
