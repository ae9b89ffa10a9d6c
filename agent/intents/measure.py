"""Counts and sums of events and money, of one customer or of everyone."""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Claim
from agent.intent import Call, Intent, Question, Run, matcher, nothing, noun, result_of
from agent.intents.events import names_events
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
_HEADS = {
    "sum": "The value for {who}{when} comes to",
    "average": "The average amount for {who}{when} is",
    "largest": "The largest amount for {who}{when} is",
    "smallest": "The smallest amount for {who}{when} is",
}


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
    sums = [fact for fact in found.facts if fact.name in _HEADS]
    if not sums:
        return [count]
    values = listed([amount(fact.value, fact.unit) for fact in sums])
    net = ", net of refunds" if _measure(question) == "sum" else ""
    text = f"{_HEADS[sums[0].name].format(who=question.who, when=question.when)} {values}{net}."
    return [Claim(text=text, evidence=[key for fact in sums for key in fact.evidence[::-1]]), count]


def _measure(question: Question) -> str:
    for pattern, measure in _KINDS.items():
        if question.has(pattern):
            return measure
    return "sum" if question.has(_MONEY) and not question.has(r"\bhow (many|often)\b|\bnumber of\b") else "count"


_READS = matcher(
    r"\bnot? (?:yet )?(?:resolved|answered|settled|paid)\b|\bnever (?:been )?(?:resolved|answered|settled|paid)\b",
    r"\b(?:average|mean|largest|biggest|highest|smallest|lowest|cheapest|maximum|minimum|most expensive)\b",
    r"\b(?:net|minus|less|times?|events?|money|revenue|spen[dt]|spending|paid|pays?|worth|values?|turnover)\b",
    r"\b(?:orders?|ordered|purchas\w*|bought|buys?|payments?|sales)\b",
    r"\b(?:refund\w*|returns?|returned|(?:sent|send) back|back)\b",
    r"\b(?:complain\w*|tickets?|support|requests?|open(?:ed)?|still|unresolved|unsettled|active|activity|activities)\b",
    r"\b(?:sign(?:ed)?[ -]?ins?|log(?:ged)?[ -]?ins?|cancel\w*|use[ds]?|using)\b",
)


def _is_clear(question: Question) -> bool:
    """Whether it is said what to count; "how many" alone counts nothing in particular."""
    return _measure(question) != "count" or names_events(question) or question.item is not None or question.unsettled


INTENT = Intent(
    name="measure",
    about="any",
    fits=_is_clear,
    reads=_READS,
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
