"""Calendar arithmetic: stretches of local days, their units, and the present of a workspace."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from memory.workspace import start_of_day

_ONE = timedelta(days=1)
_IN_DAYS = {"day": 1, "weekday": 1, "week": 7, "fortnight": 14}
_IN_MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}


@dataclass(frozen=True, slots=True)
class Days:
    """Local days from `first` up to, and without, `after`."""

    first: date
    after: date

    @property
    def last(self) -> date:
        return self.after - _ONE

    @property
    def length(self) -> int:
        return (self.after - self.first).days


@dataclass(frozen=True, slots=True)
class Clock:
    """The present of a workspace, in its zone; `week_start` counts from Monday as 0."""

    now: datetime
    zone: ZoneInfo
    week_start: int = 0

    @property
    def today(self) -> date:
        # The instant at a day's end belongs to that day: events seen lie before it.
        return (self.now - timedelta(microseconds=1)).astimezone(self.zone).date()

    def start(self, day: date) -> datetime:
        """The instant a local day begins. Raises OverflowError at the ends of the calendar."""
        return start_of_day(day, self.zone)

    def unit(self, unit: str, steps: int = 0, day: date | None = None) -> Days:
        """The calendar unit that `day` (else today) lies in, or the one `steps` later."""
        first = self._begin(unit, day or self.today)
        first = step(first, unit, steps)
        return Days(first, step(first, unit, 1))

    def _begin(self, unit: str, day: date) -> date:
        if unit in ("week", "fortnight"):
            return day - timedelta(days=(day.weekday() - self.week_start) % 7)
        if unit in _IN_MONTHS:
            months = _IN_MONTHS[unit]
            return date(day.year, day.month - (day.month - 1) % months, 1)
        return day

    def latest_year(self, month: int, day: int = 1) -> int:
        """The year of the last such day that is not in the future."""
        today = self.today
        return today.year if (month, day) <= (today.month, today.day) else today.year - 1


def one(day: date) -> Days:
    return Days(day, day + _ONE)


def months(year: int, month: int, count: int = 1) -> Days:
    """`count` calendar months from the given one on."""
    first = date(year, month, 1)
    return Days(first, step(first, "month", count))


def step(day: date, unit: str, count: int) -> date:
    """The day `count` units later; a day that its month has not becomes that month's last. May raise OverflowError."""
    if unit in _IN_DAYS:
        return day + timedelta(days=count * _IN_DAYS[unit])
    index = day.year * 12 + day.month - 1 + count * _IN_MONTHS[unit]
    if not 12 <= index < 120_000:
        raise OverflowError("outside the calendar")
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def part(whole: Days, which: int, unit: str, count: int = 1) -> Days:
    """The `which`-th (from 1; -1 is the last) `count` units of a stretch. Raises ValueError where it has none."""
    if unit == "half":
        middle = _middle(whole)
        return Days(whole.first, middle) if which == 1 else Days(middle, whole.after)
    if which < 0:
        first, after = step(whole.after, unit, -count), whole.after
    else:
        first = step(whole.first, unit, which - 1)
        after = step(first, unit, count)
    if first < whole.first or first >= whole.after:
        raise ValueError("no such part")
    return Days(first, min(after, whole.after))


def third(whole: Days, which: int) -> Days:
    """The early, mid or late third (0 to 2) of a month, or of a year."""
    if whole.length > 31:
        cuts = [step(whole.first, "month", month) for month in (0, 4, 8)]
    else:
        cuts = [whole.first + timedelta(days=day) for day in (0, 10, 20)]
    return Days(cuts[which], [*cuts, whole.after][which + 1])


def _middle(whole: Days) -> date:
    if whole.first.day == 1 and whole.length > 300:
        return step(whole.first, "month", 6)
    # The first half of a month is its first fifteen days.
    return whole.first + timedelta(days=whole.length // 2 if whole.length > 31 else min(15, whole.length // 2 + 1))
