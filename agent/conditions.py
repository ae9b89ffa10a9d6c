"""Under which conditions the events of a clause are meant: values, bounds, numbers and flags of their properties."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from agent.lexicon import Lexicon, Named, Token, Value
from agent.quantities import NUMBER_WORDS, PRICED, Bound
from agent.reserved import RESERVED
from tools.selection import Condition

#: A bound belongs to a property that stands within so many words of it.
_NEAR = 4
_NEGATED = re.compile(
    r"(?:\b(?:without|no|not|excluding|except(?: for)?|other than|besides|(?:apart|aside) from)|^\W*after)"
    r"\s+(?:an?\s+|the\s+|any\s+)?$",
    re.I,
)


def read_conditions(
    values: Sequence[Value],
    labels: Sequence[Named],
    bounds: Sequence[Bound],
    tokens: Sequence[Token],
    clause: str,
    titles: Collection[str],
    lexicon: Lexicon,
) -> tuple[list[Condition], list[Bound]]:
    found = [_is(value, clause, tokens) for value in _one_label(values, labels, titles, lexicon)]
    used: list[Bound] = []
    for bound in bounds:
        label = None if bound.times else _bounded(bound, labels, tokens, titles, lexicon)
        if label:
            found.append(Condition(label=label, op=bound.op, value=bound.value))
            used.append(bound)
    return [
        *found,
        *_numbered(labels, tokens, clause, bounds, lexicon),
        *_flagged(labels, tokens, clause, lexicon),
    ], used


def _is(value: Value, clause: str, tokens: Sequence[Token]) -> Condition:
    before = clause[: tokens[min(value.spots)].start]
    return Condition(label=value.label, op="is_not" if _NEGATED.search(before) else "is", value=value.value)


def _one_label(
    values: Sequence[Value], labels: Sequence[Named], titles: Collection[str], lexicon: Lexicon
) -> list[Value]:
    """For each value the property it is meant of: a named one, one of the events asked about, or the commonest."""
    named = {label.name: len(label.spots) for label in labels}
    best: dict[frozenset[int], Value] = {}

    def rank(value: Value) -> tuple[int, bool, int, str]:
        label = lexicon.catalogue.labels[value.label]
        return (
            -named.get(value.label, 0),
            not label.titles & set(titles),
            -label.values.get(value.value, 0),
            value.label,
        )

    for value in sorted(values, key=rank):
        best.setdefault(value.spots, value)
    return list(best.values())


def _bounded(
    bound: Bound, labels: Sequence[Named], tokens: Sequence[Token], titles: Collection[str], lexicon: Lexicon
) -> str | None:
    """The numeric property that a bound is set on: one beside it, or the only one of the events asked about."""
    numeric = [label for label in labels if "number" in lexicon.catalogue.labels[label.name].kinds]
    if bound.currency:
        numeric = [label for label in numeric if PRICED.search(label.name)]
    at = next((spot for spot, token in enumerate(tokens) if token.start >= bound.start), len(tokens))
    near = [label for label in numeric if any(abs(spot - at) <= _NEAR for spot in label.spots)]
    if near:
        return near[0].name
    own = [
        label.name
        for label in lexicon.catalogue.labels.values()
        if label.titles & set(titles) and "number" in label.kinds
    ]
    if bound.currency:
        priced = [name for name in own if PRICED.search(name)]
        return priced[0] if priced else None
    follows = next((token for token in tokens if token.start >= bound.end), None)
    alone = follows is None or follows.text in RESERVED
    return own[0] if len(own) == 1 and alone else None


def _numbered(
    labels: Sequence[Named], tokens: Sequence[Token], clause: str, bounds: Sequence[Bound], lexicon: Lexicon
) -> list[Condition]:
    """ "Deck 7", "a score of 3": a numeric property with its number behind it."""
    found: list[Condition] = []
    for label in labels:
        if "number" not in lexicon.catalogue.labels[label.name].kinds:
            continue
        rest = clause[tokens[max(label.spots)].end :]
        before = clause[: tokens[min(label.spots)].start]
        counted = re.search(rf"\b(\d+|{'|'.join(NUMBER_WORDS)})[\s-]$", before, re.I)
        if counted and not re.search(r"\b(?:top|first|last|best|worst|the|how many)\s+\S+$", before, re.I):
            number = NUMBER_WORDS.get(counted[1].lower()) or float(counted[1])
            if not any(bound.start <= counted.start(1) < bound.end for bound in bounds):
                found.append(Condition(label=label.name, op="is", value=float(number)))
                continue
        match = re.match(r"\s*(?:of|=|:|is|was)?\s*(\d+(?:\.\d+)?)\b(?!\s*(?:or|and)\b)", rest, re.I)
        start = tokens[max(label.spots)].end + (match.start(1) if match else 0)
        if match and not any(bound.start <= start < bound.end for bound in bounds):
            found.append(Condition(label=label.name, op="is", value=float(match[1])))
    return found


def _flagged(labels: Sequence[Named], tokens: Sequence[Token], clause: str, lexicon: Lexicon) -> list[Condition]:
    """ "Booked online", "without a vehicle": a property that is yes or no, and is named in full."""
    return [
        Condition(
            label=label.name, op="is", value=not _NEGATED.search(clause[: tokens[min(label.spots)].start])
        )
        for label in labels
        if lexicon.catalogue.labels[label.name].kinds == {"flag"} and label.share == 1
    ]  # fmt: skip
