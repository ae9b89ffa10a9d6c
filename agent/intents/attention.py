"""Who needs attention: customers with a high churn signal, the most valuable{each} first."""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Claim
from agent.intent import Call, Intent, Question, Run, matcher, nothing, result_of
from agent.intents.story import telling
from agent.wording import money, who
from tools.signal_view import SignalView
from tools.signals import ChurnResult


def plan(question: Question) -> list[Call]:
    return [Call("churn", {"bands": ["high"], "rank": "value", "limit": question.limit})]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    churn = result_of(runs, ChurnResult)
    if not churn:
        return []
    if not churn.total:
        return nothing("No customer has a high churn signal", runs)
    total = next(fact for fact in churn.facts if fact.name == "customers")
    each = " of each currency" if len(question.currencies) > 1 else ""
    noun = "customer has" if churn.total == 1 else "customers have"
    head = Claim(
        text=f"{churn.total} {noun} a high churn signal, the most valuable{each} first.", evidence=total.evidence[:3]
    )
    return [head, *(Claim(text=f"- {_row(signal)}", evidence=signal.evidence[::-1]) for signal in churn.signals)]


def _row(signal: SignalView) -> str:
    raising = [d.sentence for d in telling(signal) if d.direction == "raises"]
    reasons = "; ".join([*raising, *(each.sentence for each in signal.troubles)])
    return f"**{who(signal.client_id, signal.name)}**, net value {money(signal.value)}: {reasons}."


def _asks_who(question: Question) -> bool:
    """Whether it is asked who may leave: who is back or gone needs no attention, and a figure or a deed is neither."""
    past = question.has(r"\b(?:came|come|won) back\b|\breturned\b|\breactivated\b|\bchurned\b")
    return not (past or question.labels or (question.titles and question.span))


INTENT = Intent(
    name="attention",
    about="none",
    pattern=matcher(
        r"\bneeds? (?:our |my |the |some )?(attention|help|care|a call)\b",
        r"\b(who|which|what|list|show|any|name)\b.*"
        r"\b(at risk|churn(?!ed)\w*|leav\w+|los(?:e|ing)|cancel(?!l?ed)\w*|worr\w+|call first|contact)\b",
    ),
    fits=_asks_who,
    plan=plan,
    compose=compose,
    examples=("Who needs attention this week?", "Which customers should we call first?", "Whom might we lose soon?"),
)
