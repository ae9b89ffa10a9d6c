"""What customers took up, as columns: who, what, on which day, how often; and what is counted from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from memory.record import Record
from tools.recommending.counts import Cells, Ints, owner_key

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Takes:
    """`times[n]` events of `clients[who[n]]` with item `item[n]` on `day[n]`, in the order of these three."""

    clients: list[str]
    who: Ints
    item: Ints
    day: Ints
    times: Ints

    def since(self, day: int) -> Takes:
        """Those of this day and later."""
        return self.chosen(self.day >= day)

    def before(self, day: int) -> Takes:
        """Those of earlier days."""
        return self.chosen(self.day < day)

    def chosen(self, rows: Any) -> Takes:
        """Some of them."""
        return Takes(self.clients, self.who[rows], self.item[rows], self.day[rows], self.times[rows])


def by_owner(cells: Cells) -> Takes:
    """Each id for itself, whoever is behind it."""
    return Takes(cells.owners, cells.owner, cells.item, cells.day, cells.times)


def by_customer(cells: Cells, everyone: Mapping[str, Sequence[Record]]) -> Takes:
    """The cells by who is behind each owner, as `everyone` has them; an owner without a record there is nobody yet."""
    behind = {owner_key(record): client for client, records in everyone.items() for record in records}
    clients = sorted(everyone)
    place = {client: number for number, client in enumerate(clients)}
    numbers = [place[behind[owner]] if owner in behind else -1 for owner in cells.owners]
    who = np.array(numbers, dtype=np.int64)[cells.owner]
    found = Takes(clients, who, cells.item, cells.day, cells.times).chosen(who >= 0)
    return _added_up(found.chosen(np.lexsort((found.day, found.item, found.who))))


def _added_up(takes: Takes) -> Takes:
    """Cells of one customer, item and day that several ids left, as one."""
    if not len(takes.who):
        return takes
    changed = (np.diff(takes.who) != 0) | (np.diff(takes.item) != 0) | (np.diff(takes.day) != 0)
    starts = np.flatnonzero(np.r_[True, changed])
    times = np.add.reduceat(takes.times, starts)
    return Takes(takes.clients, takes.who[starts], takes.item[starts], takes.day[starts], times)


def had_of(takes: Takes, items: int) -> Any:
    """A sparse matrix of clients and items: 1 where ever taken up."""
    matrix = csr_matrix((np.ones(len(takes.who)), (takes.who, takes.item)), shape=(len(takes.clients), items))
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix


def worth_of(takes: Takes, items: int, day: int, half_life_days: float) -> Any:
    """A sparse matrix of clients and items: events before a day, each worth half as much every so many days."""
    worth = takes.times * 0.5 ** ((day - takes.day) / half_life_days)
    matrix = csr_matrix((worth, (takes.who, takes.item)), shape=(len(takes.clients), items))
    matrix.sum_duplicates()
    return matrix


def times_of(takes: Takes, items: int) -> Ints:
    """Events with each item."""
    return np.bincount(takes.item, takes.times, minlength=items).astype(np.int64)


def trend_of(takes: Takes, items: int, day: int, half_life_days: float) -> Floats:
    """Events with each item before a day, worth half as much every so many days."""
    worth = takes.times * 0.5 ** ((day - takes.day) / half_life_days)
    return np.bincount(takes.item, worth, minlength=items).astype(np.float64)
