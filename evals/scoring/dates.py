"""Days as people write them, and the day that a question is asked as of."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator

from evals.scoring.hedges import Token

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_NAMES = "|".join((*_MONTHS, *(rf"{name[:3]}\b\.?" for name in _MONTHS), r"Sept\b\.?"))
_MONTH = rf"(?P<month>{_NAMES})"
_ST = r"(?:st|nd|rd|th)?"
_CLOCK = r"\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?"
_ISO = re.compile(rf"\b(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})(?!\d)(?:[T ]{_CLOCK})?")
_DAY_FIRST = re.compile(rf"\b(?P<day>\d{{1,2}}){_ST}(?: of)? {_MONTH}(?!\w),?(?: (?P<year>\d{{4}})\b)?", re.I)
_MONTH_FIRST = re.compile(rf"\b{_MONTH} (?P<day>\d{{1,2}}){_ST},? (?P<year>\d{{4}})\b", re.I)
#: In digits; 05/09/2026 is no day, for it may be the fifth or the ninth month.
_IN_DIGITS = re.compile(
    r"\b(?:(?P<year>\d{4})[/.](?P<month>\d{1,2})[/.](?P<day>\d{1,2})"
    r"|(?P<day_2>\d{1,2})\.(?P<month_2>\d{1,2})\.(?P<year_2>\d{4})"
    r"|(?P<one>\d{1,2})/(?P<other>\d{1,2})/(?P<year_3>\d{4}))\b"
)
#: The beginning of a range, which leaves its year or its month to the end.
_RANGE = re.compile(
    rf"\b\d{{1,2}}{_ST}(?=(?: ?[-–] ?| (?:to|and|until) )\d{{1,2}}{_ST}(?: of)? (?:{_NAMES})(?!\w))"
    rf"|\b(?:{_NAMES}) \d{{1,2}}{_ST}(?=(?: ?[-–] ?| (?:to|and|until|through) )(?:{_NAMES}) \d)",
    re.I,
)
_ISO_MONTH = re.compile(r"\b(?:19|20)\d{2}-(?:0[1-9]|1[0-2])\b(?!-)")
_OFFSET = re.compile(r"\b(?:UTC|GMT)[+-]\d{1,2}(?::?\d{2})?\b")
_WHOLE_MONTH = re.compile(rf"\b{_MONTH} (?P<year>(?:19|20)\d{{2}})\b", re.I)
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
    return [day for _, _, day in days_in(text)]


def days_in(text: str) -> list[Token[str]]:
    """The same, with where they stand."""
    return sorted(_days(text))


def without_dates(text: str) -> str:
    """A text without days, months with their year, years and times."""
    for pattern in (
        _RANGE, _ISO, _MONTH_FIRST, _DAY_FIRST, _IN_DIGITS, _ISO_MONTH, _WHOLE_MONTH, _YEAR, _TIME, _OFFSET
    ):  # fmt: skip
        text = pattern.sub(" ", text)
    return text


def asked_as_of(question: str) -> str | None:
    """The day that follows "as of" in a question, of a month its last; None where there is none."""
    for found in _AS_OF.finditer(question):
        rest = question[found.end() :]
        day = next((token.value for token in days_in(rest) if token.start == 0), None)
        month = _WHOLE_MONTH.match(rest)
        if day or month:
            return day or _last_day(month)
    return None


def _days(text: str) -> Iterator[Token[str]]:
    for match in _ISO.finditer(text):
        yield Token(match.start(), match.end(), match["iso"])
    for pattern in (_DAY_FIRST, _MONTH_FIRST):
        for match in pattern.finditer(text):
            if match["year"]:
                day = f"{match['year']}-{_number(match):02}-{int(match['day']):02}"
                yield Token(match.start(), match.end(), day)
    for match in _IN_DIGITS.finditer(text):
        if in_digits := _day_in_digits(match):
            yield Token(match.start(), match.end(), in_digits)


def _day_in_digits(match: re.Match[str]) -> str | None:
    if match["year_3"]:
        month, day = sorted((int(match["one"]), int(match["other"])))
        return f"{match['year_3']}-{month:02}-{day:02}" if day > 12 or month == day else None
    year, month, day = (int(match[name] or match[f"{name}_2"]) for name in ("year", "month", "day"))
    return f"{year}-{month:02}-{day:02}"


def _number(match: re.Match[str]) -> int:
    said = match["month"].rstrip(".").capitalize()
    return next(n for n, name in enumerate(_MONTHS, start=1) if name.startswith(said))


def _last_day(match: re.Match[str] | None) -> str | None:
    if match is None:
        return None
    year, month = int(match["year"]), _number(match)
    return f"{year}-{month:02}-{monthrange(year, month)[1]:02}"
