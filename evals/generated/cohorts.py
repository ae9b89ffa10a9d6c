"""Who, or how many, out of all customers: by what they did in a period, in two, for the first time or never."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from random import Random

from evals.generated import periods
from evals.generated.draft import draft, fill, in_turn, phrase
from evals.sample import Sample
from evals.truth.figures import bounded
from evals.truth.tables import Tables

#: Customers and the events that show it.
Found = list[tuple[str, list[str]]]

_NOT_IN = (
    "How many customers ordered in {one} but not in {other}?",
    "How many people bought in {one} and then nothing in {other}?",
    "customers with orders in {one} and none in {other}, how many?",
)
_IN_BOTH = (
    "How many customers ordered in {one} and again in {other}?",
    "How many customers bought both in {one} and in {other}?",
)
_SPENT = (
    "Who spent more than £{amount:,} {when}?",
    "Which customers spent over £{amount:,} {when}?",
    "list customers above £{amount:,} {when}",
)
_OFTEN = (
    "Which customers placed at least {n} orders {when}?",
    "Who ordered {n} times or more {when}?",
)
_REFUNDED = (
    "How many customers refunded something {when}?",
    "How many customers got a refund {when}?",
    "How many different customers had refunds {when}?",
)
_NEW = (
    "How many customers ordered for the first time {when}?",
    "How many new buyers did we win {when}?",
)
_ITEM = (
    "Which customers bought {item}?",
    "Who has ordered {item}?",
)
_ONCE = ("How many customers have ordered exactly once?", "How many one-time buyers do we have?")
_NEVER = ("How many of our buyers have never had a refund?",)
_SOFTWARE: tuple[tuple[Sequence[str], str], ...] = (
    (("Which customers downgraded their plan?", "Who has downgraded?"), "title = 'Plan Downgraded'"),
    (
        ("Who signed up in October 2025?", "Which customers signed up in October 2025?"),
        "title = 'Signed Up' AND month = '2025-10'",
    ),
    (
        (
            "Whose payments failed in December 2025 or January 2026?",
            "Which customers had a failed payment from December 2025 to January 2026?",
        ),
        "title = 'Payment Failed' AND month IN ('2025-12', '2026-01')",
    ),
    (
        ("Which customers opened a support ticket in January 2026?", "Who wrote to support in January 2026?"),
        "title = 'Support Ticket Opened' AND month = '2026-01'",
    ),
    (
        ("Who gave us an NPS score of 6 or less?", "Which customers answered the NPS survey with 6 or below?"),
        "title = 'NPS Submitted' AND (properties->>'score')::INT <= 6",
    ),
    (
        ("Which customers have used the API?", "Who uses the API?"),
        "title = 'Feature Used' AND properties->>'feature' = 'API'",
    ),
    (
        ("Which customers opened the spring-release-notes email?", "Who opened the spring-release-notes campaign?"),
        "title = 'Campaign Email Opened' AND properties->>'campaign' = 'spring-release-notes'",
    ),
)


#: Each query gives customers and the events that show it.
_TWO_MONTHS = """SELECT who, list(id ORDER BY moment, id) FROM events WHERE title = 'Order Completed' AND month = $one
    AND $both = (who IN (SELECT who FROM events WHERE title = 'Order Completed' AND month = $other))
    GROUP BY who ORDER BY who"""
_IN_PERIOD = """SELECT who, list(id ORDER BY moment, id) FROM events WHERE title = 'Order Refunded'
    AND day BETWEEN $first::DATE AND $last::DATE GROUP BY who ORDER BY who"""
_FIRST_TIME = """SELECT who, [first(id ORDER BY moment, id)] FROM events WHERE title = 'Order Completed'
    GROUP BY who HAVING min(day) BETWEEN $first::DATE AND $last::DATE ORDER BY who"""
_ORDERED_ONCE = """SELECT who, list(id) FROM events WHERE title = 'Order Completed'
    GROUP BY who HAVING count(*) = 1 ORDER BY who"""
_NEVER_REFUNDED = """SELECT DISTINCT who, [] FROM events WHERE title = 'Order Completed'
    AND who NOT IN (SELECT who FROM events WHERE title = 'Order Refunded') ORDER BY who"""
_AT_LEAST = """SELECT who, list(id ORDER BY moment, id) FROM events WHERE title = 'Order Completed'
    AND day BETWEEN $first::DATE AND $last::DATE GROUP BY who HAVING count(*) >= $n ORDER BY who"""
#: Whether refunds are taken off must not matter: only then is "spent" clear.
_ABOVE = """SELECT who, list(id ORDER BY moment, id), sum(amount) > $amount
    FROM events WHERE day BETWEEN $first::DATE AND $last::DATE
    GROUP BY who HAVING sum(amount) FILTER (title = 'Order Completed') > $amount ORDER BY who"""
_WHERE = "SELECT who, list(id ORDER BY moment, id) FROM events WHERE {condition} GROUP BY who ORDER BY who"


def shop(tables: Tables, rng: Random) -> Iterator[Sample]:
    for templates, both, size in ((_NOT_IN, False, 3), (_IN_BOTH, True, 2)):
        pairs = rng.sample(list(combinations(periods.MONTHS["shop"], 2)), size)
        for months, template in zip(pairs, in_turn(rng, templates), strict=False):
            yield _two_months(tables, template, months, both)
    for amount, template in zip((1000, 1500, 2000), in_turn(rng, _SPENT), strict=False):
        yield _spenders(tables, rng, template, amount)
    yield _often(tables, rng)
    for templates, sql in ((_REFUNDED, _IN_PERIOD), (_NEW, _FIRST_TIME)):
        for when in rng.sample(periods.every(tables.workspace, rng)[1:-1], 2):
            found = find(tables, sql, first=when.first, last=when.last)
            yield _how_many(tables, phrase(rng, templates, when=when.words), found)
    item, found = _item(tables, rng)
    yield _which(tables, phrase(rng, _ITEM, item=item), found)
    yield _how_many(tables, rng.choice(_ONCE), find(tables, _ORDERED_ONCE))
    yield _how_many(tables, rng.choice(_NEVER), find(tables, _NEVER_REFUNDED))


def software(tables: Tables, rng: Random) -> Iterator[Sample]:
    for templates, condition in _SOFTWARE:
        found = find(tables, _WHERE.format(condition=condition))
        yield _which(tables, rng.choice(templates), found)


def find(tables: Tables, sql: str, **given: object) -> Found:
    return [(who, ids) for who, ids in tables.rows(sql, **given)]


def _two_months(tables: Tables, template: str, months: tuple[str, str], both: bool) -> Sample:
    one, other = months
    found = find(tables, _TWO_MONTHS, one=one, other=other, both=both)
    return _how_many(tables, fill(template, one=periods.name(one), other=periods.name(other)), found)


def _spenders(tables: Tables, rng: Random, template: str, amount: int) -> Sample:
    while True:
        when = periods.some_month(tables.workspace, rng)
        rows = tables.rows(_ABOVE, first=when.first, last=when.last, amount=amount)
        if 1 <= len(rows) <= 8 and all(net_too for _, _, net_too in rows):
            found = [(who, ids) for who, ids, _ in rows]
            return _which(tables, fill(template, amount=amount, when=when.words), found)


def _often(tables: Tables, rng: Random) -> Sample:
    while True:
        when, n = periods.some_month(tables.workspace, rng), rng.choice((3, 4))
        found = find(tables, _AT_LEAST, first=when.first, last=when.last, n=n)
        if 2 <= len(found) <= 8:
            return _which(tables, phrase(rng, _OFTEN, n=n, when=when.words), found)


def _item(tables: Tables, rng: Random) -> tuple[str, Found]:
    """An item that a few people ordered, whose name is no part of another's."""
    items = tables.column(
        """WITH names AS (SELECT DISTINCT item FROM items),
           rare AS (SELECT item FROM items WHERE title = 'Order Completed'
                    GROUP BY item HAVING count(DISTINCT who) BETWEEN 3 AND 6)
           SELECT item FROM rare AS one WHERE NOT EXISTS (
               SELECT 1 FROM names AS other
               WHERE other.item != one.item AND contains(lower(other.item), lower(one.item)))
           ORDER BY item"""
    )
    item = rng.choice(items)
    sql = """SELECT who, list(id ORDER BY id) FROM items WHERE item = $item AND title = 'Order Completed'
             GROUP BY who ORDER BY who"""
    return item, find(tables, sql, item=item)


def _how_many(tables: Tables, question: str, found: Found) -> Sample:
    return draft(tables, question, "count", len(found), bounded([id_ for _, ids in found for id_ in ids]))


def _which(tables: Tables, question: str, found: Found) -> Sample:
    ids = bounded([id_ for _, own in found for id_ in own])
    return draft(tables, question, "customers", [who for who, _ in found], ids)
