"""Time expressions of a question, in the workspace's zone and week."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from memory.workspace import WorkspaceSettings, end_of_day, start_of_day

_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MONTH = "|".join(f"{name}|{name[:3]}" for name in _MONTHS) + "|sept"
_ISO = r"\d{4}-\d{2}-\d{2}"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = (
    rf"{_ISO}|{_DAY}\s+(?:of\s+)?(?:{_MONTH})\.?(?:,?\s+\d{{4}})?"
    rf"|(?:{_MONTH})\.?\s+{_DAY}(?:,?\s+\d{{4}})?(?!\d)"
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_COUNTS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10, "twelve": 12}
_UNIT_DAYS = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}
_MONTH_YEAR = rf"(?:{_MONTH})\.?(?:,?\s+(?:of\s+)?\d{{4}})?"
_UNIT = "|".join(_UNIT_DAYS)
_POINT = rf"{_DATE}|{_MONTH_YEAR}|\d{{4}}"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, [since, before); `text` is what the question said."""

    since: datetime | None
    before: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class _Clock:
    """The present of a workspace, in its zone."""

    now: datetime
    zone: ZoneInfo
    week_start: int

    @property
    def today(self) -> date:
        # The instant at a day's end belongs to that day: events seen lie before it.
        return (self.now - timedelta(microseconds=1)).astimezone(self.zone).date()

    def days(self, first: date, last: date, text: str) -> Span:
        return Span(start_of_day(first, self.zone), end_of_day(last, self.zone), text)


def find_span(question: str, now: datetime, settings: WorkspaceSettings) -> Span | None:
    """The period that a question names, or None. "In March" is the last March that has begun."""
    clock = _Clock(now, settings.zone, _WEEKDAYS.index(settings.week_start))
    for pattern, read in _READERS:
        match = pattern.search(question)
        if match:
            try:
                return read(match, clock)
            except (ValueError, OverflowError):
                continue
    return None


def find_as_of(question: str, now: datetime, settings: WorkspaceSettings) -> tuple[datetime, str] | None:
    """The instant a question wants to be answered for ("as of 2011-05-01"), and its words; never after `now`."""
    match = re.search(rf"\bas (?:of|at|on)\s+(?:the\s+)?(?:end\s+of\s+)?({_POINT})\b", question, re.I)
    if not match:
        return None
    clock = _Clock(now, settings.zone, 0)
    try:
        day = _date_or_month(match[1], clock)[1]
    except ValueError:
        return None
    return min(now, end_of_day(day, settings.zone)), match[0]


def find_wrong_date(question: str, now: datetime, settings: WorkspaceSettings) -> str | None:
    """A date in the question that no calendar has, such as 2026-02-30."""
    clock = _Clock(now, settings.zone, 0)
    for match in re.finditer(rf"\b(?:{_ISO}|{_DAY}\s+(?:of\s+)?(?:{_MONTH})\b(?:,?\s+\d{{4}})?)", question, re.I):
        try:
            _date(match[0], clock)
        except ValueError:
            return match[0]
    return None


def local_date(moment: datetime, settings: WorkspaceSettings) -> str:
    """The ISO date of an instant in the workspace's zone."""
    return moment.astimezone(settings.zone).date().isoformat()


def describe(span: Span, settings: WorkspaceSettings) -> str:
    """The period in dates, both included."""
    since = local_date(span.since, settings) if span.since else None
    last = local_date(span.before - timedelta(microseconds=1), settings) if span.before else None
    if since and last:
        return f"on {since}" if since == last else f"from {since} to {last}"
    return f"since {since}" if since else f"until {last}"


def _between(match: re.Match[str], clock: _Clock) -> Span:
    first, last = match[1], match[2]
    year = re.search(r"\b\d{4}\b", last)
    if year and not re.search(r"\b\d{4}\b", first):
        first = f"{first} {year[0]}"
    return clock.days(_date_or_month(first, clock)[0], _date_or_month(last, clock)[1], match[0])


def _since(match: re.Match[str], clock: _Clock) -> Span:
    return Span(start_of_day(_date_or_month(match[1], clock)[0], clock.zone), None, match[0])


def _after(match: re.Match[str], clock: _Clock) -> Span:
    return Span(end_of_day(_date_or_month(match[1], clock)[1], clock.zone), None, match[0])


def _before(match: re.Match[str], clock: _Clock) -> Span:
    return Span(None, start_of_day(_date_or_month(match[1], clock)[0], clock.zone), match[0])


def _until(match: re.Match[str], clock: _Clock) -> Span:
    return Span(None, end_of_day(_date_or_month(match[1], clock)[1], clock.zone), match[0])


def _last_n(match: re.Match[str], clock: _Clock) -> Span:
    count = _COUNTS.get(match[1].lower()) or int(match[1])
    days = count * _UNIT_DAYS[match[2].lower().rstrip("s")]
    return Span(clock.now - timedelta(days=days), None, match[0])


def _relative(match: re.Match[str], clock: _Clock) -> Span:
    which, unit = match[1].lower(), match[2].lower()
    first, following = _unit_around(clock, unit)
    if which in ("last", "previous"):
        first, following = _unit_around(_Clock(start_of_day(first, clock.zone), clock.zone, clock.week_start), unit)
    return clock.days(first, following - timedelta(days=1), match[0])


