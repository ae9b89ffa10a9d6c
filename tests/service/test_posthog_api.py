"""PostHog's addresses: its SDKs send here once their host is changed, and each event is told what became of it."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import orjson
import pytest

from tests.service.conftest import Serve

PATHS = ["/batch/", "/batch", "/capture/", "/capture", "/e/", "/e", "/i/v0/e/", "/i/v0/e"]
KEY = "first-key"
UUID = "0190b2a4-6c1e-7a35-9d2e-3f4a5b6c7d8e"


def event(name: str = "Order Completed", **fields: Any) -> dict[str, Any]:
    return {"event": name, "distinct_id": "c1", "uuid": UUID, "timestamp": "2026-03-01T09:30:00Z", **fields}


async def send(client: httpx.AsyncClient, path: str, body: Any, **headers: str) -> dict[str, Any]:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    answer = await client.post(path, content=content, headers=headers)
    assert answer.status_code == 200, answer.text
    reply: dict[str, Any] = answer.json()
    assert reply["status"] == "Ok"
    assert sum(reply["counts"].values()) == len(reply["results"])
    return reply


async def one(client: httpx.AsyncClient, body: Any) -> dict[str, Any]:
    (result,) = (await send(client, "/capture/", body))["results"]
    return dict(result)


async def kept(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (await client.get("/export")).text.splitlines()[1:]]
    return [{**json.loads(line["body"]), "id": line["message_id"]} for line in lines if line["kind"] == "event"]


@pytest.fixture
async def keyed(serve_app: Serve) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that asks for keys."""
    async with serve_app(keys=f"{KEY}=shop") as client:
        yield client


@pytest.mark.parametrize("path", PATHS)
async def test_one_event_or_a_batch_is_kept(client: httpx.AsyncClient, path: str) -> None:
    batch = {"api_key": "k", "batch": [event("A"), event("B", uuid="second")], "sent_at": "2026-03-01T09:31:00Z"}
    assert (await send(client, path, batch))["counts"]["accepted"] == 2
    assert (await send(client, path, event("C", uuid="third", api_key="k")))["counts"]["accepted"] == 1
    assert {body["event"] for body in await kept(client)} == {"A", "B", "C"}


async def test_the_same_event_again_is_a_duplicate(client: httpx.AsyncClient) -> None:
    await send(client, "/batch/", {"batch": [event()], "sent_at": "2026-03-01T09:31:00Z"})
    again = await send(client, "/batch/", {"batch": [event()], "sent_at": "2026-03-01T09:32:00Z"})
    assert again["counts"]["duplicate"] == 1


async def test_one_bad_event_does_not_reject_its_batch(client: httpx.AsyncClient) -> None:
    batch = [event(), "text", event(uuid="b", timestamp="soon"), event("$pageview", uuid="c")]
    reply = await send(client, "/batch/", {"batch": batch})
    assert [result["verdict"] for result in reply["results"]] == ["accepted", "quarantined", "quarantined", "accepted"]
    assert [result["reason"] for result in reply["results"]][1:3] == ["not_an_object", "unparsable_time"]


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"distinct_id": None}, "missing_customer", "/distinct_id"),
        ({"distinct_id": {"a": 1}}, "wrong_type", "/distinct_id"),
        ({"event": None}, "missing_event", "/event"),
        ({"event": 7}, "wrong_type", "/event"),
        ({"uuid": ["a"]}, "wrong_type", "/uuid"),
        ({"timestamp": "soon"}, "unparsable_time", "/timestamp"),
        ({"properties": "x"}, "wrong_type", "/properties"),
        ({"event": "$create_alias"}, "missing_previous", "/properties/alias"),
        ({"event": "$groupidentify"}, "missing_group", "/properties/$group_key"),
    ],
)
async def test_a_verdict_points_into_what_was_sent(
    client: httpx.AsyncClient, changes: dict[str, Any], reason: str, field: str
) -> None:
    result = await one(client, {**event(), **changes})
    assert (result["verdict"], result["reason"], result["field"]) == ("quarantined", reason, field)


