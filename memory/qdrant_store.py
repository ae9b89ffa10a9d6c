"""The server form of the store: a Qdrant server or cluster, and any number of replicas of this program."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from qdrant_client import AsyncQdrantClient, models

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
from memory.qdrant_collection import Collection, not_aside_filter, pending_filter, sparse, to_filter, translated
from memory.qdrant_schema import prepare
from memory.record import FLAT_FIELDS, Record, from_payload, point_id, unpack
from memory.scope import Scope, require_scope
from memory.store import (
    Control,
    Held,
    Hit,
    Point,
    SparseVector,
    StoreError,
    StoreUnavailable,
    Tally,
    Verdict,
    Where,
    WordsOf,
)

#: Which request wrote a point; no part of the event, so no part of a dump.
CLAIM_FIELD = "claim"
#: Longer than a batch of 200 large events takes on a busy server.
TIMEOUT_S = 30

_INSERT = models.UpdateMode.INSERT_ONLY


class QdrantStore:
    """`Store` on a Qdrant server. What each call means is the same as in the embedded form."""

    def __init__(self, client: AsyncQdrantClient, collection: str) -> None:
        self._client = client
        self._collection = Collection(client, collection)

    async def insert(self, scope: Scope, records: Sequence[Record], words_of: WordsOf) -> list[Verdict]:
        require_scope(scope)
        keys = list(dict.fromkeys(point_id(scope, record.message_id) for record in records))
        known = _hashes(await self._collection.payloads(keys, ["content_hash"]))
        _, points = judge(scope, records, words_of, known)
        mine, theirs = await self._claim([point for point in points if point.payload["kind"] == "event"])
        # Judged again by what is there now: another replica may have been first.
        verdicts, points = judge(scope, records, words_of, {**known, **theirs})
        await self._collection.write([point for point in points if point.id not in mine], _INSERT)
        return verdicts

    async def pages(self, scope: Scope, where: Where, *, bodies: bool = False) -> AsyncIterator[list[Record]]:
        wanted = to_filter(conditions(require_scope(scope), where))
        async for page in self._collection.scroll(wanted, True if bodies else FLAT_FIELDS):
            yield [from_payload(found.payload or {}) for found in page]

    async def get(self, scope: Scope, message_ids: Sequence[str]) -> list[Record]:
        require_scope(scope)
        keys = [point_id(scope, message_id) for message_id in dict.fromkeys(message_ids)]
        found = (await self._collection.payloads(keys, True)).values()
        records = [from_payload(payload) for payload in found if payload["kind"] == "event"]
        return [record for record in records if not scope.members or record.customer_id in scope.members]

    async def search_words(
        self, scope: Scope, query: SparseVector, where: Where, limit: int, held: Held | None = None
    ) -> list[Hit]:
        wanted = to_filter(conditions(require_scope(scope), where))
        if not query.indices:
            return []
        # Without its own corpus the server counts words over every workspace and the future.
        params = models.SearchParams(idf=models.IdfCorpusParams(corpus=wanted))
        return await self._search(sparse(query.indices, query.values), SPARSE, wanted, params, limit, held)

    async def search_meaning(
        self, scope: Scope, query: Sequence[float], where: Where, limit: int, held: Held | None = None
    ) -> list[Hit]:
        wanted = to_filter(conditions(require_scope(scope), where))
        # A graph walk would find other neighbours once later events are in it.
        return await self._search([list(query)], DENSE, wanted, models.SearchParams(exact=True), limit, held)

    async def count_holding(self, scope: Scope, term: int, where: Where, at_most: int) -> int:
        wanted = to_filter(conditions(require_scope(scope), where))
        # A word that stands in an event scores above 0, so that every one of them is a hit.
        return len(await self._query(sparse([term], [1.0]), SPARSE, wanted, None, at_most, fields=False))

    async def versions(self, scope: Scope, message_id: str) -> list[Record]:
        pages = self._collection.scroll(to_filter(conditions(require_scope(scope), None, CONFLICT)), True)
        found = [from_payload(record.payload or {}) async for page in pages for record in page]
        return order_versions(message_id, await self.get(scope, [message_id]), found)

    async def pending(self, scope: Scope, limit: int) -> list[Record]:
        wanted = pending_filter(conditions(require_scope(scope)))
        page, _ = await self._collection.page(wanted, True, limit)
        return [from_payload(found.payload or {}) for found in page]

    async def count_pending(self, scope: Scope) -> int:
        return await self._collection.count(pending_filter(conditions(require_scope(scope))))

    async def tally(self, scope: Scope) -> Tally:
        whole = require_scope(scope).whole()
        events, conflicts, quarantined = [
            await self._collection.count(to_filter(conditions(whole, None, kind)))
            for kind in ("event", "conflict", QUARANTINE)
        ]
        pending = await self.count_pending(whole)
        failed = events - await self._collection.count(not_aside_filter(conditions(whole)))
        return Tally(events, events - pending - failed, pending, failed, conflicts, quarantined)

    async def set_vectors(self, scope: Scope, vectors: Mapping[str, list[list[float]]]) -> None:
        require_scope(scope)
        keyed = {point_id(scope, key): parts for key, parts in vectors.items()}
        # A server refuses all of them for one point that is gone: erased while its text was embedded.
        there = await self._collection.payloads(list(keyed), False)
        await self._collection.set_vectors({key: parts for key, parts in keyed.items() if key in there})

    async def set_aside(self, scope: Scope, message_id: str, reason: str) -> None:
        key = point_id(require_scope(scope), message_id)
        if not await self._collection.payloads([key], False):
            return
        with translated():
            await self._client.set_payload(self._collection.name, {SET_ASIDE_FIELD: reason}, [key], wait=True)

    async def put(self, scope: Scope, controls: Sequence[Control]) -> None:
        require_scope(scope)
        # The last of a key wins, as if they were written one by one.
        points = {point.id: point for point in (control_point(scope, control) for control in controls)}
        await self._collection.write(list(points.values()), models.UpdateMode.UPSERT)

    async def control(self, scope: Scope, kind: str, key: str) -> Control | None:
        found = await self.controls(scope, kind, [key])
        return found[0] if found else None

    async def controls(self, scope: Scope, kind: str, keys: Sequence[str] | None = None) -> list[Control]:
        whole = require_scope(scope).whole()
        if keys is None:
            pages = self._collection.scroll(to_filter(conditions(whole, None, kind)), True)
            payloads = [record.payload or {} async for page in pages for record in page]
        else:
            ids = [control_id(whole, kind, key) for key in dict.fromkeys(keys)]
            payloads = list((await self._collection.payloads(ids, True)).values())
        found = [read_control(payload) for payload in payloads]
        return sorted(found, key=lambda control: control.key)

    async def delete_controls(self, scope: Scope, kind: str, keys: Sequence[str]) -> None:
        require_scope(scope)
        await self._collection.delete([control_id(scope, kind, key) for key in keys])

    async def delete(self, scope: Scope, point_ids: Sequence[str]) -> int:
        workspace = require_scope(scope).workspace
        found = await self._collection.payloads(list(dict.fromkeys(point_ids)), [TENANT_FIELD])
        mine = [key for key, payload in found.items() if payload.get(TENANT_FIELD) == workspace]
        await self._collection.delete(mine)
        return len(mine)

    async def dump(self, scope: Scope, *kinds: str, where: Where | None = None) -> AsyncIterator[list[dict[str, Any]]]:
        wanted = to_filter(dumped(require_scope(scope), kinds, where))
        fields = models.PayloadSelectorExclude(exclude=[CLAIM_FIELD])
        async for page in self._collection.scroll(wanted, fields):
            yield [{"id": str(found.id), **unpack(found.payload or {})} for found in page]

    async def restore(self, scope: Scope, points: Sequence[Point]) -> int:
        require_scope(scope)
        new = {point.id: point for point in reversed(points)}
        for key in await self._collection.payloads(list(new), False):
            del new[key]
        await self._collection.write(list(new.values()), _INSERT)
        return len(new)

    async def compact(self) -> bool:
        """A server vacuums its segments in its own time."""
        return False

    async def flush(self) -> None:
        """A server writes its log before it answers; how often that reaches the disk is its own setting."""

    async def close(self) -> None:
        await self._client.close()

    async def _claim(self, points: Sequence[Point]) -> tuple[set[str], dict[str, str]]:
        """Insert what is new to this request: the ids that it won, and the content of those that another won.

        With several replicas only what lies in the store afterwards tells who was first.
        """
        claim = uuid4().hex
        claimed = [replace(point, payload={**point.payload, CLAIM_FIELD: claim}) for point in points]
        await self._collection.write(claimed, _INSERT)
        found = await self._collection.payloads([point.id for point in points], ["content_hash", CLAIM_FIELD])
        if len(found) < len(points):
            raise StoreUnavailable("the Qdrant server does not show what was just written")
        mine = {key for key, payload in found.items() if payload.get(CLAIM_FIELD) == claim}
        return mine, _hashes({key: payload for key, payload in found.items() if key not in mine})

    async def _search(
        self,
        query: Any,
        using: str,
        wanted: models.Filter,
        params: models.SearchParams,
        limit: int,
        held: Held | None,
    ) -> list[Hit]:
        found = await self._query(query, using, wanted, params, limit, FLAT_FIELDS if held is None else False)
        return hits(((str(point.id), point.score, point.payload) for point in found), held)

    async def _query(
        self,
        query: Any,
        using: str,
        wanted: models.Filter,
        params: models.SearchParams | None,
        limit: int,
        fields: list[str] | bool,
    ) -> list[models.ScoredPoint]:
        with translated():
            found = await self._client.query_points(
                self._collection.name,
                query,
                using,
                query_filter=wanted,
                search_params=params,
                limit=limit,
                with_payload=fields,
            )
        return found.points


async def open_qdrant(
    url: str,
    api_key: str | None,
    dimensions: int,
    *,
    collection: str = "throughline",
    client: AsyncQdrantClient | None = None,
) -> QdrantStore:
    """The store in this collection of the server at `url`, created or migrated as needed; it owns its client.

    Raises StoreUnavailable when the server is away, StoreMismatch for a newer schema or another embedding length,
    StoreError when the server is too old or refuses the key.
    """
    if client is None:
        # Versions are checked, and refused, in `prepare`; the client's own check only warns.
        client = AsyncQdrantClient(url=url, api_key=api_key, timeout=TIMEOUT_S, check_compatibility=False)
    store = QdrantStore(client, collection)
    try:
        await prepare(Collection(client, collection), dimensions)
    except StoreError:
        await store.close()
        raise
    return store


async def open_local(dimensions: int) -> QdrantStore:
    """An empty store on the client's own local mode, in memory: a yardstick and a test double, never for real data."""
    return await open_qdrant("", None, dimensions, client=AsyncQdrantClient(":memory:"))


def _hashes(payloads: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {key: str(payload.get("content_hash")) for key, payload in payloads.items()}
