"""How much: net spend, what was paid or given back, averages and extremes, of one customer or of everyone."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from evals.generated import periods
from evals.generated.draft import draft, phrase
from evals.generated.names import called
from evals.generated.pools import draw, with_events
from evals.sample import Sample
from evals.truth.figures import MONEY, ORDERS, PAYMENTS, REFUNDS, Slice, average, count, extreme, net
from evals.truth.tables import Tables

SPENT = (
    "What was the net spend of {who} {when}?",
    "How much did {who} spend {when}, after refunds?",
    "how much money did {who} bring us {when}, net of refunds?",
    "Please add up what {who} spent {when}, orders minus refunds.",
)
PAID = (
    "How much did {who} pay {when}?",
    "What did {who} pay us {when}?",
    "how much money came from {who} {when}?",
    "Total amount paid by {who} {when}?",
)
_REVENUE = (
    "What was our net revenue {when}?",
    "How much did we take {when}, orders minus refunds?",
    "net revenue {when}?",
)
_PAID_BY_ALL = ("What was our revenue {when}?", "How much did customers pay us {when}?", "Revenue {when}?")
_GIVEN_BACK = (
    "How much money did we give back to {who} in all?",
    "What do the refunds of {who} add up to?",
)
_AVERAGE = (
    "What is {who}'s average order worth?",
    "average order value of {who}?",
    "What does {who} spend per order on average?",
)
_LARGEST = ("What was {who}'s biggest order worth?", "How much was the most expensive order {who} ever placed?")
_SMALLEST = ("How much was the smallest order of {who}?",)


def shop(tables: Tables, rng: Random) -> Iterator[Sample]:
    for who in draw(rng, with_events(tables, Slice(ORDERS), 6), 4):
        yield _one(tables, rng, SPENT, Slice(MONEY, who))
    for _ in range(2):
        yield _everyone(tables, rng, _REVENUE)
    for who in draw(rng, with_events(tables, Slice(REFUNDS), 2), 2):
        amounts, ids = net(tables, Slice(REFUNDS, who))
        value = {currency: -amount for currency, amount in amounts.items()}
        yield draft(tables, phrase(rng, _GIVEN_BACK, who=called(tables, who, rng)), "money", value, ids, who=[who])
    averaged, large, small = draw(rng, with_events(tables, Slice(ORDERS), 4, 12), 3)
    for who, templates, (value, ids) in (
        (averaged, _AVERAGE, average(tables, Slice(ORDERS, averaged))),
        (large, _LARGEST, extreme(tables, Slice(ORDERS, large))),
        (small, _SMALLEST, extreme(tables, Slice(ORDERS, small), largest=False)),
    ):
        words = phrase(rng, templates, who=called(tables, who, rng))
        yield draft(tables, words, "money", value, ids, who=[who], expect_tools=("measure",))


def software(tables: Tables, rng: Random) -> Iterator[Sample]:
    for who in draw(rng, with_events(tables, Slice(PAYMENTS), 4), 4):
        yield _one(tables, rng, PAID, Slice(PAYMENTS, who))
    for _ in range(2):
        yield _everyone(tables, rng, _PAID_BY_ALL)


def _one(tables: Tables, rng: Random, templates: tuple[str, ...], of: Slice) -> Sample:
    """Over a period in which there is something to add up."""
    while True:
        when = periods.some_period(tables.workspace, rng)
        found = of.within(when.first, when.last)
        if count(tables, found)[0] >= 2:
            break
    words = phrase(rng, templates, who=called(tables, str(of.who), rng), when=when.words)
    return draft(tables, words, "money", *net(tables, found), who=[str(of.who)], expect_tools=("measure",))


def _everyone(tables: Tables, rng: Random, templates: tuple[str, ...]) -> Sample:
    when = periods.some_month(tables.workspace, rng)
    value, ids = net(tables, Slice(MONEY, None, when.first, when.last))
    return draft(tables, phrase(rng, templates, when=when.words), "money", value, ids, expect_tools=("measure",))
