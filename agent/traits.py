"""What customers are rather than what they did: "Swedish-speaking", "on the Gold plan", "which are companies"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.lexicon import Lexicon, Token, Value, tokens_of
from agent.terms import Terms
from tools.catalogue import Label
from tools.selection import Condition

#: The titles of identify and group calls.
STATED = frozenset({"Profile Updated", "Group", "group"})
#: Before a value these say that somebody is of it: "are on the Gold plan", "who is in Leeds".
_BEING = re.compile(
    r"\b(?:are|is|be|being|aren['’]?t|isn['’]?t)\s+(?:not\s+)?(?:still\s+|now\s+|currently\s+)?"
    r"(?:(?:on|in|at|of|from|with)\s+)?(?:the|an?|our)?\s*$",
    re.I,
)
_NOT = re.compile(r"\b(?:not|n['’]t|except|without)\b", re.I)
#: "Gold customers", "Riga-based accounts".
_PEOPLE = re.compile(
    r"^[\s-]*(?:based|speaking)?\s*(?:customers|clients|accounts|users|members|buyers|people|companies|holders)\b", re.I
)


def find_traits(part: str, terms: Terms, lexicon: Lexicon) -> list[Condition]:
    """The conditions of a part on what a customer is now; [] where it tells of something done.

    A property that only profiles state is one of the customer. One that an event tells ("tier" of "Tier Reached") is
    meant as it is now where the part says that somebody is of it, and names the event by the property alone.
    """
    tokens = tokens_of(part)
    being = [value for value in lexicon.values(tokens) if _is_said(value, part, tokens)]
    if not terms.where and not terms.titles:
        return [_condition(value, part, tokens) for value in _best(being, lexicon)]
    if terms.kind != "any" or terms.item:
        return []
    stated = [c for c in terms.where if _is_stated(c.label, terms, lexicon)]
    if terms.titles and not _is_named_by(being, terms, tokens, lexicon):
        return []
    held = {(value.label, value.value) for value in being}
    return stated or [c for c in terms.where if (c.label, c.value) in held]


def _is_said(value: Value, part: str, tokens: Sequence[Token]) -> bool:
    first, last = tokens[min(value.spots)], tokens[max(value.spots)]
    return bool(_BEING.search(part[: first.start])) or bool(_PEOPLE.search(part[last.end :]) and len(value.spots) > 0)


def _best(values: Sequence[Value], lexicon: Lexicon) -> list[Value]:
    """For each place the value that profiles state; others are no traits without their property's name."""
    found: dict[frozenset[int], Value] = {}
    for value in values:
        label = lexicon.catalogue.labels[value.label]
        if label.titles & STATED and not _is_of_everybody(label, value):
            found.setdefault(value.spots, value)
    return list(found.values())


def _is_of_everybody(label: Label, value: Value) -> bool:
    """Whether the value is anybody's own words rather than one of a few choices."""
    return label.open or label.values.get(value.value, 0) < 1


def _condition(value: Value, part: str, tokens: Sequence[Token]) -> Condition:
    denied = _NOT.search(part[max(0, tokens[min(value.spots)].start - 12) : tokens[min(value.spots)].start])
    return Condition(label=value.label, op="is_not" if denied else "is", value=value.value)


def _is_stated(name: str, terms: Terms, lexicon: Lexicon) -> bool:
    label = lexicon.catalogue.label(name)
    return label is not None and bool(label.titles & STATED) and not label.titles & set(terms.titles)


def _is_named_by(being: Sequence[Value], terms: Terms, tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether the events of a part are there only through the words of a property whose value somebody is of."""
    own = {spot for value in being for spot in value.spots}
    names = {value.label for value in being}
    own |= {spot for label in lexicon.labels(tokens) if label.name in names for spot in label.spots}
    named = [event for event in lexicon.events(tokens, free=True) if event.name in terms.titles]
    return bool(being) and bool(named) and all(event.spots <= own for event in named)
