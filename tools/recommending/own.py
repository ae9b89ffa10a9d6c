"""What one customer took up themselves: how often, how lately, and when last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from memory.record import Record
from tools.recommending.items import page_of, taken

#: A season: what was taken up every week then still counts a little.
HABIT_HALF_LIFE_DAYS = 90.0
_DAY_S = 86_400.0


@dataclass(slots=True)
class Own:
    """One item of a customer's: `habit` are its events, each worth half as much every season; `later` are the baskets
    that came after the last with it.
    """

    times: int
    last: datetime
    habit: float
    later: int


def own_items(records: Sequence[Record], as_of: datetime, *, pages: bool) -> dict[str, Own]:
    """The items of a customer by name, from their records in order; pages or all others."""
    found: dict[str, Own] = {}
    later, at = 0, None
    for record in reversed(records):
        mine = taken(record) if bool(page_of(record.title)) == pages else ()
        if not mine:
            continue
        # Events of one instant are one basket.
        later, at = later + (at is not None and at != record.occurred_at), record.occurred_at
        habit = 0.5 ** ((as_of - record.occurred_at).total_seconds() / _DAY_S / HABIT_HALF_LIFE_DAYS)
        for item in mine:
            own = found.get(item)
            if own is None:
                found[item] = Own(1, record.occurred_at, habit, later)
            else:
                own.times, own.habit = own.times + 1, own.habit + habit
    return dict(sorted(found.items()))
