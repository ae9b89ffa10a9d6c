"""What to offer or to do next: something new that exists, or what the customer waits for."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from evals.generated.draft import draft, fill, in_turn
from evals.generated.names import called
from evals.sample import Sample
from evals.truth.figures import bought
from evals.truth.tables import Tables

OFFERED = (
    "What should we recommend to {who}?",
    "What might {who} want to buy next?",
    "Which products should we offer {who}?",
    "any ideas what to sell {who} next?",
    "I am writing to {who}. Which items would suit them?",
)
_NEXT = (
    "What should we do next for {who}?",
    "What is the next best action for {who}?",
    "how can we help {who} now?",
)
_TOOL = ("recommend",)
#: Enough to know a taste, and short enough a list to be read.
_LEAST_ITEMS, _MOST_ITEMS = 4, 30


def shop(tables: Tables, rng: Random) -> Iterator[Sample]:
    people = tables.column(
        """SELECT who FROM items WHERE title = 'Order Completed' GROUP BY who
           HAVING count(DISTINCT item) BETWEEN $least AND $most AND count(DISTINCT id) >= 2 ORDER BY who""",
        least=_LEAST_ITEMS,
        most=_MOST_ITEMS,
    )
    for who, template in zip(rng.sample(people, 15), in_turn(rng, OFFERED), strict=False):
        words = fill(template, who=called(tables, who, rng))
        yield draft(
            tables, words, "offer", {"bought": bought(tables, who, tables.today)}, who=[who], expect_tools=_TOOL
        )


def software(tables: Tables, rng: Random) -> Iterator[Sample]:
    """Customers whose last payment failed or who have an open ticket: one of the two is what there is to do."""
    open_: dict[str, list[tuple[str, list[str]]]] = {}
    for who, word, ids in [*_unpaid(tables), *_waiting(tables)]:
        open_.setdefault(who, []).append((word, ids))
    for (who, found), template in zip(open_.items(), in_turn(rng, _NEXT), strict=False):
        words = fill(template, who=called(tables, who, rng))
        ids = [id_ for _, own in found for id_ in own]
        yield draft(tables, words, "text", ["|".join(word for word, _ in found)], ids, who=[who], expect_tools=_TOOL)


def _unpaid(tables: Tables) -> list[tuple[str, str, list[str]]]:
    return [
        (who, "payment", ids)
        for who, ids in tables.rows(
            """SELECT who, list(id ORDER BY moment, id) FROM events AS failed
               WHERE title = 'Payment Failed' AND NOT EXISTS (
                   SELECT 1 FROM events AS paid
                   WHERE paid.who = failed.who AND paid.title = 'Payment Succeeded' AND paid.moment > failed.moment)
               GROUP BY who ORDER BY who"""
        )
    ]


def _waiting(tables: Tables) -> list[tuple[str, str, list[str]]]:
    return [
        (who, "ticket", ids)
        for who, ids in tables.rows(
            """SELECT who, list(id ORDER BY moment, id) FROM events AS opened
               WHERE title = 'Support Ticket Opened' AND NOT EXISTS (
                   SELECT 1 FROM events AS solved WHERE solved.title = 'Support Ticket Resolved'
                   AND solved.properties->>'ticket_id' = opened.properties->>'ticket_id')
               GROUP BY who ORDER BY who"""
        )
    ]
