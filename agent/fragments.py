"""A name, a time, a number, other events or another property, in the place of those of the question before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from agent.parts import Part, parts_of
from agent.people import People
from agent.periods import find_as_of
from agent.quantities import find_bounds
from agent.references import (
    LAST_ONE,
    NTH_ONE,
    OWNER,
    PEOPLE,
    SOMEBODY,
    THESE,
)
from agent.resuming import ASKS, LEAD, Resumed, Topic, of_clients, undated
from agent.rewriting import bounded, redated, refilled, renamed, times_meant, with_more

if TYPE_CHECKING:
    from agent.reader import Reader

#: "Not 2025, 2026", "2026, not 2025": what is taken back.
_NOT_THIS = re.compile(r"\bnot\s+[^,;?.]+?\s*(?:,|;|\bbut\b)\s*(?=\S)|,?\s*(?<!\w)not\s+[^,;?.]+$", re.I)
#: "No, 2025 I meant."
_MEANT = re.compile(r"\s*,?\s*\b(?:i mean(?:t)?|that is|i should say)\W*$", re.I)
_POLITE = re.compile(
    r"\b(?:please|thanks|thank you|instead|too|as well|then|again|now|only|for|in|on|of|the|with|to|about|and|a|an"
    r"|customers?|clients?|users?|accounts?|ones?)\b",
    re.I,
)
#: "What was the fare?" asks for a part of what was asked before.
_WHAT_WAS = re.compile(r"^\s*(?:what|which|how much|how many)\s+(?:(?:is|was|were|are)\s+)?(?:the\s+)?", re.I)
_ELLIPTIC = re.compile(r"^\s*how (?:many|much)(?:\s+[\w-]+){1,3}\W*$", re.I)
_COMPARES = re.compile(
    r"^\W*(?:(?:only|with)\s+)*(?:more|less|fewer|over|under|above|below|at least|at most|exactly)\b", re.I
)
_ARTICLE = re.compile(r"^\s*(?:the|an?)\s+", re.I)


def read_fragment(text: str, topic: Topic, people: People, reader: Reader) -> Resumed | None:
    """A name, a time, a number, other events or another property in the place of those asked about before."""
    led = LEAD.match(text)
    rest = LEAD.sub("", _MEANT.sub("", _NOT_THIS.sub(" ", text)))
    question: str = topic["question"]
    if not question or any(each.search(rest) for each in (SOMEBODY, OWNER, THESE, LAST_ONE, NTH_ONE)):
        return None
    if led and _ELLIPTIC.match(rest) and not PEOPLE.search(rest):
        return _counted(rest, topic, reader)
    bare = _WHAT_WAS.sub("", rest)
    if bare != rest:
        parts = parts_of(bare, reader)
        same = any(part.kind == "label" for part in parts_of(question, reader))
        only = [part.kind for part in parts] == ["label"] and not _left(bare, parts)
        return Resumed(_filled(question, bare, parts, topic, reader)) if only and same else None
    if ASKS.search(rest):
        return None
    within = topic.get("within", {})
    at = find_as_of(rest, reader.survey.as_of, reader.settings)
    if at and not _left(rest.replace(at[1], " "), ()):
        return Resumed(_as_of(question, at[1], reader), within)
    if _COMPARES.match(rest) and find_bounds(rest):
        return Resumed(bounded(question, rest.strip(" ?.!")), within)
    parts = parts_of(rest, reader)
    if asks := _no_figure(rest, parts, question, reader):
        return Resumed(text, asks=asks)
    times = times_meant(rest, question, reader)
    left = _left(rest, parts, [span.text for span in times])
    if not (parts or times or left) or (not led and not _only_changes(parts, left, bool(times))):
        return None
    if _asks_for_another(parts, question, topic, reader) and not left:
        return _counted(f"What is the {_ARTICLE.sub('', rest).strip(' ?.!')}", topic, reader)
    question = _filled(question, rest, parts, topic, reader)
    question = redated(question, times, reader) if times else question
    return Resumed(with_more(question, left) if left else question, within)


def _as_of(question: str, words: str, reader: Reader) -> str:
    """The question of another moment."""
    old = find_as_of(question, reader.survey.as_of, reader.settings)
    return with_more(question.replace(old[1], " ") if old else question, words)


def _asks_for_another(parts: Sequence[Part], question: str, topic: Topic, reader: Reader) -> bool:
    """Whether a property of somebody is asked for, where the question before asked for none that it could replace."""
    kinds = {part.kind for part in parts}
    before = {part.kind for part in parts_of(question, reader)}
    return "label" in kinds and kinds <= {"label", "measure"} and "label" not in before and bool(topic["clients"])


def _no_figure(rest: str, parts: Sequence[Part], question: str, reader: Reader) -> str | None:
    """What to ask where a number of events is to be averaged."""
    words = [rest[part.start : part.end].lower() for part in parts if part.kind == "measure"]
    counted = re.search(r"\bhow (?:many|often)\b|\bnumber of\b", question, re.I)
    if not words or "total" in words[0] or not counted:
        return None
    figure = any(part.kind == "label" for part in [*parts, *parts_of(question, reader)])
    return None if figure else f"{words[0].capitalize()} of what? The question before asked for a number of events."


def _only_changes(parts: Sequence[Part], left: str, timed: bool) -> bool:
    """Whether a text without a question word asks nothing by itself: names, times and numbers, or one other part."""
    others = [part for part in parts if part.kind not in ("person", "time")]
    return not left and (len(others) <= 1 and (bool(others) != timed or not others)) and bool(parts or timed)


def _filled(question: str, text: str, parts: Sequence[Part], topic: Topic, reader: Reader) -> str:
    """The earlier question with each part of a text in the place of its own."""
    clients = [
        name for part in parts if part.kind == "person" for name in part.names if name in reader.survey.customers
    ]
    if clients:
        old = [*topic["clients"], *topic.get("ambiguous", [])]
        question = renamed(question, clients, old, reader)
    for part in parts:
        if part.kind not in ("person", "time"):
            question = refilled(question, part.kind, text[part.start : part.end], part.names, reader)
    return question


def _left(text: str, parts: Sequence[Part], times: Sequence[str] = ()) -> str:
    """What of a text is no part of a question, and not said for courtesy only."""
    for part in sorted(parts, key=lambda part: -part.start):
        text = f"{text[: part.start]} {text[part.end :]}"
    for time in times:
        text = re.sub(rf"(?i)(?<!\w){re.escape(time)}(?!\w)", " ", text)
    return " ".join(re.findall(r"[\w'’£€$.,%-]*\w[\w'’£€$.,%-]*", _POLITE.sub(" ", text)))


def _counted(rest: str, topic: Topic, reader: Reader) -> Resumed | None:
    """ "And how many refunds?": the same of whom and when, of other events."""
    return Resumed(undated(with_more(rest, of_clients(topic["clients"])), topic, reader))
