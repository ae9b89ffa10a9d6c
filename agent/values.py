"""Whether a word that some property holds is meant as its value."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from agent.folding import fold
from agent.lexicon import Lexicon, Token, Value
from agent.reserved import RESERVED, names_nothing

_HALF = 0.5
_BESIDE = 1


def is_value(value: Value, tokens: Sequence[Token], clause: str, lexicon: Lexicon, titles: Collection[str]) -> bool:
    """Whether a word that some property holds is meant as its value: a question's own words only where it is plain."""
    if names_nothing(value.value) and not _is_acronym(value, tokens, clause):
        return len(value.spots) == 1 and (_is_labelled(value, tokens, lexicon) or _is_predicate(value, tokens, clause))
    if any(value.spots <= event.spots for event in lexicon.events(tokens) if event.share == 1):
        return False
    if len(value.spots) > 1:
        return True
    spot = min(value.spots)
    token = tokens[spot]
    if not _is_labelled(value, tokens, lexicon) and _tells_event(spot, tokens, lexicon):
        return False
    capital = spot > 0 and clause[token.start].isupper()
    return _is_labelled(value, tokens, lexicon) or capital or token.text not in RESERVED


def _is_acronym(value: Value, tokens: Sequence[Token], clause: str) -> bool:
    """Whether a value is one word in capitals, as in the clause: "the API"."""
    token = tokens[min(value.spots)]
    said = clause[token.start : token.end]
    return len(value.spots) == 1 and len(said) > 1 and said.isupper() and said == value.value


def _tells_event(spot: int, tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether a word is what an event is known by: "vaccinations" are the events before they are a reason."""
    return any(event.share >= _HALF and spot in event.spots for event in lexicon.events(tokens))


def _is_predicate(value: Value, tokens: Sequence[Token], clause: str) -> bool:
    """Whether somebody is said to be of a kind: "is a company", "are companies"."""
    token = tokens[min(value.spots)]
    one = re.search(r"\b(?:is|was|as)\s+an?\s+$", clause[: token.start], re.I)
    several = re.search(r"\b(?:are|were)\s+$", clause[: token.start], re.I) and token.text != fold(value.value)
    return bool(one or several)


def _is_labelled(value: Value, tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether the property that holds a value is named beside it: "plan Team"."""
    spots = {s for label in lexicon.labels(tokens) if label.name == value.label for s in label.spots}
    return any(abs(spot - other) <= _BESIDE for spot in value.spots for other in spots - value.spots)
