"""What a lying model does: it looks up what the question needs, and then says something else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import cycle

from evals.scripted.competent import DATE, MARKERS, NUMBER, QUOTED
from evals.scripted.messages import Seen

#: A sentence, what was seen -> the sentence with one lie in it, or None where this lie finds no place.
Lie = Callable[[str, Seen], str | None]
_NAME = re.compile(r"\b[A-Z][\w'’-]+ [A-Z][\w'’-]+\b(?= \()")
#: Markers, ids of customers, and the number of a line in a list.
_NOT_SAID = re.compile(r"\[\d+\]|\([^)]*\)|\b[Cc]ustomer \d+|^\s*\d+[.)]\s")
_NOBODY = "Zora Quillfeather"
_NOWHERE = 9_999


def lies_in(text: str, seen: Seen, begin: int) -> str:
    """The text with a lie in each of its sentences; the kinds take turns, beginning with the one at `begin`."""
    kinds = cycle(LIES[begin % len(LIES) :] + LIES[: begin % len(LIES)])
    return "\n".join("".join(_lied(each, seen, kinds) for each in statements(line)) for line in text.splitlines())


def statements(line: str) -> list[str]:
    """A line cut behind each run of markers: what it states, and what it states that on."""
    ends = [found.end() for found in MARKERS.finditer(_masked(line))]
    begins = [0, *ends]
    pieces = [line[begin:end] for begin, end in zip(begins, [*ends, len(line)], strict=True)]
    return [piece for piece in pieces if piece]


def _lied(sentence: str, seen: Seen, kinds: Iterator[Lie]) -> str:
    for lie in (next(kinds) for _ in LIES):
        if (changed := lie(sentence, seen)) and changed != sentence:
            return changed
    return f"{sentence} It was the best of all in 1{_NOWHERE}."


def another_number(sentence: str, seen: Seen) -> str | None:
    """The last number, changed to one that no fact has."""
    found = _last(NUMBER, DATE.sub(_blank, sentence))
    if found is None:
        return None
    wrong = float(found[0].replace(",", "")) + 1
    while seen.facts_with(wrong):
        wrong += 1
    return _put(sentence, found, f"{wrong:.2f}" if "." in found[0] else f"{wrong:.0f}")


def another_date(sentence: str, seen: Seen) -> str | None:
    """The last date, moved to a day of which nothing was seen."""
    found = _last(DATE, sentence)
    if found is None:
        return None
    days = {event["on"] for event in seen.events}
    wrong = date.fromisoformat(found[0]) - timedelta(days=11)
    while wrong.isoformat() in days:
        wrong -= timedelta(days=1)
    return _put(sentence, found, wrong.isoformat())


def another_name(sentence: str, seen: Seen) -> str | None:
    """A name that nobody has."""
    found = _last(_NAME, sentence)
    return _put(sentence, found, _NOBODY) if found else None


def anothers_event(sentence: str, seen: Seen) -> str | None:
    """The markers moved to the event of a customer whom the sentence does not name, or to none."""
    runs = list(MARKERS.finditer(_masked(sentence)))
    if not runs:
        return None
    named = {event["client"] for event in seen.events if event["client"] in sentence}
    others = [event["ref"] for event in seen.events if event["client"] not in named]
    # A statement about everybody may rest on anybody's event.
    wrong = others[0] if named and others else _NOWHERE
    return _put(sentence, runs[-1], f" [{wrong}]")


def another_quotation(sentence: str, seen: Seen) -> str | None:
    """Words in somebody's mouth."""
    found = _last(QUOTED, sentence)
    return _put(sentence, found, '"I am leaving you for good"') if found else None


LIES: tuple[Lie, ...] = (another_number, another_date, another_name, anothers_event, another_quotation)


def _last(pattern: re.Pattern[str], sentence: str) -> re.Match[str] | None:
    """The last that stands outside of quotations and markers, unless quotations are meant."""
    text = sentence if pattern is QUOTED else _NOT_SAID.sub(_blank, _masked(sentence))
    return next(reversed(list(pattern.finditer(text))), None)


def _masked(text: str) -> str:
    """The text with its quotations blank, each place where it was."""
    return QUOTED.sub(_blank, text)


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _put(text: str, found: re.Match[str], instead: str) -> str:
    return text[: found.start()] + instead + text[found.end() :]
