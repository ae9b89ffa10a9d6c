"""Superlatives that pick one event ("the highest fare"); customers that are "the biggest" are ranked instead."""

from __future__ import annotations

import re

from agent.figures import measure_of
from agent.intent import Question

#: These pick an event by an amount of it.
SINGLE = (
    r"(?:largest|biggest|highest|greatest|smallest|cheapest|lowest|longest|shortest|dearest|priciest"
    r"|(?:most|least) expensive|maximum|minimum)"
)
#: What is added up or counted before it is compared.
_SUMMED = (
    r"(?:total|overall|net|average|mean|sum|share|spend\w*|revenues?|sales|turnover|income|orders? (?:count|volume)"
    r"|number|amount of|customers?|clients?|accounts?|users?|buyers?|compan(?:y|ies)|people)"
)
_ONE = re.compile(rf"\b{SINGLE}\s+(?!(?:\w+\s+){{0,2}}?{_SUMMED}\b)\w+", re.I)
#: "The biggest number of guests on a single booking" is of one event, too.
_ON_ONE = re.compile(rf"\b{SINGLE}\s+(?:number|amount) of\b.*\b(?:single|one|any)\b", re.I)
#: Several are asked for, or sums of each.
_MANY = re.compile(r"\b(?:top|rank\w*|sort\w*|first)\b(?!\s+half)|\btotal\b|\bon average\b", re.I)


def is_of_one(question: Question) -> bool:
    """Whether the clause asks for the one event that holds the most or the least of something."""
    picks = _ONE.search(question.text) or _ON_ONE.search(question.text)
    if not picks or question.number or _MANY.search(question.text):
        return False
    return measure_of(question) in ("largest", "smallest") and (bool(question.numbers) or question.kind != "any")
