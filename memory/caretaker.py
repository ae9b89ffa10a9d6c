"""What is due whether or not anybody asks: retention, and the purging of erased bytes by their deadline."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

import structlog

from memory.erasure import Eraser
from memory.receipt import Receipt, mark_purged, pending_receipts
from memory.scope import Scope
from memory.store import Store, StoreError
from memory.workspaces import Workspaces

log = structlog.get_logger()

#: Deadlines are counted in hours, retention in days.
EVERY_S = 300.0


class Caretaker:
    """Looks after all workspaces, now and then or when told."""

    def __init__(self, store: Store, workspaces: Workspaces, eraser: Eraser) -> None:
        self._store = store
        self._workspaces = workspaces
        self._eraser = eraser
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def round(self, now: datetime) -> None:
        """Finish what a crash cut short, forget what is too old, and compact when an erasure's deadline has come."""
        for scope in await self._workspaces.scopes():
            await self._eraser.resume(scope, now)
            before = (await self._workspaces.settings(scope)).forgotten_before(now)
            if before:
                await self._eraser.forget_older(scope, before, now)
        if await self._is_due(now):
            await self.compact(now)

    async def compact(self, now: datetime) -> dict[Scope, int] | None:
        """Purge the bytes of everything erased so far; how many receipts of each workspace that closes.

        None where the store purges by itself and does not say when, as a Qdrant server.
        """
        async with self._turn:
            # Those that are written before it begins: what goes meanwhile may have been copied already.
            waiting = await self._waiting()
            if not await self._store.compact():
                return None
            for scope, receipts in waiting:
                await mark_purged(self._store, scope, receipts, now)
            return {scope: len(receipts) for scope, receipts in waiting}

    async def _is_due(self, now: datetime) -> bool:
        return any(receipt.purge_by <= now for _, receipts in await self._waiting() for receipt in receipts)

    async def _waiting(self) -> list[tuple[Scope, list[Receipt]]]:
        """The erasures of each workspace whose bytes are still on the disk."""
        return [(scope, await pending_receipts(self._store, scope)) for scope in await self._workspaces.scopes()]

    async def _run(self) -> None:
        while True:
            try:
                await self.round(datetime.now(UTC))
            except StoreError as error:
                log.warning("caretaker.failed", error=str(error))
            await asyncio.sleep(EVERY_S)
