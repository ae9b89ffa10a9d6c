"""One collection on a Qdrant server: our conditions, bounded requests, and errors of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from memory.points import DENSE, SET_ASIDE_FIELD, SPARSE, AnyOf, Condition
from memory.record import pack
from memory.store import Point, StoreError, StoreUnavailable

#: Ids and flat records of one request; bodies are 1 to 2 KB, so a page with them is about a megabyte.
PAGE = 500
#: A server takes 32 MB a request, and a body grows by its escaped quotes.
MAX_REQUEST_BYTES = 8_000_000
#: As many points as a server applies without holding up readers for long.
MAX_REQUEST_POINTS = 200
#: A vector's number as JSON text.
_NUMBER_BYTES = 22
#: Away, overloaded or still loading; 404 also while a snapshot is being restored.
_PASSING = (404, 408, 429)

T = TypeVar("T")


class Collection:
    """Reads and writes of one collection; raises StoreUnavailable or StoreError, nothing of the client's."""

    def __init__(self, client: AsyncQdrantClient, name: str) -> None:
        self.client = client
        self.name = name

    async def payloads(self, ids: Sequence[str], fields: bool | list[str]) -> dict[str, dict[str, Any]]:
        """The payloads of the points that exist, by id, as a majority of replicas has them."""
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(ids), PAGE):
            with translated():
                page = await self.client.retrieve(
                    self.name, ids[start : start + PAGE], fields, consistency=models.ReadConsistencyType.MAJORITY
                )
            found.update({str(record.id): record.payload or {} for record in page})
        return found

    async def page(
        self, wanted: models.Filter | None, fields: models.WithPayloadInterface, limit: int, offset: Any = None
    ) -> tuple[list[models.Record], Any]:
        """The first matching points by id from the offset on, and the offset of the next page or None."""
        with translated():
            return await self.client.scroll(self.name, wanted, limit=limit, offset=offset, with_payload=fields)

    async def scroll(
        self, wanted: models.Filter | None, fields: models.WithPayloadInterface
    ) -> AsyncIterator[list[models.Record]]:
        """All matching points by id, in pages."""
        offset: Any = None
        while True:
            page, offset = await self.page(wanted, fields, PAGE, offset)
            if page:
                yield page
            if offset is None:
                return

    async def write(self, points: Sequence[Point], mode: models.UpdateMode) -> None:
        """Write points; on return they are applied. Of the same id twice in `points` the first counts."""
        distinct = list({point.id: point for point in reversed(points)}.values())[::-1]
        for batch in _batches(distinct, _point_bytes):
            with translated():
                # All writes of a point through one leader: of two that insert it, all replicas keep the same one.
                await self.client.upsert(
                    self.name,
                    [_struct(point) for point in batch],
                    wait=True,
                    ordering=models.WriteOrdering.STRONG,
                    update_mode=mode,
                )

    async def count(self, wanted: models.Filter) -> int:
        """How many points match."""
        with translated():
            return (await self.client.count(self.name, wanted, exact=True)).count

    async def delete(self, ids: Sequence[str]) -> None:
        """Remove points; on return they are gone from every read."""
        for start in range(0, len(ids), PAGE):
            with translated():
                chosen = models.PointIdsList(points=list(ids[start : start + PAGE]))
                await self.client.delete(self.name, chosen, wait=True, ordering=models.WriteOrdering.STRONG)

    async def set_vectors(self, vectors: Mapping[str, list[list[float]]]) -> None:
        """Multi-vectors by point id; the points exist."""
        for batch in _batches(list(vectors.items()), _vector_bytes):
            points = [models.PointVectors(id=key, vector={DENSE: parts}) for key, parts in batch]
            with translated():
                await self.client.update_vectors(self.name, points, wait=True)


@contextmanager
def translated() -> Iterator[None]:
    """The client's exceptions become StoreUnavailable when a later try may go through, else StoreError."""
    try:
        yield
    except UnexpectedResponse as error:
        status = error.status_code or 0
        if status >= 500 or status in _PASSING:
            raise StoreUnavailable(f"the Qdrant server answered {status} {error.reason_phrase}") from error
        raise StoreError(f"the Qdrant server refused a request: {str(error)[:300]}") from error
    except (ResponseHandlingException, httpx.HTTPError, QdrantException) as error:
        raise StoreUnavailable(f"the Qdrant server cannot be reached: {error}") from error


def to_filter(wanted: Sequence[Condition]) -> models.Filter:
    """All of these conditions."""
    return models.Filter(must=[_condition(condition) for condition in wanted])


def pending_filter(wanted: Sequence[Condition]) -> models.Filter:
    """Those of the points that have no vector of meaning and were not set aside."""
    return models.Filter(must=[not_aside_filter(wanted)], must_not=[models.HasVectorCondition(has_vector=DENSE)])


def not_aside_filter(wanted: Sequence[Condition]) -> models.Filter:
    """Those of the points that were not set aside."""
    not_aside = models.IsEmptyCondition(is_empty=models.PayloadField(key=SET_ASIDE_FIELD))
    return models.Filter(must=[to_filter(wanted), not_aside])


def sparse(indices: list[int], values: list[float]) -> models.SparseVector:
    return models.SparseVector(indices=indices, values=values)


def _condition(condition: Condition) -> models.FieldCondition:
    if isinstance(condition, AnyOf):
        return models.FieldCondition(key=condition.field, match=models.MatchAny(any=list(condition.values)))
    return models.FieldCondition(
        key=condition.field, range=models.DatetimeRange(gte=condition.since, lt=condition.before)
    )


def _struct(point: Point) -> models.PointStruct:
    words = point.words if point.words and point.words.indices else None
    vectors: dict[str, Any] = {SPARSE: sparse(words.indices, words.values)} if words else {}
    return models.PointStruct(id=point.id, payload=pack(point.payload), vector=vectors)


def _batches(items: Sequence[T], size: Callable[[T], int]) -> Iterator[list[T]]:
    """The items in order, in lists that one request can carry."""
    batch: list[T] = []
    total = 0
    for item in items:
        more = size(item)
        if batch and (total + more > MAX_REQUEST_BYTES or len(batch) == MAX_REQUEST_POINTS):
            yield batch
            batch, total = [], 0
        batch.append(item)
        total += more
    if batch:
        yield batch


def _point_bytes(point: Point) -> int:
    words = len(point.words.indices) if point.words else 0
    return sum(len(value) for value in point.payload.values() if isinstance(value, str)) + words * 2 * _NUMBER_BYTES


def _vector_bytes(item: tuple[str, list[list[float]]]) -> int:
    return sum(len(part) for part in item[1]) * _NUMBER_BYTES
