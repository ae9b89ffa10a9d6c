"""The first few of all customers by a figure, where no two of them are level; and what sold best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from evals.generated import periods
from evals.generated.draft import draft, fill, in_turn
from evals.sample import Sample
from evals.truth.figures import FEATURES, MONEY, ORDERS, PAYMENTS, REFUNDS, TICKETS, Slice, bounded, by_person
from evals.truth.tables import Tables

_SPEND = (
    "Who are the top {n} customers by net spend {when}?",
    "Top {n} by net spend {when}?",
    "Which {n} customers brought in the most money {when}, after refunds?",
    "Please rank our {n} best customers {when} by spend net of refunds.",
)
_ORDERS = (
    "Which {n} customers ordered most often {when}?",
    "Top {n} customers by number of orders {when}?",
    "rank the {n} customers with the most orders {when}",
)
_REFUNDS = (
    "Which {n} customers had the most refunds {when}?",
    "Top {n} by number of refunds {when}?",
)
_PAID = (
    "Which {n} customers paid us the most in EUR {when}?",
    "Top {n} customers by amount paid in EUR {when}?",
    "Who are our {n} biggest customers in EUR {when}, in order?",
)
_TICKETS = (
    "Which {n} customers opened the most support tickets {when}?",
    "top {n} by support tickets {when}?",
)
_USE = (
    "Who used the features most {when}? Top {n}.",
    "Which {n} customers were the heaviest users of features {when}?",
)
_SOLD = (
    "Which item was in the most orders {when}?",
    "What was our best-selling item {when}, by number of orders?",
    "item in the most orders {when}?",
)
_SIZES = (2, 3, 4, 5)


def shop(tables: Tables, rng: Random) -> Iterator[Sample]:
    for templates, titles, currency, size in (
        (_SPEND, MONEY, "GBP", 6),
        (_ORDERS, ORDERS, None, 3),
        (_REFUNDS, REFUNDS, None, 1),
    ):
        yield from _ranked(tables, rng, templates, Slice(titles), currency, size)
    yield from _sold(tables, rng, 3)


def software(tables: Tables, rng: Random) -> Iterator[Sample]:
    for templates, titles, currency, size in (
        (_PAID, PAYMENTS, "EUR", 4),
        (_TICKETS, TICKETS, None, 2),
        (_USE, FEATURES, None, 3),
    ):
        yield from _ranked(tables, rng, templates, Slice(titles), currency, size)


def _ranked(
    tables: Tables, rng: Random, templates: Sequence[str], of: Slice, currency: str | None, size: int
) -> Iterator[Sample]:
    fair = []
    for when in periods.every(tables.workspace, rng):
        found = by_person(tables, of.within(when.first, when.last), currency)
        fair += [(when, found[:n]) for n in _SIZES if clear(found, n)]
    for (when, first), template in zip(rng.sample(fair, size), in_turn(rng, templates), strict=False):
        words = fill(template, n=len(first), when=when.words)
        ids = bounded([id_ for _, _, own in first for id_ in own])
        yield draft(tables, words, "ranking", [who for who, _, _ in first], ids)


def clear(found: Sequence[tuple[str, float, list[str]]], n: int) -> bool:
    """Whether the first n are all there and no two of them, nor the next, are level."""
    values = [value for _, value, _ in found[: n + 1]]
    return len(values) >= n and values[n - 1] > 0 and len(set(values)) == len(values)


def _sold(tables: Tables, rng: Random, size: int) -> Iterator[Sample]:
    asked: set[str] = set()
    templates = in_turn(rng, _SOLD)
    while len(asked) < size:
        when = periods.some_period(tables.workspace, rng)
        (item, most, ids), (_, second, _) = tables.rows(
            """SELECT item, count(*) AS orders, list(id ORDER BY id) FROM items
               WHERE title = 'Order Completed' AND day BETWEEN $first::DATE AND $last::DATE
               GROUP BY item ORDER BY orders DESC, item LIMIT 2""",
            first=when.first,
            last=when.last,
        )
        if when.first in asked or most == second:
            continue
        asked.add(when.first)
        yield draft(tables, fill(next(templates), when=when.words), "text", [item], bounded(ids))
