"""Dates are those of what is cited, or of a period that code chose."""

from __future__ import annotations

from agent.checks.stated import Stated
from agent.evidence import Evidence
from agent.periods import local_date
from agent.sentences import DATE, QUOTED
from tools.fact import Passage


def wrong_date(stated: Stated, evidence: Evidence) -> str | None:
    allowed = set(evidence.dates).union(*(dates_of(passage, evidence) for passage in stated.passages))
    for found in DATE.finditer(QUOTED.sub(" ", stated.text)):
        if found[0][:10] not in allowed:
            return f"{found[0][:10]} is not the date of what is cited"
    return None


def dates_of(passage: Passage, evidence: Evidence) -> set[str]:
    """The day of an event, in the workspace's zone and in UTC, and the days that it states: "due: 2026-04-10"."""
    own = {local_date(passage.occurred_at, evidence.settings), passage.occurred_at.date().isoformat()}
    return own | {found[0][:10] for found in DATE.finditer(passage.text)}
