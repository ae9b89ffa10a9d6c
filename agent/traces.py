"""What tells that a turn is about somebody: their ids, names and addresses."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from agent.folding import fold
from agent.turn import Turn

#: Ids that any text may hold as a word of its own: fewer than four characters, or a number as amounts and years are.
_COMMON = re.compile(r".{1,3}|\d{1,6}")
#: Before such an id these say that a customer is meant.
_SAID_TO_BE_ONE = r"(?:customer|client|account|user|visitor|id|#)[\s\"'“:=#]{0,3}"


class Traces:
    """Somebody's ids, names and addresses, looked for as words of a text.

    An id that is a common word or number ("7", "an", "2026") tells nothing where it stands in a sentence: there it
    counts behind a word for customers, and else where it is a whole value. Whom code knew a turn to be about is among
    its `customers`, however short their ids. A name counts wherever it stands, so that a thread may go that only
    happens to hold the same word: the lesser harm.
    """

    def __init__(self, ids: Collection[str], words: Collection[str]) -> None:
        self._ids = frozenset(ids)
        self._common = {fold(each) for each in ids if _COMMON.fullmatch(each.strip())}
        said = {fold(word) for word in (*ids, *words) if word.strip()} - self._common
        #: What a text has to hold, which is found a hundred times faster than the pattern that then decides.
        self._looked_for = [
            *((word, _behind("", word)) for word in said),
            *((word, _behind(_SAID_TO_BE_ONE, word)) for word in self._common),
        ]

    def in_turn(self, turn: Turn) -> bool:
        """Whether a turn is about them, cites or names them."""
        return self.among(turn.customers, turn.model_dump(mode="json"))

    def among(self, customers: Iterable[str], said: Any) -> bool:
        """Whether they are one of these customers, or any text of a JSON value names them."""
        return not self._ids.isdisjoint(customers) or any(map(self._named_in, map(_folded, _texts(said))))

    def _named_in(self, text: str) -> bool:
        return text in self._common or any(word in text and pattern.search(text) for word, pattern in self._looked_for)


def _behind(before: str, word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){before}{re.escape(word)}(?!\w)")


def _folded(text: str) -> str:
    # The same, a hundred times faster: an erasure reads every thread.
    return text.casefold() if text.isascii() else fold(text)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value, the names of its fields included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
