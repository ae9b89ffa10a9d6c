"""What every form of the store promises; tests/live runs the same tests against a real server."""

from __future__ import annotations

import asyncio
import inspect
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from qdrant_client import AsyncQdrantClient, models

from memory.bm25 import document_words, query_words
from memory.data_dir import open_data_dir
from memory.event import content_hash, parse_event
from memory.narration import narrate
from memory.points import rebuild
from memory.qdrant_store import open_qdrant
from memory.record import Record, make_record, point_id
from memory.scope import Scope, ScopeError
from memory.store import Control, Hit, SparseVector, Store, Tally, Verdict, Where

pytestmark = [
    pytest.mark.filterwarnings("ignore:Local mode performs exact:UserWarning"),
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning"),
]

DIMENSIONS = 8
ACME = Scope("acme")
GLOBEX = Scope("globex")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
RECEIVED = NOON + 24 * HOUR

OpenStore = Callable[[], Awaitable[Store]]


class LocalServer(AsyncQdrantClient):
    """The client's local mode, giving way where a request would: so that concurrent calls really interleave."""

    def __init__(self) -> None:
        super().__init__(":memory:")

    async def retrieve(self, *args: Any, **kwargs: Any) -> list[models.Record]:
        found = await super().retrieve(*args, **kwargs)
        await asyncio.sleep(0)
        return found

    async def upsert(self, name: str, points: Any, **options: Any) -> models.UpdateResult:
        await asyncio.sleep(0)
        mode = options.pop("update_mode")
        if mode == models.UpdateMode.INSERT_ONLY:
            # Local mode takes a point that was deleted for one that is there; a server does not.
            there = await super().retrieve(name, [point.id for point in points], with_payload=False)
            known = {found.id for found in there}
            points, mode = [point for point in points if point.id not in known], models.UpdateMode.UPSERT
        if not points:
            return models.UpdateResult(status=models.UpdateStatus.COMPLETED)
        return await super().upsert(name, points, update_mode=mode, **options)


@pytest.fixture(params=["embedded", "server"])
async def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenStore]:
    """Opens a store that is new and empty, as often as it is called."""
    async with AsyncExitStack() as opened:
        count = 0

        async def opener() -> Store:
            nonlocal count
            count += 1
            store: Store
            if request.param == "embedded":
                store = open_data_dir(tmp_path / str(count), DIMENSIONS)
            else:
                store = await open_qdrant("", None, DIMENSIONS, client=LocalServer())
            opened.push_async_callback(store.close)
            return store

        yield opener


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    return await open_store()


def event(
    message_id: str, title: str = "Order Placed", at: datetime = NOON, received_at: datetime = RECEIVED, **fields: Any
) -> Record:
    """A record as intake makes it; `fields` are those of an event."""
    item = {"type": "track", "messageId": message_id, "event": title, "timestamp": at.isoformat(), **fields}
    if "anonymousId" not in fields:
        item.setdefault("userId", "ada")
    parsed = parse_event(item)
    return make_record(parsed, content_hash(parsed), received_at)


def words_of(record: Record) -> SparseVector:
    return document_words(narrate(record.event).words)


async def insert(store: Store, *records: Record, scope: Scope = ACME) -> list[Verdict]:
    return await store.insert(scope, records, words_of)


async def ids(store: Store, where: Where | None = None, scope: Scope = ACME) -> set[str]:
    pages = store.pages(scope, where or Where())
    found = [record.message_id async for page in pages for record in page]
    assert len(found) == len(set(found))
    return set(found)


async def dumped(store: Store, scope: Scope = ACME, *kinds: str, where: Where | None = None) -> list[dict[str, Any]]:
    return [payload async for page in store.dump(scope, *kinds, where=where) for payload in page]


def axis(*dimensions: int) -> list[float]:
    """A vector that points along these dimensions."""
    return [1.0 if number in dimensions else 0.0 for number in range(DIMENSIONS)]


def ranking(hits: list[Hit]) -> list[tuple[str, float]]:
    return sorted(((hit.record.message_id, round(hit.score, 4)) for hit in hits), key=lambda row: (-row[1], row[0]))


