"""What only the server form has: replicas that race, a server that is away, a collection of another kind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from memory.points import SCHEMA_VERSION, control_point
from memory.qdrant_collection import MAX_REQUEST_BYTES, Collection, translated
from memory.qdrant_store import QdrantStore, open_qdrant
from memory.record import point_id
from memory.scope import SYSTEM
from memory.store import Control, Point, Store, StoreError, StoreMismatch, StoreUnavailable, Verdict, Where
from tests.service.test_store_contract import ACME, DIMENSIONS, LocalServer, axis, dumped, event, filled, insert

pytestmark = [
    pytest.mark.filterwarnings("ignore:Local mode performs exact:UserWarning"),
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning"),
]

NAME = "throughline"
SCHEMA_POINT = control_point(SYSTEM, Control("schema", "collection", {})).id


@pytest.fixture
async def client() -> AsyncIterator[LocalServer]:
    local = LocalServer()
    yield local
    await local.close()


async def opened(client: AsyncQdrantClient, dimensions: int = DIMENSIONS) -> QdrantStore:
    return await open_qdrant("", None, dimensions, collection=NAME, client=client)


async def test_of_replicas_that_send_one_event_at_once_exactly_one_is_told_accepted(client: LocalServer) -> None:
    replicas = [await opened(client) for _ in range(4)]
    batch = [event(f"m{number}") for number in range(20)]
    answers = await asyncio.gather(*[insert(replica, *batch) for replica in replicas])
    for verdicts in zip(*answers, strict=True):
        assert sorted(verdicts) == [Verdict.ACCEPTED, Verdict.DUPLICATE, Verdict.DUPLICATE, Verdict.DUPLICATE]


async def test_of_replicas_that_send_other_content_at_once_one_is_accepted_and_both_are_kept(
    client: LocalServer,
) -> None:
    one, other = await opened(client), await opened(client)
    answers = await asyncio.gather(
        insert(one, event("m1", "Order Placed"), event("m1", "Order Placed")),
        insert(other, event("m1", "Order Refunded"), event("m1", "Order Refunded")),
    )
    assert sorted(answers) == [
        [Verdict.ACCEPTED, Verdict.DUPLICATE], [Verdict.CONFLICT, Verdict.CONFLICT],
    ]  # fmt: skip
    assert sorted((row["kind"], row["title"]) for row in await dumped(one)) in (
        [("conflict", "Order Placed"), ("event", "Order Refunded")],
        [("conflict", "Order Refunded"), ("event", "Order Placed")],
    )


async def test_a_loser_that_sends_both_versions_judges_them_by_the_winner(client: LocalServer) -> None:
    one, other = await opened(client), await opened(client)
    won, lost = await asyncio.gather(
        insert(one, event("m1", "Order Placed")),
        insert(other, event("m1", "Order Refunded"), event("m1", "Order Placed")),
    )
    assert won == [Verdict.ACCEPTED]
    assert lost == [Verdict.CONFLICT, Verdict.DUPLICATE]


async def test_replicas_that_open_at_once_make_one_collection(client: LocalServer) -> None:
    stores = await asyncio.gather(*[opened(client) for _ in range(3)])
    assert await insert(stores[0], event("m1")) == [Verdict.ACCEPTED]
    assert await insert(stores[2], event("m1")) == [Verdict.DUPLICATE]


CALLS: dict[str, Callable[[Store], Any]] = {
    "insert": lambda store: insert(store, event("m1")),
    "dump": dumped,
    "count_pending": lambda store: store.count_pending(ACME),
    "search_meaning": lambda store: store.search_meaning(ACME, axis(1), Where(), 10),
    "set_aside": lambda store: store.set_aside(ACME, "m1", "why"),
}


@pytest.mark.parametrize("call", CALLS)
async def test_a_server_that_is_away_is_said_to_be_unavailable(call: str) -> None:
    store = QdrantStore(AsyncQdrantClient(url="http://127.0.0.1:9", check_compatibility=False), NAME)
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        await CALLS[call](store)
    await store.close()


async def test_opening_a_server_that_is_away_is_said_to_be_unavailable() -> None:
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        await open_qdrant("http://127.0.0.1:9", None, DIMENSIONS)


@pytest.mark.parametrize(
    ("status", "error"),
    [(500, StoreUnavailable), (503, StoreUnavailable), (429, StoreUnavailable), (404, StoreUnavailable),
     (400, StoreError), (401, StoreError), (413, StoreError)],
)  # fmt: skip
def test_an_answer_of_the_server_says_whether_a_later_try_may_go_through(status: int, error: type[StoreError]) -> None:
    answer = UnexpectedResponse(status, "why", b"{}", httpx.Headers())
    with pytest.raises(StoreError) as caught, translated():
        raise answer
    assert type(caught.value) is error


async def test_a_collection_for_another_model_is_refused(client: LocalServer) -> None:
    store = await opened(client)
    await insert(store, event("m1"))
    with pytest.raises(StoreMismatch, match="8 dimensions, this one has 16"):
        await opened(client, 16)


async def test_a_collection_of_another_program_is_refused() -> None:
    client = LocalServer()
    await client.create_collection(NAME, vectors_config=models.VectorParams(size=8, distance=models.Distance.DOT))
    with pytest.raises(StoreMismatch, match="other vectors"):
        await opened(client)


async def test_points_without_a_schema_are_refused(client: LocalServer) -> None:
    store = await opened(client)
    await insert(store, event("m1"))
    await client.delete(NAME, [SCHEMA_POINT])
    with pytest.raises(StoreMismatch, match="another program"):
        await opened(client)


async def test_a_collection_of_a_newer_version_is_refused(client: LocalServer) -> None:
    await opened(client)
    await set_version(client, SCHEMA_VERSION + 1)
    with pytest.raises(StoreMismatch, match="newer version"):
        await opened(client)


async def test_a_collection_of_an_older_version_is_rewritten_in_place(client: LocalServer) -> None:
    store = await opened(client)
    await filled(store)
    rows = await dumped(store)
    keys = [row["id"] for row in rows if row["kind"] in ("event", "conflict")]
    await client.delete_payload(NAME, ["title", "amount", "items"], keys)
    await set_version(client, 0)
    store = await opened(client)
    assert await dumped(store) == rows
    assert await store.count_pending(ACME) == 3
    assert [control.data for control in await store.controls(SYSTEM, "schema")] == [{"version": SCHEMA_VERSION}]


async def test_a_server_that_is_too_old_is_refused() -> None:
    class Old(LocalServer):
        async def info(self) -> models.VersionInfo:
            return models.VersionInfo(title="qdrant", version="1.15.4")

    with pytest.raises(StoreError, match=r"1\.15\.4, this program needs 1\.19"):
        await opened(Old())


async def test_large_events_are_sent_in_requests_that_a_server_takes() -> None:
    sizes: list[int] = []

    class Counting(LocalServer):
        async def upsert(self, *args: Any, **kwargs: Any) -> models.UpdateResult:
            sizes.append(sum(len(point.payload["body"]) for point in args[1]))
            return await super().upsert(*args, **kwargs)

    counting = Counting()
    await counting.create_collection(NAME, vectors_config={}, sparse_vectors_config={})
    points = [Point(point_id(ACME, str(number)), {"body": "x" * 250_000}) for number in range(100)]
    await Collection(counting, NAME).write(points, models.UpdateMode.INSERT_ONLY)
    assert sum(sizes) == 25_000_000
    assert max(sizes) <= MAX_REQUEST_BYTES
    assert (await counting.count(NAME)).count == 100
    await counting.close()


async def set_version(client: LocalServer, version: int) -> None:
    point = control_point(SYSTEM, Control("schema", "collection", {"version": version}))
    await client.set_payload(NAME, point.payload, [point.id])
