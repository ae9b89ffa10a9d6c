"""Who bought what when, as arrays: what the simple recommenders count, and how much of it was known at a time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from evals.backtest.baskets import Order
from evals.stats.weighted import Floats

Numbers = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Ledger:
    """One line for each item of each order, oldest first: who, which item, and days since `start`.

    Customers and items are numbered by name. `first` marks the line of a customer's first purchase of an item.
    """

    start: datetime
    customers: dict[str, int]
    items: dict[str, int]
    who: Numbers
    item: Numbers
    day: Floats
    first: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Known:
    """The lines before an instant; `age_days` of each."""

    ledger: Ledger
    who: Numbers
    item: Numbers
    first: NDArray[np.bool_]
    age_days: Floats

    def count(self, items: Numbers, weights: Floats | None = None) -> Floats:
        """The sum of weights of each item of the catalogue; without them how often it is there."""
        return np.bincount(items, weights, minlength=len(self.ledger.items)).astype(float)

    def owned(self, customer: str) -> frozenset[str]:
        """The items that a customer had bought."""
        names = list(self.ledger.items)
        own = self.item[self.who == self.ledger.customers[customer]]
        return frozenset(names[number] for number in set(own.tolist()))

    def best(self, scores: Floats, limit: int, without: Collection[str] = ()) -> tuple[str, ...]:
        """The items with the highest scores above 0, equal ones by name."""
        names, left = list(self.ledger.items), scores.copy()
        left[[self.ledger.items[item] for item in without]] = 0.0
        order = np.argsort(-left, kind="stable")[:limit]
        return tuple(names[number] for number in order if left[number] > 0)


def ledger_of(orders: Sequence[Order]) -> Ledger:
    """Raises ValueError for no orders."""
    if not orders:
        raise ValueError("there are no orders")
    ordered = sorted(orders, key=lambda order: (order.at, order.customer))
    customers = {name: n for n, name in enumerate(sorted({order.customer for order in ordered}))}
    items = {name: n for n, name in enumerate(sorted({item for order in ordered for item in order.items}))}
    start = ordered[0].at
    lines = [
        (customers[order.customer], items[item], (order.at - start) / timedelta(days=1))
        for order in ordered
        for item in sorted(order.items)
    ]
    who, item = np.array([line[0] for line in lines]), np.array([line[1] for line in lines])
    first = np.zeros(len(lines), dtype=bool)
    first[np.unique(who * len(items) + item, return_index=True)[1]] = True
    return Ledger(start, customers, items, who, item, np.array([line[2] for line in lines]), first)


def known_before(ledger: Ledger, at: datetime) -> Known:
    """What was known just before an instant."""
    day = (at - ledger.start) / timedelta(days=1)
    n = int(np.searchsorted(ledger.day, day, "left"))
    return Known(ledger, ledger.who[:n], ledger.item[:n], ledger.first[:n], day - ledger.day[:n])
