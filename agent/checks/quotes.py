"""Quotations stand word for word in what is cited."""

from __future__ import annotations

from agent.checks.stated import Stated
from agent.evidence import Evidence
from agent.sentences import OPEN_QUOTE, QUOTED, squeezed
from tools.fact import Passage


def wrong_quote(stated: Stated, evidence: Evidence) -> str | None:
    for quoted in quotes_in(stated.text):
        if not any(squeezed(quoted) in words_of(passage) for passage in stated.passages):
            return f"the quotation {quoted[:40]!r} is not in what is cited"
    return "a quotation without an end" if OPEN_QUOTE.search(QUOTED.sub(" ", stated.text)) else None


def quotes_in(text: str) -> list[str]:
    return [quoted for found in QUOTED.findall(text) if (quoted := " ".join(found[1:-1].split()))]


def words_of(passage: Passage) -> str:
    return squeezed(f"{passage.title} {passage.text} {passage.said or ''} {' '.join(passage.items)}")
