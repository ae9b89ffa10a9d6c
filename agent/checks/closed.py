"""A closed world: every word with content stands in the cited event, or says what a number is of."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from agent.checks.carrier import Carrier
from agent.checks.tokens import Token, tokens_of
from agent.checks.words import ASKING, FUNCTION, PRONOUNS, RELATIONS, RELATIVE_DAYS, REPORTING, SAYING, UNDOING, stems
from agent.folding import fold
from agent.sentences import squeezed
from agent.synonyms import mates_of

#: Synonyms that would say something else of an event than a question means by them.
_UNSAFE = stems(
    "end finish quit stop guest passenger people person visitor attendee participant size big large length long"
    " duration last missed no-show noshow skipped upgrade upgraded stay night nights job role position title"
    " occupation points service answer respond response reply join joined level grade rank deliver delivery"
)
_BOUGHT = stems("buy bought purchase purchased order ordered placed made paid payment spent")
_SETTLING = stems("resolved closed solved settled sent issued")
#: No customer does these, whatever the event is called.
_BEFALLING = stems("delayed shipped dispatched delivered suspended bounced expired")
_OWNING = frozenset({"it", "its", "her", "his", "their", "theirs", "hers"})
_GOT_BACK = stems("got get received back")
_COMPLAINED = stems(
    "complain complained complaint raised contacted reported reports problem issue trouble opened filed"
)


def unknown_word(
    tokens: Sequence[Token], carriers: Sequence[Carrier], excused: Collection[int], licence: set[str]
) -> str | None:
    """The first word of a clause that nothing bears out, with why; or None.

    A figure is of all its events: what is said of it stands in each of the carriers, of which the first is cited.
    """
    carrier = carriers[0]
    shared = frozenset.intersection(*(each.stems for each in carriers))
    allowed = licence | _of_kind(carrier)
    for index, token in enumerate(tokens):
        if index in excused or token.kind != "word" or token.text in FUNCTION or token.text in RELATIONS:
            continue
        if token.text in RELATIVE_DAYS:
            return f"{token.text!r} names no date"
        if token.text in carrier.shared and token.raw[:1].isupper():
            return f"more than one customer is called {token.raw!r}: say the whole name"
        if token.stem in REPORTING or token.text in PRONOUNS or token.stem in shared or token.stem in allowed:
            continue
        if token.stem in SAYING and _somebody_says(tokens, carrier):
            continue
        asks = token.stem in ASKING and carrier.meaning.active and "?" in (carrier.passage.said or "")
        calls = token.text in ("called", "named") and index + 1 < len(tokens)
        if asks or (calls and tokens[index + 1].kind in ("name", "quote")):
            continue
        if not _mate(token.stem, carrier):
            return f"{token.text!r} does not stand in what is cited"
    return _undone(tokens, carrier) or _not_theirs(tokens, carrier)


def _not_theirs(tokens: Sequence[Token], carrier: Carrier) -> str | None:
    """What befell a customer is no deed of theirs: "Ada refunded the order", "Ada failed"."""
    meaning, deed = carrier.meaning, carrier.title[-1].stem if carrier.title else ""
    undone = not (meaning.active or meaning.leaves or meaning.ends_trial) and deed in UNDOING | _SETTLING
    if not undone and deed not in _BEFALLING:
        return None
    for one, two in pairwise(token for token in tokens if token.text not in ("has", "have", "had", "and")):
        whom, who = (each.kind == "name" or each.text in PRONOUNS - _OWNING for each in (one, two))
        does = whom and two.kind == "word" and two.stem == deed and not one.owns
        if does or (one.text == "by" and who and any(token.stem == deed for token in tokens)):
            return f"the event is {carrier.passage.title!r}: it is no deed of the customer's"
    return None


def unknown_code(
    tokens: Sequence[Token], carriers: Sequence[Carrier], excused: Collection[int], licence: set[str]
) -> str | None:
    """The first number of a document and the like that the event does not have, or a name of somebody else."""
    carrier = carriers[0]
    own = {fold(name) for name in carrier.names}
    for index, token in enumerate(tokens):
        if index in excused:
            continue

        if token.kind == "code" and not _has(carrier.folded, token.text):
            return f"{token.raw!r} does not stand in what is cited"
        if token.kind == "name" and token.text not in own and not _has(carrier.folded, token.text):
            return f"{token.raw!r} is not whose event is cited"
        # Of a figure by customer, item and the like, its row is the name.
        row = {part.stem for part in tokens_of(token.text)} <= licence
        if token.kind == "name" and not row and not all(_named(token, each) for each in carriers[1:]):
            return f"{token.raw!r} is not in all that the number is of"
    return None


def _named(token: Token, carrier: Carrier) -> bool:
    return token.text in {fold(name) for name in carrier.names} or _has(carrier.folded, token.text)


def _has(text: str, code: str) -> bool:
    start = text.find(code)
    while start >= 0:
        before, after = text[start - 1 : start], text[start + len(code) : start + len(code) + 1]
        if not before.isalnum() and not after.isalnum():
            return True
        start = text.find(code, start + 1)
    return False


def _of_kind(carrier: Carrier) -> frozenset[str]:
    """Everyday words for what events of this meaning are."""
    meaning = carrier.meaning
    if meaning.money:
        return _BOUGHT if meaning.money > 0 else _GOT_BACK
    return _COMPLAINED if meaning.trouble in ("support", "feedback") else frozenset()


def _somebody_says(tokens: Sequence[Token], carrier: Carrier) -> bool:
    """Whether the event holds words; the customer's own where the clause says that it is them who spoke."""
    quoted = [squeezed(token.text) for token in tokens if token.kind == "quote"]
    if not (carrier.passage.said or quoted):
        return False
    about = any(token.kind == "name" or token.text in PRONOUNS for token in tokens)
    said = squeezed(carrier.passage.said or "")
    return not about or (carrier.meaning.active and (not quoted or any(each in said for each in quoted)))


def _mate(word: str, carrier: Carrier) -> bool:
    return word not in _UNSAFE and bool((mates_of(word) - _UNSAFE) & _titled(carrier))


def _titled(carrier: Carrier) -> frozenset[str]:
    """A synonym stands for the name of an event or of a property, not for what somebody wrote."""
    return frozenset(token.stem for token in carrier.title)


def _undone(tokens: Sequence[Token], carrier: Carrier) -> str | None:
    """An event that undoes or fails has to be told with a word that says so."""
    titled = _titled(carrier)
    undoing = titled & UNDOING
    if not undoing or any(token.kind == "quote" and carrier.passage.title in token.text for token in tokens):
        return None
    said = {token.stem for token in tokens if token.kind == "word"}
    things = titled - undoing
    told = things | frozenset[str]().union(*map(mates_of, things)) | _BOUGHT
    if said & told and not said & undoing:
        return f"the event is {carrier.passage.title!r}: say {sorted(undoing)[0]!r}"
    return None
