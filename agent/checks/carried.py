"""Each clause of a model's sentence is borne out by one event that it cites; what it says of their order holds."""

from __future__ import annotations

from collections.abc import Sequence

from agent.checks.carrier import Carrier, carriers_of
from agent.checks.clause import clause_fault, told_fault
from agent.checks.comparison import compares
from agent.checks.stated import Stated
from agent.checks.tokens import Token, tokens_of
from agent.checks.whose import called, named
from agent.checks.words import FUNCTION, words
from agent.evidence import Computed, Evidence

_THEN = words("then later afterwards afterward thereafter subsequently followed")
#: More events behind one sentence are a list: one a line.
_MOST_PIECES = 12


def not_carried(stated: Stated, evidence: Evidence) -> str | None:
    """Why the events that a sentence cites do not bear it out, or None."""
    carriers = carriers_of(stated.passages, evidence)
    names = [name for carrier in carriers for name in carrier.names]
    tokens = tokens_of(stated.whole, names)
    if not any(_tells(token) for token in tokens):
        return "it says nothing"
    whole = [*tokens_of(stated.head, names), *tokens]
    whys: list[str] = []
    for carrier in carriers:
        why = clause_fault(tokens, carrier, whole)
        if why is None:
            return None
        whys.append(why)
    several = (_in_order, _in_pieces, _compared)
    if len(carriers) > 1 and any(hold(tokens, carriers, whole) for hold in several):
        return None
    return whys[0]


def _tells(token: Token) -> bool:
    return token.kind in ("quote", "number", "code", "name") or (token.kind == "word" and token.text not in FUNCTION)


def _in_order(tokens: Sequence[Token], carriers: Sequence[Carrier], whole: Sequence[Token]) -> bool:
    """Whether two events bear out the two sides of a "before", "after" or "then", and are in that order."""
    for index, token in enumerate(tokens):
        if token.kind != "word" or token.text not in _THEN | {"before", "after"}:
            continue
        sides = _sides(tokens, index)
        if sides is None:
            continue
        first, second = sides
        if any(
            one.passage.occurred_at < other.passage.occurred_at
            for one in carriers
            if _carries(first, one, whole)
            for other in carriers
            if other is not one and _both_named(first, one, second, other) and _carries(second, other, whole)
        ):
            return True
    return False


def _both_named(first: Sequence[Token], one: Carrier, second: Sequence[Token], other: Carrier) -> bool:
    """Whether two events are of the same customer, or each side says whose its is."""
    people = called([one, other])
    mine, theirs = one.passage.client_id, other.passage.client_id
    return mine == theirs or (mine in named(first, people) and theirs in named(second, people))


def _sides(tokens: Sequence[Token], index: int) -> tuple[Sequence[Token], Sequence[Token]] | None:
    """What is said to come first, and what second."""
    word = tokens[index].text
    comma = next((i for i, t in enumerate(tokens) if i > index and t.kind == "stop"), None)
    if index == 0 and comma and word in ("before", "after"):
        near, far = tokens[1:comma], tokens[comma + 1 :]
        return (near, far) if word == "after" else (far, near)
    near, far = _bare(tokens[:index]), _bare(tokens[index + 1 :])
    if not any(map(_tells, near)) or not any(map(_tells, far)):
        return None
    return (far, near) if word == "after" else (near, far)


def _bare(tokens: Sequence[Token]) -> Sequence[Token]:
    """A side without the words that only led to it: "and then", "followed by"."""
    joins = {"and", "by", "then", "later", "first", "that"}
    found = list(tokens)
    while found and (found[0].kind == "stop" or found[0].text in joins - {"first"}):
        found.pop(0)
    while found and (found[-1].kind == "stop" or found[-1].text in joins):
        found.pop()
    return found[1:] if found and found[0].text == "first" else found


def _in_pieces(tokens: Sequence[Token], carriers: Sequence[Carrier], whole: Sequence[Token]) -> bool:
    """Whether each part between commas and "and"s is borne out by one of the events; a day and a name stand till
    the next.
    """
    pieces = _pieces(tokens)
    if not 1 < len(pieces) <= _MOST_PIECES:
        return False
    day: list[Token] = []
    people = called(carriers)
    subject: set[str] = set()
    for piece in pieces:
        subject = named(piece, people) or subject
        others = {text for key, texts in people.items() if subject and key not in subject for text in texts}
        meant = [carrier for carrier in carriers if not subject or carrier.passage.client_id in subject]
        about = [token for token in whole if token.kind != "name" or token.text not in others]
        own = [token for token in piece if token.kind == "time"]
        day = own or day
        if not any(_carries([*piece, *([] if own else day)], carrier, about) for carrier in meant):
            return False
    return True


def _pieces(tokens: Sequence[Token]) -> list[list[Token]]:
    pieces: list[list[Token]] = [[]]
    for token in tokens:
        joins = token.text == "and" or (token.kind == "stop" and token.text in ",;")
        # What only names somebody or a day belongs to what follows.
        if joins and any(each.kind in ("quote", "number") or _is_content(each) for each in pieces[-1]):
            pieces.append([])
        elif not joins:
            pieces[-1].append(token)
    return [piece for piece in pieces if piece]


def _is_content(token: Token) -> bool:
    return token.kind == "code" or (token.kind == "word" and token.text not in FUNCTION)


def _carries(tokens: Sequence[Token], carrier: Carrier, whole: Sequence[Token]) -> bool:
    return clause_fault(tokens, carrier, whole) is None


def _compared(tokens: Sequence[Token], carriers: Sequence[Carrier], whole: Sequence[Token]) -> bool:
    def holds(rest: Sequence[Token], carrier: Carrier, sentence: Sequence[Token], used: list[Computed]) -> bool:
        return told_fault(rest, carrier, sentence, used, set()) is None

    return compares(tokens, carriers, holds)
