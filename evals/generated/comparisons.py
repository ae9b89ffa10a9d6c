"""Two customers side by side: who spent, ordered, paid or wrote more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random

from evals.generated import periods
from evals.generated.draft import draft, fill, in_turn
from evals.generated.names import both
from evals.generated.pools import draw, with_events
from evals.sample import Sample
from evals.truth.figures import MONEY, ORDERS, PAYMENTS, REFUNDS, SIGN_INS, TICKETS, Evidence, Slice, count, net_in
from evals.truth.tables import Tables


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is compared: events of these titles, counted, or added up where there is a currency."""

    templates: tuple[str, ...]
    titles: tuple[str, ...]
    least: int
    currency: str | None = None
    ever: bool = False


_NET = _Kind(
    (
        "Who spent more {when} after refunds, {one} or {other}?",
        "Compare {one} and {other} by net spend {when}.",
        "{one} vs {other}: net spend {when}?",
        "Did {one} or {other} bring in more money {when}, net of refunds?",
    ),
    MONEY,
    6,
    "GBP",
)
_ORDERED = _Kind(
    (
        "Who ordered more often {when}, {one} or {other}?",
        "Did {one} place more orders than {other} {when}?",
        "compare the number of orders of {one} and {other} {when}",
        "{one} or {other}: who placed more orders {when}?",
    ),
    ORDERS,
    5,
)
_REFUNDED = _Kind(
    (
        "Who had more refunds, {one} or {other}?",
        "Did {one} send things back more often than {other}?",
        "refunds of {one} compared with {other}?",
    ),
    REFUNDS,
    2,
    ever=True,
)
_PAID = _Kind(
    (
        "Who paid more {when}, {one} or {other}?",
        "Has {one} paid us more than {other} {when}?",
        "Compare what {one} and {other} paid {when}.",
    ),
    PAYMENTS,
    3,
    "EUR",
)
_WROTE = _Kind(
    (
        "Who opened more support tickets, {one} or {other}?",
        "Did {one} open more tickets than {other}?",
        "tickets: {one} vs {other}?",
    ),
    TICKETS,
    1,
    ever=True,
)
_CAME = _Kind(
    (
        "Who signed in more often {when}, {one} or {other}?",
        "Did {one} sign in more often than {other} {when}?",
    ),
    SIGN_INS,
    2,
)


def shop(tables: Tables, rng: Random) -> Iterator[Sample]:
    for kind, size in ((_NET, 6), (_ORDERED, 6), (_REFUNDED, 3)):
        pool = _candidates(tables, kind)
        for template in islice(in_turn(rng, kind.templates), size):
            yield _compared(tables, rng, kind, pool, template)


def software(tables: Tables, rng: Random) -> Iterator[Sample]:
    for kind, size in ((_PAID, 4), (_WROTE, 3), (_CAME, 2)):
        pool = _candidates(tables, kind)
        for template in islice(in_turn(rng, kind.templates), size):
            yield _compared(tables, rng, kind, pool, template)


def _compared(tables: Tables, rng: Random, kind: _Kind, pool: list[str], template: str) -> Sample:
    """Two customers of whom at least one has something to compare; a tie is a fair answer where both have."""
    while True:
        one, other = draw(rng, pool, 2)
        when = periods.some_period(tables.workspace, rng)
        values, ids = compare(tables, kind, one, other, when)
        if all(values.values()):
            break
    first, second = both(tables, one, other, rng)
    words = fill(template, one=first, other=second, when=when.words)
    gold = {"winner": winner(values), "values": values, **({"currency": kind.currency} if kind.currency else {})}
    return draft(tables, words, "compare", gold, ids, who=[one, other])


def compare(
    tables: Tables, kind: _Kind, one: str, other: str, when: periods.Period
) -> tuple[dict[str, float], Evidence]:
    """The figure of each, and the events of both."""
    values: dict[str, float] = {}
    evidence: Evidence = ()
    for who in (one, other):
        of = Slice(kind.titles, who) if kind.ever else Slice(kind.titles, who, when.first, when.last)
        values[who], ids = net_in(tables, of, kind.currency) if kind.currency else count(tables, of)
        evidence += ids
    return values, evidence


def winner(values: dict[str, float]) -> str | None:
    """Who has the most; None for a tie."""
    most = max(values.values())
    first, *rest = [who for who, found in values.items() if found == most]
    return None if rest else first


def _candidates(tables: Tables, kind: _Kind) -> list[str]:
    pool = with_events(tables, Slice(kind.titles), kind.least)
    if not kind.currency:
        return pool
    return [who for who in pool if net_in(tables, Slice(kind.titles, who), kind.currency)[0]]
