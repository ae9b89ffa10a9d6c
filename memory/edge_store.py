"""The embedded store: the Qdrant engine in this process, one data directory, one process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeVar

import qdrant_edge as edge

from memory.cleaning import format_time
from memory.points import (
    DENSE,
    KEYWORD_FIELDS,
    SET_ASIDE_FIELD,
    SPARSE,
    TENANT_FIELD,
    TIME_FIELD,
    AnyOf,
    Condition,
    conditions,
    control_id,
    control_point,
    judge,
    read_control,
    rebuild,
)
from memory.record import FLAT_FIELDS, Record, from_payload, point_id
from memory.scope import Scope, require_scope
from memory.store import Control, Hit, Point, SparseVector, StoreUnavailable, Verdict, Where

#: Calls hold the interpreter's lock: pages keep each under a few milliseconds.
PAGE = 500
#: 30 ms after this many points; a flush left until the end takes seconds.
FLUSH_EVERY = 1_000

T = TypeVar("T")


class EdgeStore:
    """`Store` on qdrant-edge. Every call is direct: a thread would only add waiting for the lock."""

    def __init__(self, shard: edge.EdgeShard, lock: IO[str] | None = None) -> None:
        self._shard = shard
        # Held open for as long as the store is: the system lets go of it when the process ends, however it ends.
        self._lock = lock
        self._unflushed = 0

    async def insert(self, scope: Scope, records: Sequence[Record], words: Sequence[SparseVector]) -> list[Verdict]:
        require_scope(scope)
        # No await between the look-up and the write, so that requests cannot interleave here.
        keys = [point_id(scope, record.message_id) for record in records]
        known = {
            str(found.id): str((found.payload or {}).get("content_hash"))
            for found in self._retrieve(list(dict.fromkeys(keys)), ["content_hash"])
        }
        verdicts, points = judge(scope, records, words, known)
        self.write_all(points)
        return verdicts

    async def pages(self, scope: Scope, where: Where, *, bodies: bool = False) -> AsyncIterator[list[Record]]:
        require_scope(scope)
        wanted = _filter(conditions(scope, where))
        for page in self._scroll(wanted, True if bodies else FLAT_FIELDS):
            yield [from_payload(found.payload or {}) for found in page]
            await asyncio.sleep(0)

    async def get(self, scope: Scope, message_ids: Sequence[str]) -> list[Record]:
        require_scope(scope)
        keys: list[edge.PointId] = [point_id(scope, message_id) for message_id in dict.fromkeys(message_ids)]
        payloads = [found.payload or {} for found in self._retrieve(keys, True)]
        records = [from_payload(payload) for payload in payloads if payload["kind"] == "event"]
        return [record for record in records if not scope.members or record.customer_id in scope.members]

    async def search_words(self, scope: Scope, query: SparseVector, where: Where, limit: int) -> list[Hit]:
        wanted = _filter(conditions(require_scope(scope), where))
        if not query.indices:
            return []
        # Without its own corpus the engine counts words over every workspace and the future.
        params = edge.SearchParams(idf=edge.IdfParams(corpus=wanted))
        vector = edge.SparseVector(query.indices, query.values)
        return self._search(edge.Query.Nearest(vector, using=SPARSE), wanted, params, limit)

    async def search_meaning(self, scope: Scope, query: Sequence[float], where: Where, limit: int) -> list[Hit]:
        wanted = _filter(conditions(require_scope(scope), where))
        return self._search(edge.Query.Nearest([list(query)], using=DENSE), wanted, None, limit)

    async def pending(self, scope: Scope, limit: int) -> list[Record]:
        wanted = edge.ScrollRequest(limit=limit, filter=_pending(scope), with_payload=True, with_vector=False)
        found, _ = _translated(lambda: self._shard.scroll(wanted))
        return [from_payload(record.payload or {}) for record in found]

    async def count_pending(self, scope: Scope) -> int:
        wanted = edge.CountRequest(exact=True, filter=_pending(scope))
        return _translated(lambda: self._shard.count(wanted))

    async def set_vectors(self, scope: Scope, vectors: Mapping[str, list[list[float]]]) -> None:
        require_scope(scope)
        points = [edge.PointVectors(point_id(scope, key), {DENSE: parts}) for key, parts in vectors.items()]
        self._update(edge.UpdateOperation.update_vectors(points), len(points))

    async def set_aside(self, scope: Scope, message_id: str, reason: str) -> None:
        require_scope(scope)
        self._update(edge.UpdateOperation.set_payload([point_id(scope, message_id)], {SET_ASIDE_FIELD: reason}), 1)

    async def put(self, scope: Scope, controls: Sequence[Control]) -> None:
        require_scope(scope)
        self._write([control_point(scope, control) for control in controls], edge.UpdateMode.Upsert)

    async def control(self, scope: Scope, kind: str, key: str) -> Control | None:
        require_scope(scope)
        found = _translated(lambda: self._shard.retrieve([control_id(scope, kind, key)], True, False))
        return read_control(found[0].payload or {}) if found else None

    async def controls(self, scope: Scope, kind: str) -> list[Control]:
        wanted = _filter(conditions(require_scope(scope).whole(), kind=kind))
        found = [read_control(record.payload or {}) for page in self._scroll(wanted, True) for record in page]
        return sorted(found, key=lambda control: control.key)

    async def dump(self, scope: Scope) -> AsyncIterator[list[dict[str, Any]]]:
        wanted = _filter([AnyOf(TENANT_FIELD, (require_scope(scope).workspace,))])
        for page in self._scroll(wanted, True):
            yield [{"id": str(found.id), **(found.payload or {})} for found in page]
            await asyncio.sleep(0)

    async def restore(self, scope: Scope, points: Sequence[Point]) -> int:
        require_scope(scope)
        # Of the same id twice the first counts; the engine would keep the last.
        new = {point.id: point for point in reversed(points)}
        for found in self._shard.retrieve(list(new), False, False):
            del new[str(found.id)]
        self.write_all(list(new.values()))
        return len(new)

    async def close(self) -> None:
        _translated(self._shard.flush)
        self._shard.close()
        if self._lock:
            self._lock.close()

    def _search(
        self, query: edge.Query, wanted: edge.Filter, params: edge.SearchParams | None, limit: int
    ) -> list[Hit]:
        request = edge.QueryRequest(limit=limit, query=query, filter=wanted, params=params, with_payload=FLAT_FIELDS)
        found = _translated(lambda: self._shard.query(request))
        return [Hit(str(point.id), point.score, from_payload(point.payload or {})) for point in found]

    def _retrieve(self, keys: list[edge.PointId], fields: bool | list[str]) -> list[edge.Record]:
        return _translated(lambda: self._shard.retrieve(keys, fields, False))

    def _scroll(self, wanted: edge.Filter, fields: bool | list[str]) -> Iterator[list[edge.Record]]:
        offset: edge.PointId | None = None
        while True:
            request = edge.ScrollRequest(
                limit=PAGE, offset=offset, filter=wanted, with_payload=fields, with_vector=False
            )
            page, offset = _translated(partial(self._shard.scroll, request))
            if page:
                yield page
            if offset is None:
                return

    def write_all(self, points: Sequence[Point]) -> None:
        """Write points that are new; those that exist stay as they are."""
        self._write(points, edge.UpdateMode.InsertOnly)

    def _write(self, points: Sequence[Point], mode: edge.UpdateMode) -> None:
        if points:
            written = [edge.Point(point.id, _vectors(point), point.payload) for point in points]
            self._update(edge.UpdateOperation.upsert_points(written, update_mode=mode), len(points))

    def _update(self, operation: edge.UpdateOperation, size: int) -> None:
        _translated(lambda: self._shard.update(operation))
        self._unflushed += size
        if self._unflushed >= FLUSH_EVERY:
            _translated(self._shard.flush)
            self._unflushed = 0


def create_shard(path: Path, dimensions: int) -> edge.EdgeShard:
    """A new shard with our vectors and payload indexes; `dimensions` is the embedding model's."""
    parts = edge.MultiVectorConfig(edge.MultiVectorComparator.MaxSim)
    dense = edge.EdgeVectorParams(
        size=dimensions,
        distance=edge.Distance.Cosine,
        multivector_config=parts,
        datatype=edge.VectorStorageDatatype.Float16,
    )
    sparse = edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)
    shard = edge.EdgeShard.create(str(path), edge.EdgeConfig(vectors={DENSE: dense}, sparse_vectors={SPARSE: sparse}))
    shard.update(edge.UpdateOperation.create_field_index(TENANT_FIELD, edge.KeywordIndexParams(is_tenant=True)))
    for name in KEYWORD_FIELDS:
        shard.update(edge.UpdateOperation.create_field_index(name, edge.KeywordIndexParams()))
    shard.update(edge.UpdateOperation.create_field_index(TIME_FIELD, edge.DatetimeIndexParams()))
    shard.flush()
    return shard


