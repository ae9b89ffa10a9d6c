"""The facts of a table of figures: each value, what its row is called, and what the first and last come to."""

from __future__ import annotations

from collections.abc import Sequence

from tools.calendar import UNITS
from tools.fact import MAX_EVIDENCE, Fact, newest, number
from tools.figure_args import FigureRow, FiguresArgs
from tools.figure_lines import Line
from tools.grouping import Share
from tools.naming import client_facts, item_fact, word_fact
from tools.survey import Customer

TOOL_NAME = "measure"


def row_facts(
    lines: Sequence[Line], rows: Sequence[FigureRow], args: FiguresArgs, people: dict[str, Customer], url: str
) -> list[Fact]:
    """For each row what it is called, and each of its values with the events behind it."""
    found: list[Fact] = []
    for line, row in zip(lines, rows, strict=True):
        found += _name_facts(row, args, people)
        for figure in row.values:
            holder = line.holders.get(figure.unit)
            behind = [holder] if holder else line.records.get(figure.unit, [])
            found.append(
                Fact(
                    name=args.measure,
                    value=figure.value,
                    unit=figure.unit,
                    tool=TOOL_NAME,
                    evidence=[record.message_id for record in newest(behind)],
                    evidence_total=len(behind),
                    query=url if len(behind) > MAX_EVIDENCE else None,
                )
            )
    return found


def difference_facts(lines: Sequence[Line], args: FiguresArgs, rows: Sequence[FigureRow]) -> list[Fact]:
    """By how much the last period differs from the first, or the higher of two rows from the lower; by unit."""
    found: list[Fact] = []
    for unit in dict.fromkeys(unit for line in lines for unit in line.values):
        ends = [(line, row) for line, row in zip(lines, rows, strict=True) if unit in line.values]
        if len(ends) < 2 or not (len(ends) == 2 or args.by in UNITS):
            continue
        if args.by in UNITS:
            ends.sort(key=lambda each: each[0].key)
        else:
            ends.sort(key=lambda each: each[0].values[unit])
        first, last = ends[0][0].values[unit], ends[-1][0].values[unit]
        evidence = list(dict.fromkeys([*ends[0][1].evidence[-25:], *ends[-1][1].evidence[-25:]]))
        total = len(ends[0][0].behind) + len(ends[-1][0].behind)
        share = round(float((last - first) / abs(first) * 100), 1) if first else None
        for name, value, what in (("difference", number(last - first), unit), ("percent", share, "percent")):
            found.append(
                Fact(name=name, value=value, unit=what, tool=TOOL_NAME, evidence=evidence, evidence_total=total)
            )
    return found


def customers_fact(shares: Sequence[Share]) -> Fact:
    """How many customers the events are of, resting on the last event of each."""
    last = [records[-1].message_id for _, records in shares]
    return Fact(
        name="customers", value=len(shares), unit="customers", tool=TOOL_NAME, evidence=last[:MAX_EVIDENCE],
        evidence_total=len(last), query="GET /clients" if len(last) > MAX_EVIDENCE else None,
    )  # fmt: skip


def _name_facts(row: FigureRow, args: FiguresArgs, people: dict[str, Customer]) -> list[Fact]:
    customer = people.get(row.client_id or "")
    named = client_facts(customer, row.evidence[-1:], TOOL_NAME) if customer else []
    if args.by in (None, "customer"):
        return named
    if args.by == "item":
        return [*named, item_fact(row.key, row.evidence[-1:], TOOL_NAME)]
    return [*named, word_fact(args.by or "", row.key, row.evidence[-1:], TOOL_NAME)]
