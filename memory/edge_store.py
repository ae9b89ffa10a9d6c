"""The embedded store: the Qdrant engine in this process, one data directory, one process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import IO, Any

import qdrant_edge as edge

from memory.compaction import Copy
from memory.edge_shard import to_engine, to_filter, translated
from memory.generations import Generations
from memory.kinds import CONFLICT, QUARANTINE
from memory.points import (
    DENSE,
    SET_ASIDE_FIELD,
    SPARSE,
    TENANT_FIELD,
    conditions,
    control_id,
    control_point,
    dumped,
    hits,
    judge,
    order_versions,
    read_control,
)
from memory.record import FLAT_FIELDS, Record, from_payload, point_id, unpack
from memory.scope import Scope, require_scope
from memory.store import (
    Control,
    Held,
    Hit,
    Point,
    SparseVector,
    StoreUnavailable,
    Tally,
    Verdict,
    Where,
    WordsOf,
)

#: Calls hold the interpreter's lock: pages keep each under a few milliseconds.
PAGE = 500
#: A flush takes 60 to 90 ms, of this many points as of a quarter of them; left until the end it takes seconds.
FLUSH_EVERY = 4_000


class EdgeStore:
    """`Store` on qdrant-edge. Every call is direct: a thread would only add waiting for the lock."""

    def __init__(self, shard: edge.EdgeShard, generations: Generations, lock: IO[str]) -> None:
        self._shard = shard
        self._generations = generations
        # Held open for as long as the store is: the system lets go of it when the process ends, however it ends.
        self._lock = lock
        self._unflushed = 0
        self._copy: Copy | None = None
        self._compacting = asyncio.Lock()
        self._closed = False

    async def insert(self, scope: Scope, records: Sequence[Record], words_of: WordsOf) -> list[Verdict]:
        require_scope(scope)
        # No await between the look-up and the write, so that requests cannot interleave here.
        keys = [point_id(scope, record.message_id) for record in records]
        known = {
            str(found.id): str((found.payload or {}).get("content_hash"))
            for found in self._retrieve(list(dict.fromkeys(keys)), ["content_hash"])
        }
        verdicts, points = judge(scope, records, words_of, known)
        self._write(points, edge.UpdateMode.InsertOnly)
        return verdicts

    async def pages(self, scope: Scope, where: Where, *, bodies: bool = False) -> AsyncIterator[list[Record]]:
        require_scope(scope)
        wanted = to_filter(conditions(scope, where))
        for page in self._scroll(wanted, True if bodies else FLAT_FIELDS):
            yield [from_payload(found.payload or {}) for found in page]
            await asyncio.sleep(0)

    async def get(self, scope: Scope, message_ids: Sequence[str]) -> list[Record]:
        require_scope(scope)
        keys: list[edge.PointId] = [point_id(scope, message_id) for message_id in dict.fromkeys(message_ids)]
        payloads = [found.payload or {} for found in self._retrieve(keys, True)]
        records = [from_payload(payload) for payload in payloads if payload["kind"] == "event"]
        return [record for record in records if not scope.members or record.customer_id in scope.members]

    async def search_words(
        self, scope: Scope, query: SparseVector, where: Where, limit: int, held: Held | None = None
    ) -> list[Hit]:
        wanted = to_filter(conditions(require_scope(scope), where))
        if not query.indices:
            return []
        # Without its own corpus the engine counts words over every workspace and the future.
        params = edge.SearchParams(idf=edge.IdfParams(corpus=wanted))
        vector = edge.SparseVector(query.indices, query.values)
        return self._search(edge.Query.Nearest(vector, using=SPARSE), wanted, params, limit, held)

    async def search_meaning(
        self, scope: Scope, query: Sequence[float], where: Where, limit: int, held: Held | None = None
    ) -> list[Hit]:
        wanted = to_filter(conditions(require_scope(scope), where))
        return self._search(edge.Query.Nearest([list(query)], using=DENSE), wanted, None, limit, held)

    async def count_holding(self, scope: Scope, term: int, where: Where, at_most: int) -> int:
        wanted = to_filter(conditions(require_scope(scope), where))
        # A word that stands in an event scores above 0, so that every one of them is a hit.
        query = edge.Query.Nearest(edge.SparseVector([term], [1.0]), using=SPARSE)
        request = edge.QueryRequest(limit=at_most, query=query, filter=wanted, with_payload=False)
        return len(translated(lambda: self._shard.query(request)))

    async def versions(self, scope: Scope, message_id: str) -> list[Record]:
        conflicts = to_filter(conditions(require_scope(scope), None, CONFLICT))
        found = [from_payload(record.payload or {}) for page in self._scroll(conflicts, True) for record in page]
        return order_versions(message_id, await self.get(scope, [message_id]), found)

    async def pending(self, scope: Scope, limit: int) -> list[Record]:
        wanted = edge.ScrollRequest(limit=limit, filter=_pending(scope), with_payload=True, with_vector=False)
        found, _ = translated(lambda: self._shard.scroll(wanted))
        return [from_payload(record.payload or {}) for record in found]

    async def count_pending(self, scope: Scope) -> int:
        return self._count(_pending(scope))

    async def tally(self, scope: Scope) -> Tally:
        whole = require_scope(scope).whole()
        events, conflicts, quarantined = (
            self._count(to_filter(conditions(whole, None, kind))) for kind in ("event", "conflict", QUARANTINE)
        )
        pending = await self.count_pending(whole)
        wanted = to_filter(conditions(whole))
        failed = events - self._count(edge.Filter(must=[wanted, edge.IsEmptyCondition(SET_ASIDE_FIELD)]))
        return Tally(events, events - pending - failed, pending, failed, conflicts, quarantined)

    async def set_vectors(self, scope: Scope, vectors: Mapping[str, list[list[float]]]) -> None:
        require_scope(scope)
        keys: dict[edge.PointId, list[list[float]]] = {point_id(scope, key): parts for key, parts in vectors.items()}
        # The engine refuses all of them for one point that is gone: erased while its text was embedded.
        there = {str(found.id) for found in self._retrieve(list(keys), False)}
        points = [edge.PointVectors(key, {DENSE: parts}) for key, parts in keys.items() if str(key) in there]
        if not points:
            return
        self._update(edge.UpdateOperation.update_vectors(points), list(there))

    async def set_aside(self, scope: Scope, message_id: str, reason: str) -> None:
        require_scope(scope)
        key = point_id(scope, message_id)
        if self._retrieve([key], False):
            self._update(edge.UpdateOperation.set_payload([key], {SET_ASIDE_FIELD: reason}), [key])

    async def put(self, scope: Scope, controls: Sequence[Control]) -> None:
        require_scope(scope)
        self._write([control_point(scope, control) for control in controls], edge.UpdateMode.Upsert)

    async def control(self, scope: Scope, kind: str, key: str) -> Control | None:
        found = await self.controls(scope, kind, [key])
        return found[0] if found else None

    async def controls(self, scope: Scope, kind: str, keys: Sequence[str] | None = None) -> list[Control]:
        whole = require_scope(scope).whole()
        if keys is None:
            pages: Iterable[list[edge.Record]] = self._scroll(to_filter(conditions(whole, None, kind)), True)
        else:
            pages = [self._retrieve([control_id(whole, kind, key) for key in dict.fromkeys(keys)], True)]
        found = [read_control(record.payload or {}) for page in pages for record in page]
        return sorted(found, key=lambda control: control.key)

    async def delete_controls(self, scope: Scope, kind: str, keys: Sequence[str]) -> None:
        require_scope(scope)
        self._delete([control_id(scope, kind, key) for key in keys])

    async def delete(self, scope: Scope, point_ids: Sequence[str]) -> int:
        workspace = require_scope(scope).workspace
        found = self._retrieve(list(dict.fromkeys(point_ids)), [TENANT_FIELD])
        mine = [str(record.id) for record in found if (record.payload or {}).get(TENANT_FIELD) == workspace]
        self._delete(mine)
        return len(mine)

    async def dump(self, scope: Scope, *kinds: str, where: Where | None = None) -> AsyncIterator[list[dict[str, Any]]]:
        wanted = to_filter(dumped(require_scope(scope), kinds, where))
        for page in self._scroll(wanted, True):
            yield [{"id": str(found.id), **unpack(found.payload or {})} for found in page]
            await asyncio.sleep(0)

    async def restore(self, scope: Scope, points: Sequence[Point]) -> int:
        require_scope(scope)
        # Of the same id twice the first counts; the engine would keep the last.
        new = {point.id: point for point in reversed(points)}
        for found in self._retrieve(list(new), False):
            del new[str(found.id)]
        self._write(list(new.values()), edge.UpdateMode.InsertOnly)
        return len(new)

    async def compact(self) -> bool:
        """See `Store`. Only what was deleted before the call is surely gone: what goes meanwhile was perhaps copied.

        Raises StoreError when the disk has no room for a copy, StoreUnavailable when the copy fails or the store is
        closed meanwhile; the store is then as it was.
        """
        async with self._compacting:
            if self._closed:
                raise StoreUnavailable("the store is closed")
            try:
                await asyncio.to_thread(self._generations.tidy)
                await self._swap()
                await asyncio.to_thread(self._generations.tidy)
            except OSError as error:
                raise StoreUnavailable(f"the compaction failed: {error}") from error
        return True

    async def flush(self) -> None:
        translated(self._shard.flush)
        self._unflushed = 0

    async def close(self) -> None:
        self._closed = True
        if self._copy:
            self._copy.stop("the store was closed")
        async with self._compacting:
            translated(self._shard.flush)
            self._shard.close()
            self._lock.close()

    async def _swap(self) -> None:
        """Go over to a fresh copy of the shard, and close the old one."""
        old = self._shard
        self._copy = copy = Copy(old, self._generations)
        try:
            await copy.run()
            # No await between the last look at the copy and the switch: nothing is written in between.
            self._shard = copy.adopt()
        except BaseException:
            copy.discard()
            raise
        finally:
            self._copy = None
        try:
            self._generations.sync()
            await asyncio.sleep(0)
        finally:
            translated(old.close)

    def _count(self, wanted: edge.Filter) -> int:
        return translated(lambda: self._shard.count(edge.CountRequest(exact=True, filter=wanted)))

    def _delete(self, ids: Sequence[str]) -> None:
        if ids:
            self._update(edge.UpdateOperation.delete_points(list(ids)), ids)

    def _search(
        self,
        query: edge.Query,
        wanted: edge.Filter,
        params: edge.SearchParams | None,
        limit: int,
        held: Held | None,
    ) -> list[Hit]:
        fields = FLAT_FIELDS if held is None else False
        request = edge.QueryRequest(limit=limit, query=query, filter=wanted, params=params, with_payload=fields)
        found = translated(lambda: self._shard.query(request))
        return hits(((str(point.id), point.score, point.payload) for point in found), held)

    def _retrieve(self, keys: Sequence[edge.PointId], fields: bool | list[str]) -> list[edge.Record]:
        return translated(lambda: self._shard.retrieve(list(keys), fields, False))

    def _scroll(self, wanted: edge.Filter, fields: bool | list[str]) -> Iterator[list[edge.Record]]:
        offset: edge.PointId | None = None
        while True:
            request = edge.ScrollRequest(
                limit=PAGE, offset=offset, filter=wanted, with_payload=fields, with_vector=False
            )
            page, offset = translated(partial(self._shard.scroll, request))
            if page:
                yield page
            if offset is None:
                return

    def _write(self, points: Sequence[Point], mode: edge.UpdateMode) -> None:
        if points:
            written = [to_engine(point) for point in points]
            self._update(edge.UpdateOperation.upsert_points(written, update_mode=mode), [point.id for point in points])

    def _update(self, operation: edge.UpdateOperation, ids: Sequence[str]) -> None:
        """Every write goes through here: a copy in the making must learn of it."""
        try:
            translated(lambda: self._shard.update(operation))
        finally:
            if self._copy:
                self._copy.follow(ids)
        self._unflushed += len(ids)
        if self._unflushed >= FLUSH_EVERY:
            translated(self._shard.flush)
            self._unflushed = 0


def _pending(scope: Scope) -> edge.Filter:
    wanted = to_filter(conditions(require_scope(scope)))
    return edge.Filter(must=[wanted, edge.IsEmptyCondition(SET_ASIDE_FIELD)], must_not=[edge.HasVectorCondition(DENSE)])
