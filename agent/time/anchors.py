"""The anchors of time in a text: the dates, months, years and relative words that phrases are built around."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from re import Match, Pattern

from agent.time import readings
from agent.time.days import Clock
from agent.time.readings import Reading
from agent.time.words import (
    COUNT,
    COUNTS,
    FOLLOWS,
    ISO_DATE,
    MONTH,
    MONTHS,
    ORDINAL,
    ORDINALS,
    SEASON,
    SEASONS,
    UNIT,
    WEEKDAY,
    WEEKDAYS,
    YEAR,
    compiled,
)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A reading and where it stands; `reading` is None for words that no calendar has (31 February)."""

    start: int
    end: int
    reading: Reading | None


def find_anchors(text: str, clock: Clock) -> list[Anchor]:
    """All anchors in the order of the text, not overlapping."""
    found: list[Anchor] = []
    position = 0
    while start := _START.search(text, position):
        anchor = None
        if start[0].isdigit() or start[0].lower() in _FIRST:
            anchor = _anchor_at(text, start.start(), clock)
        position = start.end()
        while anchor:
            found.append(anchor)
            position = anchor.end
            # "April–May": a word behind a dash begins nothing unless a time stands before it.
            join = _JOIN.match(text, position)
            anchor = _anchor_at(text, join.end(), clock) if join else None
    return found


def _anchor_at(text: str, start: int, clock: Clock) -> Anchor | None:
    for pattern, read in _RULES:
        match = pattern.match(text, start)
        if match:
            try:
                reading = read(match, clock)
            except (ValueError, OverflowError):
                return Anchor(start, match.end(), None)
            if reading is None:
                continue
            return _dated(text, Anchor(start, match.end(), reading), clock)
    return None


def _dated(text: str, anchor: Anchor, clock: Clock) -> Anchor:
    """The anchor together with the year that stands behind it."""
    reading = anchor.reading
    tail = _YEAR_TAIL.match(text, anchor.end) if reading and reading.in_year else None
    if not tail or not reading or not reading.in_year:
        return anchor
    try:
        return Anchor(anchor.start, tail.end(), Reading(reading.in_year(_year_of(tail, clock)), month=reading.month))
    except (ValueError, OverflowError):
        return Anchor(anchor.start, tail.end(), None)


def _year_of(tail: Match[str], clock: Clock) -> int:
    if tail["year"]:
        return int(tail["year"])
    if tail["short"]:
        return 2000 + int(tail["short"])
    return clock.today.year - (tail["named"].lower() not in ("this", "the"))


_YEAR_TAIL = compiled(
    r"(?:(?:,?\s+(?:(?:of|in)\s+)?|\s*[-/]\s*)(?P<year>\d{4})(?:/\d{2}(?!\d))?(?![\w-]|[.,:/]\d)"
    r"|,?\s+['’](?P<short>\d{2})\b"
    r"|\s+(?:of\s+)?(?P<named>this|last|(?:the\s+)?previous|the)\s+year\b)"
)
#: "the last month of 2011" is a part of 2011.
_NO_PART = (
    rf"(?!\s+of\s+(?:the\s+(?:year|month|quarter)\b|(?:this|last|previous)\s+{UNIT}\b|(?:early |late )?{MONTH}"
    rf"|\d{{4}}\b|q[1-4]\b|h[12]\b|{ORDINAL}\s))"
)
_LAST = r"(?:last|past|previous|preceding|prior|latest|recent)"
_MONTH_NAMED = rf"(?P<month>{MONTH})"
_WEEKDAY = rf"(?:{WEEKDAY}\b,?\s+(?:the\s+)?)?"
_DAY_NUMBER = r"(?P<day>\d{1,2})(?P<ordinal>st|nd|rd|th)?"
_DAY_TO = r"(?:\s*(?:-|–|to|through|until)\s*(?P<to>\d{1,2})(?:st|nd|rd|th)?)?"
_START = compiled(r"(?<![\w£$€#@./:'’-])(?:\d|[a-z]\w*)")
_JOIN = compiled(r"\s*[-–—/]\s*")
_PLAIN = (
    "in over during within for throughout last past previous preceding prior latest recent this current next coming so"
    " the day week month quarter year today tonight yesterday tomorrow weekend ytd qtd mtd wtd q1 q2 q3 q4 h1 h2 sept"
)
#: An anchor begins with a digit or one of these; other words are passed over.
_FIRST = frozenset({*re.findall(r"\w+", _PLAIN), *COUNTS, *ORDINALS, *SEASONS, *WEEKDAYS, *MONTHS}) | frozenset(
    name[:3] for name in MONTHS
)

