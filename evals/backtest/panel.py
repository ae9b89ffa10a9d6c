"""What the customers of a data set did, in columns: outcomes and simple numbers, apart from the product's own code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.backtest.bgnbd import Purchases
from evals.stats.weighted import Floats

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
DAY_S = 86_400
#: A customer's times are moved by this many seconds for each customer before, so that one search finds them.
_APART_S = 10**11
_WEEK_DAYS = 7.0
_CHANGE: Mapping[str, int] = {"Order Completed": 1, "Order Refunded": -1}


@dataclass(frozen=True, slots=True)
class Doings:
    """Some events by customer, then time; `first` is where each customer's begin, `running` sums the cents before."""

    key: Ints
    running: Ints
    first: Ints

    def before(self, who: Ints, second: Ints) -> Ints:
        """The place behind each customer's last one before a second."""
        return np.searchsorted(self.key, who * _APART_S + second)

    def number(self, who: Ints, second: Ints) -> Ints:
        return self.before(who, second) - self.first[who]

    def at(self, place: Ints) -> Ints:
        """The second of the one at a place."""
        return self.key[place] % _APART_S


@dataclass(frozen=True, slots=True)
class Panel:
    """`own`: what customers did themselves; `days`: the days on which they did; `left`: what ended their time."""

    customers: tuple[str, ...]
    own: Doings
    days: Doings
    money: Doings
    left: Doings

    @property
    def begins(self) -> int:
        """The second of the first thing that anybody did."""
        return int((self.own.key % _APART_S).min())

    def present(self, second: int) -> Ints:
        """The numbers of the customers who did something before, and have not left."""
        everyone = np.arange(len(self.customers), dtype=np.int64)
        at = np.full(len(everyone), second)
        return np.flatnonzero((self.own.number(everyone, at) > 0) & (self.left.number(everyone, at) == 0))

    def silent(self, who: Ints, second: Ints, horizon_days: int) -> Bools:
        """Whether each did nothing in [second, second + horizon)."""
        return np.asarray(self.own.before(who, second + horizon_days * DAY_S) == self.own.before(who, second))

    def leaves(self, who: Ints, second: Ints, horizon_days: int) -> Bools:
        """Whether each left in [second, second + horizon)."""
        return np.asarray(self.left.before(who, second + horizon_days * DAY_S) > self.left.before(who, second))

    def recency_days(self, who: Ints, second: Ints) -> Floats:
        return (second - self.own.at(self.own.before(who, second) - 1)) / DAY_S

    def rfm(self, who: Ints, second: Ints) -> Floats:
        """Logarithms of recency, active days, tenure and what they brought in, net; (cases, 4)."""
        tenure_days = (second - self.own.at(self.own.first[who])) / DAY_S
        money = self.money.running[self.money.before(who, second)] - self.money.running[self.money.first[who]]
        columns = (self.recency_days(who, second), self.days.number(who, second), tenure_days, np.maximum(money, 0))
        return np.column_stack([np.log1p(column) for column in columns])

    def purchases(self, who: Ints, second: Ints) -> Purchases:
        """Their active days as BG/NBD takes them, in weeks since the first."""
        behind = self.days.before(who, second)
        first, last = self.days.at(self.days.first[who]), self.days.at(behind - 1)
        today = (second - 1) // DAY_S * DAY_S
        week_s = _WEEK_DAYS * DAY_S
        return Purchases(
            (self.days.number(who, second) - 1).astype(float), (last - first) / week_s, (today - first) / week_s
        )


def make_panel(
    events: Iterable[Mapping[str, Any]], is_own: Callable[[str], bool], ends: Callable[[str], bool]
) -> Panel:
    """The panel of Segment-shaped events; which of their names are the customer's doing, and which are an end."""
    rows = [(event["userId"], _second(event["timestamp"]), event["event"], _cents(event)) for event in events]
    customers = tuple(sorted({row[0] for row in rows}))
    number = {customer: index for index, customer in enumerate(customers)}
    key = np.array([number[row[0]] * _APART_S + row[1] for row in rows], dtype=np.int64)
    cents = np.array([row[3] for row in rows], dtype=np.int64)
    order = np.argsort(key, kind="stable")
    names = np.array([row[2] for row in rows], dtype=object)[order]
    key, cents = key[order], cents[order]
    kinds = sorted(set(names.tolist()))
    own, left = (np.isin(names, [kind for kind in kinds if chosen(kind)]) for chosen in (is_own, ends))

    def doings(key: Ints, cents: Ints) -> Doings:
        first = np.searchsorted(key, np.arange(len(customers), dtype=np.int64) * _APART_S)
        return Doings(key, np.concatenate([np.zeros(1, np.int64), np.cumsum(cents)]), first)

    day = _days(key[own])
    return Panel(
        customers,
        own=doings(key[own], cents[own]),
        days=doings(day, np.zeros(len(day), np.int64)),
        money=doings(key[cents != 0], cents[cents != 0]),
        left=doings(key[left], cents[left]),
    )


def _days(key: Ints) -> Ints:
    """The beginning of each customer's days, each once."""
    return np.unique(key // _APART_S * _APART_S + key % _APART_S // DAY_S * DAY_S)


def _second(timestamp: str) -> int:
    return int(datetime.fromisoformat(timestamp).timestamp())


def _cents(event: Mapping[str, Any]) -> int:
    revenue = event.get("properties", {}).get("revenue", 0)
    return round(float(revenue) * 100) * _CHANGE.get(event["event"], 0)
