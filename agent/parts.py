"""The parts of a question that another question may change: whom it is about, when, which events, what of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from agent.folding import fold
from agent.lexicon import Token, tokens_of
from agent.nouns import find_events
from agent.people import People
from agent.periods import find_spans
from agent.reserved import RESERVED

if TYPE_CHECKING:
    from agent.reader import Reader

PartKind = Literal["person", "time", "number", "key", "measure", "extreme", "stage", "value", "label", "events"]

_NUMBER = re.compile(r"\b(?:top|first|last|best|bottom|worst)\s+\d{1,3}\b", re.I)
#: What a list is ranked or split by, up to its end or to a time.
_KEY = re.compile(r"\bby\s+\S.*?(?=\s+(?:in|during|since|from|until|between|last|this|for)\b|\s*[?.!;,]|$)", re.I)
MEASURE = re.compile(
    r"\b(?:on average|in total|average|mean|median|total|largest|biggest|highest|smallest|lowest|cheapest)\b", re.I
)
_EXTREME = re.compile(r"\b(?<!at )(?:most|least)\b(?! recent| of)", re.I)
_STAGE = re.compile(r"\b(?:in )?(?:trials?|leads?|visitors?|engaged|at[ -]risk|churned|won[ -]back)\b", re.I)


@dataclass(frozen=True, slots=True)
class Part:
    """`[start, end)` of a text; `names` are a customer's id, or the properties that a value or label stands for."""

    kind: PartKind
    start: int
    end: int
    names: frozenset[str] = frozenset()


def parts_of(text: str, reader: Reader, people: People | None = None) -> list[Part]:
    """The parts of a text in its order, not overlapping."""
    people = people or reader.people(text)
    kept: list[Part] = []
    _keep(kept, _persons(text, people, reader))
    _keep(kept, _times(text, reader))
    _keep(kept, (Part("number", *match.span()) for match in _NUMBER.finditer(text)))
    _keep(kept, (Part("key", *match.span()) for match in _KEY.finditer(text)))
    _keep(kept, (Part("stage", *match.span()) for match in _STAGE.finditer(text)))
    _keep(kept, _words(text, kept, reader))
    _keep(kept, (Part("measure", *match.span()) for match in MEASURE.finditer(text)))
    _keep(kept, (Part("extreme", *match.span()) for match in _EXTREME.finditer(text)))
    return sorted(kept, key=lambda part: part.start)


def folded(text: str) -> str:
    """The text folded letter by letter, so that every place in it stays where it is."""
    return "".join(fold(char)[:1] or char for char in text)


def _keep(kept: list[Part], found: Iterable[Part]) -> None:
    for part in found:
        if not any(part.start < other.end and other.start < part.end for other in kept):
            kept.append(part)


def _persons(text: str, people: People, reader: Reader) -> Iterator[Part]:
    for client in people.found:
        customer = reader.survey.customers.get(client)
        profile = customer.profile if customer else None
        names = [client, *(filter(None, (profile.email, profile.name, profile.company)) if profile else ())]
        yield from _mention(text, [*names, *((profile.name or "").split() if profile else ())], client)
    for word, _ in people.ambiguous:
        yield from _mention(text, [word], word)


def _mention(text: str, names: Sequence[str], client: str) -> Iterator[Part]:
    """Where the longest of these names stands."""
    called, plain = r"(?:\b(?:the\s+)?(?:customer|client|user|account)\s+)?", folded(text)
    found = [re.search(rf"{called}(?<!\w){re.escape(folded(name))}(?!\w)", plain) for name in names]
    spots = [match.span() for match in found if match]
    if spots:
        yield Part("person", *max(spots, key=lambda spot: spot[1] - spot[0]), frozenset([client]))


def _times(text: str, reader: Reader) -> Iterator[Part]:
    after = 0
    for span in find_spans(text, reader.survey.as_of, reader.settings):
        start = text.find(span.text, after)
        if start >= 0:
            after = start + len(span.text)
            yield Part("time", start, after)


def _words(text: str, kept: Sequence[Part], reader: Reader) -> Iterator[Part]:
    """Values, properties and events, by the vocabulary of the workspace; what is a key of the list is left to it."""
    tokens, lexicon = tokens_of(text), reader.lexicon
    taken = {s for s, token in enumerate(tokens) for part in kept if part.start <= token.start < part.end}
    values: dict[frozenset[int], set[str]] = {}
    for value in lexicon.values(tokens, taken):
        if len(value.spots) > 1 or any(_is_meant(tokens[spot], text) for spot in value.spots):
            values.setdefault(value.spots, set()).add(value.label)
    for spots, holders in values.items():
        yield _part("value", spots, tokens, holders)
    taken |= {spot for spots in values for spot in spots}
    events = set(_events(tokens, taken, reader))
    labels = lexicon.labels(tokens, taken)
    whole = [label for label in labels if label.share == 1 and not label.spots <= events]
    yield from (_part("label", label.spots, tokens, {label.name}) for label in whole)
    yield from (_part("events", run, tokens, set()) for run in _runs(events))


def _is_meant(token: Token, text: str) -> bool:
    return token.text not in RESERVED or text[token.start].isupper()


def _events(tokens: Sequence[Token], taken: Iterable[int], reader: Reader) -> Iterator[int]:
    """The tokens that name events: by the fullest of their names, or by the nouns that everybody uses."""
    taken = set(taken)
    named = reader.lexicon.events(tokens, taken)
    for each in named:
        if each.share == named[0].share:
            yield from each.spots
    for spot, token in enumerate(tokens):
        if spot not in taken and find_events(token.text, ())[0:2] != ("any", ()):
            yield spot


def _runs(spots: Iterable[int]) -> Iterator[frozenset[int]]:
    """Neighbours together."""
    run: list[int] = []
    for spot in sorted(spots):
        if run and spot != run[-1] + 1:
            yield frozenset(run)
            run = []
        run.append(spot)
    if run:
        yield frozenset(run)


def _part(kind: PartKind, spots: Iterable[int], tokens: Sequence[Token], names: Iterable[str]) -> Part:
    spots = sorted(spots)
    return Part(kind, tokens[spots[0]].start, tokens[spots[-1]].end, frozenset(names))