def load_shard(path: Path) -> edge.EdgeShard:
    """An existing shard; raises StoreUnavailable while another process holds it."""
    try:
        return edge.EdgeShard.load(str(path))
    except Exception as error:
        if "WouldBlock" in str(error):
            raise StoreUnavailable(f"the data directory {path.parent} is in use by another process") from error
        raise StoreUnavailable(
            f"the data directory {path.parent} cannot be opened: its store is damaged or another program's; put back a "
            f"copy, or import an export into a new directory. The engine says: {error}"
        ) from error


def _translated(call: Callable[[], T]) -> T:
    """The call's result; the engine's bare exceptions become StoreUnavailable."""
    try:
        return call()
    except ValueError:
        raise
    except Exception as error:
        raise StoreUnavailable(f"the embedded store failed: {error}") from error


def _vectors(point: Point) -> dict[str, edge.NamedVector]:
    if point.words is None or not point.words.indices:
        return {}
    return {SPARSE: edge.SparseVector(point.words.indices, point.words.values)}


def _filter(wanted: Sequence[Condition]) -> edge.Filter:
    return edge.Filter(must=[_condition(condition) for condition in wanted])


def _condition(condition: Condition) -> edge.FieldCondition:
    if isinstance(condition, AnyOf):
        return edge.FieldCondition(condition.field, match=edge.MatchAny(list(condition.values)))
    since = format_time(condition.since) if condition.since else None
    before = format_time(condition.before) if condition.before else None
    return edge.FieldCondition(TIME_FIELD, range=edge.RangeDateTime(gte=since, lt=before))


def _pending(scope: Scope) -> edge.Filter:
    wanted = _filter(conditions(require_scope(scope)))
    return edge.Filter(must=[wanted, edge.IsEmptyCondition(SET_ASIDE_FIELD)], must_not=[edge.HasVectorCondition(DENSE)])


def rewrite(source: edge.EdgeShard, target: edge.EdgeShard) -> None:
    """Copy all points from one shard into another, every field derived again from the event's body."""
    offset: edge.PointId | None = None
    writer = EdgeStore(target)
    while True:
        page, offset = source.scroll(
            edge.ScrollRequest(limit=PAGE, offset=offset, with_payload=True, with_vector=False)
        )
        payloads = [record.payload or {} for record in page]
        writer.write_all([rebuild(Scope(payload["workspace"]), payload) for payload in payloads])
        if offset is None:
            return
