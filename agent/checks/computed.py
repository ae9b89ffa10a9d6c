"""Every number is the value of a fact that a tool computed."""

from __future__ import annotations

from agent.checks.stated import Stated
from agent.evidence import Evidence
from agent.sentences import numbers_in


def uncomputed_number(stated: Stated, evidence: Evidence) -> str | None:
    values = {round(float(fact.value), 2) for fact in evidence.facts if isinstance(fact.value, int | float)}
    for number in numbers_in(stated.text):
        if round(number, 2) not in values:
            return f"{number:g} is not a computed fact"
    return None
