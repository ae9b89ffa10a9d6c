"""Whole numbers of what was taken up, by owner, item and day: kept event by event, the same in whatever order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from memory.attribution import visitor
from memory.identity import is_known
from memory.record import Record
from tools.recommending.items import features_of, page_of, seen, taken

Ints = NDArray[np.int64]
#: A proleptic day (`date.toordinal`) has 22 bits until the year 9999; an item's number stands above it.
_DAY_BITS = 22
_DAY = (1 << _DAY_BITS) - 1
#: What an item was called on a day: bits, so that they add up in any order.
_PRODUCT, _FEATURE, _PAGE = 1, 2, 4
_KINDS: dict[str, int] = {"product": _PRODUCT, "feature": _FEATURE, "page": _PAGE}


@dataclass(frozen=True, slots=True)
class Named:
    """When events named an item: the first, and the newest with its message id; `kinds` is a sum of bits."""

    first: datetime
    newest: tuple[datetime, str]
    kinds: int

    @property
    def kind(self) -> str:
        """A product wherever one event says so."""
        return next(name for name, bit in _KINDS.items() if self.kinds & bit)


@dataclass(frozen=True, slots=True)
class Cells:
    """What was taken up before a day: `times[n]` events of `owners[owner[n]]` with `items[item[n]]` on `day[n]`.

    `owners` and `items` are sorted, the cells lie by owner, item and day. `named` has every item, taken up or not.
    With `pages` they are pages, else products and features.
    """

    pages: bool

    owners: list[str]
    items: list[str]
    named: list[Named]
    owner: Ints
    item: Ints
    day: Ints
    times: Ints


@dataclass(slots=True)
class _Tally:
    """Counts of one sort of items, which are numbered as they come."""

    numbers: dict[str, int] = field(default_factory=dict)
    taken: dict[str, dict[int, int]] = field(default_factory=dict)
    #: By item and day: the first time, the newest event, and the bits of its kinds.
    named: dict[int, list[Any]] = field(default_factory=dict)

    def name(self, cell: int, order: tuple[datetime, str], kind: int) -> None:
        """Take note of an event that names an item on a day: the same in any order."""
        held = self.named.get(cell)
        if held is None:
            self.named[cell] = [order[0], order, kind]
            return
        if order > held[1]:
            held[1] = order
        if order[0] < held[0]:
            held[0] = order[0]
        held[2] |= kind

    def copy(self) -> _Tally:
        """The same without what is named or taken up later."""
        taken = {owner: dict(cells) for owner, cells in self.taken.items()}
        return _Tally(dict(self.numbers), taken, dict(self.named))

    def named_before(self, day: int) -> dict[int, Named]:
        """What was named before a day, by the number of the item."""
        found: dict[int, list[list[Any]]] = {}
        for cell, held in self.named.items():
            if cell & _DAY < day:
                found.setdefault(cell >> _DAY_BITS, []).append(held)
        return {number: _together(days) for number, days in found.items()}


class ItemCounts:
    """The counts of a workspace: pages apart, since they are items only where there are no others.

    An owner is an id in its role, as the event names it: who is behind it is asked at read.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._things, self._pages = _Tally(), _Tally()

    def add(self, records: Iterable[Record]) -> None:
        """Count events that were not counted before."""
        for record in records:
            if record.items or page_of(record.title):
                self._add(record)

    def copy(self) -> ItemCounts:
        """The counts of now, to be read in a thread while more is counted here."""
        found = ItemCounts(self._zone)
        found._things, found._pages = self._things.copy(), self._pages.copy()
        return found

    def cells(self, before: int) -> Cells:
        """Everything of the days before this one (a proleptic ordinal), in an order that is always the same."""
        things = _cells(self._things, before, pages=False)
        pages = things if len(things.times) else _cells(self._pages, before, pages=True)
        return pages if len(pages.times) else things

    def _add(self, record: Record) -> None:
        page = page_of(record.title) is not None
        tally, mine = self._pages if page else self._things, taken(record)
        numbers, order, features = tally.numbers, record.order, features_of(record)
        day = record.occurred_at.astimezone(self._zone).toordinal()
        for item in mine or seen(record):
            number = numbers.get(item)
            if number is None:
                number = numbers[item] = len(numbers)
            kind = _PAGE if page else _FEATURE if item in features else _PRODUCT
            tally.name(number << _DAY_BITS | day, order, kind)
        if mine:
            counts = tally.taken.setdefault(owner_key(record), {})
            for item in mine:
                cell = numbers[item] << _DAY_BITS | day
                counts[cell] = counts.get(cell, 0) + 1


def owner_key(record: Record) -> str:
    """The id that says whose an event is, in its role."""
    own = record.customer_id
    return own if is_known(record, own) else visitor(own)


def _together(days: list[list[Any]]) -> Named:
    kinds = 0
    for _, _, kind in days:
        kinds |= kind
    return Named(min(first for first, _, _ in days), max(newest for _, newest, _ in days), kinds)


def _cells(tally: _Tally, before: int, *, pages: bool) -> Cells:
    found = tally.named_before(before)
    names = {number: name for name, number in tally.numbers.items() if number in found}
    order = sorted(names, key=lambda number: names[number])
    place = np.full(len(tally.numbers), -1, dtype=np.int64)
    place[order] = np.arange(len(order))
    # Who did something only later is not there yet.
    owners = sorted(o for o, cells in tally.taken.items() if min(cell & _DAY for cell in cells) < before)
    sizes = [len(tally.taken[owner]) for owner in owners]
    held = np.fromiter(chain.from_iterable(tally.taken[owner] for owner in owners), np.int64, sum(sizes))
    times = np.fromiter(chain.from_iterable(tally.taken[owner].values() for owner in owners), np.int64, len(held))
    owner, day = np.repeat(np.arange(len(owners)), sizes), held & _DAY
    which = place[held >> _DAY_BITS]
    kept = np.flatnonzero(day < before)
    kept = kept[np.lexsort((day[kept], which[kept], owner[kept]))]
    return Cells(
        pages, owners, [names[number] for number in order], [found[number] for number in order],
        owner[kept], which[kept], day[kept], times[kept],
    )  # fmt: skip
