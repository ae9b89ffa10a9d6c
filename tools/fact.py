"""A computed value with the events it was computed from: the only source of numbers in an answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from heapq import nlargest
from operator import attrgetter

from pydantic import BaseModel, Field

from memory.record import Record

#: Evidence is whole up to here; past it a sample, and the query that yields all.
MAX_EVIDENCE = 50
#: Facts in these units are words: who or what an answer names, digits included, and no quantity.
WORD_UNITS = frozenset({"id", "name", "item"})


class Fact(BaseModel):
    """`value` in `unit`, computed by `tool` from the events in `evidence` (message ids)."""

    name: str
    value: int | float | str | None
    unit: str | None = None
    tool: str
    evidence: list[str] = Field(default_factory=list)
    evidence_total: int = 0
    query: str | None = Field(default=None, description="the request that lists every event, when evidence is a sample")


class Passage(BaseModel):
    """An event that a tool looked at, in words: what a citation can point to.

    `said` is what the customer or an agent wrote, `items` what the event was about.
    """

    message_id: str
    client_id: str
    occurred_at: datetime
    title: str
    text: str
    said: str | None = None
    items: list[str] = Field(default_factory=list)


def count_fact(name: str, records: Sequence[Record], unit: str, tool: str, query: str | None = None) -> Fact:
    """How many records there are."""
    return _resting_on(name, len(records), unit, tool, records, query)


def money_fact(
    name: str, amount: Decimal, currency: str, records: Sequence[Record], tool: str, query: str | None = None
) -> Fact:
    """An amount in one currency."""
    return _resting_on(name, number(amount), currency, tool, records, query)


def number(value: Decimal | float) -> int | float:
    """A JSON number without a false fraction: two decimals at most, an integer when whole."""
    rounded = round(float(value), 2)
    return int(rounded) if rounded.is_integer() else rounded


def show(value: int | float | str | None) -> str:
    """A fact's value as an answer writes it: plain digits, so that it can be compared with the fact."""
    return f"{value:.2f}" if isinstance(value, float) else str(value)


_ORDER = attrgetter("occurred_at", "message_id")


def newest(records: Sequence[Record], most: int = MAX_EVIDENCE) -> list[Record]:
    """The last records in the order of events, the newest last."""
    if len(records) > most:
        # By time alone first: comparing times is quick, and there may be 100,000 of them.
        earliest = nlargest(most, [record.occurred_at for record in records])[-1]
        records = [record for record in records if record.occurred_at >= earliest]
    return sorted(records, key=_ORDER)[-most:]


def _resting_on(
    name: str, value: int | float | str, unit: str, tool: str, records: Sequence[Record], query: str | None
) -> Fact:
    sample = newest(records)
    return Fact(
        name=name,
        value=value,
        unit=unit,
        tool=tool,
        evidence=[record.message_id for record in sample],
        evidence_total=len(records),
        query=query if len(records) > len(sample) else None,
    )
