"""A figure step by step or part by part: orders per month, revenue by country."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.answer import Claim
from agent.figures import args_of, counted, figures, measure_of, thing, what
from agent.intent import Call, Intent, Question, Run, matcher, nothing, result_of
from agent.intents.measure import READS, is_clear
from agent.wording import opening, plain
from tools.measure import FiguresResult

_BY = re.compile(r"\b(?:by|per|for each|for every|each|split by|grouped by|broken down by)\s+((?:\w+\s*){1,3})", re.I)
_MOST = 60


def plan(question: Question) -> list[Call]:
    by = _by(question)
    of = next((number for number in question.numbers if number != by), None)
    more = {"by": by, "limit": _MOST, "descending": question.step is None}
    return [Call("measure", {**args_of(question, **more), "of": of if measure_of(question) != "count" else None})]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    found = result_of(runs, FiguresResult)
    if not found:
        return []
    if not found.count:
        return nothing(f"No {what(question, found)} of {question.who} on record{question.when}", runs)
    measure = measure_of(question)
    noun = what(question, found) if measure == "count" else thing(question, measure)
    head = f"{opening(noun)} of {question.who}{question.when}, by {plain(_by(question) or '')}:"
    total = counted(found).evidence[::-1]
    rows = [
        Claim(text=f"- {plain(row.key)}: {figures(row)}.", evidence=row.evidence[::-1] or total[:1])
        for row in found.rows
    ]
    return [Claim(text=head, evidence=total[:2]), *rows]


def _by(question: Question) -> str | None:
    if question.step:
        return question.step
    match = _BY.search(question.text)
    if not match or not question.lexicon:
        return None
    words = match[1].lower()
    if re.match(r"(?:customer|client|account|user|person)s?\b", words):
        return "customer"
    if re.match(r"(?:item|product|feature)s?\b", words):
        return "item"
    texts = [label for label in question.labels if label not in question.numbers]
    return next((text for text in texts if text.split()[0] in words or words.split()[0].rstrip("s") in text), None)


def _splits(question: Question) -> bool:
    by = _by(question)
    per = question.has(r"\baverage\b|\bmean\b|\bavg\b") and not question.has(r"\b(?:by|each|every|monthly|weekly)\b")
    return (
        by is not None
        and not per
        and not question.has(r"\b(?:top|most|least|rank\w*|best|worst|biggest|largest|highest|lowest|fewest)\b")
        and is_clear(question)
    )


INTENT = Intent(
    name="breakdown",
    about="any",
    fits=_splits,
    reads=matcher(
        READS.pattern,
        r"\b(?:by|per|each|every|monthly|weekly|daily|yearly|quarterly|days?|weeks?|months?|quarters?|years?|weekdays?|show|split|grouped|broken|down|development|for)\b",
    ),
    pattern=re.compile(r""),
    plan=plan,
    compose=compose,
    examples=("Orders per month", "Revenue by country", "How many tickets each week?"),
)
