"""The first customers by what they are now: value, activity or recency."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.answer import Claim
from agent.intent import Call, Question, Run
from agent.wording import money, who
from tools.cohort import CohortResult, CustomerRow

_ACTIVE = r"\b(active|activity|engaged|busiest)\b"
_RECENT = r"\b(recent|latest|newest|lately)\b"
_MAX_CURRENCIES = 3
_LEAST = r"\b(least|lowest|worst|bottom|smallest|longest (?:silent|inactive))\b"


def plan(question: Question) -> list[Call]:
    args = {"sort": _key(question), "descending": not question.has(_LEAST), "limit": question.limit}
    if _key(question) != "value":
        return [Call("cohort", args)]
    # Amounts of different currencies cannot be compared: one list for each.
    return [Call("cohort", {**args, "currency": currency}) for currency in _currencies(question)]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    by = {"value": "net value", "activity": "active days", "recency": "last activity"}[_key(question)]
    how = "lowest" if question.has(_LEAST) else "highest"
    claims: list[Claim] = []
    for run in runs:
        if not isinstance(run.result, CohortResult) or not run.result.customers:
            continue
        currency = run.use.args.get("currency")
        where = f" in {currency}" if currency else ""
        claims.append(Claim(text=f"Customers by {by}{where}, {how} first:", evidence=run.result.facts[0].evidence[:2]))
        rows = enumerate(run.result.customers, start=1)
        claims += [Claim(text=f"{n}. {_row(question, row, currency)}", evidence=row.evidence[::-1]) for n, row in rows]
    return claims


def _currencies(question: Question) -> list[str]:
    """The currencies that the question names, or all that there are."""
    named = [currency for currency in question.currencies if question.has(rf"\b{re.escape(currency)}\b")]
    return named or list(question.currencies)[:_MAX_CURRENCIES]


def _row(question: Question, row: CustomerRow, currency: str | None) -> str:
    name = f"**{who(row.client_id, row.name)}**"
    key = _key(question)
    if key == "value":
        return f"{name}: {money([value for value in row.value if value.currency == currency])}."
    if key == "activity":
        return f"{name}: {row.active_days} active days."
    return f"{name}: last active on {question.day(row.last_active)}." if row.last_active else f"{name}: never active."


def _key(question: Question) -> str:
    return "activity" if question.has(_ACTIVE) else "recency" if question.has(_RECENT) else "value"