# ---- insert


async def test_a_new_event_is_accepted_and_its_repeat_a_duplicate(store: Store) -> None:
    assert await insert(store, event("m1")) == [Verdict.ACCEPTED]
    assert await insert(store, event("m1"), event("m2")) == [Verdict.DUPLICATE, Verdict.ACCEPTED]
    assert await ids(store) == {"m1", "m2"}


async def test_a_repeat_within_one_batch_is_a_duplicate(store: Store) -> None:
    verdicts = await insert(store, event("m1"), event("m2"), event("m1"))
    assert verdicts == [Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.DUPLICATE]


async def test_other_content_under_a_known_id_is_a_conflict_each_time_it_comes(store: Store) -> None:
    await insert(store, event("m1", "Order Placed"))
    assert await insert(store, event("m1", "Order Refunded")) == [Verdict.CONFLICT]
    assert await insert(store, event("m1", "Order Refunded")) == [Verdict.CONFLICT]
    assert await insert(store, event("m1", "Order Placed")) == [Verdict.DUPLICATE]


async def test_within_one_batch_the_first_version_stays_in_force(store: Store) -> None:
    first, second = event("m1", "Order Placed"), event("m1", "Order Refunded")
    assert await insert(store, first, second, first, second) == [
        Verdict.ACCEPTED, Verdict.CONFLICT, Verdict.DUPLICATE, Verdict.CONFLICT,
    ]  # fmt: skip
    assert [record.title for record in await store.get(ACME, ["m1"])] == ["Order Placed"]


async def test_a_conflicting_version_is_kept_beside_the_first_and_is_part_of_no_read(store: Store) -> None:
    await insert(store, event("m1", "Order Placed"), event("m1", "Parcel Refunded"))
    assert {(row["kind"], row["title"]) for row in await dumped(store)} == {
        ("event", "Order Placed"), ("conflict", "Parcel Refunded"),
    }  # fmt: skip
    assert [record.title async for page in store.pages(ACME, Where()) for record in page] == ["Order Placed"]
    assert await store.count_pending(ACME) == 1
    assert await store.search_words(ACME, query_words("parcel"), Where(), 10) == []


async def test_an_empty_batch_is_nothing(store: Store) -> None:
    assert await insert(store) == []
    assert await dumped(store) == []


async def test_a_batch_larger_than_one_page_is_kept_whole(store: Store) -> None:
    batch = [event(f"m{number:04}", at=NOON + timedelta(seconds=number)) for number in range(1_100)]
    assert set(await insert(store, *batch)) == {Verdict.ACCEPTED}
    assert len(await ids(store)) == len(await dumped(store)) == 1_100
    assert len(await store.get(ACME, [record.message_id for record in batch])) == 1_100
    assert set(await insert(store, *batch)) == {Verdict.DUPLICATE}


async def test_of_two_concurrent_inserts_of_one_new_event_exactly_one_is_accepted(store: Store) -> None:
    first, second = await asyncio.gather(insert(store, event("m1")), insert(store, event("m1")))
    assert sorted([*first, *second]) == [Verdict.ACCEPTED, Verdict.DUPLICATE]


async def test_of_two_concurrent_versions_of_one_event_exactly_one_is_accepted(store: Store) -> None:
    first, second = await asyncio.gather(insert(store, event("m1")), insert(store, event("m1", "Order Refunded")))
    assert sorted([*first, *second]) == [Verdict.ACCEPTED, Verdict.CONFLICT]
    assert sorted(row["kind"] for row in await dumped(store)) == ["conflict", "event"]


# ---- reading


async def test_pages_take_since_inclusively_and_before_exclusively(store: Store) -> None:
    moments = {"early": NOON - HOUR, "noon": NOON, "just_after": NOON + timedelta(microseconds=1), "late": NOON + HOUR}
    await insert(store, *[event(name, at=at) for name, at in moments.items()])
    assert await ids(store, Where(since=NOON)) == {"noon", "just_after", "late"}
    assert await ids(store, Where(before=NOON)) == {"early"}
    assert await ids(store, Where(since=NOON, before=NOON + HOUR)) == {"noon", "just_after"}
    assert await ids(store, Where(before=NOON + timedelta(microseconds=1))) == {"early", "noon"}


