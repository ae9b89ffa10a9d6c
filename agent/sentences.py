"""The sentences of an answer, and what stands in them: markers, quotations, dates, numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

MARKER = re.compile(r"\[(\d+)\]")
#: A model may also write the quotation marks of print.
QUOTED = re.compile(r'"[^"]*"|“[^”]*”|«[^»]*»')
OPEN_QUOTE = re.compile(r'["“”«»]')
DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2})?Z?)?")
LIST_NUMBER = re.compile(r"^\s*(?:\d+[.)]|[-*#]+)\s+")
_NUMBER = re.compile(r"(?<![\w.])[-−]?\d[\d,]*(?:\.\d+)?(?![\w]*\d)")
#: "One" is seldom a count, and "second" seldom a rank.
_NUMBER_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "dozen": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100, "thousand": 1000, "million": 1_000_000,
}  # fmt: skip
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(_NUMBER_WORDS)})\b", re.I)
_SENTENCE = re.compile(r"(?<=[.!?])(\s*(?:\[\d+\])+)?\s+(?=[A-Z“\"\x00])")
_HIDDEN = re.compile(r"\x00(\d+)\x00")


def split_sentences(line: str, words: Sequence[str] = ()) -> list[str]:
    """The sentences of a line, each with the markers that follow it; quotations and names are not cut."""
    hidden: list[str] = []

    def hide(match: re.Match[str]) -> str:
        hidden.append(match[0])
        return f"\x00{len(hidden) - 1}\x00"

    start = LIST_NUMBER.match(line)
    bullet, line = (start[0], line[start.end() :]) if start else ("", line)
    pieces = re.sub(_SENTENCE, lambda m: (m[1] or "") + "\x01", kept_whole(words).sub(hide, line)).split("\x01")
    shown = [_HIDDEN.sub(lambda m: hidden[int(m[1])], piece).strip() for piece in pieces]
    return [f"{'' if index else bullet}{piece}" for index, piece in enumerate(filter(None, shown))]


def numbers_in(sentence: str) -> list[float]:
    """The numbers that a sentence states: markers, quotations, dates and list numbers aside."""
    stated = LIST_NUMBER.sub("", sentence)
    for pattern in (QUOTED, MARKER, DATE):
        stated = pattern.sub(" ", stated)
    digits = [float(found.replace(",", "").replace("−", "-")) for found in _NUMBER.findall(stated)]
    return [*digits, *(float(_NUMBER_WORDS[word.lower()]) for word in _NUMBER_WORD.findall(stated))]


def without(words: Sequence[str], sentence: str) -> str:
    """The sentence without these words where they stand outside of quotations."""
    return kept_whole(words).sub(lambda m: m[0] if QUOTED.fullmatch(m[0]) else " ", sentence)


def kept_whole(words: Sequence[str]) -> re.Pattern[str]:
    """Quotations, and these words."""
    return re.compile("|".join([QUOTED.pattern, *(rf"(?<![\w.]){re.escape(word)}(?!\w)" for word in words)]))


def markers_in(sentence: str) -> list[int]:
    """The numbers of the events that a sentence cites, in its order; those in quotations are words."""
    return [int(found) for found in MARKER.findall(QUOTED.sub(" ", sentence))]


def squeezed(text: str) -> str:
    """The text for comparing quotations: single spaces, no case."""
    return " ".join(text.split()).casefold()
