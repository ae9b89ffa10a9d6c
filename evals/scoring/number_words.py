"""Numbers that are written in words."""

from __future__ import annotations

import re

_ONES = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
_TEENS = {
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "dozen": 12}
_TIMES = {"twice": 2, "thrice": 3}
_VALUES = {**_ONES, **_TEENS, **_TENS, **_TIMES}

_BELOW_100 = rf"(?:(?:{'|'.join(_TENS)})(?:[ -](?:{'|'.join(_ONES)}))?|{'|'.join(_TEENS)}|{'|'.join(_ONES)})"
_BELOW_1000 = rf"(?:(?:{_BELOW_100} )?hundred(?: (?:and )?{_BELOW_100})?|{_BELOW_100})"
#: Not the "million" of "2 million".
_WHOLE = re.compile(
    rf"\b(?<!\d )(?:(?:{_BELOW_1000} )?(?:thousand|million|dozen)(?: (?:and )?{_BELOW_1000})?|{_BELOW_1000}"
    rf"|{'|'.join(_TIMES)})\b",
    re.I,
)
#: A quantity in words somewhere in a text.
COUNTING = re.compile(rf"\b(?:{'|'.join((*(set(_VALUES) - {'one'}), *_SCALES))})\b", re.I)


def in_digits(text: str) -> str:
    """A text with its numbers in words as digits ("twenty-one" as 21); "one" alone stays, it is seldom a count."""
    return _WHOLE.sub(lambda found: found[0] if found[0].lower() == "one" else str(_value(found[0])), text)


def _value(words: str) -> int:
    whole = part = 0
    for word in re.split(r"[ -]", words.lower()):
        if word == "hundred":
            part = max(part, 1) * 100
        elif word in _SCALES:
            whole, part = whole + max(part, 1) * _SCALES[word], 0
        else:
            part += _VALUES.get(word, 0)
    return whole + part