async def test_pages_of_a_customer_hold_the_events_of_all_its_members(store: Store) -> None:
    await insert(
        store, event("m1", userId="ada"), event("m2", anonymousId="visitor-7"), event("m3", userId="bob")
    )  # fmt: skip
    assert await ids(store, scope=ACME.of("ada")) == {"m1"}
    assert await ids(store, scope=ACME.of("ada", "visitor-7")) == {"m1", "m2"}
    assert await ids(store, scope=ACME.of("nobody")) == set()


async def test_pages_by_an_id_find_the_events_that_carry_it_whoever_they_belong_to(store: Store) -> None:
    both = event("m1", userId="ada", anonymousId="visitor-7")
    await insert(store, both, event("m2", anonymousId="visitor-7"), event("m3", anonymousId="visitor-8"))
    assert await ids(store, Where(ids=("visitor-7",))) == {"m1", "m2"}
    assert await ids(store, Where(ids=("visitor-7", "visitor-8"))) == {"m1", "m2", "m3"}
    assert await ids(store, Where(ids=("ada",))) == {"m1"}
    assert await ids(store, Where(ids=("visitor-7",)), ACME.of("ada")) == {"m1"}


async def test_pages_take_what_was_known_before_an_instant_exclusively(store: Store) -> None:
    received = {"early": NOON - HOUR, "noon": NOON, "late": NOON + HOUR}
    await insert(store, *[event(name, received_at=at) for name, at in received.items()])
    assert await ids(store, Where(known_before=NOON)) == {"early"}
    assert await ids(store, Where(known_before=NOON + HOUR)) == {"early", "noon"}
    assert await ids(store, Where(known_before=NOON + HOUR, since=NOON + HOUR)) == set()


async def test_a_read_event_is_the_one_that_was_kept(store: Store) -> None:
    whole = event(
        "m1", "Order Completed", userId="ada", anonymousId="visitor-7",
        properties={"revenue": "19.90", "currency": "eur", "products": [{"name": "Red Mug"}, {"sku": "S-1"}]},
        context={"traits": {"name": "Ada L", "email": "ada@example.com"}},
    )  # fmt: skip
    await insert(store, whole)
    assert [record async for page in store.pages(ACME, Where(), bodies=True) for record in page] == [whole]
    assert await store.get(ACME, ["m1"]) == [whole]
    flat = [record async for page in store.pages(ACME, Where()) for record in page]
    assert [record.body for record in flat] == [""]
    assert (flat[0].amount, flat[0].currency) == (Decimal("19.90"), "EUR")
    assert flat[0].items == ("Red Mug", "S-1")


async def test_get_finds_what_exists_within_the_scope(store: Store) -> None:
    await insert(store, event("m1", userId="ada"), event("m2", userId="bob"))
    found = await store.get(ACME, ["m1", "m2", "m2", "missing"])
    assert {record.message_id for record in found} == {"m1", "m2"}
    assert len(found) == 2
    assert [record.message_id for record in await store.get(ACME.of("ada"), ["m1", "m2"])] == ["m1"]
    assert await store.get(ACME, []) == []


async def test_get_finds_nothing_but_events_whatever_id_is_asked_for(store: Store) -> None:
    other = event("m1", "Order Refunded")
    await insert(store, event("m1"), other)
    await store.put(ACME, [Control("quarantine", "q1", {"why": "test"})])
    assert await store.get(ACME, ["control\0quarantine\0q1", f"m1\0{other.content_hash}"]) == []


# ---- searching


