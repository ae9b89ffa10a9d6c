"""Which of the values in a text are stated firmly: neither denied, nor about, nor one end of a range."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

_BEFORE = re.compile(
    r"(?:\b(?:not(?: on)?|about|around|roughly|approximately|nearly|almost|at least|at most|up to|more than|less than"
    r"|fewer than|over|under|above|below|between|either|or|as (?:of|at)(?: the)?(?: end of)?|before)|[~≈<>])\s*$",
    re.I,
)
_AFTER = re.compile(r"^(?:\+|\s*(?:or (?:so|more|less|fewer)|at (?:least|most))\b)", re.I)
#: Between two values that are alternatives, or the ends of a range.
_EITHER = re.compile(r"^\s*(?:or|to|-|–|—)\s*$", re.I)
_RANGE = re.compile(r"\b(?:between|from)\s*$", re.I)
_RANGE_END = re.compile(r"^[^.;,]*?\b(?:and|to|until)\s*$", re.I)


class Token(NamedTuple, Generic[T]):
    """A value as it stands in a text, from `start` to `end`."""

    start: int
    end: int
    value: T


def firm(tokens: Sequence[Token[T]], text: str) -> list[Token[T]]:
    """The tokens (in order) that a text states, without those that it denies, rounds, or leaves open."""
    open_ends = {
        place
        for n, (one, other) in enumerate(pairwise(tokens))
        if _left_open(text[: one.start], text[one.end : other.start])
        for place in (n, n + 1)
    }
    return [
        token
        for n, token in enumerate(tokens)
        if n not in open_ends and not _BEFORE.search(text[: token.start]) and not _AFTER.search(text[token.end :])
    ]


def _left_open(before: str, between: str) -> bool:
    return bool(_EITHER.search(between) or (_RANGE.search(before) and _RANGE_END.search(between)))
