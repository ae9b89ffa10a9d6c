"""Counts and sums up to any instant, of any customer, by one search in sorted columns. Whole numbers only: exact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.prediction.table import DAY_S, SPAN_S, Bools, Ints, Table

Floats = NDArray[np.float64]

#: Days of silence whose share of a customer's history is told: a week to a quarter.
SILENCES = (7, 14, 30, 60, 90)


@dataclass(frozen=True, slots=True)
class Tally:
    """Some events of a table, with their running count and sum of cents. All arrays ascend by customer, then time."""

    start: Ints
    key: Ints
    cents: Ints

    def before(self, customer: Ints, second: Ints) -> Ints:
        """The position behind the last of these events that each customer had before each second."""
        return np.searchsorted(self.key, customer * SPAN_S + second)

    def count(self, customer: Ints, position: Ints) -> Ints:
        return position - self.start[customer]

    def amount(self, first: Ints, last: Ints) -> Ints:
        """Cents of the events in positions [first, last)."""
        return self.cents[last] - self.cents[first]

    def second(self, position: Ints) -> Ints:
        """The second of the event at each position; that of position -1 means nothing."""
        if not len(self.key):
            return np.zeros_like(position)
        return self.key[np.clip(position, 0, len(self.key) - 1)] % SPAN_S


def tally(table: Table, chosen: Bools) -> Tally:
    """The tally of the events chosen, one truth an event."""
    key = table.key[chosen]
    cents = np.concatenate([np.zeros(1, np.int64), np.cumsum(table.cents[chosen])])
    return Tally(starts(key, len(table.customers)), key, cents)


def starts(key: Ints, customers: int) -> Ints:
    """Where each customer's entries begin, and the end of all."""
    return np.searchsorted(key, np.arange(customers + 1, dtype=np.int64) * SPAN_S)


@dataclass(frozen=True, slots=True)
class Days:
    """Days (UTC) on which customers were active, known from the first event of each, and the gaps between them.

    `gap[i]` is the number of days since the same customer's day before, 0 for their first. `longest` is the longest
    gap up to there, `gaps` and `squares` are running sums over all customers; `over[n]` is that of how far each gap
    went beyond n days.
    """

    tally: Tally
    gap: Ints
    longest: Ints
    gaps: Ints
    squares: Ints
    over: dict[int, Ints]


def active_days(table: Table, chosen: Bools) -> Days:
    """The days of the events chosen."""
    key = table.key[chosen]
    owner, day = key // SPAN_S, key % SPAN_S // DAY_S
    first = np.ones(len(key), dtype=np.bool_)
    first[1:] = (owner[1:] != owner[:-1]) | (day[1:] != day[:-1])
    key, owner, day = key[first], owner[first], day[first]
    gap = np.zeros(len(key), dtype=np.int64)
    same = owner[1:] == owner[:-1]
    gap[1:][same] = (day[1:] - day[:-1])[same]
    # The running maximum of one customer: every later customer starts above all before.
    longest = np.maximum.accumulate(gap + owner * SPAN_S) - owner * SPAN_S if len(gap) else gap
    whole = Tally(starts(key, len(table.customers)), key, np.zeros(len(key) + 1, np.int64))
    over = {length: _running(np.maximum(gap - length, 0)) for length in SILENCES}
    return Days(whole, gap, longest, _running(gap), _running(gap * gap), over)


def _running(values: Ints) -> Ints:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(values)])