async def test_words_find_events_that_hold_them_rare_words_first(store: Store) -> None:
    await insert(
        store,
        event("m1", "Invoice Paid"), event("m2", "Invoice Paid", at=NOON + HOUR),
        event("m3", "Invoice Disputed", at=NOON + 2 * HOUR), event("m4", "Page Seen"),
    )  # fmt: skip
    hits = await store.search_words(ACME, query_words("disputed invoices"), Where(), 10)
    assert ranking(hits)[0][0] == "m3"
    assert {hit.record.message_id for hit in hits} == {"m1", "m2", "m3"}
    assert len(await store.search_words(ACME, query_words("disputed invoices"), Where(), 2)) == 2
    assert await store.search_words(ACME, query_words("the"), Where(), 10) == []


async def test_a_word_ranking_knows_nothing_of_later_events_other_customers_or_other_workspaces(store: Store) -> None:
    await insert(
        store,
        event("m1", "Invoice Paid"), event("m2", "Invoice Disputed"),
        event("m3", "Shipment Disputed"), event("m4", "Invoice Paid", at=NOON - HOUR),
    )  # fmt: skip
    scope, where, query = ACME.of("ada"), Where(before=NOON + HOUR), query_words("disputed invoice")
    before = ranking(await store.search_words(scope, query, where, 10))
    for number in range(30):
        later = event(f"later-{number}", "Shipment Disputed", at=NOON + 2 * HOUR)
        await insert(store, later, event(f"bob-{number}", "Shipment Disputed", userId="bob"))
        await insert(store, event(f"m{number}", "Shipment Disputed"), scope=GLOBEX)
    assert len(before) == 4
    assert ranking(await store.search_words(scope, query, where, 10)) == before


async def test_meaning_ranks_an_event_by_its_best_part(store: Store) -> None:
    await insert(store, event("mixed"), event("exact"), event("far"), event("waiting"))
    await store.set_vectors(
        ACME, {"mixed": [axis(1, 2)], "exact": [axis(5), axis(6), axis(1)], "far": [axis(3), axis(4)]}
    )  # fmt: skip
    hits = await store.search_meaning(ACME, axis(1), Where(), 10)
    found = {hit.record.message_id: hit.score for hit in hits}
    assert [hit.record.message_id for hit in hits] == ["exact", "mixed", "far"]
    assert found == pytest.approx({"exact": 1.0, "mixed": 0.7071, "far": 0.0}, abs=2e-3)
    assert len(await store.search_meaning(ACME, axis(1), Where(), 1)) == 1


async def test_a_search_by_meaning_keeps_to_its_scope_and_time(store: Store) -> None:
    await insert(store, event("m1"), event("m2", at=NOON + HOUR), event("m3", userId="bob"))
    await store.set_vectors(ACME, {name: [axis(1)] for name in ("m1", "m2", "m3")})
    hits = await store.search_meaning(ACME.of("ada"), axis(1), Where(before=NOON + HOUR), 10)
    assert [hit.record.message_id for hit in hits] == ["m1"]


# ---- vectors


async def test_events_wait_for_their_vectors_until_they_have_them(store: Store) -> None:
    await insert(store, event("m1"), event("m2"), event("m3"))
    assert await store.count_pending(ACME) == 3
    assert len(await store.pending(ACME, 2)) == 2
    await store.set_vectors(ACME, {"m1": [axis(1)], "m2": [axis(1), axis(2)]})
    waiting = await store.pending(ACME, 10)
    assert [record.message_id for record in waiting] == ["m3"]
    assert waiting[0].event.title == "Order Placed"
    assert await store.count_pending(ACME) == 1


async def test_an_event_set_aside_waits_no_longer_and_is_still_there(store: Store) -> None:
    await insert(store, event("m1"), event("m2"))
    await store.set_aside(ACME, "m1", "embedding failed")
    assert [record.message_id for record in await store.pending(ACME, 10)] == ["m2"]
    assert await store.count_pending(ACME) == 1
    assert await ids(store) == {"m1", "m2"}
    assert [row.get("embed_error") for row in await dumped(store) if row["message_id"] == "m1"] == ["embedding failed"]


async def test_vectors_can_be_set_again(store: Store) -> None:
    await insert(store, event("m1"))
    await store.set_vectors(ACME, {"m1": [axis(1), axis(3)]})
    await store.set_vectors(ACME, {"m1": [axis(2)]})
    await store.set_vectors(ACME, {})
    hits = await store.search_meaning(ACME, axis(1), Where(), 10)
    assert [round(hit.score, 3) for hit in hits] == [0.0]


