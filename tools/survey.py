"""Everyone in a workspace as of an instant: profile, life and churn signal of each customer."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from statistics import median
from typing import TypeVar

from memory.profile import Profile, fold_profile
from memory.record import Record
from memory.stages import StageChange
from memory.workspace import WorkspaceSettings
from tools.churn import Signal, assess, at_risk, own_gap_days
from tools.lifecycle import fold_lifecycle

T = TypeVar("T")

#: Customers folded between two turns of the event loop: about 10 ms.
_SLICE = 50
_CURRENCIES = "currencies"


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer as of the survey's instant."""

    client_id: str
    profile: Profile
    stages: list[StageChange]
    signal: Signal
    records: list[Record]

    @property
    def stage(self) -> str:
        return self.stages[-1].stage

    @property
    def name(self) -> str:
        """What to call the customer: their name, or their id."""
        return self.profile.name or self.client_id


@dataclass(frozen=True, slots=True)
class Reference:
    """What a customer is compared with: the workspace at the start of the day.

    Taken once a day rather than at each instant, so that one customer can be looked up without folding all others.
    """

    as_of: datetime
    everyone: dict[str, list[Record]]
    usual_gap_days: float | None
    scores: list[float]

    def percentile(self, score: float) -> float | None:
        """The share of that day's scores which are not higher, 0 to 100; None where there is no score."""
        return round(100 * bisect_right(self.scores, score) / len(self.scores), 1) if self.scores else None


@dataclass(frozen=True, slots=True)
class Survey:
    """All customers by id, who is behind each id that was joined, and the names of all items.

    `notes` keep what else was made of it, by name, for as long as the survey is kept.
    """

    as_of: datetime
    customers: dict[str, Customer]
    joined: dict[str, str]
    items: frozenset[str] = frozenset()
    notes: dict[str, object] = field(default_factory=dict, repr=False, compare=False)

    @property
    def currencies(self) -> tuple[str, ...]:
        """Every currency that anybody paid in."""
        kept = self.notes.get(_CURRENCIES)
        if not isinstance(kept, tuple):
            kept = tuple(sorted({currency for c in self.customers.values() for currency in c.profile.value}))
            self.notes[_CURRENCIES] = kept
        return kept

    def owner(self, record: Record) -> str:
        """The id of the customer that an event belongs to."""
        return self.joined.get(record.customer_id, record.customer_id)


async def make_reference(everyone: dict[str, list[Record]], as_of: datetime, settings: WorkspaceSettings) -> Reference:
    """The reference of a day, from every customer's records before its start."""
    gaps = [gap for gap in map(own_gap_days, everyone.values()) if gap is not None]
    usual = float(median(gaps)) if gaps else None
    signals = [signal async for signal in _slowly(lambda c, r: _signal(c, r, as_of, settings, usual)[1], everyone)]
    scores = sorted(signal.score for signal in signals if signal.score is not None)
    return Reference(as_of, everyone, usual, scores)


async def make_survey(
    everyone: dict[str, list[Record]], as_of: datetime, settings: WorkspaceSettings, reference: Reference
) -> Survey:
    """The survey of an instant, from every customer's records before it."""
    folded = [c async for c in _slowly(lambda c, r: fold_customer(c, r, as_of, settings, reference), everyone)]
    joined = {member: customer.client_id for customer in folded for member in customer.profile.joined_ids}
    items: set[str] = set()
    async for named in _slowly(lambda _, records: {item for record in records for item in record.items}, everyone):
        items |= named
    return Survey(as_of, {customer.client_id: customer for customer in folded}, joined, frozenset(items))


def fold_customer(
    client_id: str, records: Sequence[Record], as_of: datetime, settings: WorkspaceSettings, reference: Reference
) -> Customer:
    """One customer from their records in order, ranked against the reference."""
    stages, signal = _signal(client_id, records, as_of, settings, reference.usual_gap_days)
    if signal.score is not None:
        signal = replace(signal, percentile=reference.percentile(signal.score))
    profile = fold_profile(client_id, records)
    return Customer(client_id, profile, at_risk(stages, signal), signal, list(records))


def _signal(
    client_id: str, records: Sequence[Record], as_of: datetime, settings: WorkspaceSettings, usual: float | None
) -> tuple[list[StageChange], Signal]:
    stages = fold_lifecycle(records, settings.churn, as_of)
    return stages, assess(client_id, records, stages, settings.churn, as_of, usual)


async def _slowly(fold: Callable[[str, list[Record]], T], everyone: dict[str, list[Record]]) -> AsyncIterator[T]:
    """The fold of each customer, with a turn for other requests every few."""
    for index, (client_id, records) in enumerate(everyone.items()):
        yield fold(client_id, records)
        if index % _SLICE == 0:
            await asyncio.sleep(0)
