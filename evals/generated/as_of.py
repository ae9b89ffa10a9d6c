"""The same questions for an earlier day, said in the question or set on the request; today's answer would be wrong."""

from __future__ import annotations

from calendar import month_name
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from evals.generated import periods, risks
from evals.generated.draft import draft, phrase
from evals.generated.names import called
from evals.generated.pools import draw, with_events
from evals.generated.rankings import clear
from evals.sample import Sample
from evals.truth.churn import Silence, silences
from evals.truth.figures import (
    MONEY,
    ORDERS,
    PAYMENTS,
    REFUNDS,
    SIGN_INS,
    TICKETS,
    Evidence,
    Slice,
    bounded,
    by_person,
    count,
    date_of,
    net,
)
from evals.truth.tables import Tables

Truth = tuple[Any, Evidence]

_DATED = (
    "as of {day}",
    "as of {long}",
    "as of the end of {month}",
    "as at {long}",
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """`past` has the words for the day at its end; `present` is asked with the day on the request."""

    past: tuple[str, ...]
    present: tuple[str, ...]
    titles: tuple[str, ...]
    kind: str
    compute: Callable[[Tables, Slice], Truth]


@dataclass(frozen=True, slots=True)
class _At:
    """A day, said `in_words` of the question or set on the request."""

    day: str
    in_words: bool


_SHOP = (
    _Asked(
        ("How many orders had {who} placed {then}?", "Number of orders of {who} {then}?"),
        ("How many orders has {who} placed?", "orders of {who} so far?"),
        ORDERS,
        "count",
        count,
    ),
    _Asked(
        ("What was the net spend of {who} {then}?", "How much had {who} spent, after refunds, {then}?"),
        ("What is the net spend of {who}?", "How much has {who} spent so far, after refunds?"),
        MONEY,
        "money",
        net,
    ),
    _Asked(
        ("When had {who} last ordered {then}?", "What was the date of {who}'s latest order {then}?"),
        ("When did {who} last order?", "latest order of {who}?"),
        ORDERS,
        "date",
        date_of,
    ),
    _Asked(
        ("How many refunds had {who} got {then}?",),
        ("How many refunds has {who} had?",),
        REFUNDS,
        "count",
        count,
    ),
)
_SOFTWARE = (
    _Asked(
        ("How much had {who} paid {then}?", "Total amount paid by {who} {then}?"),
        ("How much has {who} paid so far?", "What has {who} paid us in total?"),
        PAYMENTS,
        "money",
        net,
    ),
    _Asked(
        ("How many support tickets had {who} opened {then}?",),
        ("How many support tickets has {who} opened?",),
        TICKETS,
        "count",
        count,
    ),
    _Asked(
        ("When had {who} last signed in {then}?",),
        ("When did {who} last sign in?",),
        SIGN_INS,
        "date",
        date_of,
    ),
)
_RANKED = (("Who were the top {n} customers by net spend {then}?",), ("Who are our top {n} customers by net spend?",))
_AT_RISK = ("Was {who} at risk of leaving {then}?", "Had we lost {who} {then}?")
_ALL_ORDERS = (("How many orders had we received in all {then}?",), ("How many orders have we received in all?",))


def shop(tables: Tables, rng: Random) -> Iterator[Sample]:
    for asked in _SHOP:
        for in_words in (True, False):
            yield _one(tables, rng, asked, in_words)
    for in_words in (True, False):
        yield _ranking(tables, rng, in_words)
        yield _all_orders(tables, rng, in_words)
    yield from _at_risk(tables, rng, 3)


def software(tables: Tables, rng: Random) -> Iterator[Sample]:
    for asked in _SOFTWARE:
        for in_words in (True, False):
            yield _one(tables, rng, asked, in_words)
    yield from _at_risk(tables, rng, 2)


def _one(tables: Tables, rng: Random, asked: _Asked, in_words: bool) -> Sample:
    while True:
        (who,) = draw(rng, with_events(tables, Slice(asked.titles), 3), 1)
        day = _some_day(tables, rng)
        of = Slice(asked.titles, who)
        if count(tables, of.until(day))[0] and asked.compute(tables, of.until(day))[0] != asked.compute(tables, of)[0]:
            break
    truth = asked.compute(tables, of.until(day))
    name = called(tables, who, rng)
    return _draft(tables, rng, (asked.past, asked.present), _At(day, in_words), asked.kind, truth, [who], who=name)


def _ranking(tables: Tables, rng: Random, in_words: bool) -> Sample:
    now = by_person(tables, Slice(MONEY), "GBP")
    while True:
        day, n = _some_day(tables, rng), rng.choice((3, 4, 5))
        then = by_person(tables, Slice(MONEY).until(day), "GBP")
        first = [who for who, _, _ in then[:n]]
        if clear(then, n) and first != [who for who, _, _ in now[:n]]:
            break
    truth = (first, bounded([id_ for _, _, ids in then[:n] for id_ in ids]))
    return _draft(tables, rng, _RANKED, _At(day, in_words), "ranking", truth, n=n)


def _all_orders(tables: Tables, rng: Random, in_words: bool) -> Sample:
    day = _some_day(tables, rng)
    truth = count(tables, Slice(ORDERS).until(day))
    return _draft(tables, rng, _ALL_ORDERS, _At(day, in_words), "count", truth)


def _at_risk(tables: Tables, rng: Random, size: int) -> Iterator[Sample]:
    """Customers for whom it was another matter then than it is today."""
    now = {each.who: each.churned for each in silences(tables)}
    found = 0
    while found < size:
        day = _some_day(tables, rng)
        changed = [each for each in silences(tables, day) if _turned(each, now)]
        if not changed:
            continue
        each = rng.choice(changed)
        at = _At(day, in_words=found % 2 == 0)
        truth = (risks.value(each), each.evidence)
        name = called(tables, each.who, rng)
        yield _draft(tables, rng, (_AT_RISK, risks.ASKED), at, "signal", truth, [each.who], who=name)
        found += 1


def _turned(then: Silence, now: dict[str, bool]) -> bool:
    """Whether it is another matter today; who cancelled is left out: how long they were silent says nothing more."""
    return then.clear and not then.cancelled and then.churned != now[then.who]


def _draft(
    tables: Tables,
    rng: Random,
    templates: tuple[Sequence[str], Sequence[str]],
    at: _At,
    kind: str,
    truth: Truth,
    about: Sequence[str] = (),
    **words: Any,
) -> Sample:
    past, present = templates
    tools = ("churn",) if kind == "signal" else ()
    then = _then(rng, at.day)
    question = phrase(rng, past, then=then, **words) if at.in_words else phrase(rng, present, **words)
    set_day = None if at.in_words else at.day
    return draft(tables, question, kind, *truth, who=about, as_of=set_day, expect_tools=tools)


def _some_day(tables: Tables, rng: Random) -> str:
    """The end of a month before the last."""
    return periods.span(rng.choice(periods.MONTHS[tables.workspace][1:-1]))[1]


def _then(rng: Random, day: str) -> str:
    at = date.fromisoformat(day)
    long = f"{at.day} {month_name[at.month]} {at.year}"
    return rng.choice(_DATED).format(day=day, long=long, month=f"{month_name[at.month]} {at.year}")
