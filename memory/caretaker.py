"""What is due whether or not anybody asks: retention, and the purging of erased bytes by their deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import structlog

from memory.background import Background
from memory.erasure import Eraser
from memory.receipt import Receipt, mark_purged, pending_receipts
from memory.scope import Scope
from memory.store import Store, StoreUnavailable
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
        #: Workspaces that were there at the start and are not yet searched for erased customers; None before the start.
        self._unsearched: set[Scope] | None = None
        self.background = Background("caretaker", self._run)

    async def round(self, now: datetime) -> None:
        """Finish what a crash cut short, forget what is too old, and compact when an erasure's deadline has come."""
        scopes = await self._workspaces.scopes()
        if self._unsearched is None:
            self._unsearched = set(scopes)
        for scope in scopes:
            with _surviving(scope, Exception):
                await self._look_after(scope, now)
        if await self._is_due(now):
            await self.compact(now)

    async def compact(self, now: datetime) -> dict[Scope, int] | None:
        """Purge the bytes of everything erased so far; how many receipts of each workspace that closes.

        None where the store purges by itself and does not say when, as a Qdrant server.
        """
        async with self._turn:
            # Those that are written before it begins: what goes meanwhile may have been copied already.
            waiting = await self._waiting()
            if not await self._eraser.purge():
                raise StoreUnavailable("another process reads the threads")
            if not await self._store.compact():
                return None
            for scope, receipts in waiting:
                await mark_purged(self._store, scope, receipts, now)
            return {scope: len(receipts) for scope, receipts in waiting}

    async def _look_after(self, scope: Scope, now: datetime) -> None:
        if self._unsearched and scope in self._unsearched:
            # An import that a crash cut short may have left somebody erased alive. Reads everything, and so only once.
            await self._eraser.enforce(scope, now)
            self._unsearched.discard(scope)
        else:
            await self._eraser.resume(scope, now)
        before = (await self._workspaces.settings(scope)).forgotten_before(now)
        if before:
            await self._eraser.forget_older(scope, before, now)

    async def _is_due(self, now: datetime) -> bool:
        return any(receipt.purge_by <= now for _, receipts in await self._waiting() for receipt in receipts)

    async def _waiting(self) -> list[tuple[Scope, list[Receipt]]]:
        """The erasures of each workspace whose bytes are still on the disk."""
        found = []
        for scope in await self._workspaces.scopes():
            with _surviving(scope, ValueError, TypeError, KeyError):
                found.append((scope, await pending_receipts(self._store, scope)))
        return found

    async def _run(self) -> None:
        while True:
            try:
                await self.round(datetime.now(UTC))
            except Exception as error:  # noqa: BLE001
                # Whatever it is: without the caretaker no deadline is kept.
                log.warning("caretaker.failed", error=type(error).__name__)
            await asyncio.sleep(EVERY_S)


@contextmanager
def _surviving(scope: Scope, *errors: type[Exception]) -> Iterator[None]:
    """What goes wrong in one workspace holds up no other. Only its type is logged: its text may name a customer."""
    try:
        yield
    except errors as error:
        log.warning("caretaker.failed", workspace=scope.workspace, error=type(error).__name__)
