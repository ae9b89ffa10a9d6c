"""The Segment addresses: SDKs send here once their host is changed, and each event is told what became of it."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from memory.data_dir import open_data_dir
from memory.store import StoreUnavailable
from tests.fakes import HashedWords
from tests.service.conftest import Serve

CALLS = ["track", "identify", "page", "screen", "group", "alias"]
KEY = "first-key"


def call(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "userId": "c1",
        "messageId": f"m{number}",
        "timestamp": "2026-03-01T09:30:00Z",
        "event": "Order Completed",
        "groupId": "acme",
        "previousId": "v1",
        **fields,
    }


async def send(client: httpx.AsyncClient, path: str, body: Any, **headers: str) -> dict[str, Any]:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    answer = await client.post(path, content=content, headers=headers)
    assert answer.status_code == 200, answer.text
    reply: dict[str, Any] = answer.json()
    assert reply["success"] is True
    assert sum(reply["counts"].values()) == len(reply["results"])
    return reply


async def refused(client: httpx.AsyncClient, path: str, body: bytes, status: int, slug: str) -> dict[str, Any]:
    answer = await client.post(path, content=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["type"] == f"/problems/{slug}"
    return problem


async def bodies(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """What is kept of each event, by the order of ids."""
    lines = [json.loads(line) for line in (await client.get("/export")).text.splitlines()[1:]]
    kept = [{**json.loads(line["body"]), "id": line["message_id"]} for line in lines if line["kind"] == "event"]
    return sorted(kept, key=lambda body: str(body["id"]))


@pytest.fixture
async def keyed(serve_app: Serve) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that asks for keys."""
    async with serve_app(keys=f"{KEY}=shop") as client:
        yield client


@pytest.mark.parametrize("kind", CALLS)
async def test_a_call_is_kept_with_the_type_of_its_address(client: httpx.AsyncClient, kind: str) -> None:
    reply = await send(client, f"/v1/{kind}", call())
    assert reply["counts"]["accepted"] == 1
    assert [body["type"] for body in await bodies(client)] == [kind]


@pytest.mark.parametrize("kind", CALLS)
async def test_a_browser_may_abbreviate_the_address(client: httpx.AsyncClient, kind: str) -> None:
    await send(client, f"/v1/{kind[0]}", call())
    assert [body["type"] for body in await bodies(client)] == [kind]


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/import", "/v1/b"])
async def test_a_batch_is_kept_event_by_event(client: httpx.AsyncClient, path: str) -> None:
    batch = [call(n, type=kind) for n, kind in enumerate(CALLS)]
    reply = await send(client, path, {"batch": batch, "sentAt": "2026-03-01T09:31:00Z"})
    assert reply["counts"]["accepted"] == 6
    assert [body["type"] for body in await bodies(client)] == CALLS


async def test_a_retry_with_another_time_of_sending_is_a_duplicate(client: httpx.AsyncClient) -> None:
    batch = {"batch": [call(1, type="track")], "context": {"locale": "de"}}
    await send(client, "/v1/batch", {**batch, "sentAt": "2026-03-01T09:31:00Z", "integrations": {"All": True}})
    again = await send(client, "/v1/batch", {**batch, "sentAt": "2026-03-01T09:32:00Z"})
    assert again["counts"]["duplicate"] == 1


async def test_one_bad_event_does_not_reject_its_batch(client: httpx.AsyncClient) -> None:
    batch = [call(1, type="track"), "text", call(2, type="track", timestamp="soon"), call(3, type="page")]
    reply = await send(client, "/v1/batch", {"batch": batch})
    assert [result["verdict"] for result in reply["results"]] == ["accepted", "quarantined", "quarantined", "accepted"]
    assert [result["reason"] for result in reply["results"]][1:3] == ["not_an_object", "unparsable_time"]


async def test_a_type_that_contradicts_the_address_is_quarantined(client: httpx.AsyncClient) -> None:
    (result,) = (await send(client, "/v1/track", call(type="identify")))["results"]
    assert (result["verdict"], result["reason"], result["field"]) == ("quarantined", "wrong_type", "/type")
    (kept,) = (await client.get("/quarantine")).json()["items"]
    assert json.loads(kept["item"])["type"] == "identify"


async def test_an_event_over_the_limit_is_quarantined_whole(client: httpx.AsyncClient) -> None:
    large = call(type="track", properties={"text": "x" * 40_000})
    (result,) = (await send(client, "/v1/batch", {"batch": [large]}))["results"]
    assert (result["verdict"], result["reason"]) == ("quarantined", "too_large_for_tracking")
    assert "32,768 bytes" in result["detail"]
    assert "/events" in result["detail"]
    (kept,) = (await client.get("/quarantine")).json()["items"]
    assert json.loads(kept["item"]) == large


