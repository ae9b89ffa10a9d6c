"""Time expressions of a question, in the workspace's zone and week."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from agent.time.anchors import Anchor, find_anchors
from agent.time.days import Clock
from agent.time.leaning import Leaning, find_leaning, lean
from agent.time.phrases import Bounds, Phrase, read_phrase, resolve
from agent.time.readings import BOUND, SURE, WEAK
from agent.time.steps import Step, find_steps
from agent.time.words import DAY, ISO_DATE, MONTH, WEEKDAYS
from agent.time.years import is_range, settle_years
from memory.workspace import WorkspaceSettings

__all__ = [
    "Span", "Step", "describe", "find_as_of", "find_ends", "find_span", "find_spans", "find_steps", "find_wrong_date",
    "local_date", "resolve_after",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, [since, before); `text` is what the question said."""

    since: datetime | None
    before: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class _Found:
    """A span and where it stands; a range keeps the phrases of its two ends."""

    start: int
    end: int
    since: datetime | None
    before: datetime | None
    ends: tuple[Phrase, Phrase] | None = None

    def span(self, text: str) -> Span:
        return Span(self.since, self.before, text[self.start : self.end])


def find_spans(text: str, now: datetime, settings: WorkspaceSettings) -> list[Span]:
    """All periods that a text names, in its order, not overlapping; each with its words as they stand there.

    A month, day or quarter without a year is the last one that has begun, or of the year of a dated one beside it.
    "In the last month" and a number of units count back from `now`; "last month" is the calendar's.
    """
    return [found.span(text) for found in _find(text, _clock(now, settings))]


def find_span(question: str, now: datetime, settings: WorkspaceSettings) -> Span | None:
    """The first period that a question names, or None. "In March" is the last March that has begun."""
    return next(iter(find_spans(question, now, settings)), None)


def find_ends(text: str, now: datetime, settings: WorkspaceSettings) -> tuple[Span, Span] | None:
    """The two periods that the first range of a text runs between: April and May of "from April to May 2011"."""
    clock = _clock(now, settings)
    ends = next((found.ends for found in _find(text, clock) if found.ends), None)
    if ends is None:
        return None
    bare = [resolve(phrase.plain(), clock) for phrase in ends]
    words = [text[phrase.anchor.start : phrase.anchor.end] for phrase in ends]
    return (Span(*bare[0], words[0]), Span(*bare[1], words[1])) if bare[0] and bare[1] else None


def resolve_after(text: str, before: Span, now: datetime, settings: WorkspaceSettings) -> Span | None:
    """The period that a follow-up means beside the one asked about before ("and the month before?"), or None."""
    clock = _clock(now, settings)
    for leaning in find_leaning(text):
        bounds = _leant(leaning, (before.since, before.before), clock)
        if bounds:
            return Span(*bounds, text[leaning.start : leaning.end])
    return None


def find_as_of(question: str, now: datetime, settings: WorkspaceSettings) -> tuple[datetime, str] | None:
    """The instant a question wants to be answered for ("as of 2011-05-01"), and its words; never after `now`.

    A period means its end ("as of May", "at the end of May"), unless its start is named.
    """
    clock = _clock(now, settings)
    for phrase in _phrases(question, clock):
        if phrase.relation == "as of" or (phrase.relation == "at" and phrase.edge):
            bounds = _resolved(phrase.plain(), clock)
            moment = bounds and (bounds[0] if phrase.edge in ("start", "beginning") else bounds[1])
            if moment:
                return min(now, moment), question[phrase.start : phrase.end]
    return None


def find_wrong_date(question: str, now: datetime, settings: WorkspaceSettings) -> str | None:
    """A date in the question that no calendar has, such as 2026-02-30."""
    clock = _clock(now, settings)
    whole = re.compile(_ANY_DATE, re.I)
    for anchor in find_anchors(question, clock):
        words = question[anchor.start : anchor.end]
        wrong = anchor.reading is None
        if anchor.reading and anchor.reading.in_year and anchor.reading.sure == SURE:
            wrong = _resolved(Phrase(anchor.start, anchor.end, anchor, anchor.reading), clock) is None
        if wrong and whole.fullmatch(words):
            return words
    return None


def local_date(moment: datetime, settings: WorkspaceSettings) -> str:
    """The ISO date of an instant in the workspace's zone."""
    return moment.astimezone(settings.zone).date().isoformat()


def describe(span: Span, settings: WorkspaceSettings) -> str:
    """The period in dates, both included."""
    since = local_date(span.since, settings) if span.since else None
    last = local_date(span.before - timedelta(microseconds=1), settings) if span.before else None
    if since and last:
        return f"on {since}" if since == last else f"from {since} to {last}"
    return f"since {since}" if since else f"until {last}"


_ANY_DATE = rf"{ISO_DATE}|{DAY}\s+(?:of\s+)?{MONTH}(?:,?\s+\d{{4}})?|{MONTH}\s+(?:the\s+)?{DAY}(?:,?\s+\d{{4}})?"


def _clock(now: datetime, settings: WorkspaceSettings) -> Clock:
    return Clock(now, settings.zone, WEEKDAYS.index(settings.week_start))


