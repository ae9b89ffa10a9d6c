"""Which way a figure went from one period to another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from agent.answer import Claim
from agent.figures import args_of, counted, figure, measure_of, thing, what
from agent.intent import Call, Intent, Question, Run, matcher, nothing
from agent.intents.measure import READS, is_clear
from agent.periods import Span, describe, find_ends, find_span
from agent.wording import opening
from tools.measure import Figure, FiguresResult

_CHANGE = (
    r"\b(?:change[ds]?|changing|develop\w*|evolv\w*|trend\w*|r[io]se|rising|risen|increas\w*|gr[eo]w\w*"
    r"|f[ae]ll(?:en|s|ing)?"
    r"|declin\w*|drop\w*|decreas\w*|go(?:ne|ing|es)? (?:up|down)|went (?:up|down)|up or down|higher or lower"
    r"|more or (?:less|fewer)|better|worse)\b"
)
_AGAINST = r"\b(?:vs\.?|versus|compar\w+|than|against|above|below|from|between|more|less|fewer|to|and)\b"
#: Where only one period stands there, it is held against the one before.
_BEFORE = {"month": "last month", "week": "last week", "quarter": "last quarter", "year": "last year"}


def plan(question: Question) -> list[Call]:
    return [Call("measure", _args(question, span)) for span in periods(question)]


def periods(question: Question) -> list[Span]:
    """The two periods that are held against each other, the earlier first; of one period its first and last month."""
    spans = sorted(question.spans, key=lambda span: (span.since is not None, span.since and span.since.timestamp()))
    if len(spans) > 1:
        return [spans[0], spans[-1]]
    now, settings = question.as_of, question.settings
    ends = find_ends(question.text, now, settings)
    if ends:
        return list(ends)
    months = _ends(question, spans[0]) if spans else []
    if months:
        return months
    this = next((unit for unit in _BEFORE if question.has(rf"\b(?:last|previous|this) {unit}\b")), "month")
    names = (f"last {this}", f"this {this}")
    if spans and not question.has(r"\b(?:compar\w+ (?:with|to)|vs\.?|versus|than) (?:last|previous|the last)\b"):
        before = _just_before(spans[0])
        return [before, spans[0]] if before else []
    found = [find_span(name, now, settings) for name in names]
    return [span for span in found if span]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    results = [run.result for run in runs if isinstance(run.result, FiguresResult)]
    spans = periods(question)
    if len(results) != 2 or len(spans) != 2:
        return []
    if not any(result.count for result in results):
        return nothing(f"No {what(question, results[1])} of {question.who} on record in either period", runs)
    newest = results[1] if results[1].count else results[0]
    noun = thing(question, measure_of(question)) if measure_of(question) != "count" else what(question, newest)
    claims = []
    for first, last in _pairs(results):
        went = _direction(first, last)
        text = (
            f"{opening(noun)} of {question.who} went {went}: {figure(first)} {describe(spans[0], question.settings)}, "
            f"{figure(last)} {describe(spans[1], question.settings)}."
        )
        text = text.replace(" went flat:", " stayed the same:")
        evidence = [key for result in results for row in result.rows for key in row.evidence[::-1][:2]]
        claims.append(Claim(text=text, evidence=evidence or counted(newest).evidence[:1]))
    return claims


def _args(question: Question, span: Span) -> dict[str, Any]:
    return {**args_of(question), "since": span.since, "before": span.before}


def _pairs(results: Sequence[FiguresResult]) -> list[tuple[Figure, Figure]]:
    """The first and the last value of each unit; where one has none it is nought."""
    found = [{value.unit: value for row in result.rows for value in row.values} for result in results]
    units: list[str | None] = [*sorted({unit for values in found for unit in values if unit})] or [None]
    return [tuple(values.get(unit, Figure(value=0, unit=unit)) for values in found) for unit in units]  # type: ignore[misc]


def _direction(first: Figure, last: Figure) -> str:
    return "flat" if first.value == last.value else "up" if last.value > first.value else "down"


def _ends(question: Question, span: Span) -> list[Span]:
    """The first and the last month of a period of several months."""
    if not span.since or not span.before or (span.before - span.since).days < 59:
        return []
    zone = question.settings.zone
    dates = (span.since.astimezone(zone), (span.before - timedelta(seconds=1)).astimezone(zone))
    found = [find_span(f"in {day:%Y-%m}", question.as_of, question.settings) for day in dates]
    return [each for each in found if each] if all(found) else []


def _just_before(span: Span) -> Span | None:
    if not span.since or not span.before:
        return None
    return Span(span.since - (span.before - span.since), span.since, "")


def _is_trend(question: Question) -> bool:
    two = len(question.spans) > 1 and question.has(_AGAINST)
    with_last = bool(question.spans) and question.has(r"\bcompar\w+ (?:with|to)\b")
    return (two or with_last or question.has(_CHANGE)) and bool(question.spans) and is_clear(question)


INTENT = Intent(
    name="trend",
    about="any",
    fits=_is_trend,
    reads=matcher(
        READS.pattern,
        _CHANGE,
        _AGAINST,
        r"\b(?:or|rising|falling|up|down|lower|higher|better|worse|getting|being|placing|than|rise|fall|compare|usage"
        r"|use|in|more|fewer|less|how|so|was|were|went|receive|net)\b",
    ),
    pattern=re.compile(r""),
    plan=plan,
    compose=compose,
    examples=(
        "Did orders go up from March to April?",
        "How did revenue develop?",
        "Sales this month versus last month",
    ),
)