async def test_a_repeat_of_an_event_leaves_its_vectors(store: Store) -> None:
    await insert(store, event("m1"))
    await store.set_vectors(ACME, {"m1": [axis(1)]})
    await insert(store, event("m1"))
    assert await store.count_pending(ACME) == 0


# ---- controls


async def test_controls_are_read_by_kind_in_order_of_their_keys(store: Store) -> None:
    await store.put(ACME, [Control("quarantine", "b", {"n": 2}), Control("quarantine", "a", {"n": 1})])
    await store.put(ACME, [Control("receipt", "c", {"n": 3})])
    assert await store.controls(ACME, "quarantine") == [
        Control("quarantine", "a", {"n": 1}), Control("quarantine", "b", {"n": 2}),
    ]  # fmt: skip
    assert await store.controls(ACME.of("ada"), "receipt") == [Control("receipt", "c", {"n": 3})]
    assert await store.controls(ACME, "join") == []


async def test_controls_of_some_keys_are_those_that_exist(store: Store) -> None:
    await store.put(ACME, [Control("join", key, {"n": 1}) for key in ("c", "a", "b")])
    await store.put(ACME, [Control("receipt", "d")])
    assert await store.controls(ACME, "join", ["c", "a", "a", "d"]) == [
        Control("join", "a", {"n": 1}), Control("join", "c", {"n": 1}),
    ]  # fmt: skip
    assert await store.controls(ACME, "join", []) == []
    assert await store.controls(GLOBEX, "join", ["a"]) == []


async def test_a_control_of_a_kind_that_is_not_registered_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="'note' is no registered kind of point"):
        await store.put(ACME, [Control("note", "a")])
    assert await dumped(store) == []


async def test_controls_are_deleted_by_kind_and_key(store: Store) -> None:
    await store.put(ACME, [Control("join", "a"), Control("join", "b"), Control("receipt", "a")])
    await store.put(GLOBEX, [Control("join", "a")])
    await store.delete_controls(ACME, "join", ["a", "missing"])
    await store.delete_controls(ACME, "join", [])
    assert await store.controls(ACME, "join") == [Control("join", "b")]
    assert await store.controls(ACME, "receipt") == [Control("receipt", "a")]
    assert await store.controls(GLOBEX, "join") == [Control("join", "a")]


async def test_one_control_is_read_by_its_key(store: Store) -> None:
    await store.put(ACME, [Control("join", "a", {"n": 1}), Control("join", "b", {"n": 2})])
    assert await store.control(ACME, "join", "b") == Control("join", "b", {"n": 2})
    assert await store.control(ACME, "join", "c") is None
    assert await store.control(Scope("other"), "join", "b") is None
    assert await ids(store) == set()
    assert await store.count_pending(ACME) == 0


async def test_a_control_replaces_the_one_of_the_same_kind_and_key(store: Store) -> None:
    await store.put(ACME, [Control("quarantine", "a", {"n": 1, "old": True})])
    await store.put(ACME, [Control("quarantine", "a", {"n": 2}), Control("quarantine", "a", {"n": 3})])
    await store.put(ACME, [])
    assert await store.controls(ACME, "quarantine") == [Control("quarantine", "a", {"n": 3})]


# ---- versions, counts and deletion


async def test_all_versions_of_an_event_are_told_with_the_one_in_force_first(store: Store) -> None:
    first, second, third = (event("m1", title) for title in ("Order Placed", "Order Refunded", "Order Paid"))
    await insert(store, first, second, third, event("m2", "Cart Seen"), event("m2", "Cart Left"))
    found = await store.versions(ACME, "m1")
    assert found[0] == first
    assert sorted(record.title for record in found[1:]) == ["Order Paid", "Order Refunded"]
    assert await store.versions(ACME, "m1") == found
    assert await store.versions(ACME, "missing") == []
    assert await store.versions(GLOBEX, "m1") == []


