"""Words that relate: negation, order, cause, quantity and what may come, only as the cited event says them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from agent.checks.carrier import Carrier
from agent.checks.tokens import Token
from agent.checks.words import ASKING, CAUSE, FUNCTION, HYPOTHESIS, NEGATION, ORDER, QUANTITY, RELATIONS
from agent.folding import stem

#: So near to each other two words belong together.
_NEAR = 4
_STEMS = {word: stem(word) for word in RELATIONS}
_ENDS = {"from": frozenset({"from", "old", "previous", "former"}), "to": frozenset({"to", "new"})}
_CONDITION = frozenset({"if", "unless", "whether"})
#: What shades the words behind it, how it is called, and how far it reaches.
_SHADES = (
    (NEGATION, "not", _NEAR), (HYPOTHESIS, "may", _NEAR), (_CONDITION, "if", 20),
)  # fmt: skip
_KINDS = (
    (NEGATION, "a negation"), (HYPOTHESIS, "a guess"), (ORDER, "an order in time"), (CAUSE, "a cause"),
    (QUANTITY, "a quantity"),
)  # fmt: skip


def unsaid_relation(tokens: Sequence[Token], carrier: Carrier, excused: Collection[int]) -> str | None:
    """The first relating word of a clause that the event does not say of the same thing, with why; or None."""
    for index, token in enumerate(tokens):
        if index in excused or not _relates(tokens, index):
            continue
        if not _says(carrier, token, _neighbours(tokens, index)):
            what = next((what for words, what in _KINDS if token.text in words), "an estimate")
            return f"{token.text!r}: {what} that the cited event does not state"
    return None


def swapped_ends(tokens: Sequence[Token], carrier: Carrier) -> str | None:
    """A "to" before what the event has as where it came from, or the other way round; with why, or None."""
    for index, token in enumerate(tokens):
        if token.text not in _ENDS or token.kind != "word":
            continue
        reached = next((t for t in tokens[index + 1 :] if t.kind != "word" or t.text not in FUNCTION), None)
        if reached is None:
            continue
        told = [
            _ends_before(line, place) for line in carrier.lines for place, t in enumerate(line) if _same(t, reached)
        ]
        if any(told) and not any(token.text in ends for ends in told):
            return f"{token.text!r} {reached.raw!r} is the other way round in what is cited"
    return None


def _ends_before(line: Sequence[Token], place: int) -> set[str]:
    """Which ends the nearest words before a place speak of: the name of a property, or a preposition."""
    near = {token.text for token in line[max(0, place - 3) : place]}
    return {end for end, called in _ENDS.items() if near & called}


def _same(token: Token, other: Token) -> bool:
    return token.kind == "word" and other.kind in ("word", "name") and token.text == other.text


def dropped_negation(tokens: Sequence[Token], carrier: Carrier) -> str | None:
    """A word that the event says only under a "not" or an "if", which the clause leaves out; with why, or None."""
    said = {token.text for token in tokens if token.kind == "word"}
    for token in tokens:
        if token.kind != "word" or token.text in FUNCTION or token.text in RELATIONS:
            continue
        for shade, name, reach in _SHADES:
            if not said & shade and _only_under(token.stem, shade, reach, carrier):
                return f"the event says {token.text!r} only with a {name!r}"
    return None


def _relates(tokens: Sequence[Token], index: int) -> bool:
    token = tokens[index]
    if token.kind != "word":
        return False
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    # What was asked is told with the word that says so.
    if token.text in ("if", "whether") and index and tokens[index - 1].stem in ASKING:
        return False
    if token.text == "about":
        return after is not None and (after.kind == "number" or after.text == "to")
    # A day that follows is checked as a time.
    if token.text in ("since", "before", "after", "until", "till") and after is not None and after.kind == "time":
        return False
    return token.text in RELATIONS


def _neighbours(tokens: Sequence[Token], index: int) -> tuple[str | None, str | None]:
    """The nearest words with content, before and behind."""
    before, behind = (
        next((t.stem for t in side if t.kind == "word" and t.text not in FUNCTION | RELATIONS), None)
        for side in (tokens[:index][::-1], tokens[index + 1 :])
    )
    return before, behind


def _says(carrier: Carrier, token: Token, near: tuple[str | None, str | None]) -> bool:
    """Whether the event has the word near the same one, on the same side."""
    before, behind = near
    for line in carrier.lines:
        for place, said in enumerate(line):
            if said.stem == token.stem and said.kind == "word":
                left = {each.stem for each in line[max(0, place - _NEAR) : place]}
                right = {each.stem for each in line[place + 1 : place + _NEAR + 1]}
                if (before and before in left) or (behind and behind in right):
                    return True
    return False


def _only_under(word: str, shade: Collection[str], reach: int, carrier: Carrier) -> bool:
    places = [(line, place) for line in carrier.lines for place, said in enumerate(line) if said.stem == word]
    return bool(places) and all(
        any(each.text in shade for each in line[max(0, place - reach) : place]) for line, place in places
    )
