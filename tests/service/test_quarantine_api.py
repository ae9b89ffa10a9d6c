"""Quarantine over HTTP: what is there, and how it gets out, without anything being lost."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from memory.intake import HEAD_CHARS
from memory.quarantine import QUARANTINE, item_text
from memory.store import Control
from server.cli.main import app as commands
from server.settings import ENV_PREFIX
from tests.builders import item
from tests.talk import Json, get, talk

GOOD = item("Order Completed", "2026-01-05", "ada", properties={"revenue": 10, "currency": "EUR"})
NOBODY = {key: value for key, value in GOOD.items() if key != "userId"}
BAD_TIME = {**GOOD, "timestamp": "soon", "messageId": "bad-time"}


async def quarantine(client: httpx.AsyncClient, *items: Any) -> list[Json]:
    """Send items that are no events; what is kept of them, in the order sent."""
    answer = await client.post("/events", json=list(items))
    assert [result["verdict"] for result in answer.json()["results"]] == ["quarantined"] * len(items)
    kept = {json.dumps(json.loads(each["item"]), sort_keys=True): each for each in await held(client)}
    return [kept[json.dumps(each, sort_keys=True)] for each in items]


async def held(client: httpx.AsyncClient, **params: Any) -> list[Json]:
    return list((await get(client, "/quarantine", limit=500, **params))["items"])


async def ids(client: httpx.AsyncClient) -> list[str]:
    return [each["sha256"] for each in await held(client)]


async def kept_events(client: httpx.AsyncClient) -> list[Json]:
    lines = map(json.loads, (await client.get("/export")).text.splitlines())
    return [line for line in lines if line.get("kind") == "event"]


async def replay(client: httpx.AsyncClient, id: str, **body: Any) -> Json:
    answer = await client.post(f"/quarantine/{id}/replay", json=body)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def replay_many(client: httpx.AsyncClient, **body: Any) -> Json:
    answer = await client.post("/quarantine/replay", json=body)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def problem(answer: httpx.Response, status: int, field: str) -> str:
    assert answer.status_code == status, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    return str(answer.json()["detail"])


async def test_items_are_counted_by_reason_over_the_whole_workspace(client: httpx.AsyncClient) -> None:
    await quarantine(client, NOBODY, {**NOBODY, "n": 1}, BAD_TIME, "text")
    page = await get(client, "/quarantine", limit=1, reason="unparsable_time")
    assert page["counts"] == {"missing_customer": 2, "unparsable_time": 1, "not_an_object": 1}
    assert (page["total"], [each["message_id"] for each in page["items"]]) == (1, ["bad-time"])


async def test_items_are_found_by_reasons_and_by_message_id(client: httpx.AsyncClient) -> None:
    await quarantine(client, NOBODY, BAD_TIME, "text")
    assert len(await held(client, reason=["unparsable_time", "not_an_object"])) == 2
    assert [each["reason"] for each in await held(client, message_id="bad-time")] == ["unparsable_time"]
    assert await held(client, message_id="none", reason="unparsable_time") == []


async def test_items_are_found_by_when_they_were_received(client: httpx.AsyncClient) -> None:
    (first,) = await quarantine(client, "first")
    (second,) = await quarantine(client, "second")
    between = second["received_at"]
    assert [each["item"] for each in await held(client, before=between)] == ['"first"']
    assert [each["item"] for each in await held(client, since=between)] == ['"second"']
    assert len(await held(client, since=first["received_at"][:10])) == 2


@pytest.mark.parametrize("name", ["since", "before"])
async def test_a_bad_time_is_a_problem_of_its_parameter(client: httpx.AsyncClient, name: str) -> None:
    await problem(await client.get("/quarantine", params={name: "soon"}), 422, name)


async def test_quarantine_is_read_page_by_page_newest_first(client: httpx.AsyncClient) -> None:
    for number in range(5):
        await quarantine(client, f"{number}a", f"{number}b")
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await get(client, "/quarantine", limit=3, **({"cursor": cursor} if cursor else {}))
        assert page["total"] == 10
        seen += [json.loads(each["item"]) for each in page["items"]]
        cursor = page["next_cursor"]
    assert [text[0] for text in seen] == ["4", "4", "3", "3", "2", "2", "1", "1", "0", "0"]
    assert len(set(seen)) == 10


@pytest.mark.parametrize("path", ["/quarantine", "/quarantine/resolutions"])
@pytest.mark.parametrize(
    ("params", "field"),
    [({"limit": 0}, "limit"), ({"limit": "x"}, "limit"), ({"cursor": "é~"}, "cursor"), ({"cursor": "MSAy"}, "cursor")],
)
async def test_a_bad_page_is_named(client: httpx.AsyncClient, path: str, params: Json, field: str) -> None:
    await problem(await client.get(path, params=params), 422, field)


async def test_one_item_is_found_by_its_digest(client: httpx.AsyncClient) -> None:
    (kept,) = await quarantine(client, NOBODY)
    assert await get(client, f"/quarantine/{kept['sha256']}") == kept


async def test_an_unknown_item_is_a_problem_on_every_road(client: httpx.AsyncClient) -> None:
    for method, path in (
        ("GET", "/quarantine/none"), ("POST", "/quarantine/none/replay"), ("DELETE", "/quarantine/none"),
    ):  # fmt: skip
        answer = await client.request(method, path)
        await problem(answer, 404, "id")
        assert answer.json()["type"] == "/problems/unknown-item"


async def test_a_mended_item_becomes_an_event_and_leaves_quarantine(client: httpx.AsyncClient) -> None:
    (kept,) = await quarantine(client, NOBODY)
    result = await replay(client, kept["sha256"], item=GOOD)
    assert (result["id"], result["verdict"]) == (kept["sha256"], "accepted")
    assert await ids(client) == []
    assert [event["customer_id"] for event in await kept_events(client)] == ["ada"]


async def test_a_replayed_event_happened_when_it_was_first_sent_but_was_not_known_before(
    client: httpx.AsyncClient,
) -> None:
    (kept,) = await quarantine(client, {"event": "Signed In"})
    between = datetime.now(UTC).isoformat()
    await replay(client, kept["sha256"], item={"event": "Signed In", "userId": "ada"})
    (event,) = await kept_events(client)
    assert datetime.fromisoformat(event["occurred_at"]) == datetime.fromisoformat(kept["received_at"])
    assert (await client.get("/clients/ada")).status_code == 200
    assert (await client.get("/clients/ada", params={"known_at": between})).status_code == 404
    copy = (await client.get("/export")).content
    client.headers["X-Workspace"] += "-copy"
    await client.post("/import", content=copy)
    assert [each["occurred_at"] for each in await kept_events(client)] == [event["occurred_at"]]


async def test_a_replay_of_what_is_there_already_is_a_duplicate_or_a_conflict_and_leaves(
    client: httpx.AsyncClient,
) -> None:
    await client.post("/events", json=GOOD)
    first, second = await quarantine(client, NOBODY, BAD_TIME)
    assert (await replay(client, first["sha256"], item=GOOD))["verdict"] == "duplicate"
    assert (await replay(client, second["sha256"], item={**GOOD, "event": "Other"}))["verdict"] == "conflict"
    assert await ids(client) == []


@pytest.mark.parametrize("body", [b"", b"{}"])
async def test_an_item_that_is_replayed_as_it_was_and_is_still_no_event_stays(
    client: httpx.AsyncClient, body: bytes
) -> None:
    (kept,) = await quarantine(client, NOBODY)
    answer = await client.post(f"/quarantine/{kept['sha256']}/replay", content=body)
    assert answer.json()["verdict"] == "quarantined"
    assert await held(client) == [kept]
    assert (await get(client, "/quarantine/resolutions"))["total"] == 0


async def test_an_item_that_is_quarantined_again_takes_the_place_of_the_old_one(client: httpx.AsyncClient) -> None:
    (kept,) = await quarantine(client, NOBODY)
    assert (await replay(client, kept["sha256"], item=BAD_TIME))["reason"] == "unparsable_time"
    (left,) = await held(client)
    assert (left["message_id"], left["received_at"]) == ("bad-time", kept["received_at"])
    (record,) = (await get(client, "/quarantine/resolutions"))["items"]
    assert (record["sha256"], record["replaced_by"]) == (kept["sha256"], left["sha256"])


@pytest.mark.parametrize(
    "broken",
    [float("nan"), "\ud800", {"deep": [{"er": None}]}, 10**30, "ä\u0000"],
    ids=["nan", "lone surrogate", "nested", "long number", "control"],
)
async def test_an_item_comes_out_as_it_went_in(client: httpx.AsyncClient, broken: Any) -> None:
    body = json.dumps({**NOBODY, "properties": {"broken": broken}}).encode()
    assert (await client.post("/events", content=body)).json()["counts"]["quarantined"] == 1
    before = await held(client)
    assert (await client.post(f"/quarantine/{before[0]['sha256']}/replay")).json()["verdict"] == "quarantined"
    assert await held(client) == before


def test_an_item_nested_too_deeply_to_be_written_by_recursion_is_kept_whole() -> None:
    deep = orjson.loads(b"[" * 1_000 + b"1" + b"]" * 1_000)
    assert item_text(deep) == "[" * 1_000 + "1" + "]" * 1_000
    assert item_text({"b": deep, "a": [1, {"c": "é"}]}).startswith('{"a": [1, {"c": "\\u00e9"}], "b": [[')


async def test_an_oversize_item_is_replayed_only_by_a_whole_one(client: httpx.AsyncClient) -> None:
    await client.post("/events", json={**GOOD, "properties": {"text": "x" * 300_000}})
    (kept,) = await held(client)
    assert (kept["whole"], len(kept["item"])) == (False, HEAD_CHARS)
    answer = await client.post(f"/quarantine/{kept['sha256']}/replay", json={})
    assert answer.json()["type"] == "/problems/item-not-whole"
    assert "only its head" in await problem(answer, 409, "/item")
    many = await replay_many(client, ids=[kept["sha256"]], set={"/properties": {}})
    assert [(result["verdict"], result["reason"]) for result in many["results"]] == [("quarantined", "not_whole")]
    assert (await replay(client, kept["sha256"], item=GOOD))["verdict"] == "accepted"
    assert await ids(client) == []


async def test_many_are_mended_in_the_same_way(client: httpx.AsyncClient) -> None:
    broken = [{**NOBODY, "messageId": f"m{n}", "properties": {"n": n, "who": "x"}} for n in range(250)]
    await quarantine(client, *broken)
    await quarantine(client, "text")
    reply = await replay_many(
        client, reason="missing_customer", set={"/userId": "ada", "/context/mended": True}, remove=["/properties/who"]
    )
    assert reply["counts"] == {"accepted": 250, "duplicate": 0, "conflict": 0, "quarantined": 0, "suppressed": 0}
    assert sorted(result["message_id"] for result in reply["results"]) == sorted(f"m{n}" for n in range(250))
    events = await kept_events(client)
    assert len(events) == 250
    body = json.loads(events[0]["body"])
    assert (body["user_id"], list(body["properties"]), body["context"]) == ("ada", ["n"], {"mended": True})
    assert [each["item"] for each in await held(client)] == ['"text"']


async def test_many_are_chosen_by_id_and_unknown_ids_are_named(client: httpx.AsyncClient) -> None:
    first, second = await quarantine(client, NOBODY, {**NOBODY, "messageId": "other"})
    reply = await replay_many(client, ids=[second["sha256"], "gone", second["sha256"]], set={"/userId": "ada"})
    assert [result["id"] for result in reply["results"]] == [second["sha256"]]
    assert reply["unknown"] == ["gone"]
    assert await ids(client) == [first["sha256"]]


async def test_a_change_that_does_not_fit_an_item_leaves_it_as_it_was(client: httpx.AsyncClient) -> None:
    kept = await quarantine(client, NOBODY, "text")
    reply = await replay_many(client, ids=[each["sha256"] for each in kept], set={"/userId": "ada"})
    assert [(r["verdict"], r["reason"], r["field"]) for r in reply["results"]] == [
        ("accepted", None, None), ("quarantined", "cannot_be_patched", "/userId"),
    ]  # fmt: skip
    assert reply["counts"]["quarantined"] == 1
    assert await ids(client) == [kept[1]["sha256"]]


async def test_many_are_taken_oldest_first_and_the_cursor_goes_past_what_stays(client: httpx.AsyncClient) -> None:
    for n in range(5):
        await quarantine(client, f"text {n}")
    seen: list[str] = []
    cursor: str | None = None
    while True:
        reply = await replay_many(client, reason="not_an_object", limit=2, cursor=cursor)
        seen += [result["id"] for result in reply["results"]]
        cursor = reply["next_cursor"]
        if cursor is None:
            break
    assert seen == list(reversed(await ids(client)))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, ""), ({"ids": ["a"], "reason": "b"}, ""), ({"ids": "a"}, "/ids"), ({"ids": ["a"] * 1_001}, "/ids"),
        ({"reason": "a", "limit": 0}, "/limit"), ({"reason": "a", "sett": {}}, "/sett"),
        ({"reason": "a", "set": {"userId": 1}}, "/set"), ({"reason": "a", "remove": ["x"]}, "/remove"),
        ({"reason": "a", "cursor": "x"}, "/cursor"), ({"reason": "a", "why": "x" * 501}, "/why"),
    ],
)  # fmt: skip
async def test_a_bad_request_for_many_is_named_and_does_nothing(
    client: httpx.AsyncClient, body: Json, field: str
) -> None:
    before = await quarantine(client, NOBODY)
    await problem(await client.post("/quarantine/replay", json=body), 422, field)
    assert await held(client) == before


@pytest.mark.parametrize(
    "body",
    [
        {"ids": ["\ud800"]}, {"reason": "\ud800"}, {"reason": "a", "\ud800": 1}, {"reason": "a", "set": {"/\ud800": 1}},
        {"reason": "a", "remove": ["\ud800"]}, "\ud800", [], None, 5,
    ],
)  # fmt: skip
async def test_what_no_answer_could_repeat_is_refused(client: httpx.AsyncClient, body: Any) -> None:
    for path in ("replay", "discard", "x/replay"):
        answer = await client.post(f"/quarantine/{path}", content=json.dumps(body).encode())
        assert answer.status_code == 422, answer.text


async def test_a_misspelt_field_and_a_body_that_is_no_json_are_refused(client: httpx.AsyncClient) -> None:
    (kept,) = await quarantine(client, NOBODY)
    path = f"/quarantine/{kept['sha256']}/replay"
    await problem(await client.post(path, json={"event": GOOD}), 422, "/event")
    assert (await client.post(path, content=b"{")).status_code == 400
    assert await held(client) == [kept]


async def test_a_mended_item_may_be_sent_compressed(client: httpx.AsyncClient) -> None:
    (kept,) = await quarantine(client, NOBODY)
    body = gzip.compress(json.dumps({"item": GOOD}).encode())
    path = f"/quarantine/{kept['sha256']}/replay"
    answer = await client.post(path, content=body, headers={"Content-Encoding": "gzip"})
    assert answer.json()["verdict"] == "accepted"


async def test_a_discarded_item_leaves_a_record(client: httpx.AsyncClient) -> None:
    (kept,) = await quarantine(client, NOBODY)
    answer = await client.delete(f"/quarantine/{kept['sha256']}", params={"why": "a test of the shop"})
    assert answer.status_code == 200
    record = answer.json()
    assert (record["sha256"], record["reason"], record["how"]) == (kept["sha256"], "missing_customer", "discarded")
    assert (record["why"], record["verdict"]) == ("a test of the shop", None)
    assert (await get(client, "/quarantine/resolutions"))["items"] == [record]
    assert await ids(client) == []
    assert await kept_events(client) == []


async def test_many_are_discarded_by_reason(client: httpx.AsyncClient) -> None:
    await quarantine(client, NOBODY, "a", "b", "c")
    answer = await client.post("/quarantine/discard", json={"reason": "not_an_object", "limit": 2, "why": "tests"})
    assert len(answer.json()["resolutions"]) == 2
    assert answer.json()["next_cursor"]
    assert (await get(client, "/quarantine"))["counts"] == {"missing_customer": 1, "not_an_object": 1}


async def test_a_record_holds_nothing_of_the_item(client: httpx.AsyncClient) -> None:
    (kept,) = await quarantine(client, {**NOBODY, "messageId": "secret-id", "traits": {"name": "Secret Name"}})
    await replay(client, kept["sha256"], item={**GOOD, "messageId": "secret-id"}, why="the shop forgot whose it was")
    (record,) = (await get(client, "/quarantine/resolutions"))["items"]
    assert (record["how"], record["verdict"], record["why"]) == ("replayed", "accepted", "the shop forgot whose it was")
    assert "ecret" not in json.dumps(record)
    assert record["event"] == (await kept_events(client))[0]["id"]
    assert record["by"]


async def test_records_are_read_page_by_page_latest_first(client: httpx.AsyncClient) -> None:
    order = []
    for n in range(5):
        (kept,) = await quarantine(client, f"text {n}")
        await client.delete(f"/quarantine/{kept['sha256']}")
        order.insert(0, kept["sha256"])
    first = await get(client, "/quarantine/resolutions", limit=3)
    rest = await get(client, "/quarantine/resolutions", limit=3, cursor=first["next_cursor"])
    assert (first["total"], rest["next_cursor"]) == (5, None)
    assert [each["sha256"] for each in [*first["items"], *rest["items"]]] == order


async def test_an_item_that_is_sent_and_resolved_twice_has_two_records(client: httpx.AsyncClient) -> None:
    for _ in range(2):
        (kept,) = await quarantine(client, NOBODY)
        await client.delete(f"/quarantine/{kept['sha256']}")
    assert (await get(client, "/quarantine/resolutions"))["total"] == 2


async def test_items_and_records_travel_with_an_export(client: httpx.AsyncClient, shared_app: FastAPI) -> None:
    kept = await quarantine(client, NOBODY, "text")
    await client.delete(f"/quarantine/{kept[0]['sha256']}")
    export = (await client.get("/export")).content
    async with talk(shared_app, f"copy-{uuid4().hex}") as copy:
        assert (await copy.post("/import", content=export)).status_code == 200
        assert await held(copy) == [kept[1]]
        assert await get(copy, "/quarantine/resolutions") == await get(client, "/quarantine/resolutions")


async def test_another_workspace_neither_sees_nor_resolves_an_item(
    client: httpx.AsyncClient, shared_app: FastAPI
) -> None:
    (kept,) = await quarantine(client, NOBODY)
    id = kept["sha256"]
    async with talk(shared_app, f"other-{uuid4().hex}") as other:
        for method, path in (("GET", ""), ("POST", "/replay"), ("DELETE", "")):
            assert (await other.request(method, f"/quarantine/{id}{path}")).status_code == 404
        for path in ("replay", "discard"):
            assert (await other.post(f"/quarantine/{path}", json={"ids": [id]})).json()["unknown"] == [id]
            by_reason = await other.post(f"/quarantine/{path}", json={"reason": "missing_customer"})
            assert (by_reason.json().get("results") or by_reason.json().get("resolutions")) in (None, [])
        assert (await get(other, "/quarantine"))["counts"] == {}
        assert (await get(other, "/quarantine/resolutions"))["total"] == 0
    assert await ids(client) == [id]


class _Killed(BaseException):
    """As if the process ended here."""


@pytest.mark.parametrize("at", ["put", "delete_controls"])
async def test_an_item_outlives_a_crash_between_the_writes_and_a_second_replay_finishes(
    shared_app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    (kept,) = await quarantine(client, NOBODY)

    async def die(*_: object) -> None:
        raise _Killed

    store = shared_app.state.services.store
    with monkeypatch.context() as patch:
        patch.setattr(store, at, die)
        with pytest.raises(_Killed):
            await client.post(f"/quarantine/{kept['sha256']}/replay", json={"item": GOOD})
    assert await held(client) == [kept]
    assert (await replay(client, kept["sha256"], item=GOOD))["verdict"] == "duplicate"
    assert await ids(client) == []
    assert len(await kept_events(client)) == 1
    assert (await get(client, "/quarantine/resolutions"))["total"] == 1


async def test_what_is_damaged_is_shown_and_takes_a_whole_item_only(
    client: httpx.AsyncClient, shared_app: FastAPI
) -> None:
    services = shared_app.state.services
    await quarantine(client, "text")
    scope = next(s for s in await services.workspaces.scopes() if s.workspace == client.headers["X-Workspace"])
    await services.store.put(scope, [Control(QUARANTINE, "x", {"a": 1})])
    assert (await get(client, "/quarantine"))["counts"] == {"not_an_object": 1, "damaged": 1}
    assert (await client.post("/quarantine/x/replay")).status_code == 409
    assert (await replay(client, "x", item={"event": "A", "userId": "ada"}))["verdict"] == "accepted"
    assert [each["item"] for each in await held(client)] == ['"text"']


def told(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(commands, ["quarantine", *arguments], catch_exceptions=False)
    return result.exit_code, " ".join(result.output.split())


def test_the_commands_list_show_replay_and_discard(
    live_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{ENV_PREFIX}DATA_DIR", str(live_server.data_dir))
    monkeypatch.setenv(f"{ENV_PREFIX}DEFAULT_WORKSPACE", f"q-{uuid4().hex}")
    mended = tmp_path / "mended.json"
    mended.write_text(json.dumps(GOOD))
    bad = tmp_path / "bad.jsonl"
    bad.write_text("".join(json.dumps(each) + "\n" for each in (NOBODY, "[red]text[/red]")))
    CliRunner().invoke(commands, ["load", str(bad)], catch_exceptions=False)
    code, said = told("list")
    assert code == 0
    assert "2 quarantined; in all: 1 missing_customer, 1 not_an_object" in said
    code, said = told("list", "--reason", "missing_customer")
    id = said.split("detail")[1].split()[0]
    assert "ada:Order Completed" in told("show", id)[1]
    code, said = told("replay", id)
    assert (code, "stays in quarantine" in said) == (1, True)
    assert told("replay", id, "--item", str(mended)) == (0, "accepted")
    code, said = told("list")
    id = said.split("detail")[1].split()[0]
    assert "[red]text[/red]" in told("show", id)[1]
    assert told("discard", id, "--why", "a joke")[0] == 0
    assert told("list") == (0, "0 quarantined; in all: none")
    assert told("show", id)[0] == 1


@pytest.mark.parametrize("mended", [None, 7, "text", []])
async def test_what_is_no_object_takes_the_place_of_no_item(client: httpx.AsyncClient, mended: Any) -> None:
    (kept,) = await quarantine(client, BAD_TIME)
    assert (await replay(client, kept["sha256"], item=mended))["verdict"] == "quarantined"
    assert kept["sha256"] in await ids(client)
