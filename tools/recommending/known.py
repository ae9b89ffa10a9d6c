"""What is known of items at the start of a day: the catalogue, who took up what, and what goes with what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from memory.record import Record
from tools.recommending.counts import Cells, Ints, Named
from tools.recommending.likeness import Likeness
from tools.recommending.takes import Floats, by_customer, had_of, times_of, trend_of
from tools.recommending.together import Together, make_together
from tools.recommending.weights import Weights

#: A week: in shops' data 3 to 14 days foretold about alike.
HALF_LIFE_DAYS = 7.0
#: After so many half-lives an event counts a sixteenth.
_LATELY = 4


@dataclass(frozen=True)
class KnownItems:
    """Counts over `names` (sorted) and `clients` before `as_of`, the start of a local day with the ordinal `day`.

    `had` and `had_lately` are sparse matrices of clients and names, read by name: 1 where the client took the item up
    ever, or in the last `lately_days`. `times` counts events, `trend` too, each worth half as much every
    `half_life_days`.
    """

    as_of: datetime
    day: int
    half_life_days: float
    names: list[str]
    named: list[Named]
    clients: dict[str, int]
    pages: bool
    had: Any
    had_lately: Any
    times: Ints
    trend: Floats
    together: Together
    weights: Weights

    @property
    def lately_days(self) -> int:
        """How far back goes what happened lately."""
        return _lately_days(self.half_life_days)

    @cached_property
    def number(self) -> dict[str, int]:
        """The place of each name."""
        return {name: place for place, name in enumerate(self.names)}

    @cached_property
    def likeness(self) -> Likeness:
        """Of newcomers: items named for the first time lately, which nobody has taken up yet."""
        lately = self.as_of - timedelta(days=self.lately_days)
        fresh = [n for n, named in enumerate(self.named) if not self.takers[n] and named.first >= lately]
        return Likeness(self.names, fresh)

    @cached_property
    def takers(self) -> Ints:
        """How many clients ever took up each item."""
        return np.asarray(np.diff(self.had.indptr), dtype=np.int64)


def make_known(
    cells: Cells,
    everyone: Mapping[str, Sequence[Record]],
    as_of: datetime,
    day: int,
    half_life_days: float,
    weights: Weights,
) -> KnownItems:
    """What the cells come to, of customers as `everyone` has them."""
    takes, items = by_customer(cells, everyone), len(cells.items)
    had = had_of(takes, items)
    return KnownItems(
        as_of=as_of,
        day=day,
        half_life_days=half_life_days,
        names=cells.items,
        named=cells.named,
        clients={client: number for number, client in enumerate(takes.clients)},
        pages=cells.pages,
        had=had.tocsc(),
        had_lately=had_of(takes.since(day - _lately_days(half_life_days)), items).tocsc(),
        times=times_of(takes, items),
        trend=trend_of(takes, items, day, half_life_days),
        together=make_together(takes, had, day, half_life_days),
        weights=weights,
    )


def _lately_days(half_life_days: float) -> int:
    return max(1, round(_LATELY * half_life_days))
