"""Finds event types that come by the calendar: badges on anniversaries, invoices on the first, fixed periods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.prediction.table import DAY_S, Bools, Ints, Table

#: Below a month people keep a rhythm themselves: they shop on Saturdays.
SHORTEST_DAYS = 25
#: Nearly all. By chance a date is within a day of another's day of the month once in ten times.
SHARE = 0.8
#: Of fewer cases, or of fewer customers, nothing is said.
LEAST_CASES = 20
LEAST_CUSTOMERS = 10
#: An import, or a campaign, happens on one day; a date of every month in several.
LEAST_MONTHS = 3


@dataclass(frozen=True, slots=True)
class Dates:
    """Days of one type of event, by customer and then time, and the day of each customer's first event of any type."""

    owner: Ints
    day: Ints
    first: Ints


def calendar_driven(table: Table) -> tuple[str, ...]:
    """Titles of the events that come by the calendar rather than by the customer, sorted.

    Such are those that nearly always fall on the day of the month of the customer's first event, or of their last such
    event, or after as many days as the time before (25 at least), or on one and the same day of the month.
    """
    found = []
    second, owner = table.second, table.owner
    for number, kind in enumerate(table.kinds):
        rows = np.flatnonzero(table.kind == number)
        who = owner[rows]
        dates = Dates(who, second[rows] // DAY_S, second[table.start[who]] // DAY_S)
        if _anniversary(dates) or _same_date(dates) or _same_gap(dates) or _one_date(dates):
            found.append(kind.title)
    return tuple(sorted(found))


def _anniversary(dates: Dates) -> bool:
    later = dates.day - dates.first >= SHORTEST_DAYS
    near = _near(dates.day[later], dates.first[later])
    return _holds(near, dates.owner[later])


def _same_date(dates: Dates) -> bool:
    follows = dates.owner[1:] == dates.owner[:-1]
    apart = follows & (np.diff(dates.day) >= SHORTEST_DAYS)
    # What mostly follows within days has no date, whatever its long breaks come to.
    rare = bool(apart.sum() >= SHARE * follows.sum())
    return rare and _holds(_near(dates.day[1:][apart], dates.day[:-1][apart]), dates.owner[1:][apart])


def _same_gap(dates: Dates) -> bool:
    gap = np.diff(dates.day)
    follows = (dates.owner[2:] == dates.owner[1:-1]) & (dates.owner[1:-1] == dates.owner[:-2])
    long = follows & (gap[1:] >= SHORTEST_DAYS)
    rare = bool(long.sum() >= SHARE * follows.sum())
    return rare and _holds(np.abs(gap[1:] - gap[:-1])[long] <= 1, dates.owner[2:][long])


def _one_date(dates: Dates) -> bool:
    if not len(dates.day):
        return False
    month, date = _month_and_date(dates.day)
    usual = int(np.bincount(date).argmax())
    on_it = date == usual
    return len(np.unique(month[on_it])) >= LEAST_MONTHS and _holds(on_it, dates.owner)


def _holds(cases: Bools, owner: Ints) -> bool:
    enough = len(cases) >= LEAST_CASES and len(np.unique(owner)) >= LEAST_CUSTOMERS
    return enough and float(cases.mean()) >= SHARE


def _near(day: Ints, other: Ints) -> Bools:
    """Whether both are within a day of the same day of the month; a short month's last stands for those it lacks."""
    month, date = _month_and_date(day)
    length = _first_day(month + 1) - _first_day(month)
    wanted = np.minimum(_month_and_date(other)[1], length)
    apart = np.abs(date - wanted)
    return np.asarray(np.minimum(apart, length - apart) <= 1)


def _month_and_date(day: Ints) -> tuple[Ints, Ints]:
    """Months since 1970 and days of the month from 1."""
    month = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return month, day - _first_day(month) + 1


def _first_day(month: Ints) -> NDArray[np.int64]:
    return month.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
