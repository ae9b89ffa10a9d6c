"""One customer has more of something than another: both figures come from one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import permutations

from agent.checks.asked import SPENT, is_money, nouns_of
from agent.checks.carrier import Carrier
from agent.checks.figures import TOTALS
from agent.checks.tokens import Token
from agent.checks.words import FUNCTION, words
from agent.evidence import Computed
from agent.folding import fold

_MORE, _LESS = words("more higher larger greater longer"), words("less fewer lower smaller shorter")
COMPARING = _MORE | _LESS | words("than")
#: A clause that is borne out by an event, given the facts it uses.
Holds = Callable[[Sequence[Token], Carrier, Sequence[Token], list[Computed]], bool]


def compares(tokens: Sequence[Token], carriers: Sequence[Carrier], holds: Holds) -> bool:
    """Whether "A has more than B" is so by two figures of one table that rest on cited events."""
    texts = [token.text for token in tokens]
    if "than" not in texts or any(token.kind == "number" for token in tokens):
        return False
    way = next((text for text in texts[: texts.index("than")] if text in _MORE | _LESS), None)
    at = texts.index("than")
    for one, other in _pairs(carriers):
        if not (_names(tokens[:at], one) and _names(tokens[at + 1 :], other)) or way is None:
            continue
        rest = [t for t in tokens if t.text not in COMPARING and not (t.kind == "name" and t.text in _called(other))]
        for mine, theirs in _figures(one, other):
            if not _is_of(mine, tokens[texts.index(way) + 1 : at], tokens, one):
                continue
            ahead = mine.fact.value > theirs.fact.value if way in _MORE else mine.fact.value < theirs.fact.value  # type: ignore[operator] # both are numbers
            if ahead and holds(rest, one, rest, [mine]):
                return True
    return False


def _is_of(mine: Computed, what: Sequence[Token], tokens: Sequence[Token], carrier: Carrier) -> bool:
    """Whether "more orders" counts what the figure counts, and "spent more" tells of money."""
    between = {token.stem for token in what if token.text not in FUNCTION | TOTALS}
    if is_money(mine.fact.unit):
        return between <= SPENT and bool(SPENT & {token.stem for token in tokens})
    return bool(between & nouns_of(mine, carrier))


def _pairs(carriers: Sequence[Carrier]) -> Iterator[tuple[Carrier, Carrier]]:
    own = {carrier.passage.client_id: carrier for carrier in carriers}
    yield from permutations(own.values(), 2)


def _called(carrier: Carrier) -> set[str]:
    return {fold(name) for name in carrier.names}


def _names(tokens: Sequence[Token], carrier: Carrier) -> bool:
    return any(token.kind == "name" and token.text in _called(carrier) for token in tokens)


def _figures(one: Carrier, other: Carrier) -> Iterator[tuple[Computed, Computed]]:
    """Figures of the two in the same table, in the same unit."""
    for mine in one.computed:
        for theirs in other.computed:
            same = (mine.args, mine.fact.name, mine.fact.unit) == (theirs.args, theirs.fact.name, theirs.fact.unit)
            numbers = isinstance(mine.fact.value, int | float) and isinstance(theirs.fact.value, int | float)
            owned = (mine.owner, theirs.owner) == (one.passage.client_id, other.passage.client_id)
            if same and numbers and owned:
                yield mine, theirs
