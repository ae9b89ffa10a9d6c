"""What a text states: numbers, amounts, dates, customers and phrases, read apart from how it is laid out."""

from __future__ import annotations

import re

from evals.scoring.dates import dates, without_dates
from evals.scoring.folding import fold
from evals.scoring.known import Known

MARKER = re.compile(r"\[(\d+)\]")
QUOTED = re.compile(r'"[^"]*"|“[^”]*”|«[^»]*»')
_CURRENCY = r"(?:EUR|GBP|USD|CHF|SEK|NOK|DKK|PLN|CZK|JPY|CAD|AUD)"
#: "4. [1]" is an answer, not an item of a list.
_LIST_NUMBER = re.compile(r"^\s*\d+[.)][ \t]+(?=[^\s\[])", re.M)
_DIGITS = r"\d[\d,]*(?:\.\d+)?"
#: Not the end of a name such as T-2124, and no rank; the 30 of "30-day" counts.
_NUMBER = re.compile(rf"(?<![\w.])(?<![^\W\d]-)[-−]?{_DIGITS}(?!\w*\d|(?:st|nd|rd|th)\b)")
_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "dozen": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100,
    "thousand": 1_000, "million": 1_000_000,
}  # fmt: skip
_STATED = re.compile(rf"{_NUMBER.pattern}|\b(?:{'|'.join(_WORDS)})\b", re.I)
_SYMBOLS = {"€": "EUR", "£": "GBP", "$": "USD", "euro": "EUR", "pound": "GBP", "dollar": "USD"}
_AMOUNT = re.compile(
    rf"(?:(?P<before>[€£$] ?|\b{_CURRENCY} )|(?<![\w.]))(?P<number>[-−]?{_DIGITS})"
    rf"(?: ?(?P<after>{_CURRENCY}|euro|pound|dollar)s?\b)?"
)


def bare(text: str, known: Known) -> str:
    """A text without markers, quotations, dates, times, list numbers, ids, and names that hold a quantity."""
    text = _LIST_NUMBER.sub("", text)
    for pattern in (MARKER, QUOTED):
        text = pattern.sub(" ", text)
    return known.naming.sub(" ", known.counting.sub(" ", fold(without_dates(text))))


def numbers(text: str, known: Known) -> list[float]:
    """The numbers that a text states, in words too ("one" is seldom a count)."""
    return [_number(found) for found in _STATED.findall(bare(text, known))]


def first_number(text: str, known: Known) -> float | None:
    """The first number that a text states; "one" only where there is no other."""
    found = numbers(text, known)
    if found:
        return found[0]
    return 1.0 if re.search(r"\b(?:one|once)\b", bare(text, known), re.I) else None


def amounts(text: str) -> dict[str, float]:
    """The first amount in each currency."""
    found: dict[str, float] = {}
    for match in _AMOUNT.finditer(without_dates(QUOTED.sub(" ", MARKER.sub(" ", text)))):
        unit = (match["after"] or match["before"] or "").strip()
        if unit:
            found.setdefault(_SYMBOLS.get(unit, unit), _number(match["number"]))
    return found


def stated_dates(text: str) -> list[str]:
    """The days that a text states outside quotations, as YYYY-MM-DD, in order."""
    return dates(QUOTED.sub(" ", text))


def named(text: str, known: Known) -> list[str]:
    """The customers whose id or full name stands in a text, in the order of their first mention."""
    folded = fold(QUOTED.sub(" ", MARKER.sub(" ", text)))
    return list(dict.fromkeys(known.persons[match[0]] for match in known.naming.finditer(folded)))


def says(text: str, phrase: str) -> bool:
    """Whether one of the forms of a phrase ("this|or this") stands in a text, quotations and all."""
    folded = fold(MARKER.sub(" ", text)).replace("\n", " ")
    return any(_stands(folded, fold(form)) for form in phrase.split("|"))


def sentences(text: str) -> list[str]:
    """The lines of a text, and the sentences of each, without empty ones."""
    parts = (part for line in text.splitlines() for part in re.split(r"(?<=[.!?;])\s+(?=[A-Z“\"])", line))
    return [part for part in parts if part.strip(" []0123456789.")]


def _stands(folded: str, phrase: str) -> bool:
    longer = r"(?![\w.,]*\d)" if phrase[-1:].isdigit() else ""
    return re.search(rf"(?<!\w)(?<!\d[.,]){re.escape(phrase)}{longer}", folded) is not None


def _number(found: str) -> float:
    word = _WORDS.get(found.lower())
    return float(word) if word else float(found.replace(",", "").replace("−", "-"))
