"""Holds an answer to its evidence, line by line: what does not stand is taken out. Pure code, for every mode."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from agent.answer import Citation, Draft
from agent.periods import local_date
from agent.wording import plain
from memory.workspace import WorkspaceSettings
from tools.fact import WORD_UNITS, Fact, Passage

_MARKER = re.compile(r"\[(\d+)\]")
#: A model may also write the quotation marks of print.
_QUOTED = re.compile(r'"[^"]*"|“[^”]*”|«[^»]*»')
_OPEN_QUOTE = re.compile(r'["“”«»]')
_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2})?Z?)?")
_NUMBER = re.compile(r"(?<![\w.])[-−]?\d[\d,]*(?:\.\d+)?(?![\w]*\d)")
#: "One" is seldom a count, and "second" seldom a rank.
_NUMBER_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "dozen": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100, "thousand": 1000, "million": 1_000_000,
}  # fmt: skip
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(_NUMBER_WORDS)})\b", re.I)
_LIST_NUMBER = re.compile(r"^\s*(?:\d+[.)]|[-*#]+)\s+")
_SENTENCE = re.compile(r"(?<=[.!?])(\s*(?:\[\d+\])+)?\s+(?=[A-Z“\"\x00])")
_HIDDEN = re.compile(r"\x00(\d+)\x00")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an answer may rest on: events the scope holds, facts that tools computed, dates that code chose."""

    passages: Mapping[str, Passage]
    facts: Sequence[Fact]
    dates: frozenset[str]
    settings: WorkspaceSettings
    as_of: datetime

    @property
    def words(self) -> list[str]:
        """What may be named as it is, the longest first: ids and names of customers, and items."""
        found = {str(fact.value) for fact in self.facts if fact.unit in WORD_UNITS and fact.value}
        return sorted({*map(plain, found)} - {""}, key=lambda word: (-len(word), word))


@dataclass(slots=True)
class Grounded:
    """The lines that stand, the citations they use, and the sentences that were taken out with why."""

    text: str
    citations: list[Citation]
    removed: list[tuple[str, str]] = field(default_factory=list)


def ground(draft: Draft, evidence: Evidence) -> Grounded:
    """The draft with only the sentences that hold, markers numbered again in order of use."""
    removed: list[tuple[str, str]] = []
    kept: list[str] = []
    for line in draft.lines:
        sentences = []
        for sentence in split_sentences(line, evidence.words):
            why = None if draft.abstained and not _MARKER.search(sentence) else fault(sentence, draft.cited, evidence)
            if why:
                removed.append((sentence, why))
            else:
                sentences.append(sentence)
        if sentences:
            kept.append(" ".join(sentences))
    text, order = _renumber("\n".join(kept), draft.cited)
    citations = [_citation(n, evidence.passages[key]) for n, key in enumerate(order, start=1)]
    return Grounded(text, citations, removed)


def fault(sentence: str, cited: Sequence[str], evidence: Evidence) -> str | None:
    """Why a sentence cannot stand, or None."""
    stated = _without(evidence.words, _LIST_NUMBER.sub("", sentence))
    markers = [int(found) for found in _MARKER.findall(_QUOTED.sub(" ", stated))]
    passages = []
    for marker in markers:
        passage = evidence.passages.get(cited[marker - 1]) if 0 < marker <= len(cited) else None
        if passage is None or passage.occurred_at >= evidence.as_of:
            return f"[{marker}] points to no event in scope"
        passages.append(passage)
    if not markers:
        return "a statement without evidence"
    return _wrong_quote(stated, passages) or _wrong_date(stated, passages, evidence) or _wrong_number(stated, evidence)


