"""Counts and sums of events and money, of one customer or of everyone."""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Claim
from agent.intent import Call, Intent, Question, Run, matcher, nothing, noun, result_of
from agent.wording import amount, listed, opening
from tools.measure import MeasureResult

_MONEY = (
    r"\bhow much\b|\brevenue\b|\bspen[dt]\b|\bspending\b|\bpaid\b|\bpay\b|\bworth\b|\bvalue\b|\bturnover\b"
    r"|\btotal (?:amount|sales|revenue)\b"
)
_KINDS = {
    r"\b(average|mean)\b": "average",
    r"\b(largest|biggest|highest|most expensive|maximum)\b": "largest",
    r"\b(smallest|cheapest|lowest|minimum)\b": "smallest",
}
_HOW_MANY_PEOPLE = r"\b(?:how many|number of) (?:\w+ )?(?:customers|clients|users|accounts|people|buyers)\b"
_VERBS = {"sum": "comes to", "average": "is on average", "largest": "was at most", "smallest": "was at least"}


def plan(question: Question) -> list[Call]:
    measure = _measure(question)
    wanted = question.filter()
    if measure != "count" and wanted["kind"] in ("any", "money") and not wanted["titles"]:
        # "The average order value" is not about refunds, although "value" alone is net of them.
        wanted["kind"] = "money" if measure == "sum" else "purchase"
    return [Call("measure", {**wanted, "client_id": question.client_id, "measure": measure})]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    found = result_of(runs, MeasureResult)
    if not found:
        return []
    if not found.count:
        return nothing(f"No {noun(question, found, None)} of {question.who} on record{question.when}", runs)
    counted = found.facts[0]
    count = Claim(
        text=f"{opening(noun(question, found, found.passages[-1]))} of {question.who}{question.when}: {found.count}.",
        evidence=counted.evidence[::-1],
    )
    if not question.client_id and question.has(_HOW_MANY_PEOPLE):
        what = noun(question, found, found.passages[-1])
        count.text = f"{found.customers} customers with {what}{question.when}: {found.count} in all."
    elif not question.client_id:
        count.text = f"{count.text[:-1]}, of {found.customers} customers."
    sums = [fact for fact in found.facts if fact.name in _VERBS]
    if not sums:
        return [count]
    values = listed([amount(fact.value, fact.unit) for fact in sums])
    net = ", net of refunds" if _measure(question) == "sum" else ""
    text = f"The value for {question.who}{question.when} {_VERBS[sums[0].name]} {values}{net}."
    return [Claim(text=text, evidence=[key for fact in sums for key in fact.evidence[::-1]]), count]


def _measure(question: Question) -> str:
    for pattern, measure in _KINDS.items():
        if question.has(pattern):
            return measure
    return "sum" if question.has(_MONEY) and not question.has(r"\bhow (many|often)\b|\bnumber of\b") else "count"


INTENT = Intent(
    name="measure",
    about="any",
    pattern=matcher(
        r"\bhow (many|much|often)\b",
        r"\b(number|count|total|sum|average|largest|biggest|smallest)\b.*"
        r"\b(of|amount|orders?|payments?|purchases?|sales|refunds?|value)\b",
        rf"^(?!\s*(?:why|when|who)\b).*(?:{_MONEY})",
    ),
    plan=plan,
    compose=compose,
    examples=("How many orders did they place?", "What is the total revenue?", "How much has this customer spent?"),
)
