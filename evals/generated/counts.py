"""How many: orders, refunds, tickets and the like, of one customer or of everyone, in a period or at all."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from evals.generated import periods
from evals.generated.draft import draft, phrase
from evals.generated.names import called
from evals.generated.pools import draw, with_events
from evals.sample import Sample
from evals.truth.figures import FEATURES, ORDERS, PAYMENTS, REFUNDS, SIGN_INS, TICKETS, Slice, count
from evals.truth.tables import Tables

ORDERED = (
    "How many orders did {who} place {when}?",
    "how often did {who} order {when}?",
    "{who}: number of orders {when}?",
    "Could you tell me how many orders {who} made {when}?",
)
REFUNDED = (
    "How many refunds did {who} get {when}?",
    "how many refunds for {who} {when}?",
    "How often did we give {who} a refund {when}?",
)
OPENED = (
    "How many support tickets did {who} open {when}?",
    "how many tickets from {who} {when}?",
    "Number of tickets {who} opened {when}, please",
)
SIGNED_IN = (
    "How often did {who} sign in {when}?",
    "How many times did {who} sign in {when}?",
    "sign-ins of {who} {when}?",
)
PAID = ("How many payments did {who} make {when}?", "How many payments from {who} {when}?")
_ALL_ORDERS = ("How many orders came in {when}?", "orders {when}?", "How many orders did our customers place {when}?")
_ALL_REFUNDS = (
    "How many refunds were there {when}?",
    "How many refunds did we issue {when}?",
    "refunds {when}, how many?",
)
_ALL_TICKETS = ("How many support tickets were opened {when}?", "How many tickets did we get {when}?")
_ALL_PAID = ("How many payments went through {when}?", "How many successful payments did we have {when}?")
_ITEM = (
    "How many times did {who} order {item}?",
    "How many of {who}'s orders had {item} in them?",
    "how often has {who} bought {item}?",
)
_FEATURE = ("How often has {who} used {feature}?", "How many times did {who} use {feature}?")

#: How often an empty period is asked about all the same.
_NONE = 0.15


def shop(tables: Tables, rng: Random) -> Iterator[Sample]:
    for templates, titles, least, size in ((ORDERED, ORDERS, 6, 4), (REFUNDED, REFUNDS, 2, 3)):
        for who in draw(rng, with_events(tables, Slice(titles), least), size):
            yield _one(tables, rng, templates, Slice(titles, who))
    for templates, titles in ((_ALL_ORDERS, ORDERS), (_ALL_REFUNDS, REFUNDS)):
        yield _everyone(tables, rng, templates, Slice(titles))
    for who, item in rng.sample(_favourites(tables), 2):
        of = Slice(ORDERS, who, item=item)
        yield draft(
            tables, phrase(rng, _ITEM, who=called(tables, who, rng), item=item), "count", *count(tables, of), who=[who]
        )


def software(tables: Tables, rng: Random) -> Iterator[Sample]:
    for templates, titles, least in ((OPENED, TICKETS, 2), (SIGNED_IN, SIGN_INS, 3), (PAID, PAYMENTS, 3)):
        yield _one(tables, rng, templates, Slice(titles, rng.choice(with_events(tables, Slice(titles), least))))
    for templates, titles in ((_ALL_TICKETS, TICKETS), (_ALL_PAID, PAYMENTS)):
        yield _everyone(tables, rng, templates, Slice(titles))
    for who, feature, events, ids in rng.sample(_features(tables), 2):
        words = phrase(rng, _FEATURE, who=called(tables, who, rng), feature=feature)
        yield draft(tables, words, "count", events, ids, who=[who])


def _one(tables: Tables, rng: Random, templates: tuple[str, ...], of: Slice) -> Sample:
    """Mostly over a period with something to count."""
    while True:
        when = periods.some_period(tables.workspace, rng)
        truth = count(tables, of.within(when.first, when.last))
        if truth[0] or rng.random() < _NONE:
            break
    words = phrase(rng, templates, who=called(tables, str(of.who), rng), when=when.words)
    return draft(tables, words, "count", *truth, who=[str(of.who)])


def _everyone(tables: Tables, rng: Random, templates: tuple[str, ...], of: Slice) -> Sample:
    when = periods.some_month(tables.workspace, rng)
    found, ids = count(tables, of.within(when.first, when.last))
    return draft(tables, phrase(rng, templates, when=when.words), "count", found, ids, expect_tools=("measure",))


def _favourites(tables: Tables) -> list[tuple[str, str]]:
    """Customers with an item that stands in at least three of their orders, and in no longer item's name."""
    return [
        (who, item)
        for who, item in tables.rows(
            """SELECT who, item FROM items AS one WHERE title = 'Order Completed' GROUP BY who, item
               HAVING count(*) BETWEEN 3 AND 8 AND NOT EXISTS (
                   SELECT 1 FROM items AS other
                   WHERE other.who = one.who AND other.item != one.item
                   AND contains(lower(other.item), lower(one.item)))
               ORDER BY who, item"""
        )
    ]


def _features(tables: Tables) -> list[tuple[str, str, int, list[str]]]:
    return [
        (who, feature, events, ids)
        for who, feature, events, ids in tables.rows(
            """SELECT who, properties->>'feature' AS feature, count(*) AS events, list(id ORDER BY moment, id)
               FROM events WHERE list_contains($titles, title) GROUP BY who, feature HAVING events >= 3
               ORDER BY who, feature""",
            titles=list(FEATURES),
        )
    ]
