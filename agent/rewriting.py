"""A question with some of its parts replaced by those of the next one in a thread."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from agent.parts import Part, PartKind, parts_of
from agent.periods import Span, describe, find_spans, resolve_after
from agent.quantities import find_bounds

if TYPE_CHECKING:
    from agent.reader import Reader

#: Somebody who was asked about without a name.
SPOKEN_OF = re.compile(r"\b(?:they|them|he|she|him)\b", re.I)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
#: How a measure is said beside its noun.
_BESIDE = {"on average": "average", "in total": "total"}


def name_of(clients: Sequence[str]) -> str:
    """Customers as a question names them beyond doubt."""
    return " and ".join(f"customer {client}" for client in clients)


def with_more(question: str, words: str) -> str:
    """The question with words at its end."""
    return f"{question.rstrip(' ?.!,;')} {words.strip()}?"


def renamed(question: str, clients: Sequence[str], old: Sequence[str], reader: Reader) -> str:
    """The question about other customers than the `old`: ids, or words that fitted several."""
    spots = [part for part in parts_of(question, reader) if part.kind == "person" and part.names & set(old)]
    if not spots and SPOKEN_OF.search(question):
        return SPOKEN_OF.sub(name_of(clients), question, count=1)
    if not spots:
        return with_more(question, f"of {name_of(clients)}")
    return f"{question[: spots[0].start]}{name_of(clients)}{question[spots[-1].end :]}"


def redated(question: str, new: Sequence[Span], reader: Reader) -> str:
    """The question of other times."""
    words = " and ".join(describe(span, reader.settings) for span in new)
    spots = [part for part in parts_of(question, reader) if part.kind == "time"]
    if not spots:
        return with_more(question, words)
    return f"{question[: spots[0].start].rstrip()} {words} {question[spots[-1].end :].lstrip()}".replace(" ?", "?")


def refilled(question: str, kind: PartKind, words: str, names: frozenset[str], reader: Reader) -> str:
    """The question with the words in the place of its part of this kind, or at its end."""
    parts = parts_of(question, reader)
    if kind == "events":
        return _about_other_events(question, words, parts, reader)
    same = [part for part in parts if part.kind == kind and (kind != "value" or part.names & names)]
    if kind == "measure" and same:
        words = _BESIDE.get(words.lower(), words)
    if same:
        return replaced(question, same[:1], words)
    events = next((part for part in parts if part.kind == "events"), None)
    if kind == "value" and events:
        return f"{question[: events.start]}{words} {question[events.start :]}"
    return with_more(question, words)


def _about_other_events(question: str, words: str, parts: Sequence[Part], reader: Reader) -> str:
    """The question about other events, without the conditions that those cannot meet."""
    events = [part for part in parts if part.kind == "events"]
    if not events:
        return with_more(question, words)
    titles = set(reader.terms(words, (), ()).titles)
    labels = reader.lexicon.catalogue.labels
    lost = [
        part
        for part in parts
        if part.kind == "value" and titles and not any(labels[name].titles & titles for name in part.names)
    ]
    # Of "how many complaints did she file" both words name the events.
    gone = replaced(question, [*lost, *(part for part in events[1:] if part.start > events[0].end)], "")
    first = next(part for part in parts_of(gone, reader) if part.kind == "events")
    return replaced(gone, [first], words)


def replaced(text: str, parts: Sequence[Part], words: str) -> str:
    """The text with each of these parts replaced."""
    for part in sorted(parts, key=lambda part: -part.start):
        text = f"{text[: part.start]}{words}{text[part.end :]}"
    return re.sub(r"\s{2,}", " ", text).replace(" ?", "?")


def bounded(question: str, words: str) -> str:
    """The question with another bound on a number: in the place of its only one, or at its end."""
    old = find_bounds(question)
    if len(old) != 1:
        return with_more(question, f"with {words}")
    return f"{question[: old[0].start]}{words.strip(' ?.!')}{question[old[0].end :]}"


def times_meant(text: str, question: str, reader: Reader) -> list[Span]:
    """The times that words in place of others mean: a bare year too, and of a month the year asked about before."""
    now, settings = reader.survey.as_of, reader.settings
    old = find_spans(question, now, settings)
    shifted = resolve_after(text, old[0], now, settings) if old else None
    if shifted:
        return [shifted]
    found = find_spans(text, now, settings) or _bare(text, reader)
    year = _YEAR.search(old[0].text) if old else None
    return [_of_year(span, year[0], reader) for span in found] if year and not _YEAR.search(text) else found


def _bare(text: str, reader: Reader) -> list[Span]:
    """Times without the preposition that a question would have them with: "June?", "2026"."""
    for match in re.finditer(r"\w[\w-]*", text):
        found = find_spans(f"in {text[match.start() :]}", reader.survey.as_of, reader.settings)
        plain = match[0] not in ("may", "march") and found and found[0].text.startswith("in ")
        if plain:
            return [Span(found[0].since, found[0].before, found[0].text.removeprefix("in "))]
    return []


def _of_year(span: Span, year: str, reader: Reader) -> Span:
    dated = find_spans(f"in {span.text.removeprefix('in ')} {year}", reader.survey.as_of, reader.settings)
    whole = dated and dated[0].text.endswith(year) and dated[0].since != span.since
    return Span(dated[0].since, dated[0].before, span.text) if whole else span
