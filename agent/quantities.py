"""How many and how much a question sets as a bound: "at least 3", "over £1,000", "6 or below", "exactly once"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Op = Literal["is", "at_least", "more_than", "at_most", "less_than"]

NUMBER_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "fifty": 50, "hundred": 100,
}  # fmt: skip
#: Properties of such a name state an amount of money.
PRICED = re.compile(
    r"\b(?:fares?|prices?|costs?|amounts?|totals?|fees?|revenues?|values?|premiums?|charges?|paid|rent|sum|fines?)\b",
    re.I,
)
_SIGNS = {"£": "GBP", "€": "EUR", "$": "USD", "¥": "JPY"}
_CODES = {"pounds": "GBP", "pound": "GBP", "euros": "EUR", "euro": "EUR", "dollars": "USD", "dollar": "USD"}
_MONEY = rf"(?:eur|gbp|usd|sek|chf|{'|'.join(_CODES)})"
_NUMBER = (
    rf"(?P<sign>[£€$¥])?\s?(?P<number>\d[\d,]*(?:\.\d+)?(?P<k>k)?|{'|'.join(NUMBER_WORDS)})\b(?:\s*(?P<code>{_MONEY})\b"
    rf"|(?P<after>€|£))?"
)
#: In this order: "no more than" before "more than".
_BEFORE: tuple[tuple[str, Op], ...] = (
    (r"at least|no (?:less|fewer) than|a minimum of|minimum|>=|≥", "at_least"),
    (r"at most|no more than|not more than|up to|a maximum of|maximum|<=|≤", "at_most"),
    (r"more than|over|above|exceeding|greater than|higher than|better than|beyond|upwards of|>", "more_than"),
    (r"less than|fewer than|under|below|lower than|worse than|<", "less_than"),
    (r"exactly|precisely|only|just", "is"),
)
_AFTER: tuple[tuple[str, Op], ...] = (
    (r"(?:\s+(?:or|and)\s+(?:more|above|over|higher|better|up)\b|\s*\+)", "at_least"),
    (r"(?:\s+(?:or|and)\s+(?:less|fewer|below|under|lower|worse)\b)", "at_most"),
    (r"(?=\s+times\b)", "is"),
)
#: "More than once": these stand for a number of times.
_TIMES = {"never": 0, "once": 1, "twice": 2, "thrice": 3}
_BARE = re.compile(
    rf"(?:\b(?P<op>{'|'.join(words for words, _ in _BEFORE[:-1] if words[0].isalpha())}|exactly|only"
    rf"|just)\s+)?\b(?P<word>once|twice|thrice)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound on a number, `[start, end)` of the text; `currency` where it is money, `times` where it counts deeds."""

    op: Op
    value: float
    start: int
    end: int
    currency: str | None = None
    times: bool = False

    @property
    def least(self) -> int:
        """The smallest whole number that it allows."""
        return {"at_least": int(-(-self.value // 1)), "more_than": int(self.value) + 1, "is": int(self.value)}.get(
            self.op, 0
        )

    @property
    def most(self) -> int | None:
        """The largest whole number that it allows, if there is one."""
        return {"at_most": int(self.value), "less_than": int(-(-self.value // 1)) - 1, "is": int(self.value)}.get(
            self.op
        )


def find_bounds(text: str) -> list[Bound]:
    """Every bound of a text, in its order; numbers without one ("in 2011", "top 5") are none."""
    found: list[Bound] = []
    for words, op in _BEFORE:
        for match in re.finditer(rf"(?:\b|(?=[<>≥≤]))(?:{words})\s*{_NUMBER}(?P<times>\s+times\b)?", text, re.I):
            found += [] if _met(match, found) else [_bound(match, op)]
    for words, op in _AFTER:
        for match in re.finditer(rf"(?<![\w.]){_NUMBER}{words}(?P<times>\s*times\b)?", text, re.I):
            found += [] if _met(match, found) else [_bound(match, op)]
    for match in _BARE.finditer(text):
        said = match["op"] or "exactly"
        op = next((op for words, op in _BEFORE if re.fullmatch(words, said, re.I)), "is")
        bound = Bound(op, _TIMES[match["word"].lower()], match.start(), match.end(), times=True)
        found += [] if _met(match, found) else [bound]
    return sorted(found, key=lambda bound: bound.start)


def _bound(match: re.Match[str], op: Op) -> Bound:
    number = match["number"].lower()
    value = float(NUMBER_WORDS[number]) if number in NUMBER_WORDS else float(number.rstrip("k").replace(",", ""))
    code = (match["code"] or "").lower()
    currency = _SIGNS.get(match["sign"] or match["after"] or "") or _CODES.get(code) or code.upper() or None
    return Bound(
        op, value * (1000 if match["k"] else 1), match.start(), match.end(), currency, times=bool(match["times"])
    )


def _met(match: re.Match[str], found: list[Bound]) -> bool:
    return any(match.start() < bound.end and bound.start < match.end() for bound in found)
