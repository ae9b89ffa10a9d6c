"""Holds an answer to its evidence, line by line: what does not stand is taken out. Pure code, for every mode."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from agent.answer import Citation, Draft
from agent.checks.heads import out_of_order
from agent.checks.markup import unknown_fact
from agent.checks.registry import PLAIN, STRICT
from agent.checks.stated import Check, Stated
from agent.checks.unknowing import is_found_nowhere, says_nothing_is_known, says_nothing_was_found
from agent.evidence import Evidence
from agent.sentences import LIST_NUMBER, MARKER, QUOTED, markers_in, numbers_in, split_sentences, without
from tools.fact import Passage

__all__ = ["Evidence", "Grounded", "fault", "ground", "numbers_in", "split_sentences"]


@dataclass(slots=True)
class Grounded:
    """The lines that stand, the citations they use, and the sentences that were taken out with why.

    `abstained` says that all that stands is that nothing is known.
    """

    text: str
    citations: list[Citation]
    removed: list[tuple[str, str]] = field(default_factory=list)
    abstained: bool = False


def ground(draft: Draft, evidence: Evidence) -> Grounded:
    """The draft with only the sentences that hold, markers numbered again in order of use."""
    removed: list[tuple[str, str]] = []
    kept: list[str] = []
    unknowing, head, rows, before = True, "", list[str](), ""
    for line in draft.lines:
        sentences = []
        listed = LIST_NUMBER.match(line) is not None
        for sentence in split_sentences(line, evidence.words):
            if _needs_no_evidence(sentence, draft, evidence):
                sentences.append(sentence)
            elif why := fault(sentence, draft.cited, evidence, head if listed else "", before):
                removed.append((sentence, why))
            elif evidence.strict and listed and out_of_order([*rows, sentence], head):
                removed.append((sentence, "it is not in the order that the line above the list says"))
            else:
                unknowing = unknowing and says_nothing_was_found(sentence)
                sentences.append(sentence)
                rows.append(sentence)
                before = sentence
        if sentences:
            kept.append(" ".join(sentences))
        if not listed:
            head, rows = " ".join(sentences), []
    text, order = _renumber("\n".join(kept), draft.cited)
    citations = [_citation(n, evidence.passages[key]) for n, key in enumerate(order, start=1)]
    return Grounded(text, citations, removed, abstained=draft.abstained or (bool(kept) and unknowing))


def _needs_no_evidence(sentence: str, draft: Draft, evidence: Evidence) -> bool:
    """Whether a sentence only says that nothing is known; of code's own drafts that is known beforehand."""
    if evidence.strict:
        return says_nothing_is_known(sentence)
    return draft.abstained and not MARKER.search(sentence)


def fault(sentence: str, cited: Sequence[str], evidence: Evidence, head: str = "", before: str = "") -> str | None:
    """Why a sentence cannot stand, or None. `cited` are message ids by marker: [1] is the first.

    `head` is the line that a list stands under, `before` the sentence that it follows; both hold themselves, and what
    they say need not be said again.
    """
    if not evidence.strict:
        return _fault(sentence, cited, evidence, head, before)
    # A stream is held to the evidence again with every sentence that is added.
    known = (sentence, head, before, *(cited[n - 1] for n in markers_in(f"{before} {sentence}") if 0 < n <= len(cited)))
    if known not in evidence.notes:
        evidence.notes[known] = _fault(sentence, cited, evidence, head, before)
    found = evidence.notes[known]
    return found if isinstance(found, str) else None


def _fault(sentence: str, cited: Sequence[str], evidence: Evidence, head: str, before: str) -> str | None:
    stated = _stated(sentence, cited, evidence, head)
    if isinstance(stated, str):
        return stated
    if not evidence.strict:
        return _first_fault(stated, evidence, PLAIN)
    if is_found_nowhere(stated, evidence):
        return None
    followed = _stated(before, cited, evidence) if before else None
    return _first_fault(replace(stated, before=followed if isinstance(followed, Stated) else None), evidence, STRICT)


def _stated(sentence: str, cited: Sequence[str], evidence: Evidence, head: str = "") -> Stated | str:
    """The sentence with the events it cites, or why it cannot be read with them."""
    whole = LIST_NUMBER.sub("", sentence)
    text = without(evidence.words, whole)
    passages: list[Passage] = []
    for marker in markers_in(text):
        passage = evidence.passages.get(cited[marker - 1]) if 0 < marker <= len(cited) else None
        if passage is None or passage.occurred_at >= evidence.as_of:
            return f"[{marker}] points to no event in scope"
        passages.append(passage)
    if not passages:
        return unknown_fact(whole) or "a statement without evidence"
    return Stated(whole, text, passages, head)


def _first_fault(stated: Stated, evidence: Evidence, checks: Sequence[Check]) -> str | None:
    return next((why for check in checks if (why := check(stated, evidence))), None)


def _renumber(text: str, cited: Sequence[str]) -> tuple[str, list[str]]:
    order: list[str] = []

    def number(match: re.Match[str]) -> str:
        key = cited[int(match[1]) - 1]
        if key not in order:
            order.append(key)
        return f"[{order.index(key) + 1}]"

    parts = re.split(f"({QUOTED.pattern})", text)
    return "".join(p if QUOTED.fullmatch(p) else MARKER.sub(number, p) for p in parts), order


def _citation(n: int, passage: Passage) -> Citation:
    return Citation(
        n=n,
        message_id=passage.message_id,
        customer_id=passage.client_id,
        occurred_at=passage.occurred_at,
        text=passage.text,
    )
