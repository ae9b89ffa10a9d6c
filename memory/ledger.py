"""Customers' records as of an instant: one customer's history, or everyone's."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from memory.cleaning import EARLIEST
from memory.identity import owner_of, owners
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
    """One customer: a scope over all ids they are known by, and their records in order."""

    scope: Scope
    records: list[Record]

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

    def add(self, scope: Scope, records: Sequence[Record]) -> None:
        """Take note of newly kept records."""
        if not records:
            return
        for told in self._subscribers:
            told(scope, min(record.occurred_at for record in records))
        kept = self._kept.get(scope.workspace)
        if kept is not None:
            for record in records:
                kept.setdefault(record.message_id, _light(record))

    def forget(self, scope: Scope) -> None:
        """Read the workspace again next time."""
        for told in self._subscribers:
            told(scope, EARLIEST)
        self._kept.pop(scope.workspace, None)
        self._complete.discard(scope.workspace)

    @property
    def remembers(self) -> bool:
        """Whether every write is seen here, so that what was read once stays true until told otherwise."""
        return self._remember

    def subscribe(self, told: Callable[[Scope, datetime], None]) -> None:
        """Call this with the workspace and the time of its earliest new event, whenever something is kept."""
        self._subscribers.append(told)

    async def everyone(self, scope: Scope, as_of: datetime) -> dict[str, list[Record]]:
        """The records of each customer before `as_of`, in order; customers by id."""
        seen = [record for record in await self._records(scope.whole()) if record.occurred_at < as_of]
        joined = owners(seen)
        found: defaultdict[str, list[Record]] = defaultdict(list)
        for record in seen:
            found[owner_of(record, joined)].append(record)
        return {client: sorted(found[client], key=lambda r: r.order) for client in sorted(found)}

    async def history(self, scope: Scope, client_id: str, as_of: datetime) -> History:
        """One customer's records before `as_of`, joined with their anonymous life; raises UnknownCustomer.

        An anonymous id that was joined leads to the customer behind it.
        """
        whole = scope.whole()
        own = await self._read(whole.of(client_id), Where(before=as_of))
        anonymous = {r.anonymous_id for r in own if r.anonymous_id} | {client_id}
        sharing = await self._read(whole, Where(before=as_of, anonymous_ids=tuple(sorted(anonymous))))
        joined = owners(sharing)
        if client_id in joined and not any(record.user_id for record in own):
            return await self.history(scope, joined[client_id], as_of)
        mine = {r.message_id: r for r in [*own, *sharing] if owner_of(r, joined) == client_id}
        if not mine:
            raise UnknownCustomer(client_id)
        records = sorted(mine.values(), key=lambda r: r.order)
        others = sorted({record.customer_id for record in records} - {client_id})
        return History(whole.of(client_id, *others), records)

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


def _light(record: Record) -> Record:
    """The record without its body, as a flat read would give it."""
    return replace(record, body="")
