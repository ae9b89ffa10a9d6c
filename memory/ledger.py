"""Customers' records as of an instant: one customer's history, or everyone's."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from memory.aliases import read_corrections
from memory.cleaning import EARLIEST
from memory.identity import Correction, Identity, is_known, joins_of, resolve, users_among
from memory.record import Record
from memory.scope import Scope
from memory.store import Store, Where


class UnknownCustomer(LookupError):
    """No event of this customer lies before the instant."""

    def __init__(self, client_id: str) -> None:
        super().__init__(f"no event of a customer {client_id!r} lies before this time")
        self.client_id = client_id


@dataclass(frozen=True, slots=True)
class History:
    """One customer: a scope over all ids they are known by, their records in order, and why they are one."""

    scope: Scope
    records: list[Record]
    identity: Identity

    @property
    def client_id(self) -> str:
        return self.scope.customer_id


class Ledger:
    """Reads records for folding. With `remember`, a workspace's flat records stay in memory.

    Remembering is exact only where every write of the store passes `add` (one process).
    """

    def __init__(self, store: Store, *, remember: bool) -> None:
        self._store = store
        self._remember = remember
        self._kept: dict[str, dict[str, Record]] = {}
        self._loading: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._complete: set[str] = set()
        self._subscribers: list[Callable[[Scope, datetime], None]] = []
        self._listeners: list[Callable[[Scope, Sequence[Record]], None]] = []

    def add(self, scope: Scope, records: Sequence[Record]) -> None:
        """Take note of newly kept records."""
        if not records:
            return
        for told in self._subscribers:
            told(scope, min(record.occurred_at for record in records))
        kept = self._kept.get(scope.workspace)
        if kept is not None:
            fresh = [_light(record) for record in records if record.message_id not in kept]
            kept.update((record.message_id, record) for record in fresh)
            for heard in self._listeners:
                heard(scope, fresh)

    def rejoined(self, scope: Scope) -> None:
        """Who is who was corrected: what was folded before no longer holds."""
        for told in self._subscribers:
            told(scope, EARLIEST)

    def forget(self, scope: Scope) -> None:
        """Read the workspace again next time."""
        self.rejoined(scope)
        self._kept.pop(scope.workspace, None)
        self._complete.discard(scope.workspace)

    @property
    def remembers(self) -> bool:
        """Whether every write is seen here, so that what was read once stays true until told otherwise."""
        return self._remember

    def subscribe(self, told: Callable[[Scope, datetime], None]) -> None:
        """Call this with the workspace and the time of its earliest new event, whenever something is kept."""
        self._subscribers.append(told)

    def listen(self, heard: Callable[[Scope, Sequence[Record]], None]) -> None:
        """Call this with each record of a remembered workspace that is newly kept: that `remembered` did not give."""
        self._listeners.append(heard)

    async def remembered(self, scope: Scope) -> list[Record]:
        """Every record of the workspace, of whatever time; what comes later is told to whoever listens."""
        return await self._records(scope.whole())

    async def everyone(
        self, scope: Scope, as_of: datetime, known_at: datetime | None = None
    ) -> dict[str, list[Record]]:
        """The records of each customer before `as_of`, as far as received before `known_at`; customers by id."""
        seen = [record for record in await self._records(scope.whole()) if _seen(record, as_of, known_at)]
        corrections = await self._corrections(scope, as_of, known_at)
        identity = resolve(joins_of(seen), corrections, users_among(seen, corrections))
        found: defaultdict[str, list[Record]] = defaultdict(list)
        for record in seen:
            found[identity.owner_of(record)].append(record)
        return {client: sorted(found[client], key=lambda r: r.order) for client in sorted(found)}

    async def history(self, scope: Scope, client_id: str, as_of: datetime, known_at: datetime | None = None) -> History:
        """One customer's records before `as_of`, joined with their other lives; raises UnknownCustomer.

        An id that was joined leads to the customer behind it.
        """
        whole, corrections = scope.whole(), await self._corrections(scope, as_of, known_at)
        around = await self._around(whole, client_id, corrections, as_of, known_at)
        identity = resolve(joins_of(around), corrections, users_among(around, corrections))
        client_id = identity.owner(client_id, known=any(is_known(record, client_id) for record in around))
        mine = sorted((r for r in around if identity.owner_of(r) == client_id), key=lambda r: r.order)
        if not mine:
            raise UnknownCustomer(client_id)
        others = sorted({record.customer_id for record in mine} - {client_id})
        return History(whole.of(client_id, *others), mine, identity)

    async def _around(
        self, whole: Scope, client_id: str, said: Sequence[Correction], as_of: datetime, known_at: datetime | None
    ) -> list[Record]:
        """Every record that carries an id which any chain of joins connects with this one."""
        found: dict[str, Record] = {}
        reached: set[str] = set()
        fresh = {client_id}
        while fresh:
            reached |= fresh
            where = Where(before=as_of, known_before=known_at, ids=tuple(sorted(fresh)))
            page = await self._read(whole, where)
            found.update({record.message_id: record for record in page})
            fresh = {key for record in page for key in record.ids}
            fresh |= {
                key for each in said for key in (each.alias, each.client_id)
                if key and (each.alias in reached or each.client_id in reached)
            }  # fmt: skip
            fresh -= reached
        return list(found.values())

    async def _corrections(self, scope: Scope, as_of: datetime, known_at: datetime | None) -> list[Correction]:
        """What operators said: a join from its time on, an undoing for all time, since it tells of a mistake."""
        said = await read_corrections(self._store, scope, known_at)
        return [each for each in said if each.client_id is None or each.occurred_at < as_of]

    async def _read(self, scope: Scope, where: Where) -> list[Record]:
        return [record async for page in self._store.pages(scope, where) for record in page]

    async def _records(self, scope: Scope) -> list[Record]:
        if not self._remember:
            return await self._read(scope, Where())
        async with self._loading[scope.workspace]:
            # Registered before it is read: what is written meanwhile is added, and found once.
            kept = self._kept.setdefault(scope.workspace, {})
            if scope.workspace not in self._complete:
                async for page in self._store.pages(scope, Where()):
                    for record in page:
                        kept.setdefault(record.message_id, record)
                # Unless it was forgotten while it was read.
                if self._kept.get(scope.workspace) is kept:
                    self._complete.add(scope.workspace)
            return list(kept.values())


def _seen(record: Record, as_of: datetime, known_at: datetime | None) -> bool:
    return record.occurred_at < as_of and (known_at is None or record.received_at < known_at)


def _light(record: Record) -> Record:
    """The record without its body, as a flat read would give it."""
    return replace(record, body="", changes=None)
