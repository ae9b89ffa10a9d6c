"""Days as people write them, and the day that a question is asked as of."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_MONTH = rf"(?P<month>{'|'.join(rf'{name}|{name[:3]}' for name in _MONTHS)})"
_CLOCK = r"\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?"
_ISO = re.compile(rf"\b(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})(?!\d)(?:[T ]{_CLOCK})?")
_DAY_FIRST = re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH}\b,?(?: (?P<year>\d{{4}})\b)?")
_MONTH_FIRST = re.compile(rf"\b{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})\b")
_WHOLE_MONTH = re.compile(rf"\b{_MONTH} (?P<year>(?:19|20)\d{{2}})\b")
_YEAR = re.compile(
    r"\b(?:in|of|since|during|until|year|[QH][1-4]|half|spring|summer|autumn|fall|winter) (?:19|20)\d{2}\b"
    # Not the beginning of an amount.
    r"(?!,\d|\.\d| (?:EUR|GBP|USD)\b)",
    re.I,
)
_TIME = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?\b(?: ?[ap]m\b)?", re.I)
_AS_OF = re.compile(r"\bas (?:of|at) (?:the )?(?:end of )?", re.I)


def dates(text: str) -> list[str]:
    """The days that a text states, as YYYY-MM-DD, in order."""
    return [day for _, day in sorted(_days(text))]


def without_dates(text: str) -> str:
    """A text without days, months with their year, years and times."""
    for pattern in (_ISO, _MONTH_FIRST, _DAY_FIRST, _WHOLE_MONTH, _YEAR, _TIME):
        text = pattern.sub(" ", text)
    return text


def asked_as_of(question: str) -> str | None:
    """The day that follows "as of" in a question, of a month its last; None where there is none."""
    for found in _AS_OF.finditer(question):
        rest = question[found.end() :]
        day = next((day for start, day in sorted(_days(rest)) if start == 0), None)
        month = _WHOLE_MONTH.match(rest)
        if day or month:
            return day or _last_day(month)
    return None


def _days(text: str) -> Iterator[tuple[int, str]]:
    for match in _ISO.finditer(text):
        yield match.start(), match["iso"]
    for pattern in (_DAY_FIRST, _MONTH_FIRST):
        for match in pattern.finditer(text):
            if match["year"]:
                yield match.start(), f"{match['year']}-{_number(match):02}-{int(match['day']):02}"


def _number(match: re.Match[str]) -> int:
    return next(n for n, name in enumerate(_MONTHS, start=1) if name.startswith(match["month"]))


def _last_day(match: re.Match[str] | None) -> str | None:
    if match is None:
        return None
    year, month = int(match["year"]), _number(match)
    return f"{year}-{month:02}-{monthrange(year, month)[1]:02}"