def _find(text: str, clock: Clock) -> list[_Found]:
    """The periods of a text in its order: what leans on the one before it, ranges, and single phrases."""
    phrases = settle_years(_phrases(text, clock), clock)
    leanings = list(find_leaning(text))
    found: list[_Found] = []
    while phrases or leanings:
        if leanings and (not phrases or leanings[0].start <= phrases[0].anchor.start):
            leaning = leanings.pop(0)
            beside = _lean_on(leaning, found, clock)
            if beside or not leaning.alone:
                phrases = [phrase for phrase in phrases if phrase.anchor.start >= leaning.end]
            _add(found, beside)
            continue
        phrase = phrases.pop(0)
        ranged = _range(phrase, phrases[0], clock) if phrases else None
        phrases = phrases[1:] if ranged else phrases
        each = ranged or _single(phrase, clock)
        merged = _merged(found[-1], each, phrase) if found and each else None
        if merged:
            found[-1] = merged
        else:
            _add(found, each)
    return found


def _add(found: list[_Found], each: _Found | None) -> None:
    if each and (not found or each.start >= found[-1].end):
        found.append(each)


def _phrases(text: str, clock: Clock) -> list[Phrase]:
    """What is a time beyond doubt: led by a preposition, or linked to a neighbour that is."""
    read: list[Phrase] = []
    after = 0
    for anchor in find_anchors(text, clock):
        phrase = read_phrase(text, anchor, after)
        if phrase and (phrase.licensed or phrase.reading.sure != BOUND):
            read.append(phrase)
        elif phrase:
            # "the week" of "the week before 3 May": no time itself, but what leads to one.
            continue
        after = phrase.end if phrase else anchor.end
    kept = [phrase.licensed or _capital(text, phrase.anchor) for phrase in read]
    for at in [*range(1, len(read)), *range(len(read) - 1, 0, -1)]:
        one, other = read[at - 1], read[at]
        if other.touches and other.link and BOUND not in (one.reading.sure, other.reading.sure):
            months = bool(one.reading.month and other.reading.month)
            kept[at] = kept[at - 1] = months or kept[at] or kept[at - 1]
    return [phrase for phrase, sure in zip(read, kept, strict=True) if sure]


#: Behind these a capitalised month is somebody's name: "Did June buy?"
_BEFORE_NAMES = re.compile(
    r"(?:\b(?:did|do|does|has|have|had|is|are|can|will|customer|client|user|account|(?<=\s)[A-Z]\w*)\s+)$"
)
_SENTENCE_START = re.compile(r"(?:^|[.?!:;])\W*$")


def _capital(text: str, anchor: Anchor) -> bool:
    """Whether a bare month stands with its capital inside a sentence ("the May orders"), and is nobody's name."""
    reading = anchor.reading
    if not reading or not reading.month or reading.sure != WEAK or not text[anchor.start].isupper():
        return False
    before = text[max(0, anchor.start - 20) : anchor.start]
    if anchor.end < len(text) and (text[anchor.end] in "'’" or re.match(r"\s+[A-Z]", text[anchor.end :][:3])):
        return False
    return not _SENTENCE_START.search(before) and not _BEFORE_NAMES.search(before)


def _range(one: Phrase, other: Phrase, clock: Clock) -> _Found | None:
    """Two phrases as one stretch, where the words make them its ends."""
    if not is_range(one, other):
        return None
    since, before = _resolved(replace(one, relation="since", onward=False), clock), None
    before = _resolved(replace(other, relation="until", onward=False), clock)
    if not since or not before or not _runs(since[0], before[1]):
        return None
    return _Found(one.start, other.end, since[0], before[1], (one, other))


def _merged(one: _Found, other: _Found, phrase: Phrase) -> _Found | None:
    """ "since 3 May and before 10 May": two open stretches as the one between."""
    if not phrase.touches or phrase.link not in ("", "and", "but", ",", "until") or phrase.relation == "than":
        return None
    since, before = one.since or other.since, one.before or other.before
    if {one.since is None, other.since is None} != {True, False} or (one.before is None) == (other.before is None):
        return None
    return _Found(one.start, other.end, since, before) if _runs(since, before) else None


def _single(phrase: Phrase, clock: Clock) -> _Found | None:
    bounds = _resolved(phrase, clock)
    return _Found(phrase.start, phrase.end, *bounds) if bounds else None


def _resolved(phrase: Phrase, clock: Clock) -> Bounds | None:
    """The bounds of a phrase, None where no calendar has them."""
    try:
        bounds = resolve(phrase, clock)
    except (ValueError, OverflowError):
        return None
    return bounds if bounds and _runs(*bounds) else None


def _runs(since: datetime | None, before: datetime | None) -> bool:
    return not (since and before) or since < before


def _lean_on(leaning: Leaning, found: list[_Found], clock: Clock) -> _Found | None:
    """What leaning words mean beside the period before them in the same text, else beside the present unit."""
    if found:
        bounds = _leant(leaning, (found[-1].since, found[-1].before), clock)
    elif leaning.base:
        unit = clock.unit(leaning.base)
        bounds = _leant(leaning, (clock.start(unit.first), clock.start(unit.after)), clock)
    else:
        return None
    return _Found(leaning.start, leaning.end, *bounds) if bounds else None


def _leant(leaning: Leaning, bounds: Bounds, clock: Clock) -> Bounds | None:
    try:
        return lean(leaning, bounds, clock)
    except (ValueError, OverflowError):
        return None
