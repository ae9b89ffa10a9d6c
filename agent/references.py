"""Words that stand for customers or events named before."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.clauses import clauses
from agent.parts import Part

SOMEBODY = re.compile(
    r"\b(?:they|them|he|she|him|(?:this|that|the same) (?:customer|client|user|account|person|company))\b", re.I
)
OWNER = re.compile(r"\b(?:their|his|her|its)\b", re.I)
SINGULAR = re.compile(r"he|she|him|his|her|its|(?:this|that|the same) \w+", re.I)
BOTH = re.compile(r"\bboth(?: of (?:them|these|those))?\b", re.I)
_SET = (
    r"(?:(?:any|some|all|most|none|both|one|how many|which|who)\s+)?(?:of|among|amongst|out of)\s+(?:them"
    r"|these|those|that group)"
)
_KINDS = r"(?:customers|members|owners|clients|users|accounts|people|buyers|companies)"
#: Several customers, or several events, that were spoken of.
THESE = re.compile(rf"\b{_SET}\b|\b(?:which|how many)\s+of\s+(?:the|those|these)\s+ones\b", re.I)
THESE_PEOPLE = re.compile(rf"\b{_SET}(?:\s+{_KINDS})?\b|\b(?:these|those) {_KINDS}\b", re.I)
#: "Have any of them come back?"
SEVERAL = re.compile(
    rf"^\W*(?P<aux>have|has|had|did|do|are|is|were|was)\s+(?:any|some|all|one|most)(?:\s+of\s+(?:them|these|those)(?:\s+{_KINDS})?)\s+",
    re.I,
)
_RANK = r"last|latest|newest|most recent|first|earliest|oldest|biggest|largest|highest|smallest|lowest|cheapest"
LAST_ONE = re.compile(
    rf"\b(?:the\s+)?(?P<which>{_RANK})(?:\s+ones?\b(?:\s+of\s+(?:them|these|those))?|\s+of\s+(?:them|these|those)\b)",
    re.I,
)
ORDINALS = ("first", "second", "third", "fourth", "fifth")
NTH_ONE = re.compile(rf"\b(?:the\s+)?(?P<nth>{'|'.join(ORDINALS)}|last)\s+(?:one|of (?:them|these|those))\b", re.I)
_OF_CUSTOMERS = re.compile(
    r"^\W*(?:who\b|(?:list|show)?\s*(?:me\s+)?(?:which|what|the|our)?\s*(?:(?:top|best|first|\d+|\w+ing)\s+)*"
    r"(?:customers|clients|users|accounts|people|companies)\b)",
    re.I,
)
#: Whoever a question speaks of by a noun of its own.
PEOPLE = re.compile(
    r"\b(?:who|whom|whose|which (?:\w+ )?(?:ones|customers?|clients?|users?|accounts?)|customers|clients|users|accounts"
    r"|people|buyers|visitors|leads|trials|guests|members|companies|anyone|anybody|everyone|everybody|nobody|somebody"
    r"|someone|(?:a|an|each|every|any|one|no) (?:\w+ )?(?:customer|client|user|account|person|company))\b",
    re.I,
)


def is_of_customers(question: str) -> bool:
    """Whether the answer to a question is a list of customers."""
    return _OF_CUSTOMERS.search(question) is not None


def _is_of_things(match: re.Match[str], text: str, parts: Sequence[Part]) -> bool:
    """Whether a pronoun speaks of events or values named before it: "invoices with an X-ray on them"."""
    named = {part.kind for part in parts if part.end <= match.start()}
    word, after = match[0].lower(), text[match.end() :]
    if word == "them":
        return "events" in named
    if word == "they":
        return "events" in named and _OF_FIGURES.match(after) is not None
    return word in ("his", "her", "he", "she") and "value" in named


#: What figures do, and people do not.
_OF_FIGURES = re.compile(
    r"\s+(?:go|went|come to|came to|add up|added up|develop|change|rise|rose|fall|fell|cost)\b", re.I
)


def refers_outside(text: str, parts: Sequence[Part]) -> str | None:
    """The first word that speaks of somebody whom the text itself does not name before it; None: there is none.

    Things that an earlier clause names are what "their" of a later one means.
    """
    found = [match for pattern in (SOMEBODY, OWNER, BOTH) for match in pattern.finditer(text)]
    for match in sorted(found, key=lambda match: match.start()):
        before = text[: match.start()]
        if PEOPLE.search(before):
            return None
        personal = SINGULAR.fullmatch(match[0]) and match[0].lower() != "its"
        earlier = clauses(text)[0]
        if not personal and match.start() >= len(earlier) and any(part.end <= len(earlier) for part in parts):
            return None
        if _is_of_things(match, text, parts):
            continue
        if BOTH.fullmatch(match[0]) and not re.search(r"\bof\b", match[0]):
            continue
        if match[0].lower() == "its":
            continue
        return match[0]
    return None