async def test_an_event_of_ordinary_size_for_posthog_is_taken(client: httpx.AsyncClient) -> None:
    batch = [event(uuid=f"m{n}", properties={"text": "x" * 40_000}) for n in range(20)]
    assert (await send(client, "/batch/", {"batch": batch}))["counts"]["accepted"] == 20


async def test_a_visitor_who_is_identified_is_one_customer(client: httpx.AsyncClient) -> None:
    visit = event("$pageview", distinct_id="v1", uuid="a", properties={"$is_identified": False, "$pathname": "/"})
    told = {"$anon_distinct_id": "v1", "$set": {"email": "zoe@shop.test"}}
    known = event("$identify", uuid="b", timestamp="2026-03-01T09:31:00Z", properties=told)
    await send(client, "/e/", [visit, known])
    found = (await client.get("/clients/v1", params={"as_of": "2026-03-02"})).json()
    assert found["client_id"] == "c1"
    assert found["profile"]["email"] == "zoe@shop.test"
    assert found["profile"]["events"] == 2


BODY = orjson.dumps(event())


@pytest.mark.parametrize(
    ("path", "content", "headers"),
    [
        ("/e/", gzip.compress(BODY), {"Content-Encoding": "gzip"}),
        ("/e/?compression=gzip-js&ip=0&_=1772357460000&ver=1.2", gzip.compress(BODY), {"Content-Type": "text/plain"}),
        ("/e/?compression=base64&retry_count=2", b"data=" + quote(base64.b64encode(BODY)).encode(), {}),
    ],
)
async def test_a_body_is_read_however_a_client_packs_it(
    client: httpx.AsyncClient, path: str, content: bytes, headers: dict[str, str]
) -> None:
    await send(client, path, content, **headers)
    assert [body["id"] for body in await kept(client)] == [UUID]


@pytest.mark.parametrize(
    ("path", "content", "status", "slug"),
    [
        ("/e/", b"{", 400, "invalid-json"),
        ("/e/", b"", 400, "invalid-json"),
        ("/e/", b"data=~~~", 400, "invalid-encoding"),
        ("/e/", gzip.compress(BODY)[:-9], 400, "invalid-encoding"),
        ("/e/?compression=lz64", b"data=N4IgNghg", 415, "unsupported-encoding"),
        ("/e/", gzip.compress(b" " * 20_000_000), 413, "too-large"),
    ],
)
async def test_what_cannot_be_read_is_refused_whole(
    client: httpx.AsyncClient, path: str, content: bytes, status: int, slug: str
) -> None:
    answer = await client.post(path, content=content)
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert problem["type"] == f"/problems/{slug}"
    assert problem["code"] == slug


@pytest.mark.parametrize(
    "body",
    [
        {"api_key": KEY, "batch": [event()]},
        {**event(), "api_key": KEY},
        {**event(), "token": KEY},
        [event(properties={"token": KEY})],
    ],
)
async def test_the_key_comes_in_the_body_and_is_not_kept(keyed: httpx.AsyncClient, body: Any) -> None:
    await send(keyed, "/batch/", body)
    text = (await keyed.get("/export", headers={"Authorization": f"Bearer {KEY}"})).text
    assert UUID in text
    assert KEY not in text


@pytest.mark.parametrize("body", [{"batch": [event()]}, {"api_key": "another", "batch": []}, []])
async def test_without_a_known_key_nothing_is_taken(keyed: httpx.AsyncClient, body: Any) -> None:
    answer = await keyed.post("/batch/", json=body)
    assert answer.status_code == 401
    assert answer.json()["detail"]


@pytest.mark.parametrize("path", ["/decide", "/decide/", "/flags", "/flags/", "/s/"])
async def test_feature_flags_and_recordings_are_not_offered(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.post(path, json={})).status_code == 404


async def test_the_addresses_are_described_with_their_bodies_and_statuses(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    for path in ("/batch/", "/capture/", "/e/", "/i/v0/e/"):
        described = paths[path]["post"]
        assert set(described["responses"]) == {"200", "400", "401", "403", "413", "415", "421", "422", "429", "503"}
        assert "application/json" in described["requestBody"]["content"]
