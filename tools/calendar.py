"""The calendar of a workspace: which day, week, month, quarter or year an instant lies in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, get_args

from memory.workspace import Weekday, WorkspaceSettings, start_of_day
from tools.tool import ToolError

Unit = Literal["day", "week", "month", "quarter", "year"]
UNITS: tuple[str, ...] = get_args(Unit)
WEEKDAYS: tuple[str, ...] = get_args(Weekday)
#: Eleven years of days; more rows than that are no trend.
_MOST = 4_100


@dataclass(frozen=True, slots=True)
class Calendar:
    """Consecutive periods by their first days: `starts` are instants, `names` as ISO 8601 writes them."""

    days: list[date]
    starts: list[datetime]
    names: list[str]


def make_calendar(
    unit: Unit, first: datetime, last: datetime, settings: WorkspaceSettings, most: int | None = _MOST
) -> Calendar:
    """All periods from the one that holds `first` to the one that holds `last`, in the workspace's zone and week.

    Raises ToolError where these are more than `most`.
    """
    zone = settings.zone
    begin, end = first.astimezone(zone).date(), last.astimezone(zone).date()
    days: list[date] = []
    for day in _days(_floor(begin, unit, WEEKDAYS.index(settings.week_start)), unit):
        if day > end:
            break
        if len(days) == most:
            raise ToolError(f"more than {most:,} {unit}s; ask for a shorter period or a longer unit", "by")
        days.append(day)
    return Calendar(days, [start_of_day(day, zone) for day in days], [_name(day, unit) for day in days])


def _floor(day: date, unit: Unit, week_start: int) -> date:
    if unit == "week":
        return day - timedelta(days=(day.weekday() - week_start) % 7)
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1) if unit == "year" else day


def _days(day: date, unit: Unit) -> Iterator[date]:
    months = {"month": 1, "quarter": 3, "year": 12}.get(unit)
    while True:
        yield day
        if months is None:
            day += timedelta(days=7 if unit == "week" else 1)
        else:
            year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
            day = date(year, month + 1, 1)


def _name(day: date, unit: Unit) -> str:
    if unit == "week":
        # As ISO 8601 has it: a week belongs to the year of its fourth day, wherever it starts.
        year, week, _ = (day + timedelta(days=3)).isocalendar()
        return f"{year}-W{week:02}"
    if unit == "quarter":
        return f"{day.year}-Q{(day.month + 2) // 3}"
    return day.isoformat()[: {"day": 10, "month": 7, "year": 4}[unit]]
