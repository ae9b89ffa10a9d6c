"""What a question says that its intent cannot take into account: such a condition must not be dropped silently."""

from __future__ import annotations

import re
from collections.abc import Iterable

from agent.folding import fold, stem
from agent.reserved import EMPTY_WORDS, LIGHT_WORDS

_TOKEN = re.compile(r"[^\W_]+(?:['’./-][^\W_]+)*")


def find_unread(text: str, reads: re.Pattern[str], known: Iterable[str]) -> tuple[str, ...]:
    """The words of a clause that are neither empty, nor matched whole by `reads`, nor in one of the `known` phrases.

    `known` holds what code resolved: names, the period, the names of events and items.
    """
    text = fold(text)
    phrases = [fold(phrase) for phrase in known if phrase]
    for phrase in sorted(phrases, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(phrase)}(?!\w)", " ", text)
    stems = {stem(word) for phrase in phrases for word in _TOKEN.findall(phrase)}
    # An e-mail address names somebody, and was looked up.
    read = reads.sub(" ", re.sub(r"\S+@\S+", " ", text))
    left = [
        token
        for token in _TOKEN.findall(read)
        if token not in EMPTY_WORDS and token not in LIGHT_WORDS and stem(token) not in stems
    ]
    return tuple(dict.fromkeys(left))
