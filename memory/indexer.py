"""Embedding in the background: what is kept becomes findable by meaning."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

import structlog

from memory.background import Background
from memory.backlog import Backlog, Parts, Taken
from memory.embedder import Embedder, EmbedderUnavailable, EmbeddingFailed, Vectors
from memory.narration import narrate
from memory.scope import Scope
from memory.store import Store
from memory.workspaces import Workspaces

log = structlog.get_logger()

#: Events taken up together, so that texts of like length can be embedded side by side. The vectors of so many orders
#: (17 parts each) are 7 MB.
BATCH_EVENTS = 256
#: Read together where the store has to be searched for what waits: each search looks through the workspace.
SCAN_EVENTS = 512
#: Written at once: 16 orders of 17 parts keep the interpreter for some 10 ms.
WRITE_EVENTS = 16
#: Look again even when nobody knocked: another process may have written.
IDLE_S = 5.0
#: Between tries when embedding keeps failing.
LONGEST_WAIT_S = 300.0
#: Events came in so recently that more are on their way: then they have twice the time that writing vectors takes.
_BUSY_S = 0.1
_SHARE_OF_OTHERS = 2.0
#: Of how many events the lag is known.
_LAGS = 20_000


class Indexer:
    """Embeds pending events until none is left, then waits to be woken. Safe to stop at any moment.

    With `alone`, nobody else writes to the store: it is searched for what waits at the start only.
    """

    def __init__(self, store: Store, embedder: Embedder, workspaces: Workspaces, *, alone: bool = False) -> None:
        self._store = store
        self._embedder = embedder
        self._workspaces = workspaces
        self._alone = alone
        self.backlog = Backlog()
        # While the vectors of one batch are written, the texts of the next are embedded.
        self._lanes = (asyncio.Lock(), asyncio.Lock())
        self._wake = asyncio.Event()
        self.background = Background("indexer", self._run)
        self._looked_at: float | None = None
        self._offered_at = -_BUSY_S
        self._lags: deque[float] = deque(maxlen=_LAGS)
        #: Since the last success; and in all, for the counters.
        self.failures = 0
        self.embedded_total = 0
        self.failed_total = 0

    def offer(self, scope: Scope, parts: Mapping[str, Parts]) -> None:
        """These events were just kept: the texts to embed by message id, so that nobody has to read them again."""
        self.backlog.add(scope, parts)
        self._offered_at = time.monotonic()
        self._wake.set()

    async def recount(self, scope: Scope) -> None:
        """Points came or went by another way than the intake: look for what waits."""
        self.backlog.behind(scope, await self._store.count_pending(scope.whole()))
        self._wake.set()

    async def pending(self) -> int:
        """Events of all workspaces that wait for their vectors, counted in the store."""
        return sum([await self._store.count_pending(scope) for scope in await self._workspaces.scopes()])

    def lag(self, quantile: float) -> float | None:
        """Seconds from acceptance to vectors of this share of the last events; None before the first."""
        ordered = sorted(self._lags)
        return ordered[min(len(ordered) - 1, int(quantile * len(ordered)))] if ordered else None

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """No text is being embedded, and no vector written, until this ends."""
        async with self._lanes[0], self._lanes[1]:
            yield

    async def drain(self) -> int:
        """Embed all that waits now; how many events were embedded."""
        await self._look()
        done = await self._embed_recent()
        while behind := [scope for scope in await self._workspaces.scopes() if self.backlog.is_behind(scope)]:
            # A page of each in turn: a long backlog of one workspace keeps nobody else's events waiting.
            for scope in behind:
                done += await self._catch_up(scope)
                done += await self._embed_recent()
        return done

    async def _embed_recent(self) -> int:
        """Embed what was offered; how many events were embedded."""
        # Both come to their end before an error of one is raised.
        ended = await asyncio.gather(*map(self._work, self._lanes), return_exceptions=True)
        for each in ended:
            if isinstance(each, BaseException):
                raise each
        return sum(each for each in ended if isinstance(each, int))

    async def _work(self, lane: asyncio.Lock) -> int:
        done = 0
        while taken := self.backlog.take(BATCH_EVENTS):
            with self.backlog.holding(taken):
                done += await self._embed(lane, taken, list(taken.parts))
            now = time.monotonic()
            self._lags.extend(now - since for since in taken.since)
        return done

    async def _catch_up(self, scope: Scope) -> int:
        """Embed a page of what waits in the store; when there is none, the workspace is no longer behind."""
        page = await self._store.pending(scope, SCAN_EVENTS)
        if not page:
            self.backlog.caught_up(scope)
            return 0
        done = 0
        for start in range(0, len(page), BATCH_EVENTS):
            batch = page[start : start + BATCH_EVENTS]
            taken = Taken(scope, {record.message_id: narrate(record.event).parts for record in batch})
            with self.backlog.holding(taken):
                done += await self._embed(self._lanes[0], taken, list(taken.parts))
            self.backlog.done(scope, len(batch))
        return done

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self.drain()
                self.failures = 0
            except Exception as error:  # noqa: BLE001
                # Whatever it was: what is kept later has to be embedded all the same.
                self.failures += 1
                # What was taken up waits in the store alone now.
                self._looked_at = None
                log.warning("indexer.failed", error=repr(error)[:500], failures=self.failures)
                # Each try may start a process that loads for seconds, only to fail again.
                await asyncio.sleep(min(IDLE_S * 2 ** (self.failures - 1), LONGEST_WAIT_S))
            # Not wait_for: before Python 3.12 it loses a cancellation that comes together with the wake.
            with suppress(TimeoutError):
                async with asyncio.timeout(IDLE_S):
                    await self._wake.wait()

    async def _look(self) -> None:
        """Ask the store what waits, unless all of it has passed through here since it was asked last."""
        now = time.monotonic()
        if self._looked_at is None or not (self._alone or now - self._looked_at < IDLE_S):
            for scope in await self._workspaces.scopes():
                self.backlog.behind(scope, await self._store.count_pending(scope))
            self._looked_at = now

    async def _embed(self, lane: asyncio.Lock, taken: Taken, keys: list[str]) -> int:
        """Embed these of the events taken, as far as they were not dropped meanwhile."""
        try:
            async with lane:
                parts = {key: taken.parts[key] for key in keys if key in taken.parts}
                vectors = await self._embedder.embed([text for texts in parts.values() for text in texts])
                await self._write(taken.scope, parts, vectors)
        except EmbedderUnavailable:
            raise
        except EmbeddingFailed as error:
            return await self._embed_apart(lane, taken, keys, error)
        self.embedded_total += len(parts)
        return len(parts)

    async def _write(self, scope: Scope, parts: Mapping[str, Parts], vectors: Vectors) -> None:
        """Give each event the vectors of its parts, which lie one after the other."""
        rows = iter(vectors)
        keys = list(parts)
        for start in range(0, len(keys), WRITE_EVENTS):
            started = time.monotonic()
            chunk = keys[start : start + WRITE_EVENTS]
            await self._store.set_vectors(scope, {key: [next(rows).tolist() for _ in parts[key]] for key in chunk})
            await self._give_way(time.monotonic() - started)

    async def _give_way(self, spent_s: float) -> None:
        """Let others go on: the embedded store holds the interpreter while it writes, and what comes in goes first."""
        is_busy = time.monotonic() - self._offered_at < _BUSY_S
        await asyncio.sleep(_SHARE_OF_OTHERS * spent_s if is_busy else 0)

    async def _embed_apart(self, lane: asyncio.Lock, taken: Taken, keys: list[str], error: EmbeddingFailed) -> int:
        """What a batch that failed still allows: one event alone that fails would stop all behind it."""
        if len(keys) > 1:
            return sum([await self._embed(lane, taken, [key]) for key in keys])
        message_id = keys[0]
        # A text of no interest, never seen before: where that fails too, the event is not to blame.
        await self._embedder.embed([f"probe {message_id}"])
        await self._store.set_aside(taken.scope, message_id, str(error)[:200])
        self.failed_total += 1
        log.warning("indexer.set_aside", reason=type(error).__name__)
        return 0