async def test_a_tally_counts_each_point_of_a_workspace_once(store: Store) -> None:
    await insert(store, *[event(f"m{number}") for number in range(5)], event("m1", "Order Refunded"))
    await insert(store, event("m1"), scope=GLOBEX)
    await store.set_vectors(ACME, {"m0": [axis(1)], "m1": [axis(2)]})
    await store.set_aside(ACME, "m2", "embedding failed")
    await store.put(ACME, [Control("quarantine", "q1"), Control("receipt", "r1")])
    assert await store.tally(ACME) == Tally(5, embedded=2, pending=2, failed=1, conflicts=1, quarantined=1)
    assert await store.tally(ACME.of("nobody")) == await store.tally(ACME)
    assert await store.tally(GLOBEX) == Tally(1, embedded=0, pending=1, failed=0, conflicts=0, quarantined=0)


async def test_deleted_points_are_found_by_no_road(store: Store) -> None:
    await insert(store, event("m1", "Mug Bought"), event("m2", "Mug Bought"), event("m2", "Mug Broken"))
    await store.set_vectors(ACME, {"m1": [axis(1)], "m2": [axis(1)]})
    gone = [row["id"] for row in await dumped(store) if row["message_id"] == "m2"]
    assert await store.delete(ACME, [*gone, gone[0]]) == 2
    assert await store.delete(ACME, gone) == 0
    assert await store.delete(ACME, []) == 0
    assert [row["message_id"] for row in await dumped(store)] == ["m1"]
    assert await ids(store) == {"m1"}
    assert (await store.get(ACME, ["m2"]), await store.versions(ACME, "m2")) == ([], [])
    hits = await store.search_words(ACME, query_words("mug"), Where(), 10)
    hits += await store.search_meaning(ACME, axis(1), Where(), 10)
    assert [hit.record.message_id for hit in hits] == ["m1", "m1"]
    assert await insert(store, event("m2", "Mug Bought")) == [Verdict.ACCEPTED]


async def test_a_point_of_another_workspace_is_not_deleted(store: Store) -> None:
    await insert(store, event("m1"), scope=GLOBEX)
    rows = await dumped(store, GLOBEX)
    assert await store.delete(ACME, [row["id"] for row in rows]) == 0
    assert await dumped(store, GLOBEX) == rows


async def test_vectors_and_reasons_of_a_point_that_is_gone_are_left_out(store: Store) -> None:
    await insert(store, event("m1"), event("m2"), event("m3"))
    await store.delete(ACME, [row["id"] for row in await dumped(store) if row["message_id"] != "m1"])
    await store.set_vectors(ACME, {"m2": [axis(1)], "m1": [axis(1)]})
    await store.set_vectors(ACME, {"m2": [axis(1)]})
    await store.set_aside(ACME, "m3", "embedding failed")
    assert [row["message_id"] for row in await dumped(store)] == ["m1"]
    assert await store.tally(ACME) == Tally(1, embedded=1, pending=0, failed=0, conflicts=0, quarantined=0)


async def test_what_was_flushed_and_compacted_is_what_was_there(store: Store) -> None:
    await filled(store)
    rows, tally = await dumped(store), await store.tally(ACME)
    await store.flush()
    await store.compact()
    assert (await dumped(store), await store.tally(ACME)) == (rows, tally)


# ---- dump and restore


async def filled(store: Store, scope: Scope = ACME) -> None:
    """Every kind of point, over more than one customer."""
    order = event(
        "m1", "Order Completed", properties={"total": 12.5, "currency": "GBP", "products": [{"name": "Blue Mug"}]}
    )
    await insert(store, order, event("m1", "Order Refunded"), event("m2", anonymousId="visitor-7"), scope=scope)
    named = event("m3", "Signed In", userId="bob", context={"traits": {"name": "Bob", "email": "bob@example.com"}})
    await insert(store, named, scope=scope)
    await store.put(scope, [Control("quarantine", "q1", {"item": "{}"})])
    await store.set_vectors(scope, {"m1": [axis(1)], "m2": [axis(2)]})


