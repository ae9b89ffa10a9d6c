"""Questions that lean on the ones before them in the same thread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from evals.generated import periods
from evals.generated.cohorts import find
from evals.generated.draft import draft
from evals.generated.names import called
from evals.generated.pools import draw, with_events
from evals.generated.rankings import clear
from evals.sample import Sample
from evals.truth.figures import (
    MONEY,
    ORDERS,
    PAYMENTS,
    REFUNDS,
    SIGN_INS,
    TICKETS,
    Slice,
    bounded,
    by_person,
    count,
    date_of,
    net,
)
from evals.truth.tables import Tables

_AND_IN = ("And in {month}?", "and in {month}?", "What about {month}?", "Now the same for {month}, please.")
_AND_REFUNDS = ("And the refunds?", "and how many refunds?", "How many refunds did they get?")
_WHAT_ABOUT = ("What about {who}?", "And {who}?", "the same for {who}, please")
_AND_LAST = ("And when was the last one?", "When was the most recent of them?")
_AND_WORTH = ("And what was the net spend?", "How much did they spend in all, after refunds?")
_LAST_SIGN_IN = ("When did they last sign in?", "And when was their last sign-in?")
_AND_TICKETS = ("And how many support tickets did they open?", "How many tickets have they opened?")
#: A cohort, and which of it did something else: question, follow-ups, and the SQL of who and the events that show it.
_OF_THEM: tuple[tuple[str, tuple[str, ...], str, str], ...] = (
    (
        "Who opened a support ticket in January 2026?",
        ("Which of them have cancelled?", "Which of these customers have cancelled their subscription?"),
        "title = 'Support Ticket Opened' AND month = '2026-01'",
        "title = 'Subscription Cancelled'",
    ),
    (
        "Which customers cancelled their subscription?",
        ("Which of them came back?", "Have any of them come back? Who?"),
        "title = 'Subscription Cancelled'",
        "title = 'Subscription Reactivated'",
    ),
    (
        "Which customers had a failed payment?",
        ("Which of them downgraded their plan?", "And who of them downgraded?"),
        "title = 'Payment Failed'",
        "title = 'Plan Downgraded'",
    ),
)
_WHO_OF_THEM = """SELECT who, list(id ORDER BY moment, id) FROM events WHERE {condition}
    AND who IN (SELECT who FROM events WHERE {cohort}) GROUP BY who ORDER BY who"""
_AGAIN = ("How many of them ordered again in {month}?", "And how many of these came back in {month}?")


def shop(tables: Tables, rng: Random) -> Iterator[Sample]:
    who = iter(draw(rng, with_events(tables, Slice(ORDERS), 7), 12))
    for _ in range(3):
        yield _next_month(tables, rng, next(who))
    for _ in range(2):
        yield _next_month_of_sums(tables, rng, next(who))
    for one, other in ((next(who), next(who)), (next(who), next(who))):
        yield _other(tables, rng, one, other)
    yield _other_in_month(tables, rng, next(who), next(who))
    for each in draw(rng, with_events(tables, Slice(REFUNDS), 2), 2):
        yield _own(
            tables,
            rng,
            each,
            "How many orders has {who} placed?",
            _AND_REFUNDS,
            "count",
            count(tables, Slice(REFUNDS, each)),
        )
    each = next(who)
    yield _own(
        tables, rng, each, "How many orders did {who} place?", _AND_LAST, "date", date_of(tables, Slice(ORDERS, each))
    )
    each = draw(rng, with_events(tables, Slice(REFUNDS), 2), 1)[0]
    yield _own(
        tables, rng, each, "How many orders has {who} placed?", _AND_WORTH, "money", net(tables, Slice(MONEY, each))
    )
    yield _longer_ranking(tables)
    for _ in range(2):
        yield _ordered_again(tables, rng)
    yield _everyone_next_month(tables, rng)


def software(tables: Tables, rng: Random) -> Iterator[Sample]:
    payers = draw(rng, with_events(tables, Slice(PAYMENTS), 3), 5)
    for who in payers[:2]:
        yield _own(
            tables, rng, who, "How much has {who} paid?", _LAST_SIGN_IN, "date", date_of(tables, Slice(SIGN_INS, who))
        )
    for who in draw(rng, with_events(tables, Slice(TICKETS), 2), 2):
        yield _own(
            tables, rng, who, "When did {who} sign up?", _AND_TICKETS, "count", count(tables, Slice(TICKETS, who))
        )
    for one, other in ((payers[2], payers[3]), (payers[4], payers[0])):
        first, second = called(tables, one, rng), called(tables, other, rng)
        yield _follow(
            tables,
            rng,
            [f"How much has {first} paid?"],
            _WHAT_ABOUT,
            "money",
            net(tables, Slice(PAYMENTS, other)),
            [other],
            who=second,
        )
    for question, templates, cohort, condition in _OF_THEM:
        found = find(
            tables,
            _WHO_OF_THEM.format(condition=condition, cohort=cohort),
        )
        truth = ([who for who, _ in found], bounded([id_ for _, ids in found for id_ in ids]))
        yield _follow(tables, rng, [question], templates, "customers", truth, [])


def _follow(
    tables: Tables,
    rng: Random,
    before: Sequence[str],
    templates: Sequence[str],
    kind: str,
    truth: tuple[Any, Sequence[str]],
    about: Sequence[str],
    **words: str,
) -> Sample:
    question = rng.choice(list(templates)).format(**words)
    return draft(tables, question, kind, truth[0], truth[1], who=about, before=tuple(before))


def _own(
    tables: Tables,
    rng: Random,
    who: str,
    first: str,
    templates: Sequence[str],
    kind: str,
    truth: tuple[Any, Sequence[str]],
) -> Sample:
    """Something else about the same customer."""
    return _follow(tables, rng, [first.format(who=called(tables, who, rng))], templates, kind, truth, [who])


def _next_month(tables: Tables, rng: Random, who: str) -> Sample:
    one, other = periods.months_apart(tables.workspace, rng)
    first = f"How many orders did {called(tables, who, rng)} place in {periods.name(one)}?"
    truth = count(tables, Slice(ORDERS, who, *periods.span(other)))
    return _follow(tables, rng, [first], _AND_IN, "count", truth, [who], month=periods.bare(other))


def _next_month_of_sums(tables: Tables, rng: Random, who: str) -> Sample:
    """In a month with something to add up."""
    while True:
        one, other = periods.months_apart(tables.workspace, rng)
        truth = net(tables, Slice(MONEY, who, *periods.span(other)))
        if truth[0]:
            break
    first = f"What was the net spend of {called(tables, who, rng)} in {periods.name(one)}?"
    return _follow(tables, rng, [first], _AND_IN, "money", truth, [who], month=periods.name(other))


def _other(tables: Tables, rng: Random, one: str, other: str) -> Sample:
    """The same about somebody else."""
    first = f"How many orders has {called(tables, one, rng)} placed?"
    truth = count(tables, Slice(ORDERS, other))
    return _follow(tables, rng, [first], _WHAT_ABOUT, "count", truth, [other], who=called(tables, other, rng))


def _other_in_month(tables: Tables, rng: Random, one: str, other: str) -> Sample:
    """The period comes from the second question, the customer from the third."""
    earlier, later = "2011-04", "2011-05"
    before = [
        f"How many orders did {called(tables, one, rng)} place in {periods.name(earlier)}?",
        f"And in {periods.bare(later)}?",
    ]
    truth = count(tables, Slice(ORDERS, other, *periods.span(later)))
    return _follow(tables, rng, before, _WHAT_ABOUT, "count", truth, [other], who=called(tables, other, rng))


def _longer_ranking(tables: Tables) -> Sample:
    found = by_person(tables, Slice(MONEY), "GBP")
    if not clear(found, 5):
        raise ValueError("the first five customers by net spend are not in a clear order")
    ids = bounded([id_ for _, _, own in found[:5] for id_ in own])
    before = ("Who are our top 3 customers by net spend?",)
    return draft(tables, "And the top 5?", "ranking", [who for who, _, _ in found[:5]], ids, before=before)


def _ordered_again(tables: Tables, rng: Random) -> Sample:
    one, other = periods.months_apart(tables.workspace, rng)
    found = find(
        tables,
        """SELECT who, list(id ORDER BY moment, id) FROM events WHERE title = 'Order Completed' AND month = $other
           AND who IN (SELECT who FROM events WHERE title = 'Order Completed' AND month = $one)
           GROUP BY who ORDER BY who""",
        one=one,
        other=other,
    )
    truth = (len(found), bounded([id_ for _, ids in found for id_ in ids]))
    first = f"How many customers ordered in {periods.name(one)}?"
    return _follow(tables, rng, [first], _AGAIN, "count", truth, [], month=periods.name(other))


def _everyone_next_month(tables: Tables, rng: Random) -> Sample:
    one, other = periods.months_apart(tables.workspace, rng)
    truth = net(tables, Slice(MONEY, None, *periods.span(other)))
    first = f"What was our net revenue in {periods.name(one)}?"
    return _follow(tables, rng, [first], _AND_IN, "money", truth, [], month=periods.bare(other))