_Rule = tuple[Pattern[str], Callable[[Match[str], Clock], Reading | None]]
#: Tried in this order at each word: the longer expression first.
_RULES: list[_Rule] = [
    (compiled(rf"{_WEEKDAY}({ISO_DATE})"), readings.iso_date),
    (compiled(rf"({YEAR})[-\s]q([1-4])\b"), readings.iso_quarter),
    (compiled(rf"({YEAR})-(0[1-9]|1[0-2])(?![\w-])"), readings.iso_month),
    (compiled(rf"{_DAY_NUMBER}\s+and\s+(?P<to>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH_NAMED}"),
     readings.between_days),
    (compiled(rf"{_WEEKDAY}{_DAY_NUMBER}{_DAY_TO}\s+(?:of\s+)?{_MONTH_NAMED}"), readings.day_month),
    (compiled(rf"{_WEEKDAY}(?<!\bin\s){_MONTH_NAMED}\s+(?:the\s+)?{_DAY_NUMBER}{_DAY_TO}(?![\w%]|[.:/]\d)"),
     readings.day_month),
    (compiled(rf"(?P<which>last|this|next)\s+{_MONTH_NAMED}(?!\s+\d)"), readings.named_month),
    (compiled(MONTH), readings.month),
    (compiled(rf"(?:q(?P<number>[1-4])|(?P<ordinal>{ORDINAL})\s+quarter)\b(?!-[a-z])"), readings.quarter),
    (compiled(r"h([12])\b(?!-[a-z])"), readings.half),
    (compiled(rf"{SEASON}(?=\s+(?:of\s+)?(?:(?:this|last|previous)\s+year\b|{YEAR}\b|['’]\d\d\b))"), readings.season),
    (compiled(rf"(?P<which>last|this|past)\s+(?P<season>{SEASON})\b(?!-)"), readings.named_season),
    (compiled(rf"({SEASON})\b{FOLLOWS}"), readings.free_season),
    (compiled(rf"({YEAR})\s*[-–/]\s*({YEAR})(?![\w-])"), readings.years),
    (compiled(rf"{YEAR}(?![\w%]){FOLLOWS}"), readings.year),
    (compiled(rf"{YEAR}(?![\w%-]|[.,:/]\d)"), readings.noun_year),
    (compiled(rf"{_LAST}\s+(?P<count>{COUNT})\s+(?P<unit>hour|{UNIT})s?\b{_NO_PART}(?!\s+(?:before|after|leading)\b)"),
     readings.rolling),
    (compiled(r"(?:in|over|during|within|for|throughout)\s+the\s+last\s+(?P<unit>day|week|fortnight|month|year)\b"
              rf"{_NO_PART}(?!\s+but\s+one|\s+before)"), readings.rolling_unit),
    (compiled(r"(?:the\s+)?(?:past|last|previous)\s+(?P<unit>hour|fortnight)\b"), readings.rolling_unit),
    (compiled(rf"(?:the\s+)?past\s+(?P<unit>day|week|month|quarter|year)\b{_NO_PART}"), readings.rolling_unit),
    (compiled(r"(?:the\s+)?(?P<unit>week|month|quarter|year)\s+before\s+last\b"), readings.before_last),
    (compiled(r"so\s+far\s+this\s+(?:week|month|quarter|year)\b"
              r"|this\s+(?:week|month|quarter|year)\s+(?:so\s+far|to\s+date)\b"
              r"|(?:the\s+)?(?:year|quarter|month|week)[\s-]to[\s-]date\b|(?:ytd|qtd|mtd|wtd)\b"), readings.to_date),
    (compiled(rf"(?:the\s+)?(?P<which>this|last|previous|preceding|prior|current|next|coming)\s+"
              rf"(?P<unit>week|month|quarter|year)\b{_NO_PART}"), readings.unit),
    (compiled(rf"(?P<count>{COUNT})\s+(?P<unit>{UNIT})s?\s+ago\b"), readings.ago),
    (compiled(r"(?:the\s+)?day\s+before\s+yesterday\b|(?:today|tonight|yesterday|tomorrow)\b"), readings.day_word),
    (compiled(rf"(?P<day>{WEEKDAY})(?:\s+of)?\s+(?P<which>last|this)\s+week\b"), readings.weekday_of),
    (compiled(rf"(?:(?P<which>last|this|past)\s+)?(?P<day>{WEEKDAY})\b(?!-)"), readings.weekday),
    (compiled(r"(?:(?P<which>last|this|past|previous)\s+|the\s+)?weekend\b(?!-)"), readings.weekend),
    (compiled(r"(?P<unit>week|month|quarter|year)\b"), readings.the_unit),
]  # fmt: skip