async def test_a_dump_holds_every_payload_by_id_and_is_the_same_each_time(store: Store) -> None:
    await filled(store)
    rows = await dumped(store)
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    assert sorted(row["kind"] for row in rows) == ["conflict", "event", "event", "event", "quarantine"]
    assert all("claim" not in row for row in rows)
    assert await dumped(store) == rows
    assert await dumped(store, ACME.of("ada")) == rows


async def test_a_dump_of_some_kinds_holds_what_matches_of_these(store: Store) -> None:
    await filled(store)
    assert {row["kind"] for row in await dumped(store, ACME, "conflict", "quarantine")} == {"conflict", "quarantine"}
    visitors = await dumped(store, ACME, "event", "conflict", where=Where(ids=("visitor-7",)))
    assert [row["message_id"] for row in visitors] == ["m2"]
    mine = await dumped(store, ACME, "event", "conflict", where=Where(ids=("ada", "bob"), before=NOON + HOUR))
    assert sorted(row["message_id"] for row in mine) == ["m1", "m1", "m3"]
    assert await dumped(store, ACME, "event", where=Where(before=NOON)) == []


async def test_a_dump_goes_on_while_points_are_written_and_deleted(store: Store) -> None:
    await insert(store, *[event(f"m{number:04}") for number in range(1_200)])
    everything = [row["id"] for row in await dumped(store)]
    seen: list[str] = []
    gone: set[str] = set()
    async for page in store.dump(ACME):
        seen += [row["id"] for row in page]
        # The very next one, where the dump goes on, and the last.
        rest = [key for key in everything if key > seen[-1] and key not in gone]
        gone |= set(rest[:1] + rest[-1:])
        await store.delete(ACME, sorted(gone))
        await insert(store, event(f"new-{len(seen)}"))
    assert set(everything) - set(seen) == gone
    assert len(seen) == len(set(seen))


async def test_a_dump_restored_into_an_empty_store_is_dumped_the_same(open_store: OpenStore) -> None:
    old, new = await open_store(), await open_store()
    await filled(old)
    rows = await dumped(old)
    points = [rebuild(ACME, row) for row in rows]
    assert await new.restore(ACME, [*points, points[0]]) == len(rows)
    assert await dumped(new) == rows
    assert await new.restore(ACME, points) == 0
    assert await dumped(new) == rows
    assert await new.count_pending(ACME) == 3


async def test_what_was_restored_is_known_and_found(open_store: OpenStore) -> None:
    old, new = await open_store(), await open_store()
    await filled(old)
    await new.restore(ACME, [rebuild(ACME, row) for row in await dumped(old)])
    assert await insert(new, event("m2", anonymousId="visitor-7")) == [Verdict.DUPLICATE]
    hits = await new.search_words(ACME, query_words("mug"), Where(), 10)
    assert [hit.record.message_id for hit in hits] == ["m1"]


async def test_restoring_leaves_what_is_there_as_it_is(store: Store) -> None:
    await insert(store, event("m1", "Order Placed"))
    row = (await dumped(store))[0]
    assert await store.restore(ACME, [rebuild(ACME, {**row, "content_hash": "other"})]) == 0
    assert await dumped(store) == [row]


async def test_both_forms_dump_the_same_bytes(store: Store, tmp_path: Path) -> None:
    reference = open_data_dir(tmp_path / "reference", DIMENSIONS)
    await filled(reference)
    await filled(store)
    assert await dumped(store) == await dumped(reference)
    await reference.close()


# ---- scope


