"""What a question says that its intent cannot take into account: such a condition must not be dropped silently."""

from __future__ import annotations

import re
from collections.abc import Iterable

from agent.folding import fold
from agent.nouns import stem

#: Words that carry no condition, whatever is asked.
EMPTY_WORDS = frozenset(
    (  # noqa: SIM905 - a list of strings would be harder to read
        "a an the of in on at to by for from with about as and or is are was were be been being do does did done has"
        " have had can could would will shall should may might must there here it its they them their he she his her"
        " we us our you your i me my this that these those who whom whose which what when where how why many much"
        " often tell show give list count number total sum amount overall altogether all any each every everyone"
        " everybody ever so far now yet please only just currently customer customers client clients user users"
        " account accounts people person company place placed make made get got receive received in-total know say"
        " find name names am pm been does't s during over within between until since before after up first"
    ).split()
)
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
    left = [token for token in _TOKEN.findall(read) if token not in EMPTY_WORDS and stem(token) not in stems]
    return tuple(dict.fromkeys(left))
