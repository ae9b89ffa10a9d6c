"""One shard of the engine: made, opened, and asked in our words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import qdrant_edge as edge

from memory.cleaning import format_time
from memory.points import DENSE, KEYWORD_FIELDS, SPARSE, TENANT_FIELD, TIME_FIELDS, AnyOf, Condition
from memory.record import pack
from memory.store import Point, StoreUnavailable

T = TypeVar("T")


def create_shard(path: Path, dimensions: int) -> edge.EdgeShard:
    """A new shard with our vectors and payload indexes; `dimensions` is the embedding model's."""
    shard = create_bare(path, dimensions)
    for operation in index_operations():
        shard.update(operation)
    shard.flush()
    return shard


def create_bare(path: Path, dimensions: int) -> edge.EdgeShard:
    """A new shard with our vectors, which still needs each of `index_operations`."""
    parts = edge.MultiVectorConfig(edge.MultiVectorComparator.MaxSim)
    dense = edge.EdgeVectorParams(
        size=dimensions,
        distance=edge.Distance.Cosine,
        multivector_config=parts,
        datatype=edge.VectorStorageDatatype.Float16,
    )
    sparse = edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)
    return edge.EdgeShard.create(str(path), edge.EdgeConfig(vectors={DENSE: dense}, sparse_vectors={SPARSE: sparse}))


def index_operations() -> list[edge.UpdateOperation]:
    """What makes the payload indexes of a new shard, one by one: each takes 15 ms."""
    index = edge.UpdateOperation.create_field_index
    return [
        index(TENANT_FIELD, edge.KeywordIndexParams(is_tenant=True)),
        *[index(name, edge.KeywordIndexParams()) for name in KEYWORD_FIELDS],
        *[index(name, edge.DatetimeIndexParams()) for name in TIME_FIELDS],
    ]


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


def translated(call: Callable[[], T]) -> T:
    """The call's result; the engine's bare exceptions become StoreUnavailable."""
    try:
        return call()
    except ValueError:
        raise
    except Exception as error:
        raise StoreUnavailable(f"the embedded store failed: {error}") from error


def to_engine(point: Point) -> edge.Point:
    """One of our points as the engine takes it."""
    if point.words is None or not point.words.indices:
        return edge.Point(point.id, {}, pack(point.payload))
    words = edge.SparseVector(point.words.indices, point.words.values)
    return edge.Point(point.id, {SPARSE: words}, pack(point.payload))


def to_filter(wanted: Sequence[Condition]) -> edge.Filter:
    """The engine's filter for points that meet all of these conditions."""
    return edge.Filter(must=[_condition(condition) for condition in wanted])


def _condition(condition: Condition) -> edge.FieldCondition:
    if isinstance(condition, AnyOf):
        return edge.FieldCondition(condition.field, match=edge.MatchAny(list(condition.values)))
    since = format_time(condition.since) if condition.since else None
    before = format_time(condition.before) if condition.before else None
    return edge.FieldCondition(condition.field, range=edge.RangeDateTime(gte=since, lt=before))