async def test_two_workspaces_with_the_same_ids_customers_and_texts_see_nothing_of_each_other(store: Store) -> None:
    for scope, title in ((ACME, "Order Placed"), (GLOBEX, "Order Doubled")):
        assert await insert(store, event("m1", title), event("shared", "Cart Seen"), scope=scope) == [
            Verdict.ACCEPTED, Verdict.ACCEPTED,
        ]  # fmt: skip
        await store.put(scope, [Control("join", "k", {"of": scope.workspace})])
    await store.set_vectors(ACME, {"m1": [axis(1)]})
    await store.set_aside(ACME, "shared", "test")
    for scope, title in ((ACME, "Order Placed"), (GLOBEX, "Order Doubled")):
        assert [record.title for record in await store.get(scope, ["m1"])] == [title]
        for bound in (scope, scope.of("ada")):
            found = [record.title async for page in store.pages(bound, Where()) for record in page]
            assert sorted(found) == ["Cart Seen", title]
            hits = await store.search_words(bound, query_words("order"), Where(), 10)
            assert [hit.record.title for hit in hits] == [title]
        assert await store.controls(scope, "join") == [Control("join", "k", {"of": scope.workspace})]
        assert {row["workspace"] for row in await dumped(store, scope)} == {scope.workspace}
        assert len(await dumped(store, scope)) == 3
    assert len(await store.search_meaning(ACME, axis(1), Where(), 10)) == 1
    assert await store.search_meaning(GLOBEX, axis(1), Where(), 10) == []
    assert (await store.count_pending(ACME), await store.count_pending(GLOBEX)) == (0, 2)
    assert await store.pending(ACME, 10) == []
    assert len(await store.pending(GLOBEX, 10)) == 2


async def test_the_events_that_hold_a_word_are_counted_in_scope_and_up_to_a_bound(store: Store) -> None:
    await insert(store, event("m1"), event("m2"), event("m3", userId="bob"))
    await insert(store, event("m4"), scope=GLOBEX)
    (term,) = query_words("order").indices
    assert await store.count_holding(ACME, term, Where(), 10) == 3
    assert await store.count_holding(ACME.of("bob"), term, Where(), 10) == 1
    assert await store.count_holding(ACME, term, Where(), 2) == 2
    assert await store.count_holding(ACME, term, Where(before=NOON), 10) == 0


async def test_a_customer_that_is_named_like_a_workspace_opens_nothing(store: Store) -> None:
    await insert(store, event("m1", userId="globex"))
    assert await ids(store, scope=GLOBEX) == set()
    assert await ids(store, scope=GLOBEX.of("acme", "ada", "globex")) == set()


#: Arguments of every call after its scope, also those that leave nothing to do.
CALLS: dict[str, list[tuple[Any, ...]]] = {
    "insert": [([], words_of), ([event("m1")], words_of)],
    "pages": [(Where(),)],
    "get": [([],), (["m1"],)],
    "search_words": [(SparseVector([], []), Where(), 10), (query_words("order"), Where(), 10)],
    "search_meaning": [(axis(1), Where(), 10)],
    "count_holding": [(1, Where(), 10)],
    "versions": [("m1",)],
    "pending": [(10,)],
    "count_pending": [()],
    "tally": [()],
    "set_vectors": [({},), ({"m1": [axis(1)]},)],
    "set_aside": [("m1", "why")],
    "put": [([],), ([Control("join", "k")],)],
    "control": [("join", "k")],
    "controls": [("join",), ("join", []), ("join", ["k"])],
    "delete_controls": [("join", []), ("join", ["k"])],
    "delete": [([],), ([point_id(ACME, "m1")],)],
    "dump": [(), ("event",)],
    "restore": [([],), ([rebuild(ACME, {"kind": "join", "key": "k", "data": "{}"})],)],
}
SCOPELESS = {"compact", "flush", "close"}


def test_every_call_of_the_interface_is_tried_without_a_scope() -> None:
    methods = {name for name, _ in inspect.getmembers(Store, inspect.isfunction) if not name.startswith("_")}
    assert methods - SCOPELESS == set(CALLS)


@pytest.mark.parametrize("call", CALLS)
async def test_a_call_without_a_scope_is_an_error(store: Store, call: str) -> None:
    for scope, arguments in itertools.product([None, "acme", ("acme",)], CALLS[call]):
        with pytest.raises(ScopeError):
            await answer(getattr(store, call)(scope, *arguments))
    assert await dumped(store) == []


async def answer(call: Any) -> None:
    """Run a call of the store to its first answer, be it one or many."""
    await (anext(call) if inspect.isasyncgen(call) else call)