def _unit_around(clock: _Clock, unit: str) -> tuple[date, date]:
    """The first day of the unit that today lies in, and of the next one."""
    today = clock.today
    if unit == "week":
        first = today - timedelta(days=(today.weekday() - clock.week_start) % 7)
        return first, first + timedelta(days=7)
    if unit == "month":
        first = today.replace(day=1)
        return first, _next_month(first)
    if unit == "quarter":
        first = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
        return first, _next_month(_next_month(_next_month(first)))
    return date(today.year, 1, 1), date(today.year + 1, 1, 1)


def _day_word(match: re.Match[str], clock: _Clock) -> Span:
    day = clock.today - timedelta(days=1 if match[0].lower() == "yesterday" else 0)
    return clock.days(day, day, match[0])


def _half(match: re.Match[str], clock: _Clock) -> Span:
    year = int(match[2])
    first = date(year, 1, 1) if match[1].lower() == "first" else date(year, 7, 1)
    return clock.days(first, date(year, 6, 30) if first.month == 1 else date(year, 12, 31), match[0])


def _quarter(match: re.Match[str], clock: _Clock) -> Span:
    month = 3 * int(match[1]) - 2
    first = date(int(match[2]) if match[2] else _latest_year(month, 1, clock), month, 1)
    return clock.days(first, _next_month(_next_month(_next_month(first))) - timedelta(days=1), match[0])


def _on_date(match: re.Match[str], clock: _Clock) -> Span:
    day = _date(match[1], clock)
    return clock.days(day, day, match[0])


def _in_month(match: re.Match[str], clock: _Clock) -> Span:
    first, last = _date_or_month(match[1], clock)
    return clock.days(first, last, match[0])


def _in_year(match: re.Match[str], clock: _Clock) -> Span:
    year = int(match[1])
    return clock.days(date(year, 1, 1), date(year, 12, 31), match[0])


def _date_or_month(text: str, clock: _Clock) -> tuple[date, date]:
    """First and last day of a date, a month or a year."""
    month = re.fullmatch(rf"({_MONTH})\.?(?:,?\s+(?:of\s+)?(\d{{4}}))?", text.strip(), re.I)
    if month:
        number = _month_number(month[1])
        year = int(month[2]) if month[2] else _latest_year(number, 1, clock)
        first = date(year, number, 1)
        return first, _next_month(first) - timedelta(days=1)
    if re.fullmatch(r"\d{4}", text.strip()):
        return date(int(text), 1, 1), date(int(text), 12, 31)
    day = _date(text, clock)
    return day, day


def _date(text: str, clock: _Clock) -> date:
    """A day; without a year, the latest one that is not in the future."""
    text = text.strip()
    if re.fullmatch(_ISO, text):
        return date.fromisoformat(text)
    day = re.search(r"\b(\d{1,2})(?:st|nd|rd|th)?\b(?!\d)", text)
    month = re.search(rf"\b({_MONTH})\b", text, re.I)
    year = re.search(r"\b(\d{4})\b", text)
    if not day or not month:
        raise ValueError(f"{text!r} is not a date")
    number = _month_number(month[1])
    return date(int(year[1]) if year else _latest_year(number, int(day[1]), clock), number, int(day[1]))


def _latest_year(month: int, day: int, clock: _Clock) -> int:
    today = clock.today
    return today.year if (month, day) <= (today.month, today.day) else today.year - 1


def _month_number(name: str) -> int:
    return next(i for i, month in enumerate(_MONTHS, start=1) if month.startswith(name.lower()[:3]))


def _next_month(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)


#: Tried in this order: the longer expression first.
_READERS: list[tuple[re.Pattern[str], Callable[[re.Match[str], _Clock], Span]]] = [
    (re.compile(rf"\b(?:between|from)\s+({_POINT})\s+(?:and|to|until|till|through|-)\s+({_POINT})\b", re.I), _between),
    (re.compile(rf"\bsince\s+(?:the\s+)?({_POINT})\b", re.I), _since),
    (re.compile(rf"\bafter\s+(?:the\s+)?(?:end\s+of\s+)?({_POINT})\b", re.I), _after),
    (re.compile(rf"\b(?:before|by)\s+the\s+end\s+of\s+({_POINT})\b", re.I), _until),
    (re.compile(rf"\b(?:until|till|up to|through)\s+(?:the\s+)?(?:end\s+of\s+)?({_POINT})\b", re.I), _until),
    (re.compile(rf"\bbefore\s+(?:the\s+)?({_POINT})\b", re.I), _before),
    (re.compile(rf"\b(?:last|past|previous)\s+(\d{{1,4}}|{'|'.join(_COUNTS)})\s+({_UNIT})s?\b", re.I), _last_n),
    (re.compile(r"\b(this|last|previous|current)\s+(week|month|quarter|year)\b", re.I), _relative),
    (re.compile(r"\b(?:today|yesterday)\b", re.I), _day_word),
    (re.compile(r"\b(first|second)\s+half\s+of\s+(\d{4})\b", re.I), _half),
    (re.compile(r"\bq([1-4])(?:\s+(?:of\s+)?(\d{4}))?\b", re.I), _quarter),
    (re.compile(rf"\b(?:on|of|at|dated)?\s*(?:the\s+)?({_DATE})\b", re.I), _on_date),
    (re.compile(rf"\b(?:in|during|for|of|over)\s+({_MONTH_YEAR})\b", re.I), _in_month),
    (re.compile(r"\b(?:in|during|for|of|over)\s+((?:19|20)\d{2})\b", re.I), _in_year),
]  # fmt: skip
