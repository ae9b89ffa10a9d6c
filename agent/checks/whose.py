"""Whose events a sentence tells is said in it, or by the sentence before; what leans on that one is of its events."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from agent.checks.carrier import Carrier, carriers_of
from agent.checks.figures import candidates
from agent.checks.stated import Stated
from agent.checks.tokens import Token, tokens_of
from agent.checks.words import EVERYONE, words
from agent.evidence import Evidence
from agent.folding import fold

#: They stand for a customer; "it" and "they" may stand for anything.
_PERSON = words("he she him her hers his their theirs customer client user account")
_ANCHORS = frozenset({"name", "time", "code", "quote", "number"})


def not_whose(stated: Stated, evidence: Evidence) -> str | None:
    """Why it is left open, or said wrongly, whose events a sentence tells; or None."""
    carriers = carriers_of(stated.passages, evidence)
    tokens = _tokens(stated, carriers, evidence)
    before = stated.before
    if before and not stated.head and not _anchored(tokens) and not _share(stated, before):
        return "it leans on the sentence before, which is of other events: say whose it is, or when"
    if _knows_one(evidence):
        return None
    cited = {carrier.passage.client_id for carrier in carriers}
    if said := _said(stated, carriers, evidence):
        return f"an event of {min(cited - said)} is cited: name whose it is" if cited - said else None
    if _is_general(tokens, carriers):
        return None
    told = _told(before, evidence) if before and not stated.head else cited
    return "it does not say whose events these are" if len(cited) > 1 or not cited <= told else None


def named(tokens: Sequence[Token], people: Mapping[str, Collection[str]]) -> set[str]:
    """Ids of the customers that tokens call by name, of those in `people`: by id, what each is called."""
    texts = {token.text for token in tokens if token.kind == "name"}
    return {key for key, called in people.items() if not texts.isdisjoint(called)}


def called(carriers: Sequence[Carrier]) -> dict[str, set[str]]:
    """By id, what the customers of these events are called; an item of the same name is an item."""
    found: dict[str, set[str]] = {}
    for carrier in carriers:
        found.setdefault(carrier.passage.client_id, set()).update(map(fold, carrier.person))
    return {
        key: own - {fold(item) for carrier in carriers for item in carrier.passage.items} for key, own in found.items()
    }


def _tokens(stated: Stated, carriers: Sequence[Carrier], evidence: Evidence) -> list[Token]:
    return tokens_of(stated.whole, [*_everybody(evidence), *(name for carrier in carriers for name in carrier.names)])


def _said(stated: Stated, carriers: Sequence[Carrier], evidence: Evidence) -> set[str]:
    """Ids of those whom the sentence, or its head, calls by name."""
    names = [*_everybody(evidence), *(name for carrier in carriers for name in carrier.names)]
    tokens = [*tokens_of(stated.head, names), *tokens_of(stated.whole, names)]
    full = {key: {fold(each) for each in (key, name) if each} for key, name in evidence.names.items()}
    return named(tokens, full) | named(tokens, called(carriers))


def _told(before: Stated, evidence: Evidence) -> set[str]:
    """Those of whom the sentence before is."""
    carriers = carriers_of(before.passages, evidence)
    return _said(before, carriers, evidence) or {carrier.passage.client_id for carrier in carriers}


def _everybody(evidence: Evidence) -> list[str]:
    return [each for key, name in evidence.names.items() for each in (key, name) if each]


def _knows_one(evidence: Evidence) -> bool:
    return len({passage.client_id for passage in evidence.passages.values()}) == 1


def _anchored(tokens: Sequence[Token]) -> bool:
    return any(token.kind in _ANCHORS or token.text in _PERSON | EVERYONE for token in tokens)


def _share(stated: Stated, before: Stated) -> bool:
    return bool({each.message_id for each in stated.passages} & {each.message_id for each in before.passages})


def _is_general(tokens: Sequence[Token], carriers: Sequence[Carrier]) -> bool:
    """Whether it tells a figure of several customers, or heads a list."""
    if any(token.text in EVERYONE - _PERSON for token in tokens) or (tokens and tokens[-1].text == ":"):
        return True
    numbers = [index for index, token in enumerate(tokens) if token.kind == "number"]
    return any(each.owner is None for c in carriers for index in numbers for each in candidates(tokens, index, c))