async def test_events_takes_what_is_too_large_for_these_addresses(client: httpx.AsyncClient) -> None:
    large = call(type="track", properties={"text": "x" * 40_000})
    answer = await client.post("/events", json=[large])
    assert answer.json()["counts"]["accepted"] == 1


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/track"])
async def test_a_batch_over_its_bytes_is_refused_whole(client: httpx.AsyncClient, path: str) -> None:
    body = gzip.compress(b'{"batch": [' + b" " * 512_000 + b"]}")
    answer = await client.post(path, content=body, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 413
    problem = answer.json()
    assert problem["type"] == "/problems/batch-too-large"
    assert [error["reason"] for error in problem["errors"]] == ["batch_too_large"]
    assert "512,000 bytes" in problem["detail"]
    assert "/events" in problem["detail"]


async def test_a_batch_of_too_many_events_is_refused_whole(client: httpx.AsyncClient) -> None:
    body = orjson.dumps({"batch": [{}] * 2_501})
    problem = await refused(client, "/v1/batch", body, 413, "too-many-events")
    (error,) = problem["errors"]
    assert (error["field"], error["reason"]) == ("/batch", "too_many_events")
    assert "2,500 events" in problem["detail"]
    assert (await client.get("/quarantine")).json()["total"] == 0


async def test_the_limits_are_settings(serve_app: Serve) -> None:
    limits = {"tracking_max_event_bytes": 1_024, "tracking_max_batch_bytes": 4_096, "tracking_max_batch_events": 2}
    async with serve_app(**limits) as client:
        (result,) = (await send(client, "/v1/track", call(properties={"text": "x" * 1_024})))["results"]
        assert result["reason"] == "too_large_for_tracking"
        await refused(client, "/v1/track", b" " * 4_097, 413, "batch-too-large")
        await refused(client, "/v1/batch", b'{"batch": [1, 2, 3]}', 413, "too-many-events")


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/track"])
@pytest.mark.parametrize("body", [b"{", b"\xff", b""])
async def test_what_is_no_json_is_refused_whole(client: httpx.AsyncClient, path: str, body: bytes) -> None:
    await refused(client, path, body, 400, "invalid-json")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [("/v1/track", b"[]", ""), ("/v1/batch", b"[]", ""), ("/v1/batch", b"{}", "/batch"), ("/v1/page", b"7", "")],
)
async def test_a_body_without_events_says_where(client: httpx.AsyncClient, path: str, body: bytes, field: str) -> None:
    problem = await refused(client, path, body, 400, "no-events")
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_a_refusal_has_the_names_that_sdks_read(client: httpx.AsyncClient) -> None:
    problem = await refused(client, "/v1/batch", b"{}", 400, "no-events")
    assert (problem["code"], problem["message"]) == ("no-events", problem["detail"])
    assert "code" not in (await client.post("/events", content=b"{")).json()


async def test_gzip_and_a_beacon_of_plain_text_are_read(client: httpx.AsyncClient) -> None:
    packed = gzip.compress(orjson.dumps(call(1)))
    await send(client, "/v1/track", packed, **{"Content-Encoding": "gzip"})
    await send(client, "/v1/track", call(2), **{"Content-Type": "text/plain;charset=UTF-8"})
    assert [body["id"] for body in await bodies(client)] == ["m1", "m2"]


async def test_parameters_that_an_sdk_adds_do_no_harm(client: httpx.AsyncClient) -> None:
    await send(client, "/v1/batch?writeKey=x&retry=1", {"batch": [call(1, type="track")]})


def basic(user: str) -> str:
    return "Basic " + base64.b64encode(user.encode()).decode()


@pytest.mark.parametrize("authorization", [basic(KEY), basic(f"{KEY}:"), basic(f"{KEY}:x"), f"Bearer {KEY}"])
async def test_the_key_is_the_user_name_of_basic(keyed: httpx.AsyncClient, authorization: str) -> None:
    await send(keyed, "/v1/track", call(), Authorization=authorization)


@pytest.mark.parametrize(
    ("path", "body"), [("/v1/track", call(writeKey=KEY)), ("/v1/batch", {"batch": [call()], "writeKey": KEY})]
)
async def test_the_key_may_come_in_the_body_and_is_not_kept(keyed: httpx.AsyncClient, path: str, body: Any) -> None:
    await send(keyed, path, {**body, "type": "track"} if path == "/v1/track" else body)
    kept = await keyed.get("/export", headers={"Authorization": f"Bearer {KEY}"})
    assert '"m1"' in kept.text
    assert KEY not in kept.text


@pytest.mark.parametrize("body", [{"batch": []}, {"batch": [], "writeKey": "another"}, {"batch": [], "writeKey": 7}])
async def test_without_a_known_key_nothing_is_taken(keyed: httpx.AsyncClient, body: Any) -> None:
    answer = await keyed.post("/v1/batch", json=body)
    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/unauthorised"


