"""Single facts: when something was first or last done, what stands in an order, what somebody said of themself."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from evals.generated.draft import draft, phrase
from evals.generated.names import called
from evals.generated.pools import draw, with_events
from evals.sample import Sample
from evals.truth.figures import FEATURES, ORDERS, REFUNDS, Slice, date_of
from evals.truth.tables import Tables

_LAST_ORDER = ("When did {who} last order?", "What is the date of {who}'s latest order?", "last order of {who}?")
_FIRST_ORDER = (
    "When did {who} first buy from us?",
    "Since when has {who} been ordering?",
    "date of {who}'s first order?",
)
_LAST_REFUND = ("When did {who} last get a refund?", "When was the last refund for {who}?")
_CONTENTS = (
    "What was in {who}'s order of {day}?",
    "Which items did {who} order on {day}?",
    "what did {who} buy on {day}?",
)
_WORTH = ("How much was order {order}?", "What did order {order} come to?", "value of order {order}?")
_SIGNED_UP = ("When did {who} sign up?", "On which day did {who} create their account?", "sign-up date of {who}?")
_ROLE = ("What is {name}'s role at {company}?", "What does {name} do at {company}?", "{name}'s job title?")
_STAFF = ("How many employees does {company} have?", "How big is {company}, in employees?")
_SCORE = ("What NPS score did {who} give us?", "nps of {who}?")
_LAST_USED = ("When did {who} last use the product's features?", "When was the last time {who} used a feature?")


def shop(tables: Tables, rng: Random) -> Iterator[Sample]:
    for templates, titles, last in (
        (_LAST_ORDER, ORDERS, True),
        (_FIRST_ORDER, ORDERS, False),
        (_LAST_REFUND, REFUNDS, True),
    ):
        (who,) = draw(rng, with_events(tables, Slice(titles), 2), 1)
        yield _date(tables, rng, templates, Slice(titles, who), last)
    for who, day, items, id_ in rng.sample(_small_orders(tables), 2):
        yield draft(
            tables, phrase(rng, _CONTENTS, who=called(tables, who, rng), day=day), "text", items, [id_], who=[who]
        )
    who, order, amount, id_ = rng.choice(_orders(tables))
    yield draft(tables, phrase(rng, _WORTH, order=order), "money", {"GBP": amount}, [id_], who=[who])


def software(tables: Tables, rng: Random) -> Iterator[Sample]:
    for templates, titles in ((_SIGNED_UP, ("Signed Up",)), (_LAST_USED, FEATURES)):
        yield _date(tables, rng, templates, Slice(titles, rng.choice(with_events(tables, Slice(titles), 1))))
    for who, name, company, role, staff, id_ in rng.sample(_told(tables), 2):
        yield draft(tables, phrase(rng, _ROLE, name=name, company=company), "text", [role], [id_], who=[who])
        yield draft(tables, phrase(rng, _STAFF, company=company), "text", [str(staff)], [id_], who=[who])
    who, score, id_ = rng.choice(_scores(tables))
    yield draft(tables, phrase(rng, _SCORE, who=called(tables, who, rng)), "text", [str(score)], [id_], who=[who])


def _date(tables: Tables, rng: Random, templates: tuple[str, ...], of: Slice, last: bool = True) -> Sample:
    words = phrase(rng, templates, who=called(tables, str(of.who), rng))
    return draft(tables, words, "date", *date_of(tables, of, last), who=[str(of.who)])


def _small_orders(tables: Tables) -> list[tuple[str, str, list[str], str]]:
    """Orders of two to four items, the only ones of their customer on that day."""
    return [
        (who, day, items, id_)
        for who, day, items, id_ in tables.rows(
            """SELECT who, day::VARCHAR, any_value(list_sort(list_distinct(items))) AS names, any_value(id) FROM events
               GROUP BY who, day HAVING count(*) = 1 AND any_value(title) = 'Order Completed'
               AND len(names) BETWEEN 2 AND 4 ORDER BY who, day"""
        )
    ]


def _orders(tables: Tables) -> list[tuple[str, str, float, str]]:
    return [
        (who, order, amount, id_)
        for who, order, amount, id_ in tables.rows(
            """SELECT who, properties->>'order_id', amount::DOUBLE, id FROM events
               WHERE title = 'Order Completed' ORDER BY id"""
        )
    ]


def _told(tables: Tables) -> list[tuple[str, str, str, str, int, str]]:
    """What people told of themselves and their companies."""
    return [
        (who, name, company, role, int(staff), id_)
        for who, name, company, role, staff, id_ in tables.rows(
            """SELECT who, properties->>'name', properties->>'company', properties->>'role',
                      properties->>'employees', id FROM events WHERE title = 'identify' ORDER BY who"""
        )
    ]


def _scores(tables: Tables) -> list[tuple[str, int, str]]:
    """The NPS score of everybody who gave one only."""
    return [
        (who, int(score), id_)
        for who, score, id_ in tables.rows(
            """SELECT who, any_value(properties->>'score'), any_value(id) FROM events WHERE title = 'NPS Submitted'
               GROUP BY who HAVING count(*) = 1 ORDER BY who"""
        )
    ]
