"""Every customer's events in columns: what features and labels are counted from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from memory.details import Value
from memory.record import Record

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_S = 86_400
#: Seconds that a customer's times are moved by for each customer before: longer than any calendar (9,000 years).
SPAN_S = np.int64(300_000_000_000)
#: Customers and seconds share one 64-bit number.
MAX_CUSTOMERS = 30_000_000
#: Kinds of trouble that an event opens (positive) or settles (negative), 0 for neither.
TROUBLES = ("payment", "support", "downgrade", "refund", "feedback")


@dataclass(frozen=True, slots=True)
class Kind:
    """What all events of one title have in common."""

    title: str
    active: bool
    money: int
    leaves: bool
    returns: bool
    trouble: int
    settles: int


@dataclass(frozen=True, slots=True)
class Table:
    """Events by customer, then time, then id. `key` is `customer * SPAN_S + second`, ascending.

    `cents`: signed hundredths of the amount in whatever currency it is; `kinds[kind[i]]` tells what event i is.
    `said` holds, per label of a property, what numbers and texts events state, by row.
    """

    customers: tuple[str, ...]
    kinds: tuple[Kind, ...]
    start: Ints
    key: Ints
    kind: NDArray[np.int32]
    cents: Ints
    said: dict[str, Said] = field(default_factory=dict)

    @property
    def second(self) -> Ints:
        """Seconds since 1970 of each event."""
        return self.key - self.owner * SPAN_S

    @property
    def owner(self) -> Ints:
        """The number of each event's customer."""
        return self.key // SPAN_S

    def of_kinds(self, chosen: Sequence[bool]) -> Bools:
        """Which events are of the kinds chosen, one truth a kind."""
        return np.asarray(chosen, dtype=np.bool_)[self.kind] if len(self.kinds) else np.zeros(0, np.bool_)


@dataclass(frozen=True, slots=True)
class Said:
    """What events say under one label: the rows that say it, as numbers (NaN where it is a text) or codes of texts."""

    row: Ints
    number: NDArray[np.float64]
    text: NDArray[np.int32]
    texts: tuple[str, ...]


def seconds(moment: datetime) -> int:
    """Whole seconds since 1970, rounded up: an event of a second lies before an instant within it."""
    past = moment - _EPOCH
    return past.days * DAY_S + past.seconds + (1 if past.microseconds else 0)


@lru_cache(maxsize=4096)
def kind_of(title: str) -> Kind:
    """The kind of an event with this title, from what its name means."""
    from memory.vocabulary import meaning_of

    meaning = meaning_of(title)
    trouble, settles = (TROUBLES.index(each) + 1 if each else 0 for each in (meaning.trouble, meaning.settles))
    return Kind(title, meaning.active, meaning.money, meaning.leaves, meaning.returns, trouble, settles)


def make_table(everyone: Mapping[str, Sequence[Record]], labels: Sequence[str] | None = None) -> Table:
    """The table of these customers, each with their records in order.

    `labels`: the properties to read, None for all of them, () for none.
    """
    customers = tuple(sorted(everyone))
    records = [record for customer in customers for record in everyone[customer]]
    counts = np.array([len(everyone[customer]) for customer in customers], dtype=np.int64)
    start = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    owner = np.repeat(np.arange(len(customers), dtype=np.int64), counts)
    second = np.array([_second(record.occurred_at) for record in records], dtype=np.int64)
    titles = sorted({record.title for record in records})
    code = {title: number for number, title in enumerate(titles)}
    return Table(
        customers=customers,
        kinds=tuple(kind_of(title) for title in titles),
        start=start,
        key=owner * SPAN_S + second,
        kind=np.array([code[record.title] for record in records], dtype=np.int32),
        cents=np.array([_cents(record) for record in records], dtype=np.int64),
        said=_said(records, labels),
    )


def _second(moment: datetime) -> int:
    past = moment - _EPOCH
    return past.days * DAY_S + past.seconds


def _cents(record: Record) -> int:
    amount = record.amount
    # A sum of a workspace has to stay within 64 bits.
    return 0 if amount is None else max(-(10**13), min(10**13, int(amount * 100)))


def _said(records: Sequence[Record], labels: Sequence[str] | None) -> dict[str, Said]:
    """Labels are taken with their event's title: an order's `total` is no ticket's."""
    if labels is not None and not labels:
        return {}
    found: dict[tuple[str, str], tuple[list[int], list[Value]] | None] = {}
    titles = None if labels is None else {title for label in labels for title in titles_in(label)}
    for row, record in enumerate(records):
        title = record.title
        if titles is not None and title not in titles:
            continue
        for label, value in record.details:
            pair = (title, label)
            if pair not in found:
                found[pair] = ([], []) if labels is None or f"{title}: {label}" in labels else None
            kept = found[pair]
            # Of a list of texts the first counts.
            if kept is not None and not (kept[0] and kept[0][-1] == row):
                kept[0].append(row)
                kept[1].append(value)
    columns = {f"{title}: {label}": _column(*kept) for (title, label), kept in found.items() if kept}
    return dict(sorted(columns.items()))


def titles_in(label: str) -> list[str]:
    """Every title that a label may begin with: a title may hold a colon, too."""
    parts = label.split(": ")
    return [": ".join(parts[:number]) for number in range(1, len(parts))]


def _column(rows: list[int], values: list[Value]) -> Said:
    nan = float("nan")
    numbers = [float(value) if isinstance(value, int | float) else nan for value in values]
    texts = [None if isinstance(value, int | float) else value for value in values]
    known = sorted({text for text in texts if text is not None})
    code = {text: number for number, text in enumerate(known)}
    return Said(
        row=np.array(rows, dtype=np.int64),
        number=np.array(numbers, dtype=np.float64),
        text=np.array([-1 if text is None else code[text] for text in texts], dtype=np.int32),
        texts=tuple(known),
    )
