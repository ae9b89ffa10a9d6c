"""Everyone in a workspace as of an instant: profile, life and churn signal of each customer, ranked together."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median

from memory.identity import owner_of
from memory.ledger import Ledger
from memory.profile import Profile, fold_profile
from memory.record import Record
from memory.scope import Scope
from memory.stages import StageChange
from memory.workspace import WorkspaceSettings
from tools.churn import Signal, assess, at_risk, own_gap_days
from tools.lifecycle import fold_lifecycle

#: Customers folded between two turns of the event loop: about 10 ms.
_SLICE = 50
#: Instants kept: the present of a pinned clock, and a few looks back.
_KEPT = 4


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
class Survey:
    """All customers by id, their usual gap, and who is behind each anonymous id that was joined."""

    as_of: datetime
    customers: dict[str, Customer]
    usual_gap_days: float | None
    joined: dict[str, str]

    def owner(self, record: Record) -> str:
        """The id of the customer that an event belongs to."""
        return owner_of(record, self.joined)


class Surveyor:
    """Makes surveys, and keeps the last few where the ledger can tell that nothing was written since."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._kept: OrderedDict[tuple[str, datetime, str, int], Survey] = OrderedDict()
        self._turn = asyncio.Lock()

    async def survey(self, scope: Scope, as_of: datetime, settings: WorkspaceSettings) -> Survey:
        """The survey of a workspace; the same whatever lies at or after `as_of`."""
        async with self._turn:
            version = self._ledger.version(scope)
            key = (scope.workspace, as_of, settings.churn.model_dump_json(), version or 0)
            if version is not None and key in self._kept:
                return self._kept[key]
            made = await _make(await self._ledger.everyone(scope, as_of), as_of, settings)
            if version is not None and version == self._ledger.version(scope):
                self._kept[key] = made
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            return made


async def _make(everyone: dict[str, list[Record]], as_of: datetime, settings: WorkspaceSettings) -> Survey:
    gaps = [gap for gap in map(own_gap_days, everyone.values()) if gap is not None]
    usual = float(median(gaps)) if gaps else None
    customers: dict[str, Customer] = {}
    for index, (client_id, records) in enumerate(everyone.items()):
        customers[client_id] = fold_customer(client_id, records, as_of, settings, usual)
        if index % _SLICE == 0:
            await asyncio.sleep(0)
    joined = {member: c.client_id for c in customers.values() for member in c.profile.joined_ids}
    return Survey(as_of, ranked(customers), usual, joined)


def fold_customer(
    client_id: str,
    records: Sequence[Record],
    as_of: datetime,
    settings: WorkspaceSettings,
    usual_gap_days: float | None,
) -> Customer:
    """One customer from their records in order."""
    stages = fold_lifecycle(records, settings.churn, as_of)
    signal = assess(client_id, records, stages, settings.churn, as_of, usual_gap_days)
    profile = fold_profile(client_id, records)
    return Customer(client_id, profile, at_risk(stages, signal), signal, list(records))


def ranked(customers: dict[str, Customer]) -> dict[str, Customer]:
    """Each signal with its percentile: the share of scored customers whose score is not higher."""
    scores = sorted(c.signal.score for c in customers.values() if c.signal.score is not None)

    def rank(customer: Customer) -> Customer:
        if customer.signal.score is None:
            return customer
        percentile = round(100 * bisect_right(scores, customer.signal.score) / len(scores), 1)
        return replace(customer, signal=replace(customer.signal, percentile=percentile))

    return {client_id: rank(customer) for client_id, customer in customers.items()}
