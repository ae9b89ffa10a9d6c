"""Export and import: everything comes out, and comes in again byte for byte."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from memory.data_dir import open_data_dir
from memory.scope import Scope
from memory.store import Control
from tests.builders import item
from tests.talk import get, send, settle

EVENTS: list[Any] = [
    {"type": "identify", "userId": "c1", "anonymousId": "a1", "messageId": "m0", "timestamp": "2026-01-01T00:00:00Z",
     "traits": {"name": "Ána \ud83d Ólafsdóttir", "email": "ana@example.com"}},
    {"type": "track", "event": "Order Completed", "userId": "c1", "messageId": "m1", "timestamp": 1772357400123,
     "properties": {"revenue": 59.9, "currency": "EUR", "products": [{"name": "Lamp", "quantity": 2}]},
     "loyaltyTier": {"fromYear": 2020}},
    {"type": "track", "event": "Order Completed", "userId": "c1", "messageId": "m1", "timestamp": 1772357400124},
    {"type": "page", "anonymousId": "a2", "context": {"page": {"url": "https://example.com/?q=%20"}}},
    {"type": "track", "event": "No customer", "note": float("nan")},
    "not even an object \ud800",
]  # fmt: skip


@pytest.fixture
def copy() -> dict[str, str]:
    """The header of another workspace."""
    return {"X-Workspace": f"copy-{uuid4().hex}"}


@pytest.fixture(scope="module")
async def long_export(shared_app: FastAPI) -> bytes:
    """451 lines: more than two slices of an import."""
    transport = httpx.ASGITransport(shared_app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        client.headers["X-Workspace"] = f"long-{uuid4().hex}"
        batch = [{"event": "Viewed", "userId": "c1", "messageId": f"m{n}", "timestamp": n + 1} for n in range(450)]
        await client.post("/events", json=batch)
        return await export(client)


async def fill(client: httpx.AsyncClient, **headers: str) -> None:
    answer = await client.post("/events", content=json.dumps(EVENTS).encode(), headers=headers)
    counts = {"accepted": 3, "duplicate": 0, "conflict": 1, "quarantined": 2, "suppressed": 0}
    assert answer.json()["counts"] == counts


async def export(client: httpx.AsyncClient, **headers: str) -> bytes:
    answer = await client.get("/export", headers=headers)
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    return answer.content


async def bring_in(client: httpx.AsyncClient, body: Any, **headers: str) -> dict[str, int]:
    answer = await client.post("/import", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def done(added: int, lines: int, suppressed: int = 0, forgotten: int = 0) -> dict[str, int]:
    """What an import replies."""
    return {"added": added, "lines": lines, "suppressed": suppressed, "forgotten": forgotten}


async def test_an_import_into_a_fresh_store_exports_the_same_bytes(client: httpx.AsyncClient, serve_app: Any) -> None:
    await client.put("/workspace", json={"time_zone": "Europe/London", "now": "2026-06-01"})
    await fill(client)
    exported = await export(client)
    async with serve_app() as other:
        other.headers["X-Workspace"] = client.headers["X-Workspace"]
        assert await bring_in(other, exported) == done(6, 7)
        assert await export(other) == exported
        assert (await other.get("/workspace")).json() == (await client.get("/workspace")).json()


async def test_another_workspace_gets_the_same_under_ids_of_its_own(
    client: httpx.AsyncClient, copy: dict[str, str]
) -> None:
    def without_ids(exported: bytes) -> list[str]:
        lines = [json.loads(line) for line in exported.splitlines()]
        return sorted(json.dumps({key: value for key, value in line.items() if key != "id"}) for line in lines)

    await fill(client)
    exported = await export(client)
    assert (await bring_in(client, exported, **copy))["added"] == 6
    copied = await export(client, **copy)
    assert without_ids(copied) == without_ids(exported)
    assert copied != exported
    back = await bring_in(client, copied)
    assert back == done(0, 7)
    assert await export(client) == exported


async def test_importing_twice_changes_nothing(client: httpx.AsyncClient) -> None:
    await fill(client)
    exported = await export(client)
    assert await bring_in(client, exported) == done(0, 7)
    assert await export(client) == exported


async def test_an_imported_event_is_a_duplicate_when_it_is_sent_again(
    client: httpx.AsyncClient, serve_app: Any
) -> None:
    await fill(client)
    async with serve_app() as other:
        await bring_in(other, await export(client))
        answer = await other.post("/events", content=json.dumps(EVENTS[:2]).encode())
        assert answer.json()["counts"]["duplicate"] == 2


async def test_a_long_export_comes_in_again_compressed_and_in_pieces(client: httpx.AsyncClient, serve_app: Any) -> None:
    batch = [{"event": "Viewed", "userId": f"c{n}", "messageId": f"m{n}", "timestamp": n + 1} for n in range(1_234)]
    await client.post("/events", json=batch)
    exported = await export(client)
    packed = gzip.compress(exported)

    async def in_pieces() -> Any:
        for start in range(0, len(packed), 777):
            yield packed[start : start + 777]

    async with serve_app(max_body_bytes=2_000) as other:
        other.headers["X-Workspace"] = client.headers["X-Workspace"]
        reply = await bring_in(other, in_pieces(), **{"Content-Encoding": "gzip"})
        assert reply == done(1_234, 1_235)
        assert await export(other) == exported


async def test_an_empty_workspace_exports_its_settings_alone(client: httpx.AsyncClient) -> None:
    (header,) = (await export(client)).splitlines()
    assert json.loads(header)["format"] == "throughline-export"


HEADER = b'{"format": "throughline-export", "version": 1, "settings": {}}'
KEPT = {"kind": "event", "content_hash": "x", "received_at": "2026-01-02T00:00:00Z"}
EVENT = {"type": "track", "event": "E", "user_id": "c1", "message_id": "m1", "timestamp": "2026-01-01T00:00:00Z"}
HELD = {
    "message_id": None, "reason": "not_an_object", "field": "", "detail": "x", "sha256": "abc", "bytes": 2,
    "received_at": "2026-01-02T00:00:00+00:00", "whole": True, "item": "[]",
}  # fmt: skip


def kept(event: dict[str, Any] | None = None, **changes: Any) -> bytes:
    """A line of an export that holds an event."""
    return json.dumps({**KEPT, "body": json.dumps({**EVENT, **(event or {})}), **changes}).encode()


def held(key: str = "abc", **changes: Any) -> bytes:
    """A line of an export that holds a quarantined item."""
    return json.dumps({"kind": "quarantine", "key": key, "data": json.dumps({**HELD, **changes})}).encode()


@pytest.mark.parametrize("body", [b"", b"\n\n", b"\n" + HEADER, kept(), held() + b"\n" + HEADER])
async def test_an_import_begins_with_its_header(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/import", content=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == "line 1"
    assert "first line of an export is its header" in answer.json()["detail"]
    assert len((await export(client)).splitlines()) == 1


async def test_lines_as_they_are_exported_are_taken(client: httpx.AsyncClient) -> None:
    assert await bring_in(client, b"\n".join([HEADER, kept(), held()])) == done(2, 3)
    assert (await client.get("/quarantine")).json()["items"] == [{**HELD, "ids": []}]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b'{"kind": "quarantine", "key": "x", "data": "{}"}', "message_id: Field required"),
        (held(received_at="soon"), "received_at"),
        (held(received_at="2026-01-01 00:00"), "received_at"),
        (held(bytes="many"), "bytes"),
        (held(key="other"), "its key is not that of its data"),
        (b'{"kind": "quarantine", "key": "x", "data": "[]"}', "an object was expected"),
        (b'{"kind": "quarantine", "key": 5, "data": "{}"}', "`key` is not a text"),
        (b'{"kind": "workspace", "key": "shop", "data": "{}"}', "its kind is 'workspace'"),
        (b'{"kind": "note", "key": "x", "data": "{}"}', "its kind is 'note'"),
        (b'{"kind": ["event"]}', "its kind is ['event']"),
        (kept(content_hash=5), "`content_hash` is not a text"),
        (kept(received_at=5), "`received_at` is not a text"),
        (kept(received_at="2999-01-01T00:00:00Z"), "ahead of now"),
        (kept(received_at="9999-12-31T23:59:59Z"), "ahead of now"),
        (kept({"timestamp": "2026-01-03T00:00:01Z"}), "more than a day after it was received"),
        (kept({"timestamp": "2999-01-01T00:00:00Z"}, kind="conflict"), "more than a day after it was received"),
        (kept({"message_id": ""}), "no message_id"),
        (kept(body=7), "`body` is not a text"),
    ],
)
async def test_a_damaged_line_is_refused_and_harms_nothing(client: httpx.AsyncClient, bad: bytes, why: str) -> None:
    answer = await client.post("/import", content=HEADER + b"\n" + bad)
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert error["field"] == "line 2"
    assert why in error["detail"]
    assert (await client.get("/quarantine")).json()["items"] == []
    assert (await client.get("/clients")).json()["total"] == 0


async def test_a_damaged_item_that_is_already_kept_does_not_hide_the_others(serve_app: Any, tmp_path: Path) -> None:
    store = open_data_dir(tmp_path / "store", 64)
    async with serve_app(store=store) as client:
        await store.put(Scope("default"), [Control("quarantine", "x", {"a": 1})])
        await client.post("/events", json=["no event"])
        first = (await client.get("/quarantine", params={"limit": 1})).json()
        (rest,) = (await client.get("/quarantine", params={"cursor": first["next_cursor"]})).json()["items"]
        assert [item["reason"] for item in first["items"]] == ["not_an_object"]
        assert (rest["reason"], rest["sha256"], rest["item"]) == ("damaged", "x", '{"a":1}')


@pytest.mark.parametrize(
    "bad",
    [
        b"not json",
        b"[]",
        b"{}",
        b"\xff",
        b'{"kind": "event"}',
        b'{"kind": "event", "body": "{}", "content_hash": "x", "received_at": "2026-01-01"}',
        b'{"kind": "quarantine", "key": "k", "data": "{"}',
        b'{"format": "throughline-export", "version": 2, "settings": {}}',
        b'{"format": "throughline-export", "version": 1}',
        b'{"format": "throughline-export", "version": 1, "settings": {"time_zone": "Mars"}}',
    ],
)
async def test_a_bad_line_is_named_by_its_number_in_the_whole_file(
    client: httpx.AsyncClient, long_export: bytes, bad: bytes
) -> None:
    answer = await client.post("/import", content=long_export + b"\n" + bad + b"\n")
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    (error,) = answer.json()["errors"]
    assert error["field"] == "line 453"
    assert error["detail"] == answer.json()["detail"]
    assert error["detail"].startswith("line 453: ")


async def test_an_import_can_be_sent_again_after_an_error_part_way(
    client: httpx.AsyncClient, long_export: bytes
) -> None:
    assert (await client.post("/import", content=long_export + b"bad")).status_code == 422
    assert (await bring_in(client, long_export))["lines"] == 451
    assert len((await export(client)).splitlines()) == 451


async def test_nothing_of_a_slice_with_a_bad_line_is_taken(client: httpx.AsyncClient, copy: dict[str, str]) -> None:
    await fill(client)
    exported = await export(client)
    answer = await client.post("/import", content=exported + b"bad", headers=copy)
    assert answer.status_code == 422
    assert len((await export(client, **copy)).splitlines()) == 1


async def test_an_endless_line_is_refused(client: httpx.AsyncClient) -> None:
    bomb = gzip.compress(b" " * 30_000_000)
    answer = await client.post("/import", content=bomb, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 413


def lives() -> list[Any]:
    """Ada, and others whose events name her or what was hers."""
    return [
        item("Signed In", "2026-01-01", "ada", anonymousId="device"),
        item("Viewed", "2026-01-02", None, anonymousId="device"),
        item("Signed In", "2026-01-03", "bob", anonymousId="device"),
        item("Signed In", "2026-01-04", "bob", context={"groupId": "ada"}),
        item("Signed In", "2026-01-05", "device"),
        {"type": "group", "userId": "bob", "groupId": "ada", "messageId": "g", "timestamp": "2026-01-06T00:00:00Z"},
    ]


async def erased(client: httpx.AsyncClient) -> bytes:
    """The export of a workspace that had Ada, and has erased her."""
    await send(client, lives())
    await client.delete("/clients/ada")
    await send(client, [item("Signed In", "2026-02-01", "eve", anonymousId="device")])
    return await export(client)


@pytest.mark.parametrize("cut", ["a bad line", "a lost connection"])
async def test_what_came_before_an_import_was_cut_short_is_embedded_and_nobody_erased_comes_back(
    client: httpx.AsyncClient, copy: dict[str, str], cut: str
) -> None:
    older = [item("Viewed", "2026-01-02", f"c{n}") for n in range(220)]
    await send(client, [*older, item("Signed In", "2026-01-01", "ada")])
    before = await export(client)
    await client.delete("/clients/ada")
    rest = (await export(client)).splitlines(keepends=True)[1:]
    gone = [line for line in rest if json.loads(line)["kind"] in ("suppression", "suppression_key", "receipt")]

    async def body() -> AsyncIterator[bytes]:
        yield before + b"".join(gone) + b"\n" * 250
        if cut == "a lost connection":
            raise ConnectionError
        yield b"not json\n"

    client.headers.update(copy)
    assert not (await client.post("/import", content=body())).is_success
    assert (await client.get("/clients/c1")).status_code == 200
    assert (await client.get("/clients/ada")).status_code == 404
    await settle(client)
    kept = (await get(client, "/events/stats"))["kept"]
    assert (kept["events"], kept["pending"]) == (220, 0)


@pytest.mark.parametrize("customer", ["user", "group"])
async def test_an_export_comes_in_with_as_many_points_in_any_order_of_its_lines(
    client: httpx.AsyncClient, customer: str
) -> None:
    await client.put("/workspace", json={"customer": customer})
    header, *rest = (await erased(client)).splitlines()
    kinds = ["suppression_key", "suppression", "receipt", "event"]
    first = sorted(rest, key=lambda line: kinds.index(json.loads(line)["kind"]))
    source, counts = client.headers["X-Workspace"], []
    for n, lines in enumerate([first, first[::-1], sorted(rest), sorted(rest)[::-1]]):
        client.headers["X-Workspace"] = f"{source}-{n}"
        # In slices of their own, so that each is judged by what came before it.
        await bring_in(client, b"\n".join([header, *(line + b"\n" * 200 for line in lines)]))
        counts.append(len((await export(client)).splitlines()) - 1)
    assert counts == [len(rest)] * 4


async def test_the_reply_counts_what_was_left_out_of_erased_customers(client: httpx.AsyncClient) -> None:
    await send(client, [item("Signed In", "2026-01-01", "ada"), item("Signed In", "2026-01-01", "bob")])
    exported = await export(client)
    await client.delete("/clients/ada")
    assert await bring_in(client, exported) == done(0, 3, suppressed=1)


async def test_an_import_leaves_the_settings_of_a_workspace_in_use_as_they_are(client: httpx.AsyncClient) -> None:
    await send(client, [item("Signed In", "2026-01-01")])
    exported = await export(client)
    chosen = (await client.put("/workspace", json={"time_zone": "Asia/Tokyo", "privacy": {"remove": ["email"]}})).json()
    await bring_in(client, exported)
    assert await get(client, "/workspace") == chosen


async def test_an_import_leaves_chosen_settings_of_an_empty_workspace_as_they_are(
    client: httpx.AsyncClient, copy: dict[str, str]
) -> None:
    await send(client, [item("Signed In", "2026-01-01")])
    exported = await export(client)
    client.headers.update(copy)
    chosen = (await client.put("/workspace", json={"time_zone": "Asia/Tokyo"})).json()
    assert await bring_in(client, exported) == done(1, 2)
    assert await get(client, "/workspace") == chosen


async def test_an_export_with_other_customers_is_refused_by_a_workspace_with_events(client: httpx.AsyncClient) -> None:
    await send(client, [item("Signed In", "2026-01-01")])
    header = {"format": "throughline-export", "version": 1, "settings": {"customer": "group"}}
    answer = await client.post("/import", content=json.dumps(header))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "line 1"
    assert (await get(client, "/workspace"))["customer"] == "user"


async def test_events_older_than_the_workspace_keeps_are_not_brought_back(client: httpx.AsyncClient) -> None:
    await send(client, [item("Old", "2020-01-01"), item("New", "2026-01-01")])
    exported = await export(client)
    chosen = {"retention_days": 365, "now": "2026-06-01"}
    await client.put("/workspace", json=chosen)
    copied = exported.replace(b'"message_id":"c1', b'"message_id":"c9').replace(b"c1:", b"c9:")
    assert await bring_in(client, copied) == done(1, 3, forgotten=1)
    titles = [event["title"] for event in (await get(client, "/clients/c1/timeline"))["events"]]
    assert sorted(titles) == ["New", "New", "Old"]


async def test_an_exported_line_says_everything_once(client: httpx.AsyncClient) -> None:
    await send(client, [item("Signed In", "2026-01-01")])
    for path in ("/export", "/clients/c1/export"):
        line = json.loads((await client.get(path)).content.splitlines()[-1])
        assert line["title"] == "Signed In"
        assert "row" not in line


@pytest.mark.parametrize("field", ["erased_at", "purge_by", "purged_at"])
async def test_a_receipt_with_a_time_without_a_zone_is_refused(client: httpx.AsyncClient, field: str) -> None:
    moment = "2026-01-01T00:00:00"
    receipt = {
        "receipt_id": "abc", "cause": "request", "customer": None, "erased": {}, "suppressed_ids": 0, "digest": "",
        "found_by_id": 0, "found_by_search": 0, "purge_pending": True,
        **dict.fromkeys(("erased_at", "purge_by", "purged_at"), f"{moment}Z"), field: moment,
    }  # fmt: skip
    line = json.dumps({"kind": "receipt", "key": "abc", "data": json.dumps(receipt)}).encode()
    answer = await client.post("/import", content=HEADER + b"\n" + line)
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert error["field"] == "line 2"
    assert field in error["detail"]
    assert (await get(client, "/erasures"))["receipts"] == []
