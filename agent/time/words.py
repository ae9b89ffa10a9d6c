"""The words that expressions of time are made of, as pieces of patterns."""

from __future__ import annotations

import re

MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: Meteorological and northern; a winter begins in the December of the year it is named by.
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
COUNTS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "couple of": 2, "a couple of": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5}

#: A full stop belongs to a short form only: "Sept. 2025", but "in May."
MONTH = (
    rf"(?:(?:{'|'.join(MONTHS)})\b|(?:sept|{'|'.join(name[:3] for name in MONTHS)})\b(?:\.(?=\s*[\d,'’a-z]))?)(?!\w)"
)
WEEKDAY = "(?:" + "|".join(WEEKDAYS) + ")"
SEASON = "(?:" + "|".join(SEASONS) + ")"
COUNT = r"(?:\d{1,4}|" + "|".join(sorted(COUNTS, key=len, reverse=True)) + ")"
ORDINAL = "(?:" + "|".join(ORDINALS) + ")"
UNIT = r"(?:day|week|fortnight|month|quarter|year)"
YEAR = r"(?:19|20)\d{2}"
ISO_DATE = r"\d{4}-\d{2}-\d{2}(?![\w]|-\w)"
DAY = r"\d{1,2}(?:st|nd|rd|th)?"
#: Words that may come after a period, but not between a number and the thing it counts.
FOLLOWS = (
    r"(?=\s*(?:$|[?!;)\]\"'”]|[.,:](?!\d)|[-–/]\s*\d)|\s+(?:and|or|but|to|until|till|through|vs|versus|than|of|by|for|from"
    r"|in|on|at|with|against|compared|did|do|does|has|have|had|was|were|is|are|will|would|can|could|who|which|that|what"
    r"|when|how|why|she|he|they|we|our|the|their|his|her|only|alone|so|as|per|before|after|since|last|this|please"
    r"|add|adds|added|come|comes|came|go|goes|went|rise|rose|fall|fell|together|altogether|combined|overall|too|again"
    r"|instead|then|now|up|down)\b)"
)


def compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.I)


def count_of(word: str) -> int:
    """ "two" → 2, "14" → 14. Raises ValueError for other words."""
    found = COUNTS.get(" ".join(word.lower().split()))
    return int(word) if found is None else found


def month_of(name: str) -> int:
    """ "Sept." → 9. Raises StopIteration for what is no month."""
    return next(i for i, month in enumerate(MONTHS, start=1) if month.startswith(name.lower()[:3]))
