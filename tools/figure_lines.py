"""The lines of a table of figures: groups measured exactly, filled with zeros, ordered and cut."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import median

from memory.record import Record
from tools.calendar import UNITS
from tools.condition import folded
from tools.figure_args import COUNTED, MAX_ROWS, OF_QUANTITIES, ZERO, FiguresArgs, Measure
from tools.grouping import Group
from tools.pace import Pace
from tools.quantity import Quantity, finder

#: Amounts, and the event behind each.
Amounts = tuple[list[Decimal], list[Record]]


@dataclass(slots=True)
class Line:
    """A group's values by unit, the events behind each, and the event that holds it where one does."""

    key: str
    group: Group
    values: dict[str | None, Decimal] = field(default_factory=dict)
    records: dict[str | None, list[Record]] = field(default_factory=dict)
    holders: dict[str | None, Record] = field(default_factory=dict)

    @property
    def unit(self) -> str | None:
        """The unit of a line that has one value."""
        return next(iter(self.values))

    @property
    def behind(self) -> list[Record]:
        """The events behind all values."""
        return [record for unit in self.values for record in self.records.get(unit, ())]


async def make_lines(groups: dict[str, Group], args: FiguresArgs, quantities: dict[str, Quantity]) -> list[Line]:
    """Every line there is, in order; `quantities` are by message id. Made in turns with other requests."""
    lines, pace = [], Pace()
    for key, found in groups.items():
        lines.append(_line(key, found, args, quantities))
        await pace.breathe()
    return _ordered(_with_zeros(lines, args), args)


def limited(lines: list[Line], args: FiguresArgs) -> list[Line]:
    """The first lines, of each currency; of periods the last."""
    if args.by_key and args.by in UNITS:
        return lines[-(args.limit if "limit" in args.model_fields_set else MAX_ROWS) :]
    if args.by_key:
        return lines[: args.limit]
    seen: Counter[str | None] = Counter()
    kept: list[Line] = []
    for line in lines:
        seen[line.unit] += 1
        if seen[line.unit] <= args.limit and len(kept) < MAX_ROWS:
            kept.append(line)
    return kept


def names_of(record: Record, of: str, value: object) -> list[str]:
    """What an event says under `of`, folded; where it says nothing and items are asked for, its items."""
    if value is not None:
        return [folded(value)]
    return [folded(item) for item in record.items] if of in ("item", "items") else []


def _line(key: str, found: Group, args: FiguresArgs, quantities: dict[str, Quantity]) -> Line:
    line = Line(key, found)
    if args.measure not in OF_QUANTITIES:
        if found.records:
            unit = COUNTED.get(args.measure)
            line.values[unit], line.records[unit] = Decimal(_tally(found, args)), found.records
        return line
    by_unit: dict[str | None, Amounts] = {}
    for record in found.records:
        amount, unit = quantities[record.message_id]
        own = by_unit.get(unit)
        if own is None:
            own = by_unit[unit] = ([], [])
        own[0].append(amount)
        own[1].append(record)
    for unit in sorted(by_unit, key=_name_of):
        line.values[unit], holder = _value(args.measure, by_unit[unit])
        line.records[unit] = by_unit[unit][1]
        if holder:
            line.holders[unit] = holder
    return line


def _tally(found: Group, args: FiguresArgs) -> int:
    if args.measure == "customers":
        return len(found.clients)
    if args.measure == "distinct" and args.of:
        of, find = args.of, finder(args.of)
        return len({name for record in found.records for name in names_of(record, of, find(record))})
    return len(found.records)


def _value(measure: Measure, amounts: Amounts) -> tuple[Decimal, Record | None]:
    """The measure of some amounts, and the event that holds it if one does."""
    alone = amounts[0]
    if measure in ("largest", "smallest"):
        pick = max if measure == "largest" else min
        # The largest refund is the one that gave most back.
        size = abs if all(amount <= 0 for amount in alone) else Decimal
        return pick(zip(*amounts, strict=True), key=lambda each: (size(each[0]), each[1].order))
    if measure == "median":
        return median(alone), None
    total = sum(alone, Decimal(0))
    return total / len(alone) if measure == "average" else total, None


def _with_zeros(lines: list[Line], args: FiguresArgs) -> list[Line]:
    """Empty groups with a zero in each unit that there is; without them where nothing has no value."""
    if args.measure not in ZERO:
        return [line for line in lines if line.values]
    units = {unit for line in lines for unit in line.values} or {args.code or COUNTED.get(args.measure)}
    for line in lines:
        if not line.group.records or args.by_key:
            line.values = {unit: line.values.get(unit, Decimal(0)) for unit in sorted(units, key=lambda u: u or "")}
    return lines


def _split(line: Line) -> list[Line]:
    """A line for each of its units."""
    if len(line.values) == 1:
        return [line]
    return [
        Line(line.key, line.group, {unit: value}, line.records, line.holders) for unit, value in line.values.items()
    ]


def _name_of(unit: str | None) -> str:
    return unit or ""


def _ordered(lines: list[Line], args: FiguresArgs) -> list[Line]:
    """By key; or by value, currency by currency: amounts of different currencies are not compared."""
    if args.by_key:
        # Weekdays come in the order of the week.
        return lines if args.by == "weekday" else sorted(lines, key=lambda line: line.key)
    single = [each for line in lines for each in _split(line)]
    sign = -1 if args.descending else 1
    return sorted(single, key=lambda line: (line.unit or "", sign * line.values[line.unit], line.key))
