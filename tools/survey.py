"""Everyone in a workspace as of an instant: profile, life and churn signal of each customer."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from memory.overrides import Word, strongest
from memory.profile import Profile, fold_profile
from memory.record import Record
from memory.stages import StageChange
from memory.vocabulary import meaning_of
from memory.workspace import ChurnDefinition, WorkspaceSettings, start_of_day
from tools.assessment import Basis, assess
from tools.churn import Signal, at_risk, overridden
from tools.lifecycle import fold_lifecycle
from tools.prediction.shelf import Awaited
from tools.prediction.trained import Trained

T = TypeVar("T")

#: Customers folded between two turns of the event loop: about 10 ms.
_SLICE = 50
_CURRENCIES = "currencies"
#: Told how many customers are done, of how many.
Told = Callable[[int, int], None]
#: Everyone is gone through so often for a survey.
_PASSES = 3


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
    """What a customer is judged by: a model, and the workspace at the start of the day.

    Taken once a day rather than at each instant, so that one customer can be looked up without folding all others.
    """

    as_of: datetime
    everyone: dict[str, list[Record]]
    model: Trained | Awaited
    probabilities: list[float] = field(default_factory=list)
    buyers: bool = False
    #: The bands that operators set, those that hold at the instant; by customer.
    overrides: Mapping[str, Word] = field(default_factory=dict)

    def override(self, profile: Profile) -> Word | None:
        """What holds for a customer, also where it was said of an id that was joined since."""
        if not self.overrides:
            return None
        ids = (profile.client_id, *profile.joined_ids)
        return strongest(self.overrides[each] for each in ids if each in self.overrides)

    def percentile(self, probability: float) -> float | None:
        """The share of that day's probabilities which are not higher, 0 to 100; None where there is none."""
        known = self.probabilities
        return round(100 * bisect_right(known, probability) / len(known), 1) if known else None


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

    @property
    def judged(self) -> bool:
        """Whether customers have signals: not while their model is being trained."""
        return all(customer.signal.status != "training" for customer in self.customers.values())

    def owner(self, record: Record) -> str:
        """The id of the customer that an event belongs to."""
        return self.joined.get(record.customer_id, record.customer_id)


async def make_reference(
    everyone: dict[str, list[Record]], as_of: datetime, settings: WorkspaceSettings, model: Trained | Awaited
) -> Reference:
    """The reference of a day, from every customer's records before its start."""
    buyers = _only_buyers(everyone, settings.churn)
    bare = Reference(as_of, everyone, model, buyers=buyers)
    if isinstance(model, Awaited):
        return bare
    signals = (await _judged(everyone, as_of, settings, bare)).values()
    can_leave = [s.forecast.probability for s in signals if s.forecast and s.status != "churned"]
    return replace(bare, probabilities=sorted(can_leave))


async def make_survey(
    everyone: dict[str, list[Record]],
    as_of: datetime,
    settings: WorkspaceSettings,
    reference: Reference,
    told: Told | None = None,
) -> Survey:
    """The survey of an instant, from every customer's records before it."""
    told_of = partial(_progress, told, len(everyone))
    stages = {
        c: found
        async for c, found in _slowly(partial(_stages, settings, as_of, reference.buyers), everyone, told_of(0))
    }
    signals = await _judged(everyone, as_of, settings, reference, stages)
    fold = partial(_folded, stages, signals, reference)
    folded = [customer async for customer in _slowly(fold, everyone, told_of(1))]
    joined = {member: customer.client_id for customer in folded for member in customer.profile.joined_ids}
    items: set[str] = set()
    async for named in _slowly(_items, everyone, told_of(2)):
        items |= named
    return Survey(as_of, {customer.client_id: customer for customer in folded}, joined, frozenset(items))


def fold_customer(
    client_id: str, records: Sequence[Record], as_of: datetime, settings: WorkspaceSettings, reference: Reference
) -> Customer:
    """One customer from their records in order, judged by the reference."""
    _, stages = _stages(settings, as_of, reference.buyers, client_id, records)
    basis = _basis(as_of, settings, reference)
    signal = assess(basis, {client_id: records}, {client_id: stages})[client_id]
    return _customer(client_id, records, stages, signal, reference)


def _customer(
    client_id: str, records: Sequence[Record], stages: list[StageChange], signal: Signal, reference: Reference
) -> Customer:
    if signal.probability is not None and signal.status != "churned":
        signal = replace(signal, percentile=reference.percentile(signal.probability))
    profile = fold_profile(client_id, records)
    signal = overridden(signal, reference.override(profile))
    return Customer(client_id, profile, at_risk(stages, signal), signal, list(records))


def _folded(
    stages: dict[str, list[StageChange]],
    signals: dict[str, Signal],
    reference: Reference,
    client_id: str,
    records: Sequence[Record],
) -> Customer:
    return _customer(client_id, records, stages[client_id], signals[client_id], reference)


def _items(_: str, records: Sequence[Record]) -> set[str]:
    return {item for record in records for item in record.items}


def _progress(told: Told | None, total: int, passed: int) -> Callable[[int], None]:
    """What is called with the number of customers gone through in one of the passes."""

    def tell(number: int) -> None:
        if told:
            told((passed * total + number) // _PASSES, total)

    return tell


def _stages(
    settings: WorkspaceSettings, as_of: datetime, buyers: bool, client_id: str, records: Sequence[Record]
) -> tuple[str, list[StageChange]]:
    return client_id, fold_lifecycle(records, settings.churn, as_of, buyers=buyers)


async def _judged(
    everyone: dict[str, list[Record]],
    as_of: datetime,
    settings: WorkspaceSettings,
    reference: Reference,
    stages: dict[str, list[StageChange]] | None = None,
) -> dict[str, Signal]:
    """The signals of all, computed beside the requests."""
    if stages is None:
        stages = {c: found async for c, found in _slowly(partial(_stages, settings, as_of, reference.buyers), everyone)}
    return await asyncio.to_thread(assess, _basis(as_of, settings, reference), everyone, stages)


def _basis(as_of: datetime, settings: WorkspaceSettings, reference: Reference) -> Basis:
    last = last_daily(as_of, settings.zone)
    return Basis(reference.model, settings.churn, as_of, last, reference.buyers)


def last_daily(as_of: datetime, zone: ZoneInfo) -> datetime:
    """The last daily scoring before an instant: the start of its day, or of the day that it ends."""
    day = (as_of - timedelta(microseconds=1)).astimezone(zone).date()
    return start_of_day(day, zone)


def _only_buyers(everyone: dict[str, list[Record]], definition: ChurnDefinition) -> bool:
    """Whether churn is foretold of buyers only: by the definition, or once anybody has bought."""
    if definition.customers != "auto":
        return definition.customers == "buyers"
    titles = {record.title for records in everyone.values() for record in records}
    return any(meaning_of(title).stage == "customer" for title in titles)


async def _slowly(
    fold: Callable[[str, list[Record]], T],
    everyone: dict[str, list[Record]],
    tell: Callable[[int], None] | None = None,
) -> AsyncIterator[T]:
    """The fold of each customer, with a turn for other requests every few."""
    for index, (client_id, records) in enumerate(everyone.items()):
        yield fold(client_id, records)
        if index % _SLICE == 0:
            if tell:
                tell(index + 1)
            await asyncio.sleep(0)
