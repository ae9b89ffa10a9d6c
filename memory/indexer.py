"""Embedding in the background: what is kept becomes findable by meaning."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from memory.embedder import Embedder, EmbedderUnavailable, EmbeddingFailed
from memory.narration import narrate
from memory.record import Record
from memory.scope import Scope
from memory.store import Store, StoreError
from memory.workspaces import Workspaces

log = structlog.get_logger()

#: Events taken up together: their vectors (17 parts each) are a few megabytes.
BATCH_EVENTS = 64
#: Written at once: 16 orders of 17 parts keep the interpreter for some 10 ms.
WRITE_EVENTS = 16
#: Look again even when nobody knocked: another process may have written.
IDLE_S = 5.0
#: Between tries when embedding keeps failing.
LONGEST_WAIT_S = 300.0


class Indexer:
    """Embeds pending events until none is left, then waits to be woken. Safe to stop at any moment."""

    def __init__(self, store: Store, embedder: Embedder, workspaces: Workspaces) -> None:
        self._store = store
        self._embedder = embedder
        self._workspaces = workspaces
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.failures: int = 0

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(_report)

    def wake(self) -> None:
        """There may be new events."""
        self._wake.set()

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def pending(self) -> int:
        """Events of all workspaces that wait for their vectors."""
        return sum([await self._store.count_pending(scope) for scope in await self._workspaces.scopes()])

    async def drain(self) -> int:
        """Embed all that is pending now; how many events were embedded."""
        done = 0
        for scope in await self._workspaces.scopes():
            while batch := await self._store.pending(scope, BATCH_EVENTS):
                done += await self._embed(scope, batch)
        return done

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self.drain()
                self.failures = 0
            except (EmbeddingFailed, StoreError) as error:
                self.failures += 1
                log.warning("indexer.failed", error=str(error), failures=self.failures)
                # Each try may start a process that loads for seconds, only to fail again.
                await asyncio.sleep(min(IDLE_S * 2 ** (self.failures - 1), LONGEST_WAIT_S))
            # Not wait_for: before Python 3.12 it loses a cancellation that comes together with the wake.
            with suppress(TimeoutError):
                async with asyncio.timeout(IDLE_S):
                    await self._wake.wait()

    async def _embed(self, scope: Scope, batch: list[Record]) -> int:
        parts = {record.message_id: narrate(record.event).parts for record in batch}
        try:
            vectors = await self._embedder.embed([text for texts in parts.values() for text in texts])
        except EmbedderUnavailable:
            raise
        except EmbeddingFailed as error:
            return await self._embed_apart(scope, batch, error)
        parts_of = iter(vectors)
        for start in range(0, len(batch), WRITE_EVENTS):
            chunk = batch[start : start + WRITE_EVENTS]
            written = {r.message_id: [next(parts_of).tolist() for _ in parts[r.message_id]] for r in chunk}
            await self._store.set_vectors(scope, written)
            # The embedded store holds the interpreter while it writes: others have their turn in between.
            await asyncio.sleep(0)
        return len(batch)

    async def _embed_apart(self, scope: Scope, batch: list[Record], error: EmbeddingFailed) -> int:
        """What a batch that failed still allows: one event alone that fails would stop all behind it."""
        if len(batch) > 1:
            return sum([await self._embed(scope, [record]) for record in batch])
        message_id = batch[0].message_id
        # A text of no interest, never seen before: where that fails too, the event is not to blame.
        await self._embedder.embed([f"probe {message_id}"])
        await self._store.set_aside(scope, message_id, str(error)[:200])
        log.warning("indexer.set_aside", message_id=message_id)
        return 0


def _report(task: asyncio.Task[None]) -> None:
    """A background task that ends by itself has failed in a way nobody foresaw: say so."""
    if not task.cancelled() and (error := task.exception()):
        log.error("indexer.ended", error=repr(error))
