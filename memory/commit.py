"""When a request may say "kept": after the write to the log, or after that is on the disk."""

from __future__ import annotations

import asyncio

from memory.store import Store

#: Requests that write within this time share one flush.
_GATHER_S = 0.002


class Commit:
    """Waits until what was written is as safe as the operator wants it.

    The log survives a killed process at no cost. With `to_disk` it also survives a loss of power, for a flush that
    concurrent requests share.
    """

    def __init__(self, store: Store, *, to_disk: bool) -> None:
        self._store = store
        self._to_disk = to_disk
        self._next: asyncio.Task[None] | None = None

    async def __call__(self) -> None:
        """Return when everything written before this call is safe; raises StoreUnavailable."""
        if not self._to_disk:
            return
        if self._next is None:
            self._next = asyncio.create_task(self._flush())
        # A caller who goes away must not take the flush from the others.
        await asyncio.shield(self._next)

    async def _flush(self) -> None:
        await asyncio.sleep(_GATHER_S)
        # Whoever writes from here on needs the next one.
        self._next = None
        await self._store.flush()
