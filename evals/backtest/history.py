"""What there was to know of each customer at a time in the past: the input of the simple methods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from evals.oracle import Happening, World, own


class TooShort(ValueError):
    """A history in which nothing can be tested."""


@dataclass(frozen=True, slots=True)
class Past:
    """A customer as of `at`: the days on which they did something, in order, and what they brought in, net.

    `today` is the day that `at` lies in or ends. Amounts of several currencies are added up as they are: it is only a
    feature.
    """

    customer: str
    at: datetime
    today: date
    days: tuple[date, ...]
    last: datetime
    money: float

    @property
    def silent_days(self) -> float:
        return (self.at - self.last) / timedelta(days=1)


def past_of(customer: str, happenings: Sequence[Happening], world: World, at: datetime) -> Past:
    """The past of one customer; raises ValueError where they did nothing of their own before `at`."""
    before = [h for h in happenings if h.at < at]
    acts = own(before)
    if not acts:
        raise ValueError(f"{customer} did nothing before {at.isoformat()}")
    days = sorted({act.at.astimezone(world.zone).date() for act in acts})
    today = (at - timedelta(microseconds=1)).astimezone(world.zone).date()
    money = float(sum(h.amount for h in before if h.amount is not None))
    return Past(customer, at, today, tuple(days), acts[-1].at, money)


def origins(world: World, horizon_days: int, every_days: int, warm_up_days: int) -> list[str]:
    """Days whose end is an origin, oldest first: the last one lets the horizon end with the world's clock.

    Raises TooShort where the history holds none.
    """
    if not world.happenings:
        raise TooShort("there are no events")
    first = world.happenings[0].at + timedelta(days=warm_up_days)
    day = (world.now - timedelta(days=1)).astimezone(world.zone).date() - timedelta(days=horizon_days)
    found: list[str] = []
    while world.end_of(day.isoformat()) >= first:
        found.append(day.isoformat())
        day -= timedelta(days=every_days)
    if not found:
        raise TooShort(
            f"{warm_up_days} days to warm up and a horizon of {horizon_days} days do not fit into the history"
        )
    return found[::-1]
