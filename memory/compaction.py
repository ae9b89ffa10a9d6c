"""Compaction: what is live is copied into a fresh shard, while the old one is read and written."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from functools import partial
from time import perf_counter

import orjson
import qdrant_edge as edge

from memory.edge_shard import create_bare, index_operations, translated
from memory.generations import Generations
from memory.points import DENSE
from memory.store import StoreError, StoreUnavailable

#: Copied at a time, which keeps everybody else waiting: 7 to 10 ms for these with four parts each.
PAGE = 25
#: The log of the copy is let go of after this many points. A flush is dear, however little there is to flush.
FLUSH_EVERY = 10_000
#: The engine maps files into memory: a write to a full disk would kill the process, so it must never come to that.
RESERVE_BYTES = 256 * 2**20


class Copy:
    """A copy of a shard in the making. Points up to a growing id are the same in both, after every write.

    Whoever writes to the source calls `follow` in the same turn, with the ids of the points concerned.
    """

    def __init__(self, source: edge.EdgeShard, generations: Generations) -> None:
        self._source = source
        self._generations = generations
        self._path = generations.fresh()
        self._target: edge.EdgeShard | None = None
        # The first id that is not copied yet; None when all are. Ids are UUIDs, in order as texts too.
        self._next: str | None = ""
        self._failure: StoreError | None = None

    async def run(self) -> None:
        """Copy everything, and bring it to the disk; from then on `follow` keeps both the same.

        Raises StoreUnavailable when the engine fails or `stop` was called, StoreError when the disk has no room.
        """
        self._check_room(self._expected_bytes())
        await self._create()
        copied = 0
        while self._next is not None:
            started = perf_counter()
            before, copied = copied, copied + self._copy_page()
            # Half of the time belongs to everybody else.
            await asyncio.sleep(perf_counter() - started)
            if copied // FLUSH_EVERY > before // FLUSH_EVERY:
                await self._settle()
            self._check()
        await self._settle()
        self._check()

    def follow(self, ids: Sequence[str]) -> None:
        """Do to the copy what was just done to these points. A failure ends the copy, not the caller."""
        done = [key for key in ids if self._next is None or key < self._next]
        if self._target is None or self._failure or not done:
            return
        try:
            found = translated(partial(self._source.retrieve, list(done), True, True))
            gone = sorted(set(done) - {str(record.id) for record in found})
            self._write(found)
            if gone:
                translated(partial(self._target.update, edge.UpdateOperation.delete_points(list(gone))))
        except (StoreError, ValueError) as error:
            self.stop(f"the copy failed: {error}")

    def stop(self, reason: str) -> None:
        """End the copy: `run` raises StoreUnavailable at its next turn."""
        self._failure = StoreUnavailable(reason)

    def adopt(self) -> edge.EdgeShard:
        """Put the copy in force in the data directory, and return it. Not to be left undone without an error."""
        self._check()
        target = self._made()
        translated(target.flush)
        self._generations.switch(self._path)
        return target

    def discard(self) -> None:
        """Let go of a copy that was not put in force."""
        if self._target:
            self._target.close()
        # What cannot be removed now goes with the next compaction, or at the next opening.
        shutil.rmtree(self._path, ignore_errors=True)

    async def _create(self) -> None:
        self._target = target = translated(partial(create_bare, self._path, self._generations.dimensions))
        for operation in index_operations():
            await asyncio.sleep(0)
            translated(partial(target.update, operation))
        self._check()

    def _copy_page(self) -> int:
        request = edge.ScrollRequest(offset=self._next or None, limit=PAGE, with_payload=True, with_vector=True)
        page, offset = translated(partial(self._source.scroll, request))
        self._write(page)
        self._next = None if offset is None else str(offset)
        return len(page)

    def _write(self, records: Sequence[edge.Record]) -> None:
        if records:
            self._check_room(0)
            points = [edge.Point(record.id, record.vector or {}, record.payload) for record in records]
            translated(partial(self._made().update, edge.UpdateOperation.upsert_points(points)))

    async def _settle(self) -> None:
        """Flush; what waits for the disk outside of the engine lets others go on."""
        await asyncio.to_thread(self._generations.sync_tree, self._path)
        self._check()
        translated(self._made().flush)
        await asyncio.to_thread(self._generations.sync_tree, self._path)

    def _made(self) -> edge.EdgeShard:
        if self._target is None:
            raise StoreUnavailable("the copy was not begun")
        return self._target

    def _check(self) -> None:
        if self._failure:
            raise self._failure

    def _check_room(self, needed: int) -> None:
        free = self._generations.free_bytes()
        if free < needed + RESERVE_BYTES:
            raise StoreError(
                f"no room to compact {self._generations.root}: a copy of what is live needs about "
                f"{(needed + RESERVE_BYTES) // 2**20} MiB, and {free // 2**20} MiB are free"
            )

    def _expected_bytes(self) -> int:
        """The size of what is live, by the first page of it: ids are hashes, so that it is a fair sample."""
        request = edge.ScrollRequest(limit=PAGE, with_payload=True, with_vector=True)
        page, _ = translated(partial(self._source.scroll, request))
        count = translated(lambda: self._source.count(edge.CountRequest(exact=True)))
        return sum(map(_size, page)) * count // max(1, len(page))


def _size(record: edge.Record) -> int:
    """Bytes of a point, about: its payload, two for each number of its vectors, its words as large as its payload."""
    vectors = record.vector if isinstance(record.vector, dict) else {}
    parts = vectors.get(DENSE)
    numbers = sum(len(part) for part in parts if isinstance(part, list)) if isinstance(parts, list) else 0
    return 2 * len(orjson.dumps(record.payload)) + 2 * numbers
