"""Which of several customers has more, with the figure of each."""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Claim
from agent.figures import args_of, counted, figures, measure_of, thing, what
from agent.intent import Call, Intent, Question, Run, matcher, nothing, result_of
from agent.intents.measure import READS, is_clear
from agent.wording import listed, opening, who
from tools.measure import FigureRow, FiguresResult


def plan(question: Question) -> list[Call]:
    return [Call("measure", args_of(question, by="customer", limit=20))]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    found = result_of(runs, FiguresResult)
    if not found or not found.rows:
        return []
    measure = measure_of(question)
    if not found.count:
        return nothing(f"No {what(question, found)} of {question.who} on record{question.when}", runs)
    noun = thing(question, measure) if measure != "count" else what(question, found)
    claims = []
    for unit in sorted({value.unit or "" for row in found.rows for value in row.values}):
        rows = [row for row in found.rows if any((value.unit or "") == unit for value in row.values)]
        evidence = [key for row in rows for key in row.evidence[::-1][:2]] or counted(found).evidence[::-1][:1]
        claims.append(Claim(text=f"{_verdict(question, rows)} in {noun}{question.when}.", evidence=evidence))
        claims += [
            Claim(
                text=f"- {opening(_called(question, row))}: {figures(row)}.",
                evidence=row.evidence[::-1] or evidence[:1],
            )
            for row in rows
        ]
    return claims


def _verdict(question: Question, rows: Sequence[FigureRow]) -> str:
    values = [row.values[0].value for row in rows]
    first = [row for row, value in zip(rows, values, strict=True) if value == max(values)]
    if len(first) > 1:
        named = listed([_called(question, row) for row in first])
        return f"{opening(named)} are equal" if len(first) == len(rows) else f"{opening(named)} are ahead, and equal,"
    rest = listed([_called(question, row) for row in rows if row is not first[0]])
    return f"{opening(_called(question, first[0]))} has more than {rest}"


def _called(question: Question, row: FigureRow) -> str:
    return who(row.key, question.names.get(row.key))


INTENT = Intent(
    name="compare",
    about="several",
    fits=is_clear,
    reads=matcher(
        READS.pattern,
        r"\b(?:compare[ds]?|comparison|comparing|versus|vs|or|than|more|most|less|fewer|fewest|least"
        r"|better|worse|higher|lower|both|two|of)\b",
        r"\b(?:bring|brought|brings|in|often|oftener|frequently|heavier|bigger|larger|ahead|against"
        r"|between|difference|things?|send|sends?)\b",
    ),
    pattern=matcher(
        r"\bside by side\b",
        r"\b(?:compare[ds]?|comparison|versus|vs|against|or|than|more|most|less|fewer|fewest|least|better"
        r"|worse|higher|lower|difference)\b",
    ),
    plan=plan,
    compose=compose,
    examples=("Who spent more, this customer or that one?", "Compare these two accounts."),
)
