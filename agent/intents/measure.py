"""One figure: how many events, or what their money or another property of theirs comes to."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.answer import Claim
from agent.figures import args_of, counted, figures, measure_of, thing, what
from agent.intent import Call, Intent, Question, Run, matcher, nothing, result_of
from agent.intents.events import names_events
from agent.wording import opening
from tools.measure import FiguresResult

_MONEY = (
    r"\bhow much\b|\brevenue\b|\bspen[dt]\b|\bspending\b|\bpaid\b|\bpays?\b|\bworth\b|\bvalue\b|\bturnover\b"
    r"|\btotal (?:amount|sales|revenue)\b"
)


def plan(question: Question) -> list[Call]:
    return [Call("measure", args_of(question))]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    found = result_of(runs, FiguresResult)
    if not found:
        return []
    if not found.count:
        return nothing(f"No {what(question, found)} of {question.who} on record{question.when}", runs)
    total = counted(found)
    count = Claim(
        text=f"{opening(what(question, found))} of {question.who}{question.when}: {found.count}.",
        evidence=total.evidence[::-1],
    )
    if not question.named:
        count.text = f"{count.text[:-1]}, of {found.customers} customer{'' if found.customers == 1 else 's'}."
    measure = measure_of(question)
    if measure == "count" or not found.rows:
        return [count]
    net = ", net of refunds" if measure == "sum" and not question.numbers and question.kind != "refund" else ""
    values = " and ".join(figures(row) for row in found.rows)
    text = f"The {thing(question, measure)} for {question.who}{question.when} is {values}{net}."
    return [Claim(text=text, evidence=[key for row in found.rows for key in row.evidence[:4]]), count]


_ONE = (
    r"\b(?:first|last|latest|newest|earliest|most recent(?:ly)?)\b(?!\s+(?:\d|week|month|quarter|year|two"
    r"|three|six))"
)
_LISTED = (
    r"\b(?:list|walk me through|step by step|in (?:\w+ )?order|(?:oldest|newest) first|first to last|timeline"
    r"|history)\b"
)
_ALL = r"\b(?:how (?:many|often)|number of|total|sum|average|mean|avg|altogether|in all)\b"


def _asks_all(question: Question) -> bool:
    """Whether a figure over several events is asked for; a property may be called "total"."""
    text = question.text
    for label in question.numbers:
        text = text.replace(label, " ")
    return re.search(_ALL, text, re.I) is not None


def is_clear(question: Question) -> bool:
    """Whether it is said what to count; "how many" alone counts nothing in particular."""
    if question.has(_LISTED) and not question.has(_ALL):
        return False
    if question.has(r"\bdates?\b|\b(?:churn|risk)\b"):
        return False
    if question.named and question.asks(_ONE) and not _asks_all(question):
        # A property of one event, not a figure over several.
        return False
    return measure_of(question) != "count" or bool(question.where) or names_events(question) or question.unsettled


READS = matcher(
    r"\bnot? (?:yet )?(?:resolved|answered|settled|paid)\b|\bnever (?:been )?(?:resolved|answered|settled|paid)\b",
    r"\b(?:average|mean|avg|median|typical(?:ly)?|largest|biggest|highest|greatest|smallest|lowest|cheapest|longest|shortest)\b",
    r"\b(?:maximum|minimum|max|min|(?:most|least) expensive|single|best|worst|altogether|told|combined"
    r"|together|add(?:ed|s)? up|comes?|came)\b",
    r"\b(?:net|after|minus|less|times?|events?|money|revenue|spen[dt]s?|spending|paid|pays?|worth|values?|turnover|cost|price)\b",
    r"\b(?:orders?|ordered|ordering|purchas\w*|bought|buys?|payments?|sales)\b",
    r"\b(?:refund\w*|returns?|returned|(?:sent|send|gave|give|given) back|back)\b",
    r"\b(?:complain\w*|tickets?|support|requests?|open(?:ed)?|still|unresolved|unsettled|active|activity|activities)\b",
    r"\b(?:sign(?:ed)?[ -]?ins?|log(?:ged)?[ -]?ins?|cancel\w*|use[ds]?|using|per|each|high|went through"
    r"|charged|because|due|reasons?|what['’]?s|how['’]?s|walk|through|so far|bring|brings|brought|came from"
    r"|give|gave|got)\b",
)

INTENT = Intent(
    name="measure",
    about="any",
    fits=is_clear,
    reads=READS,
    pattern=matcher(
        r"\bhow (?:many|much|often|high|low|large|long)\b",
        r"\b(?:number of|count|total|sum|average|mean|avg|median|altogether|(?:largest|biggest|highest"
        r"|smallest|lowest|cheapest|longest|shortest|most expensive|maximum|minimum))\b",
        rf"^(?!\s*(?:why|when|who)\b).*(?:{_MONEY})",
        r"\b(?:best|worst)\s+(?:\w+\s+)?(?:scores?|ratings?|stars?|grades?|marks?)\b",
        r"\badd(?:s|ed)? up\b|\bc[oa]mes? to\b|\bin all\b|\bso far\b",
        # "Complaints about noise?": events alone, without a verb, are counted
        r"^(?=.*\w{3,}s\b)(?!.*\b(?:what|which|when|why|who|where|list|show|did|does|do|is|are|was|were|has|have|tell|every|each)\b)",
    ),
    plan=plan,
    compose=compose,
    examples=("How many orders did they place?", "What is the total revenue?", "How much has this customer spent?"),
)
