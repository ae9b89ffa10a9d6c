"""The one event that holds the most or the least of something: when it was, and whatever else it tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.answer import Claim
from agent.figures import args_of, figures, measure_of, thing
from agent.intent import Call, Intent, Question, Run, matcher, nothing, result_of
from agent.intents.measure import READS
from agent.superlatives import SINGLE, is_of_one
from agent.wording import opening, quote, who
from tools.measure import FigureRow, FiguresResult

#: Customers that are looked at for others who are level with the first.
_MOST = 50
_WHO = r"\b(?:who|whose|which (?:customers?|clients?|accounts?|users?|buyers?|compan(?:y|ies)))\b"
_EVENT = r"\b(?:who|whose|when|which|where|what date|what day)\b"


def plan(question: Question) -> list[Call]:
    if question.client_id:
        return [Call("measure", args_of(question))]
    # The first of each customer: so it is seen who is level.
    least = measure_of(question) == "smallest"
    return [Call("measure", args_of(question, by="customer", order="value", descending=not least, limit=_MOST))]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    found = result_of(runs, FiguresResult)
    if not found:
        return []
    claims = [claim for row in _level(found) for claim in _told(question, found, row)]
    return claims or nothing(f"No such event of {question.who} on record{question.when}", runs)


def _level(found: FiguresResult) -> list[FigureRow]:
    """In each currency the first row, and those that are level with it."""
    first = {row.values[0].unit: row.values[0].value for row in reversed(found.rows) if row.values}
    return [row for row in found.rows if row.values and first[row.values[0].unit] == row.values[0].value]


def _told(question: Question, found: FiguresResult, row: FigureRow) -> Iterator[Claim]:
    passage = next((each for each in found.passages if each.message_id in row.evidence[:1]), None)
    if passage is None:
        return
    named = who(passage.client_id, question.names.get(passage.client_id))
    event = f"on {question.day(passage.occurred_at)}: {quote(passage.text)}"
    value = f"the {thing(question, measure_of(question))}{question.when} is {figures(row)}"
    if question.has(_EVENT):
        yield Claim(text=f"{opening(named)}, {event}; {value}.", evidence=[passage.message_id])
    else:
        yield Claim(text=f"{opening(value)}: {named}, {event}.", evidence=[passage.message_id])


INTENT = Intent(
    name="extreme",
    about="any",
    fits=is_of_one,
    reads=matcher(
        READS.pattern, _WHO, SINGLE,
        r"\b(?:who|which|when|make|made|on|with|did|what|where|ever|far|single|one|any|has|had|gave"
        r"|left|date|day|how (?:long|high|large|big|much|low|old))\b",
    ),
    pattern=matcher(rf"\b{SINGLE}\b"),
    plan=plan,
    compose=compose,
    examples=("When was their largest order?", "Which customer placed the most expensive booking?"),
)  # fmt: skip
