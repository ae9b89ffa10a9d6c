"""What two customers have in common, each with the events of both that show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Literal

from pydantic import BaseModel

from memory.masking import mask
from memory.record import Record
from tools.fact import number
from tools.likeness.behaviour import Doing, doings
from tools.likeness.index import Index
from tools.likeness.ranking import Asked
from tools.likeness.traits import stated
from tools.survey import Customer
from tools.value import main_currency, value_of

#: Named of each: what weighs most. The count of items tells that there are more.
_MOST_DOINGS, _MOST_TRAITS = 2, 2
#: The lesser of two amounts is at least this part of the other where they are about the same.
_CLOSE = 0.8
#: Everybody who came once has come once.
_LEAST_DAYS = 3


class Common(BaseModel):
    """One thing that two customers have in common.

    `name` is the item, the event, the stage, the band, the label of a trait, or the unit of an amount; `value` is the
    trait's, or the amount of the customer asked about, and then `theirs` is about as much. `evidence` holds message ids
    of both.
    """

    kind: Literal["item", "event", "stage", "band", "trait", "value", "active_days"]
    name: str
    value: str | int | float | None = None
    theirs: int | float | None = None
    evidence: list[str]


def shared_items(asked: Asked, other: Customer) -> list[str]:
    """The items that both have dealt with, by name."""
    return sorted(name for kind, name in asked.counts.keys() & doings(other.records).keys() if kind == "item")


def in_common(index: Index, asked: Asked, other: Customer, *, did: bool = True, are: bool = True) -> list[Common]:
    """What connects two customers most: by what they `did`, and by what they `are`."""
    return [*(_doings(index, asked, other) if did else ()), *(_profile(index, asked, other) if are else ())]


def _doings(index: Index, asked: Asked, other: Customer) -> list[Common]:
    """Items before kinds of events, and among each those that make the two alike most."""
    own, theirs = (index.behaviour.weights(counts) for counts in (asked.counts, doings(other.records)))
    shared = sorted(own.keys() & theirs.keys(), key=lambda each: _order(each, own, theirs))
    # What leads to a person is nothing that two have in common.
    told = islice((each for each in shared if mask(each[1]) == each[1]), _MOST_DOINGS)
    return [
        Common(kind=each[0], name=each[1], evidence=[_newest(one.records, each) for one in (other, asked.customer)])
        for each in told
    ]


def _order(doing: Doing, own: Mapping[Doing, float], theirs: Mapping[Doing, float]) -> tuple[bool, float, str]:
    return doing[0] != "item", -round(own[doing] * theirs[doing], 9), doing[1]


def _newest(records: Sequence[Record], doing: Doing) -> str:
    kind, name = doing
    if kind == "event":
        return next(record.message_id for record in reversed(records) if record.title == name)
    return next(r.message_id for r in reversed(records) if name in r.items and r.meaning.money >= 0)


def _profile(index: Index, asked: Asked, other: Customer) -> list[Common]:
    one = asked.customer
    stage = [Common(kind="stage", name=one.stage, evidence=_stage(one, other))] if one.stage == other.stage else []
    same = one.signal.band is not None and one.signal.band == other.signal.band
    band = [Common(kind="band", name=str(one.signal.band), evidence=_drivers(one, other))] if same else []
    return [*_traits(index, asked, other), *stage, *band, *_numbers(one, other)]


def _traits(index: Index, asked: Asked, other: Customer) -> list[Common]:
    """Values that both state, the rarer first."""
    own, theirs, known = asked.said, stated(other.records), index.profiles.kinds
    same = [label for label in known if label in own and label in theirs and own[label][0] == theirs[label][0]]
    same.sort(key=lambda label: (known[label][own[label][0]], label))
    return [
        Common(kind="trait", name=label, value=own[label][0], evidence=[theirs[label][1], own[label][1]])
        for label in same[:_MOST_TRAITS]
    ]


def _stage(one: Customer, other: Customer) -> list[str]:
    return [key for each in (other, one) for key in (*each.stages[-1].evidence, each.records[0].message_id)[:1]]


def _drivers(one: Customer, other: Customer) -> list[str]:
    """For each, the newest event of what weighs most in their signal, or their newest of all."""
    found = [[key for driver in each.signal.drivers[:1] for key in driver.evidence[-1:]] for each in (other, one)]
    return [(keys or [each.records[-1].message_id])[0] for keys, each in zip(found, (other, one), strict=True)]


def _numbers(one: Customer, other: Customer) -> list[Common]:
    found: list[Common] = []
    worth = value_of(one), value_of(other)
    if main_currency(one) == main_currency(other) and _is_close(*worth):
        found.append(_amounts("value", main_currency(one), one, other, worth))
    days = one.profile.active_days, other.profile.active_days
    if min(days) >= _LEAST_DAYS and _is_close(*days):
        found.append(_amounts("active_days", "days", one, other, days))
    return found


def _is_close(one: Decimal | int, other: Decimal | int) -> bool:
    return min(one, other) > 0 and float(min(one, other)) >= _CLOSE * float(max(one, other))


def _amounts(
    kind: Literal["value", "active_days"], unit: str, one: Customer, other: Customer, amounts: Sequence[Decimal | int]
) -> Common:
    evidence = [key for each in (other, one) for key in each.profile.evidence.get(kind, [])[-1:]]
    return Common(kind=kind, name=unit, value=number(amounts[0]), theirs=number(amounts[1]), evidence=evidence)
