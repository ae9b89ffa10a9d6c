"""The first customers by value, activity or recency."""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Claim
from agent.intent import Call, Intent, Question, Run, matcher, result_of
from agent.wording import money, who
from tools.cohort import CohortResult, CustomerRow

_ACTIVE = r"\b(active|activity|engaged|busiest)\b"
_RECENT = r"\b(recent|latest|newest|lately)\b"
_LEAST = r"\b(least|lowest|worst|bottom|smallest|longest (?:silent|inactive))\b"


def plan(question: Question) -> list[Call]:
    return [Call("cohort", {"sort": _key(question), "descending": not question.has(_LEAST), "limit": question.limit})]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    found = result_of(runs, CohortResult)
    if not found or not found.customers:
        return []
    by = {"value": "net value", "activity": "active days", "recency": "last activity"}[_key(question)]
    how = "lowest" if question.has(_LEAST) else "highest"
    head = Claim(text=f"Customers by {by}, {how} first:", evidence=found.facts[0].evidence[:2])
    return [
        head,
        *(
            Claim(text=f"{n}. {_row(question, row)}", evidence=row.evidence[::-1])
            for n, row in enumerate(found.customers, start=1)
        ),
    ]


def _row(question: Question, row: CustomerRow) -> str:
    name = f"**{who(row.client_id, row.name)}**"
    key = _key(question)
    if key == "value":
        return f"{name}: {money(row.value)}."
    if key == "activity":
        return f"{name}: {row.active_days} active days."
    return f"{name}: last active on {question.day(row.last_active)}." if row.last_active else f"{name}: never active."


def _key(question: Question) -> str:
    return "activity" if question.has(_ACTIVE) else "recency" if question.has(_RECENT) else "value"


INTENT = Intent(
    name="top",
    about="none",
    pattern=matcher(
        r"\b(top|best|biggest|largest|most valuable|highest|lowest|least|worst|bottom)\b.*"
        r"\b(customers?|clients?|spenders?|buyers?|accounts?|users?)\b",
        r"\b(most|least) (active|recent|valuable|engaged)\b",
        r"\bwho (?:spent|spends|paid|pays|bought|buys) (?:the )?(most|least)\b",
        r"\b(rank|sort)\b.*\b(customers?|clients?)\b",
    ),
    plan=plan,
    compose=compose,
    examples=("Who are our best customers?", "Top 5 customers by spend", "Who is the most active user?"),
)