async def test_a_wrong_key_in_the_header_is_not_made_good_by_one_in_the_body(keyed: httpx.AsyncClient) -> None:
    answer = await keyed.post("/v1/batch", json={"batch": [], "writeKey": KEY}, headers={"Authorization": basic("no")})
    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/track", "/v1/t", "/batch/", "/capture", "/e/"])
async def test_a_page_of_any_site_may_send_with_a_key(keyed: httpx.AsyncClient, path: str) -> None:
    origin = {"Origin": "https://shop.test"}
    asked = await keyed.options(path, headers={**origin, "Access-Control-Request-Method": "POST"})
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == "*"
    assert asked.headers["access-control-allow-methods"] == "POST, OPTIONS"
    assert {"Content-Type", "Authorization"} < set(asked.headers["access-control-allow-headers"].split(", "))
    assert int(asked.headers["access-control-max-age"]) > 0
    sent = await keyed.post(path, json=call(writeKey=KEY, batch=[]), headers=origin)
    assert sent.headers["access-control-allow-origin"] == "*"


async def test_a_page_may_read_why_it_was_refused(keyed: httpx.AsyncClient) -> None:
    answer = await keyed.post("/v1/batch", content=b"{", headers={"Origin": "https://shop.test"})
    assert answer.status_code == 400
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_no_other_address_is_open_to_other_sites(keyed: httpx.AsyncClient) -> None:
    own = [
        "/events",
        "/clients",
        "/clients/c1",
        "/export",
        "/chat",
        "/quarantine",
        "/health/live",
        "/docs",
        "/v1/other",
    ]
    for path in own:
        for method in ("OPTIONS", "GET", "POST"):
            answer = await keyed.request(
                method, path, headers={"Origin": "https://shop.test", "Authorization": f"Bearer {KEY}"}
            )
            found = [name for name in answer.headers if name.startswith("access-control")]
            assert not found, (method, path)


async def test_without_keys_only_pages_of_this_machine_may_send(client: httpx.AsyncClient) -> None:
    foreign = {"Origin": "https://shop.test"}
    assert (await client.post("/v1/track", json=call(), headers=foreign)).status_code == 403
    assert (await client.options("/v1/track", headers=foreign)).status_code == 403
    await send(client, "/v1/track", call(), Origin="http://localhost:3000")


async def test_a_wrong_clock_is_corrected_by_the_time_of_sending(client: httpx.AsyncClient) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=3)
    batch = [call(type="track", timestamp=(ahead - timedelta(minutes=10)).isoformat())]
    await send(client, "/v1/batch", {"batch": batch, "sentAt": ahead.isoformat()})
    (event,) = (await client.get("/clients/c1/timeline")).json()["events"]
    age = datetime.now(UTC) - datetime.fromisoformat(event["occurred_at"])
    assert timedelta(minutes=9) < age < timedelta(minutes=12)


async def test_past_the_bound_of_what_waits_an_sdk_is_told_when_to_try_again(serve_app: Serve) -> None:
    class Stuck(HashedWords):
        async def embed(self, texts: Any) -> Any:
            await asyncio.Event().wait()

    async with serve_app(embedder=Stuck(), max_pending=1) as client:
        # The first ones may be in the embedder's hands, and wait no more.
        answers = [await client.post("/v1/track", json=call(number)) for number in range(4)]
        answer = answers[-1]
        assert [each.status_code for each in answers][0::3] == [200, 429]
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json()["code"] == "too-many-events-waiting"


async def test_a_store_that_is_away_is_told_so_that_an_sdk_tries_again(serve_app: Serve, tmp_path: Path) -> None:
    store = open_data_dir(tmp_path / "store", 64)
    async with serve_app(store=store) as client:
        insert = store.insert

        async def away(*asked: object) -> Any:
            raise StoreUnavailable("away")

        store.insert = away  # type: ignore[method-assign]
        answer = await client.post("/v1/track", json=call())
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert answer.json()["type"] == "/problems/store-unavailable"
        store.insert = insert  # type: ignore[method-assign]
        assert (await send(client, "/v1/track", call()))["counts"]["accepted"] == 1


async def test_the_addresses_are_described_with_their_bodies_and_statuses(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    for path in [*(f"/v1/{kind}" for kind in CALLS), "/v1/batch", "/v1/import"]:
        described = paths[path]["post"]
        assert set(described["responses"]) == {"200", "400", "401", "403", "413", "415", "421", "422", "429", "503"}
        assert set(described["requestBody"]["content"]) == {"application/json", "text/plain"}
    assert "/v1/t" not in paths


@pytest.mark.parametrize("path", ["/v1/track/", "/v1/batch/"])
async def test_a_slash_behind_the_address_changes_nothing(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.post(path, json={**call(), "batch": []})
    assert answer.status_code == 200
