"""The days, months and years that a query names, as stretches of time: what lies there is nearer to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_NUMBER = {short: place for place, name in enumerate(_NAMES, 1) for short in (name[:3], name)} | {"sept": 9}
_MONTH = "|".join(sorted(_NUMBER, key=len, reverse=True))
_YEAR = r"(?:19|20)\d\d"
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
#: "2023-05-07", "2023-05"; "7 May 2023", "the 7th of May"; "May 7th, 2023", "May 2023", "in May"; "2023".
_ISO = re.compile(rf"(?<![\w-])({_YEAR})-(\d\d)(?:-(\d\d))?(?![\w-])")
_WRITTEN = re.compile(
    rf"(?:(?<!\w){_DAY}\s+(?:of\s+)?)?\b({_MONTH})\b\.?(?:\s+{_DAY}(?!\w))?(?:,?\s+(?:of\s+)?({_YEAR})(?!\w))?", re.I
)
_LONE_YEAR = re.compile(rf"\b(?:in|of|during|since|until|before|after)\s+({_YEAR})\b(?!-)", re.I)
#: Months that are words or names too: with nothing beside them only after such a word.
_ALSO_WORDS = {"mar", "march", "may", "jan", "june", "april", "august", "sep", "dec"}
_LEADS = re.compile(r"(?:in|during|of|since|until|by|last|this|early|late|mid|before|after|every)[\s-]+$", re.I)


@dataclass(frozen=True, slots=True)
class Dated:
    """A day, a month or a year, as far as it was named."""

    year: int | None = None
    month: int | None = None
    day: int | None = None

    def holds(self, when: date) -> bool:
        named = ((self.year, when.year), (self.month, when.month), (self.day, when.day))
        return all(wanted in (None, found) for wanted, found in named)


def dates_named(query: str) -> tuple[Dated, ...]:
    """Every date in a query; a month without a year is that month of any year, and no date where it may be a word."""
    found = list(dict.fromkeys([*_iso(query), *_written(query)]))
    return tuple(found or [Dated(year=int(year)) for year in _LONE_YEAR.findall(query)])


def lies_in(dates: Sequence[Dated], moment: datetime, zone: ZoneInfo) -> bool:
    """Whether a moment is in one of these, by the calendar of this zone."""
    day = moment.astimezone(zone).date()
    return any(each.holds(day) for each in dates)


def _iso(query: str) -> Iterator[Dated]:
    for year, month, day in _ISO.findall(query):
        yield Dated(int(year), int(month), int(day) if day else None)


def _written(query: str) -> Iterator[Dated]:
    for match in _WRITTEN.finditer(query):
        before, name, after, year = match.groups()
        day = before or after
        if day or year or name.lower() not in _ALSO_WORDS or _LEADS.search(query[: match.start()]):
            yield Dated(int(year) if year else None, _NUMBER[name.lower()], int(day) if day else None)
