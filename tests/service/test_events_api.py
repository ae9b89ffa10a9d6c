"""POST /events: every item is told what became of it, whatever it is."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest

from tests.builders import item
from tests.service.conftest import Serve

VERDICTS = ["accepted", "duplicate", "conflict", "quarantined", "suppressed"]


def order(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Order Completed",
        "userId": "c1",
        "messageId": f"m{number}",
        "timestamp": "2026-03-01T09:30:00Z",
        "properties": {"revenue": 59.9, "currency": "EUR"},
        **changes,
    }


async def send(client: httpx.AsyncClient, body: Any, **headers: str) -> dict[str, Any]:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    answer = await client.post("/events", content=content, headers=headers)
    assert answer.status_code == 200, answer.text
    reply: dict[str, Any] = answer.json()
    assert sum(reply["counts"].values()) == len(reply["results"])
    assert list(reply["counts"]) == VERDICTS
    return reply


async def one(client: httpx.AsyncClient, body: Any) -> dict[str, Any]:
    (result,) = (await send(client, body))["results"]
    return dict(result)


async def refused(client: httpx.AsyncClient, body: bytes, **headers: str) -> dict[str, Any]:
    answer = await client.post("/events", content=body, headers=headers)
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code
    return problem


async def quarantined(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    return list((await client.get("/quarantine")).json()["items"])


@pytest.mark.parametrize("body", [order(), [order()], {"batch": [order()]}, {"batch": [order()], "sentAt": "x"}])
async def test_one_event_a_list_and_a_batch_are_taken(client: httpx.AsyncClient, body: Any) -> None:
    assert await one(client, body) == {
        "message_id": "m1", "verdict": "accepted", "reason": None, "field": None, "detail": None,
    }  # fmt: skip


@pytest.mark.parametrize("body", [[], {"batch": []}])
async def test_an_empty_batch_is_taken(client: httpx.AsyncClient, body: Any) -> None:
    assert (await send(client, body))["results"] == []


async def test_a_repeat_is_a_duplicate_whatever_its_delivery_says(client: httpx.AsyncClient) -> None:
    await send(client, order())
    assert (await one(client, order(sentAt="2026-03-02T00:00:00Z")))["verdict"] == "duplicate"


async def test_a_repeat_within_one_batch_is_a_duplicate(client: httpx.AsyncClient) -> None:
    reply = await send(client, [order(), order()])
    assert [result["verdict"] for result in reply["results"]] == ["accepted", "duplicate"]


async def test_a_known_id_with_other_content_is_a_conflict_and_both_are_kept(client: httpx.AsyncClient) -> None:
    await send(client, order())
    result = await one(client, order(properties={"revenue": 1}))
    assert (result["verdict"], result["reason"], result["field"]) == (
        "conflict", "known_id_other_content", "/messageId",
    )  # fmt: skip
    exported = (await client.get("/export")).text.splitlines()
    assert sorted(json.loads(line)["kind"] for line in exported[1:]) == ["conflict", "event"]


async def test_a_repeat_without_an_id_is_recognised_by_its_content(client: httpx.AsyncClient) -> None:
    item = {key: value for key, value in order().items() if key != "messageId"}
    first, second = await one(client, item), await one(client, item)
    assert [first["verdict"], second["verdict"]] == ["accepted", "duplicate"]
    assert first["message_id"] == second["message_id"]


async def test_without_id_and_time_an_event_is_kept_with_a_warning(client: httpx.AsyncClient) -> None:
    item = {"type": "page", "anonymousId": "a1"}
    first, second = await one(client, item), await one(client, item)
    assert [first["verdict"], second["verdict"]] == ["accepted", "accepted"]
    assert first["message_id"] != second["message_id"]
    assert (first["reason"], first["field"]) == ("not_repeatable", "/messageId")


@pytest.mark.parametrize(
    ("item", "reason", "field"),
    [
        (order(userId=None), "missing_customer", "/userId"),
        (order(timestamp="yesterday"), "unparsable_time", "/timestamp"),
        (order(timestamp="2199-01-01T00:00:00Z"), "future_time", "/timestamp"),
        (order(timestamp="1850-01-01T00:00:00Z"), "unparsable_time", "/timestamp"),
        (order(type="purchase"), "unknown_type", "/type"),
        (order(event=None), "missing_event", "/event"),
        (order(event=["x"]), "wrong_type", "/event"),
        (order(properties="none"), "wrong_type", "/properties"),
        (order(userId="x" * 257), "too_long", "/userId"),
        (order(messageId="x" * 257), "too_long", "/messageId"),
        ({}, "missing_type", "/type"),
        ({"batch": 5}, "missing_type", "/type"),
        (5, "not_an_object", ""),
        ("text", "not_an_object", ""),
        (None, "not_an_object", ""),
        ([[]], "not_an_object", ""),
    ],
)
async def test_an_item_that_is_no_event_is_quarantined_with_its_reason(
    client: httpx.AsyncClient, item: Any, reason: str, field: str
) -> None:
    result = await one(client, item)
    assert (result["verdict"], result["reason"], result["field"]) == ("quarantined", reason, field)
    (kept,) = await quarantined(client)
    assert (kept["reason"], kept["field"], kept["detail"], kept["whole"]) == (reason, field, result["detail"], True)
    assert json.loads(kept["item"]) == (item[0] if isinstance(item, list) else item)


async def test_good_events_are_kept_beside_bad_ones(client: httpx.AsyncClient) -> None:
    reply = await send(client, [order(1), "text", order(2), order(3, type="x"), order(1), order(2, userId="c9")])
    assert [result["verdict"] for result in reply["results"]] == [
        "accepted", "quarantined", "accepted", "quarantined", "duplicate", "conflict",
    ]  # fmt: skip
    assert reply["counts"] == {"accepted": 2, "duplicate": 1, "conflict": 1, "quarantined": 2, "suppressed": 0}
    assert [result["message_id"] for result in reply["results"]] == ["m1", None, "m2", "m3", "m1", "m2"]


async def test_a_mended_item_is_accepted_when_it_is_sent_again(client: httpx.AsyncClient) -> None:
    await send(client, order(timestamp="yesterday"))
    (kept,) = await quarantined(client)
    mended = {**json.loads(kept["item"]), "timestamp": "2026-03-01T09:30:00Z"}
    assert (await one(client, mended))["verdict"] == "accepted"


async def test_of_an_oversize_event_head_and_digest_are_kept_and_the_others_whole(client: httpx.AsyncClient) -> None:
    huge = order(1, properties={"text": "x" * 1_000_000})
    reply = await send(client, [order(2), huge, order(3)])
    assert [result["verdict"] for result in reply["results"]] == ["accepted", "quarantined", "accepted"]
    assert reply["results"][1]["reason"] == "too_large"
    (kept,) = await quarantined(client)
    assert (kept["whole"], kept["message_id"], len(kept["sha256"])) == (False, "m1", 64)
    assert kept["bytes"] > 1_000_000
    assert len(kept["item"]) == 2_000


async def test_size_counts_for_text_that_is_no_unicode_too(client: httpx.AsyncClient) -> None:
    body = json.dumps(order(properties={"text": "\ud800" + "x" * 300_000})).encode()
    assert (await one(client, body))["reason"] == "too_large"


@pytest.mark.parametrize("depth", [40, 200, 400, 800])
async def test_deep_nesting_is_quarantined(client: httpx.AsyncClient, depth: int) -> None:
    deep = b'{"a":' * depth + b"1" + b"}" * depth
    body = b'[{"type":"track","event":"E","userId":"c1","properties":' + deep + b"}," + orjson.dumps(order()) + b"]"
    reply = await send(client, body)
    assert [result["reason"] for result in reply["results"]] == ["too_deep", None]


async def test_bottomless_nesting_that_never_ends_is_no_json(client: httpx.AsyncClient) -> None:
    problem = await refused(client, b"[" * 200_000 + b"]" * 199_999)
    assert (problem["status"], problem["type"]) == (400, "/problems/invalid-json")


async def test_nan_and_infinity_are_taken_as_absent(client: httpx.AsyncClient) -> None:
    body = json.dumps(order(properties={"revenue": float("nan"), "total": float("-inf"), "note": "kept"})).encode()
    assert (await one(client, body))["verdict"] == "accepted"
    assert (await one(client, order(properties={"note": "kept"})))["verdict"] == "conflict"


@pytest.mark.parametrize("body", [json.dumps(order(event="Hi \ud83d")).encode(), b'{"event": "Hi \xed\xa0\xbd"}'])
async def test_lone_surrogates_are_cleaned_away(client: httpx.AsyncClient, body: bytes) -> None:
    assert (await one(client, body))["verdict"] in ("accepted", "quarantined")


async def test_a_lone_surrogate_in_the_id_of_a_bad_item_does_not_lose_the_batch(client: httpx.AsyncClient) -> None:
    body = json.dumps([order(messageId="m\ud800", type="x"), order(2)]).encode()
    reply = await send(client, body)
    assert [(result["message_id"], result["verdict"]) for result in reply["results"]] == [
        ("m", "quarantined"), ("m2", "accepted"),
    ]  # fmt: skip


async def test_endless_numbers_are_kept_as_digits(client: httpx.AsyncClient) -> None:
    body = orjson.dumps(order(properties={"n": 0})).replace(b'"n":0', b'"n":' + b"9" * 5_000)
    assert (await one(client, body))["verdict"] == "accepted"
    assert "9" * 5_000 in (await client.get("/export")).text


@pytest.mark.parametrize("body", [b"", b"not json", b"{", b'{"a":1}}', b"\xff\xfe\xfd", b'{"event": "\xc3\x28"}'])
async def test_a_body_that_is_no_json_fails_whole(client: httpx.AsyncClient, body: bytes) -> None:
    problem = await refused(client, body)
    assert (problem["status"], problem["type"]) == (400, "/problems/invalid-json")
    assert await quarantined(client) == []


async def test_a_huge_batch_does_not_keep_others_waiting(client: httpx.AsyncClient) -> None:
    done: list[str] = []

    async def post_many() -> None:
        await send(client, [order(number) for number in range(4_000)])
        done.append("many")

    async def post_one() -> None:
        await asyncio.sleep(0.01)
        await send(client, order(9_999))
        done.append("one")

    await asyncio.gather(post_many(), post_one())
    assert done == ["one", "many"]


async def test_many_clients_that_send_the_same_at_once_keep_it_once(client: httpx.AsyncClient) -> None:
    batch = [order(number) for number in range(250)]
    replies = await asyncio.gather(*(send(client, batch) for _ in range(4)))
    assert sum(reply["counts"]["accepted"] for reply in replies) == 250
    assert sum(reply["counts"]["duplicate"] for reply in replies) == 750


async def test_gzip_is_taken(client: httpx.AsyncClient) -> None:
    packed = gzip.compress(orjson.dumps([order(number) for number in range(1_500)]))
    assert (await send(client, packed, **{"Content-Encoding": "gzip"}))["counts"]["accepted"] == 1_500


async def test_gzip_in_several_members_is_taken(client: httpx.AsyncClient) -> None:
    text = orjson.dumps([order()])
    packed = gzip.compress(text[:40]) + gzip.compress(text[40:])
    assert (await send(client, packed, **{"Content-Encoding": "gzip"}))["counts"]["accepted"] == 1


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"not gzip", "gzip", 400),
        (gzip.compress(b"[]", mtime=0)[:-5], "gzip", 400),
        (gzip.compress(b"[]", mtime=0) + b"rest", "gzip", 400),
        (b"", "gzip", 400),
        (zlib.compress(b"[]"), "gzip", 400),
        (b"[]", "br", 415),
    ],
)
async def test_a_body_that_cannot_be_decompressed_is_refused(
    client: httpx.AsyncClient, body: bytes, encoding: str, status: int
) -> None:
    assert (await refused(client, body, **{"Content-Encoding": encoding}))["status"] == status


async def test_a_gzip_bomb_is_refused(client: httpx.AsyncClient) -> None:
    bomb = gzip.compress(b" " * 40_000_000)
    assert len(bomb) < 100_000
    problem = await refused(client, bomb, **{"Content-Encoding": "gzip"})
    assert (problem["status"], problem["type"]) == (413, "/problems/too-large")


async def test_a_body_over_the_limit_is_refused(serve_app: Any) -> None:
    async with serve_app(max_body_bytes=2_000) as client:
        problem = await refused(client, b" " * 2_001)
        assert (problem["status"], problem["type"]) == (413, "/problems/too-large")

        async def unannounced() -> Any:
            for _ in range(3):
                yield b" " * 1_000

        assert (await client.post("/events", content=unannounced())).status_code == 413
        assert (await client.put("/workspace", content=b" " * 2_001)).status_code == 413
        assert (await client.put("/workspace", content=unannounced())).status_code == 413


async def test_a_live_server_tells_the_limit_before_the_whole_body_is_sent(live_server: Any) -> None:
    async with httpx.AsyncClient(base_url=live_server.url) as client:
        problem = await refused(client, b" " * 40_000_000)
        assert problem["status"] == 413
        assert (await one(client, order()))["verdict"] == "accepted"


async def test_an_event_later_than_a_pinned_clock_says_so(client: httpx.AsyncClient) -> None:
    await client.put("/workspace", json={"now": "2026-03-01"})
    reply = await send(client, [order(1), order(2, timestamp="2026-03-02T00:00:00Z"), {"event": "E", "userId": "c1"}])
    first, second, third = reply["results"]
    assert first["detail"] is None
    assert second["verdict"] == "accepted"
    assert second["reason"] == "later_than_clock"
    assert second["detail"] == (
        "accepted, but later than this workspace's clock (2026-03-02T00:00:00Z): read it with as_of"
    )
    assert third["reason"] == "not_repeatable"
    assert "later than this workspace's clock" in third["detail"]
    assert "cannot be recognised" in third["detail"]


async def test_an_event_up_to_a_day_ahead_is_taken(client: httpx.AsyncClient) -> None:
    soon = datetime.now(UTC) + timedelta(hours=23)
    assert (await one(client, order(timestamp=soon.isoformat())))["verdict"] == "accepted"


DEEP = "[" * 1_500 + "]" * 1_500


@pytest.mark.parametrize("path", ["/events", "/v1/batch", "/v1/import/", "/batch/"])
async def test_an_item_too_deep_to_be_read_leaves_the_others_in_place(client: httpx.AsyncClient, path: str) -> None:
    good = orjson.dumps({**item("Signed In", "2026-01-05", "c1"), "distinct_id": "c1"}).decode()
    body = f'{{"batch": [{good}, {{"a": {DEEP}, "writeKey": "secret"}}, {good[:-1]}, "b": "],["}}], "writeKey": "k"}}'
    reply = (await client.post(path, content=body)).json()
    assert [each["reason"] for each in reply["results"]][1] == "too_deep"
    assert reply["counts"]["quarantined"] == 1
    (kept,) = (await client.get("/quarantine")).json()["items"]
    assert DEEP in kept["item"]
    assert "secret" not in kept["item"]


@pytest.mark.parametrize(
    "body", [f"[{DEEP}", f"[{DEEP}] x", f"[{DEEP},]", f'[{DEEP}, "x]', f'{{"batch": [], 7: {DEEP}}}']
)
async def test_a_deep_body_that_is_no_json_is_refused(client: httpx.AsyncClient, body: str) -> None:
    if body.startswith("{"):
        body = body.replace("[]", "[1]")
    assert (await client.post("/events", content=body)).status_code == 400


@pytest.mark.parametrize("path", ["/events", "/batch/", "/e/"])
async def test_more_items_than_a_request_may_have_are_refused_whole(serve_app: Serve, path: str) -> None:
    async with serve_app(max_batch_events=2) as client:
        answer = await client.post(path, json=[item("Signed In", "2026-01-05", f"c{n}") for n in range(3)])
        assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-many-events")
        assert len((await client.get("/export")).text.splitlines()) == 1


async def test_a_write_key_is_not_kept_in_quarantine(client: httpx.AsyncClient) -> None:
    await client.post("/events", json=[{"writeKey": "secret", "type": "track"}])
    (kept,) = (await client.get("/quarantine")).json()["items"]
    assert "secret" not in kept["item"]
