"""Events put into groups: by customer, item, event, period, weekday or the value of a property."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from memory.details import Value
from memory.record import Record
from memory.vocabulary import spelled
from tools.calendar import UNITS, WEEKDAYS, Calendar
from tools.condition import folded
from tools.pace import Pace
from tools.quantity import finder, stated_by
from tools.survey import Customer
from tools.traits import latest

#: One customer and those of their events that are meant.
Share = tuple[Customer, list[Record]]
#: An event -> each key that it goes under, with the key as it is shown.
Keys = Callable[[Record], Iterable[tuple[str, str]]]


@dataclass(slots=True)
class Group:
    """The events of one key, and the customers they are of."""

    name: str
    records: list[Record] = field(default_factory=list)
    clients: list[str] = field(default_factory=list)


async def group(shares: Sequence[Share], by: str | None, calendar: Calendar | None) -> dict[str, Group]:
    """The groups by key, those of a calendar all there, even where empty; made in turns with other requests."""
    found: dict[str, Group] = {}
    names: defaultdict[str, Counter[str]] = defaultdict(Counter)
    if by in UNITS and calendar:
        found = {name: Group(name) for name in calendar.names}
    elif by == "weekday":
        found = {name: Group(name.capitalize()) for name in WEEKDAYS}
    periods = [WEEKDAYS[day.weekday()] for day in calendar.days] if calendar and by == "weekday" else []
    periods = periods or (calendar.names if calendar else [])
    keys = None if by in (None, "customer", "weekday", *UNITS) else _keys(by or "", shares)
    pace = Pace()
    for customer, records in shares:
        if calendar:
            for key, part in _by_period(records, calendar, periods).items():
                found[key].records += part
                found[key].clients.append(customer.client_id)
        elif keys:
            _split(customer.client_id, records, keys, found, names)
        else:
            own = found.setdefault(customer.client_id if by else "", Group(customer.client_id if by else ""))
            own.records += records
            own.clients.append(customer.client_id)
        await pace.breathe()
    for key, spellings in names.items():
        plain = len(found[key].records) - spellings.total()
        if plain:
            spellings[key] = plain
        found[key].name = min(spellings, key=lambda name: (-spellings[name], name))
    return found


def _by_period(records: Sequence[Record], calendar: Calendar, periods: Sequence[str]) -> dict[str, list[Record]]:
    own: defaultdict[str, list[Record]] = defaultdict(list)
    starts = calendar.starts
    for record in records:
        own[periods[bisect_right(starts, record.occurred_at) - 1]].append(record)
    return own


def _split(
    client_id: str,
    records: Sequence[Record],
    keys: Keys,
    found: dict[str, Group],
    names: defaultdict[str, Counter[str]],
) -> None:
    """Put one customer's events under their keys, counting how else than as itself each key is spelled."""
    for record in records:
        for key, name in keys(record):
            own = found.get(key)
            if own is None:
                own = found[key] = Group(key)
            own.records.append(record)
            if not own.clients or own.clients[-1] != client_id:
                own.clients.append(client_id)
            if name != key:
                names[key][name] += 1


def _keys(by: str, shares: Sequence[Share]) -> Keys:
    if by == "item":
        return lambda record: [(item, item) for item in dict.fromkeys(record.items)]
    if by == "event":
        return lambda record: [(spelled(record.title), record.title)]
    return _property(by, shares)


def _property(label: str, shares: Sequence[Share]) -> Keys:
    """By what the events say; where none of them says it, by what was last said of their customers."""
    find = finder(label)
    if any(find(record) is not None for _, records in shares for record in records):
        return lambda record: [] if find(record) is None else [*dict.fromkeys(map(_shown, stated_by(record, label)))]
    stated: dict[str, tuple[str, str]] = {}
    for customer, records in shares:
        known = latest(customer.records, label)
        if known:
            stated.update((record.message_id, _shown(known[0])) for record in records)
    return lambda record: [stated[record.message_id]] if record.message_id in stated else []


def _shown(value: Value) -> tuple[str, str]:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, float) and value.is_integer():
        text = str(int(value))
    return folded(text), text
