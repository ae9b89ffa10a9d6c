"""One clause of a model's sentence against one cited event."""

from __future__ import annotations

from collections.abc import Sequence

from agent.checks.asked import is_never, licensed, limits, spelled
from agent.checks.carrier import Carrier, carriers_of
from agent.checks.closed import unknown_code, unknown_word
from agent.checks.figures import AGGREGATES, TOTALS, candidates, misstated, stands_in_text, unit_places
from agent.checks.heads import ORDERING, tables
from agent.checks.relations import dropped_negation, swapped_ends, unsaid_relation
from agent.checks.times import wrong_time
from agent.checks.tokens import Token
from agent.checks.words import EVERYONE, NEGATION, words
from agent.evidence import Computed

_RISING = words("increase increased rose rise grew up more higher decrease decreased fell fall dropped down less lower")


def clause_fault(tokens: Sequence[Token], carrier: Carrier, whole: Sequence[Token]) -> str | None:
    """Why the event does not bear out the clause, or None. `whole` is the sentence that the clause is part of."""
    for token in tokens:
        if token.kind == "quote" and not carrier.quotes(token.text):
            return f"the quotation {token.text[:40]!r} is not in what is cited"
        if token.kind == "quote" and not carrier.quotes_whole(token.text):
            return f"the quotation {token.text[:40]!r} leaves out what turns it round: quote the whole sentence"
    why, used, excused = _numbers(tokens, carrier, whole)
    if why:
        return why
    ordering = {index for index, token in enumerate(tokens) if token.text in ORDERING}
    if not used and any(not told_fault(tokens, carrier, whole, [t], ordering) for t in tables(tokens, carrier)):
        return None
    fault = told_fault(tokens, carrier, whole, used, excused)
    numbers = [index for index, token in enumerate(tokens) if token.kind == "number"]
    # What one event states may be the value of a figure too.
    if fault and used and numbers and all(stands_in_text(tokens, index, carrier) for index in numbers):
        return told_fault(tokens, carrier, whole, [], excused)
    return fault


def told_fault(
    tokens: Sequence[Token], carrier: Carrier, whole: Sequence[Token], used: list[Computed], excused: set[int]
) -> str | None:
    """Why names, times and words of a clause are not borne out, once its numbers are known to be these facts."""
    licence = {stem for each in used for stem in licensed(each, carrier)}
    behind = [carrier, *_others(used, carrier)]
    excused = excused | _excused(tokens, used) | {place for each in used for place in spelled(tokens, each)}
    return (
        unknown_code(tokens, behind, excused, licence)
        or wrong_time(tokens, carrier, used, whole)
        or unsaid_relation(tokens, carrier, excused)
        or swapped_ends(tokens, carrier)
        or unknown_word(tokens, behind, excused, licence)
        or (None if used else dropped_negation(tokens, carrier))
    )


def _others(used: Sequence[Computed], carrier: Carrier) -> list[Carrier]:
    """The other events that figures rest on, as far as they are known; an extreme is of the one that holds it."""
    known = carrier.evidence.passages
    keys = dict.fromkeys(key for each in used for key in each.fact.evidence if key in known)
    return carriers_of([known[key] for key in keys if key != carrier.passage.message_id], carrier.evidence)


def _numbers(
    tokens: Sequence[Token], carrier: Carrier, whole: Sequence[Token]
) -> tuple[str | None, list[Computed], set[int]]:
    """What is wrong with the numbers of a clause; else the facts they are, and the places that are thereby checked."""
    used: list[Computed] = []
    excused: set[int] = set()
    limited: list[int] = []
    for index, token in enumerate(tokens):
        no = token.kind == "word" and token.text == "no"
        if token.kind != "number" and not no:
            continue
        found = candidates(tokens, index, carrier)
        whys = [misstated(tokens, index, each, carrier, whole) for each in found]
        if None in whys:
            used.append(found[whys.index(None)])
        elif no or any(token.value in limits(each) for each in carrier.computed):
            limited.append(index)
            continue
        elif not stands_in_text(tokens, index, carrier):
            why = next(iter(whys), None) or f"{token.raw} is not a computed fact that rests on what is cited"
            return why, [], set()
        excused |= {index, *unit_places(tokens, index)}
    # A limit is one only beside the number of those whom it let through.
    for index in limited:
        if tokens[index].kind == "number" and not any(tokens[index].value in limits(each) for each in used):
            return f"{tokens[index].raw} is not a computed fact that rests on what is cited", [], set()
        excused |= unit_places(tokens, index) if tokens[index].kind == "number" else set()
    return None, used, excused


def _excused(tokens: Sequence[Token], used: Sequence[Computed]) -> set[int]:
    """Places of words that say what a number is: "total", "average", "all customers"."""
    said: set[str] = set()
    for each in used:
        said |= AGGREGATES.get(each.fact.name, TOTALS)
        said |= EVERYONE if each.owner is None else frozenset()
        said |= frozenset(limits(each).values())
        said |= NEGATION if is_never(each) else frozenset()
        said |= _RISING if each.fact.name in ("difference", "percent") else frozenset()
    return {index for index, token in enumerate(tokens) if token.kind == "word" and token.text in said}
