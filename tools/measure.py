"""Counts, sums, averages, extremes, rankings and trends of events, by customer, item, period or property."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from memory.cleaning import EARLIEST
from memory.record import Record
from tools.calendar import UNITS, Calendar, Unit, make_calendar
from tools.fact import MAX_EVIDENCE, Passage, count_fact, newest, number
from tools.figure_args import OF_QUANTITIES, Figure, FigureRow, FiguresArgs
from tools.figure_facts import customers_fact, difference_facts, row_facts
from tools.figure_lines import Line, limited, make_lines, names_of
from tools.grouping import Group, Share, group
from tools.pace import Pace
from tools.people import read_people
from tools.quantity import Quantity, finder, given_back, quantity_of
from tools.selection import Select, selector
from tools.survey import Customer
from tools.tool import Tool, ToolContext, ToolError, ToolResult, passages

__all__ = ["TOOL", "Figure", "FigureRow", "FiguresArgs", "FiguresResult", "run"]

#: Passages that come with figures: enough to cite from.
_SHOWN = 12
_URL = "GET /clients/{id}/timeline of each customer"


class FiguresResult(ToolResult):
    """`total_rows` there are, `rows` are the first; `count` events of `customers` customers are behind them."""

    rows: list[FigureRow]
    total_rows: int
    count: int
    customers: int


async def run(context: ToolContext, args: FiguresArgs) -> FiguresResult:
    if args.measure == "distinct" and not args.of:
        raise ToolError("distinct needs `of`: which property to count the different values of", "of")
    people = await read_people(context, args.client_ids)
    shares, quantities = await _matched(people, args)
    matched = [record for _, records in shares for record in records]
    if args.by == "item" and args.measure in OF_QUANTITIES and any(len(record.items) > 1 for record in matched):
        raise ToolError("an event about several items states one amount, which cannot be told by item", "by")
    groups = await group(shares, args.by, _calendar(context, args, matched))
    _add_asked(groups, args, people)
    lines = await make_lines(groups, args, quantities)
    shown = limited(lines, args)
    rows = [_row(line, args, people) for line in shown]
    named = {person.client_id: person for person in people}
    facts = [*row_facts(shown, rows, args, named, _URL), *difference_facts(shown, args, rows)]
    facts += [count_fact("events", matched, "events", "measure", _URL), customers_fact(shares)]
    if not matched:
        everything = [record for person in people for record in person.records]
        facts.append(count_fact("searched", everything, "events", "measure", _URL))
    return FiguresResult(
        facts=facts,
        passages=await _passages(context, args, rows, people),
        rows=rows,
        total_rows=len(lines),
        count=len(matched),
        customers=len(shares),
    )


async def _matched(people: Sequence[Customer], args: FiguresArgs) -> tuple[list[Share], dict[str, Quantity]]:
    """Each customer's events that are meant, where there are any, and the quantity of each event."""
    choose = _choice(args)
    # Where only refunds are asked for, what they come to is no negative value.
    read = given_back if args.of is None and args.kind == "refund" else quantity_of(args.of)
    find = finder(args.of) if args.of else None
    quantities: dict[str, Quantity] = {}
    shares: list[Share] = []
    pace, code = Pace(), args.code
    for person in people:
        records = choose(person.records)
        if args.measure in OF_QUANTITIES:
            kept = []
            for record in records:
                quantity = read(record)
                if quantity is not None and (code in (None, quantity[1])):
                    quantities[record.message_id] = quantity
                    kept.append(record)
            records = kept
        elif find:
            records = [record for record in records if names_of(record, args.of or "", find(record))]
        if records:
            shares.append((person, records))
        await pace.breathe()
    return shares, quantities


def _choice(args: FiguresArgs) -> Select:
    """An average or an extreme of money is about purchases, unless something else is asked for."""
    extreme = args.measure in OF_QUANTITIES - {"sum"}
    if extreme and args.of is None and args.kind == "any" and not args.titles:
        return selector(args.model_copy(update={"kind": "purchase"}))
    return selector(args)


def _calendar(context: ToolContext, args: FiguresArgs, matched: Sequence[Record]) -> Calendar | None:
    """The periods asked about, as far as they have begun; without since and before, those of the events."""
    if args.by not in UNITS and args.by != "weekday":
        return None
    times = [record.occurred_at for record in matched]
    if args.by == "weekday":
        # Looked up by day, and never shown: no more days than there are between the events.
        return make_calendar("day", min(times), max(times), context.settings, most=None) if times else None
    since = args.since or min(times, default=None)
    before = min(args.before, context.as_of) if args.before else None
    last = before - timedelta(microseconds=1) if before else max(times, default=None)
    if since is None or last is None or since > last:
        return None
    unit: Unit = args.by  # type: ignore[assignment] # one of UNITS
    return make_calendar(unit, max(since, EARLIEST), last, context.settings)


def _add_asked(groups: dict[str, Group], args: FiguresArgs, people: Sequence[Customer]) -> None:
    """Customers that were asked for have a row though nothing matched, and so has a question without `by`."""
    if args.by == "customer" and args.client_ids:
        for person in people:
            groups.setdefault(person.client_id, Group(person.client_id))
    if args.by is None:
        groups.setdefault("", Group(""))


def _row(line: Line, args: FiguresArgs, people: Sequence[Customer]) -> FigureRow:
    own = line.behind
    held = [line.holders[unit].message_id for unit in line.values if unit in line.holders]
    alone = people[0].client_id if len(people) == 1 else None
    return FigureRow(
        key=line.group.name,
        client_id=line.key if args.by == "customer" else alone,
        values=[Figure(value=number(value), unit=unit) for unit, value in line.values.items()],
        events=len(own),
        evidence=list(dict.fromkeys([*held, *(record.message_id for record in newest(own))]))[:MAX_EVIDENCE],
    )


async def _passages(
    context: ToolContext, args: FiguresArgs, rows: Sequence[FigureRow], people: Sequence[Customer]
) -> list[Passage]:
    """Some of what the rows rest on: of one row the newest events, of several one each."""
    # Of an extreme the event that holds it stands first.
    first = args.measure in ("largest", "smallest")
    if len(rows) == 1 and not first:
        keys = rows[0].evidence[-_SHOWN:]
    else:
        keys = list(dict.fromkeys(row.evidence[0 if first else -1] for row in rows if row.evidence))[:_SHOWN]
    if not args.client_ids and not context.bound_to:
        return await passages(context, keys)
    # Of a few customers it is known whose an event is, without a survey of everyone.
    shown: list[Passage] = []
    for person in people:
        own = {record.message_id for record in person.records}
        shown += await passages(context, [key for key in keys if key in own], person.client_id)
    return sorted(shown, key=lambda passage: keys.index(passage.message_id))


TOOL = Tool(
    "measure",
    "Count, sum, average, rank or compare events and amounts, by customer, item, event, period or any property.",
    FiguresArgs,
    run,
)
