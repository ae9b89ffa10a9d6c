"""What somebody wrote is told as theirs: a few of their words with a verb of saying, more in quotation marks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.checks.asked import licensed
from agent.checks.carrier import Carrier, carriers_of
from agent.checks.stated import Stated
from agent.checks.tokens import Token, tokens_of
from agent.checks.words import ASKING, EVERYONE, FUNCTION, REPORTING, SAYING, stems
from agent.evidence import Evidence

#: So many words of an event in a row are its own words, and not ours about it.
_RUN = 5
_LINES = re.compile(r"[^.!?;\n]+[.!?;]*")
_ASKED = re.compile(r"[^.!?;\n]+\?")
_TOLD = SAYING | stems(
    "complain complained complaint ask asked question ticket support feedback review rated praised mention mentioned"
    " report reported explain explained reason answer answered reply replied cite cited describe described request"
    " requested about regarding because"
)


def not_as_theirs(stated: Stated, evidence: Evidence) -> str | None:
    """Why a sentence would pass off what somebody wrote as a statement of ours, or None."""
    carriers = carriers_of(stated.passages, evidence)
    own = [name for carrier in carriers for name in (carrier.passage.title, *carrier.names)]
    tokens = [token for token in tokens_of(stated.whole, own) if token.kind not in ("stop", "quote")]
    if any(_runs_along(tokens, carrier.read) for carrier in carriers):
        return "what somebody wrote has to stand in quotation marks"
    for carrier in carriers:
        if carrier.passage.said and (why := _unattributed(tokens, carrier, carriers)):
            return why
    return None


def _runs_along(tokens: Sequence[Token], written: Sequence[Token]) -> bool:
    """Whether so many words in a row stand in the event in the same row."""
    theirs = f" {' '.join(token.text for token in written if token.kind != 'stop')} "
    ours = [" " if token.kind == "name" else token.text for token in tokens]
    runs = (ours[start : start + _RUN] for start in range(len(ours) - _RUN + 1))
    return any(" " not in run and f" {' '.join(run)} " in theirs for run in runs)


def _unattributed(tokens: Sequence[Token], carrier: Carrier, carriers: Sequence[Carrier]) -> str | None:
    """Words that only what was written holds, in a sentence that does not say that somebody wrote them."""
    heard = carrier.heard
    known = [token for each in carriers for token in each.beside]
    counted = {each.fact.value for each in carrier.computed if isinstance(each.fact.value, int | float)}
    numbers = {token.value for token in heard if token.kind == "number"} - {token.value for token in known} - counted
    if any(token.kind == "number" and token.value in numbers for token in tokens):
        return "a number that somebody wrote has to stand in quotation marks"
    ours = _ours(carrier) | REPORTING | stems(" ".join(EVERYONE))
    words = {token.stem for token in heard if _tells(token)} - {token.stem for token in known} - ours
    told = any(token.stem in _TOLD and token.stem not in words for token in tokens)
    hers = next((token for token in tokens if _tells(token) and token.stem in words), None)
    if hers and not told:
        return f"{hers.raw!r} is what somebody wrote: say so, or quote it"
    return _mixed(tokens, words, carrier)


def _mixed(tokens: Sequence[Token], words: set[str], carrier: Carrier) -> str | None:
    """Words of several of their sentences would make one that they did not write; what they asked they did not say."""
    said = [{token.stem for token in tokens_of(line)} for line in _LINES.findall(carrier.passage.said or "")]
    asked = [{token.stem for token in tokens_of(line)} for line in _ASKED.findall(carrier.passage.said or "")]
    asks = any(token.stem in ASKING for token in tokens)
    for part in _parts(tokens):
        theirs = {token.stem for token in part if token.stem in words}
        if theirs and not any(theirs <= line for line in said):
            return "it puts words of several sentences that somebody wrote into one: quote them"
        if theirs and not asks and all(line in asked for line in said if theirs <= line):
            return "what somebody asked is told as said: say that they asked, or quote it"
    return None


def _parts(tokens: Sequence[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.text == "and":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _tells(token: Token) -> bool:
    return token.kind == "word" and token.text not in FUNCTION


def _ours(carrier: Carrier) -> frozenset[str]:
    """Words of the figures that rest on an event; they are the same for every sentence."""
    kept = carrier.evidence.notes.get((_ours, carrier.passage.message_id))
    if isinstance(kept, frozenset):
        return kept
    found = frozenset(stem for each in carrier.computed for stem in licensed(each, carrier))
    carrier.evidence.notes[_ours, carrier.passage.message_id] = found
    return found