def split_sentences(line: str, words: Sequence[str] = ()) -> list[str]:
    """The sentences of a line, each with the markers that follow it; quotations and names are not cut."""
    hidden: list[str] = []

    def hide(match: re.Match[str]) -> str:
        hidden.append(match[0])
        return f"\x00{len(hidden) - 1}\x00"

    start = _LIST_NUMBER.match(line)
    bullet, line = (start[0], line[start.end() :]) if start else ("", line)
    pieces = re.sub(_SENTENCE, lambda m: (m[1] or "") + "\x01", _kept_whole(words).sub(hide, line)).split("\x01")
    shown = [_HIDDEN.sub(lambda m: hidden[int(m[1])], piece).strip() for piece in pieces]
    return [f"{'' if index else bullet}{piece}" for index, piece in enumerate(filter(None, shown))]


def numbers_in(sentence: str) -> list[float]:
    """The numbers that a sentence states: markers, quotations, dates and list numbers aside."""
    stated = _LIST_NUMBER.sub("", sentence)
    for pattern in (_QUOTED, _MARKER, _DATE):
        stated = pattern.sub(" ", stated)
    digits = [float(found.replace(",", "").replace("−", "-")) for found in _NUMBER.findall(stated)]
    return [*digits, *(float(_NUMBER_WORDS[word.lower()]) for word in _NUMBER_WORD.findall(stated))]


def _without(words: Sequence[str], sentence: str) -> str:
    """The sentence without these words where they stand outside of quotations."""
    return _kept_whole(words).sub(lambda m: m[0] if _QUOTED.fullmatch(m[0]) else " ", sentence)


def _kept_whole(words: Sequence[str]) -> re.Pattern[str]:
    """Quotations, and these words."""
    return re.compile("|".join([_QUOTED.pattern, *(rf"(?<![\w.]){re.escape(word)}(?!\w)" for word in words)]))


def _wrong_number(sentence: str, evidence: Evidence) -> str | None:
    values = {round(float(value), 2) for value in map(_numeric, evidence.facts) if value is not None}
    for number in numbers_in(sentence):
        if round(number, 2) not in values:
            return f"{number:g} is not a computed fact"
    return None


def _wrong_date(sentence: str, passages: Iterable[Passage], evidence: Evidence) -> str | None:
    allowed = set(evidence.dates)
    for passage in passages:
        allowed |= {local_date(passage.occurred_at, evidence.settings), passage.occurred_at.date().isoformat()}
        # A day that the event itself states: "due: 2026-04-10".
        allowed |= {found[0][:10] for found in _DATE.finditer(passage.text)}
    for found in _DATE.finditer(_QUOTED.sub(" ", sentence)):
        if found[0][:10] not in allowed:
            return f"{found[0][:10]} is not the date of what is cited"
    return None


def _wrong_quote(sentence: str, passages: Sequence[Passage]) -> str | None:
    texts = [_squeeze(f"{p.title} {p.text} {p.said or ''} {' '.join(p.items)}") for p in passages]
    for quoted in (found[1:-1] for found in _QUOTED.findall(sentence)):
        if quoted.strip() and not any(_squeeze(quoted) in text for text in texts):
            return f"the quotation {quoted[:40]!r} is not in what is cited"
    return "a quotation without an end" if _OPEN_QUOTE.search(_QUOTED.sub(" ", sentence)) else None


def _renumber(text: str, cited: Sequence[str]) -> tuple[str, list[str]]:
    order: list[str] = []

    def number(match: re.Match[str]) -> str:
        key = cited[int(match[1]) - 1]
        if key not in order:
            order.append(key)
        return f"[{order.index(key) + 1}]"

    parts = re.split(f"({_QUOTED.pattern})", text)
    return "".join(p if _QUOTED.fullmatch(p) else _MARKER.sub(number, p) for p in parts), order


def _numeric(fact: Fact) -> int | float | None:
    return fact.value if isinstance(fact.value, int | float) else None


def _squeeze(text: str) -> str:
    return " ".join(text.split()).casefold()


def _citation(n: int, passage: Passage) -> Citation:
    return Citation(
        n=n,
        message_id=passage.message_id,
        customer_id=passage.client_id,
        occurred_at=passage.occurred_at,
        text=passage.text,
    )
