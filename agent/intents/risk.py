"""Why one customer may leave, or left."""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Claim
from agent.intent import Call, Intent, Question, Run, matcher, result_of
from agent.intents.story import drivers, tell
from agent.wording import opening
from tools.signals import ChurnResult, SignalView

_STATUS = {
    "churned": "{who} counts as churned.",
    "insufficient_data": "{who} has too little history for a churn signal.",
    "prior": "{who} has a {band} churn signal, judged by the usual rhythm here because their own is not known yet.",
    "scored": "{who} has a {band} churn signal.",
}
#: Where a departure explains itself.
_REASONS = ["Subscription Cancelled", "Subscription Canceled", "Account Deleted", "Account Closed", "Plan Downgraded"]


def plan(question: Question) -> list[Call]:
    client = {"client_id": question.client_id}
    return [Call("churn", client), Call("timeline", {**client, "titles": _REASONS, "order": "newest", "limit": 2})]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    churn = result_of(runs, ChurnResult)
    if not churn or not churn.signals:
        return []
    signal = churn.signals[0]
    claims = [Claim(text=headline(question.who, signal), evidence=signal.evidence[::-1] or _any(runs))]
    claims += drivers(question, runs)
    said = {p.message_id: p for run in runs if run.result for p in run.result.passages if p.said}
    return [
        *claims,
        *(
            Claim(text=tell(question, said[key]), evidence=[key])
            for key in sorted(said, key=lambda k: said[k].occurred_at)
        ),
    ]


def headline(who: str, signal: SignalView) -> str:
    """The status of a signal in a sentence, with its rank where it has one."""
    text = _STATUS[signal.status].format(who=opening(who), band=signal.band)
    if signal.percentile is None:
        return text
    return f"{text[:-1]}; among scored customers here it ranks at percentile {signal.percentile:g}."


def _any(runs: Sequence[Run]) -> list[str]:
    """Something to cite for a customer without drivers: any of their events."""
    return [key for run in runs if run.result for fact in run.result.facts for key in fact.evidence][:1]


INTENT = Intent(
    name="risk",
    about="one",
    pattern=matcher(
        r"\b(churn\w*|at risk|risk|leav\w+|left|quit|lose|losing|cancel\w*|unhappy|stay\w*|going away|go away)\b",
    ),
    plan=plan,
    compose=compose,
    examples=("Why may this customer leave?", "Is this account going to cancel?", "How loyal is this customer still?"),
)
