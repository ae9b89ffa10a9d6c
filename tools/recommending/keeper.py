"""Keeps the item counts of each workspace up to date, and what they come to each day."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import TypeVar

from memory.cleaning import EARLIEST
from memory.ledger import Ledger
from memory.record import Record
from memory.scope import Scope
from memory.workspace import WorkspaceSettings, start_of_day
from tools.recommending.counts import ItemCounts
from tools.recommending.known import HALF_LIFE_DAYS, KnownItems, make_known
from tools.recommending.weighing import weigh
from tools.recommending.weights import Weights
from tools.survey import Reference

__all__ = ["ItemKeeper", "KnownItems"]

T = TypeVar("T")

#: A few workspaces' today, and a look back or two: of a large catalogue each takes some 50 MB.
_KEPT = 4
#: Months whose weights are kept: two numbers each.
_KEPT_WEIGHTS = 500
#: Records counted between two turns of the event loop: about 10 ms.
_SLICE = 500
_Key = tuple[str, datetime, str, float]


class ItemKeeper:
    """One for a process. Counts of a workspace are made when it is first asked for, and follow each event from then on.

    They are dropped when somebody is erased; what they came to is dropped when an event from before its day arrives.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._counts: dict[tuple[str, str], ItemCounts] = {}
        self._known: OrderedDict[_Key, KnownItems] = OrderedDict()
        self._weights: OrderedDict[_Key, Weights] = OrderedDict()
        #: One workspace waits for no other.
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        #: By workspace, the earliest event that arrived while something was being made.
        self._arrived: dict[str, datetime] = {}
        #: How often something was dropped for good: what was read meanwhile may hold it still.
        self._forgotten = 0
        ledger.subscribe(self._forget)
        ledger.listen(self._hear)

    async def known(
        self,
        scope: Scope,
        reference: Reference,
        settings: WorkspaceSettings,
        half_life_days: float = HALF_LIFE_DAYS,
        *,
        known_at: datetime | None = None,
    ) -> KnownItems:
        """What was known of items at the start of the reference's day, from its records.

        `known_at` is what the reference was made with: of what was received later nothing is counted.
        """
        key = (scope.workspace, reference.as_of, settings.time_zone, half_life_days)
        keep = self._ledger.remembers and known_at is None
        async with self._turns[scope.workspace]:
            if keep and key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
            self._arrived.pop(scope.workspace, None)
            counts = await (self._kept(scope, settings) if keep else _count(reference, settings))
            made = await self._make(counts, key, reference, settings, keep=keep)
            if keep and not self._came_before(scope.workspace, reference.as_of):
                self._known[key] = made
                _shorten(self._known, _KEPT)
            return made

    async def _kept(self, scope: Scope, settings: WorkspaceSettings) -> ItemCounts:
        """The counts of everything that is remembered of the workspace."""
        key = (scope.workspace, settings.time_zone)
        while key not in self._counts:
            forgotten = self._forgotten
            records = await self._ledger.remembered(scope)
            if forgotten != self._forgotten:
                continue
            # From here on nothing is missed: what comes meanwhile is counted by `_hear`, in whatever order.
            counts = self._counts[key] = ItemCounts(settings.zone)
            await _add(counts, records)
        return self._counts[key]

    async def _make(
        self, counts: ItemCounts, key: _Key, reference: Reference, settings: WorkspaceSettings, *, keep: bool
    ) -> KnownItems:
        """What the counts come to at the start of the day, of a copy and beside the requests."""
        day = reference.as_of.astimezone(settings.zone).date()
        counts = counts.copy()
        weights = await self._weigh(counts, key, day.replace(day=1), settings, keep=keep)
        cells = await asyncio.to_thread(counts.cells, day.toordinal())
        return await asyncio.to_thread(
            make_known, cells, reference.everyone, reference.as_of, day.toordinal(), key[3], weights
        )

    async def _weigh(
        self, counts: ItemCounts, key: _Key, month: date, settings: WorkspaceSettings, *, keep: bool
    ) -> Weights:
        """The weights of a month, from what lies before it: the same on each of its days."""
        start = start_of_day(month, settings.zone)
        key = (key[0], start, *key[2:])
        if keep and key in self._weights:
            return self._weights[key]
        past = await asyncio.to_thread(counts.cells, month.toordinal())
        weights = await asyncio.to_thread(weigh, past, month, key[3])
        if keep and not self._came_before(key[0], start):
            self._weights[key] = weights
            _shorten(self._weights, _KEPT_WEIGHTS)
        return weights

    def _came_before(self, workspace: str, instant: datetime) -> bool:
        """Whether an event from before it arrived meanwhile."""
        arrived = self._arrived.get(workspace)
        return arrived is not None and arrived < instant

    def _hear(self, scope: Scope, records: Sequence[Record]) -> None:
        """Count what came in, where the workspace is counted."""
        for key, counts in self._counts.items():
            if key[0] == scope.workspace:
                counts.add(records)

    def _forget(self, scope: Scope, earliest: datetime) -> None:
        """Drop what would have seen an event of this time; of all times, the counts too: somebody may be gone."""
        self._arrived[scope.workspace] = min(self._arrived.get(scope.workspace, earliest), earliest)
        for kept in (self._known, self._weights):
            for key in [key for key in kept if key[0] == scope.workspace and key[1] > earliest]:
                del kept[key]
        if earliest == EARLIEST:
            self._forgotten += 1
            for counted in [key for key in self._counts if key[0] == scope.workspace]:
                del self._counts[counted]


async def _count(reference: Reference, settings: WorkspaceSettings) -> ItemCounts:
    """The same counts as a batch."""
    counts = ItemCounts(settings.zone)
    for records in reference.everyone.values():
        await _add(counts, records)
    return counts


async def _add(counts: ItemCounts, records: Sequence[Record]) -> None:
    """Count many, with a turn for other requests now and then."""
    for start in range(0, len(records), _SLICE):
        counts.add(records[start : start + _SLICE])
        await asyncio.sleep(0)


def _shorten(kept: OrderedDict[_Key, T], length: int) -> None:
    while len(kept) > length:
        kept.popitem(last=False)
