"""Why one customer may leave, or left."""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Claim
from agent.intent import Call, Intent, Question, Run, matcher, result_of
from agent.intents.story import drivers, tell
from agent.wording import opening
from memory.vocabulary import meaning_of
from tools.signal_view import SignalView
from tools.signals import ChurnResult

_STATUS = {
    "churned": "{who} counts as churned.",
    "insufficient_data": "{who} has too little history for a churn signal.",
    "prior": "{who} has a {band} churn signal, judged by what is usual elsewhere because too little is known here.",
    "scored": "{who} has a {band} churn signal.",
    "training": "No churn signal of {who} yet: {why}.",
}
#: Where a departure explains itself.
_REASONS = ["Subscription Cancelled", "Subscription Canceled", "Account Deleted", "Account Closed", "Plan Downgraded"]

_OFF = r"(?:leav\w+|cancel\w*|quit\w*|churn\w*|stay\w*|go(?:ing)? away|stop\w*)"
_RISK = (
    rf"\bchurn\w*\b|\brisky?\b|\blos(?:e|ing)\b|\blikely to {_OFF}\b|\bunhappy\b|\bhow loyal\b"
    r"|\b(?:will|might|may|could|would|going to|about to|wants? to|plan\w* to|thinking of)\b"
    rf"(?:\W+\w+){{0,4}}?\W+{_OFF}\b"
)
_GONE = r"(?<!-)\b(?:leav\w+|left(?!-)|quit|cancel\w*|gone|going away)\b"
#: "And what speaks for it?", of the clause before.
_SIGNS = r"\b(?:speaks?|points?|argues?) (?:for|against|to) (?:it|that|this)\b|\bwhat (?:are|were) the signs\b"


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
    why = (signal.reason or "").rstrip(".")
    text = _STATUS[signal.status].format(who=opening(who), band=signal.band, why=f"{why[:1].lower()}{why[1:]}")
    if signal.status == "churned" or signal.probability is None:
        return text
    chance = f"; the probability is {100 * signal.probability:.0f} percent within {signal.horizon_days} days"
    rank = "" if signal.percentile is None else f", percentile {signal.percentile:g} among customers here"
    return f"{text[:-1]}{chance}{rank}."


def _any(runs: Sequence[Run]) -> list[str]:
    """Something to cite for a customer without drivers: any of their events."""
    return [key for run in runs if run.result for fact in run.result.facts for key in fact.evidence][:1]


def _asks_for_risk(question: Question) -> bool:
    """Whether it is asked if somebody may leave, or has left; why they did is another question."""
    if question.has(r"\bhow (?:many|much|often)\b|\bnumber of\b"):
        return False
    if question.has(_SIGNS):
        return not question.titles and question.kind == "any"
    if question.has(_RISK):
        return True
    leaving = question.kind == "any" and all(meaning_of(title).leaves for title in question.titles)
    return leaving and question.has(_GONE) and not question.has(r"^\W*(?:when|what|which|why|who|list|show)\b")


INTENT = Intent(
    name="risk",
    about="one",
    fits=_asks_for_risk,
    pattern=matcher(_RISK, _GONE, _SIGNS),
    plan=plan,
    compose=compose,
    examples=("Why may this customer leave?", "Is this account going to cancel?", "How loyal is this customer still?"),
)
