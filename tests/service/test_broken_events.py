"""Thirty kinds of broken events and more, as real pipelines send them: each is quarantined, with the right reason."""

from __future__ import annotations

import ast
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from memory.fields import MAX_ID_CHARS, MAX_NAME_CHARS
from memory.reading import MAX_EVENT_BYTES
from tests.talk import Json, pages, post

BATCH_EVENTS = 1_000
TRACKING_EVENT_BYTES = 32 * 1024
GOOD: Json = {
    "type": "track",
    "event": "Order Completed",
    "userId": "ada",
    "timestamp": "2026-03-01T09:30:00Z",
    "properties": {"revenue": 59.9, "currency": "EUR"},
}


class Broken(NamedTuple):
    """A kind of broken event: its item, and the reason and JSON pointer that it has to be told."""

    name: str
    item: Any
    reason: str
    field: str


def changed(**changes: Any) -> Json:
    return {**GOOD, **changes}


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


def call(kind: str, **fields: Any) -> Json:
    """A call of another type than track."""
    return {"type": kind, "userId": "ada", "timestamp": GOOD["timestamp"], **fields}


def unnamed(*names: str, **changes: Any) -> Json:
    """A good event without these fields."""
    return {name: value for name, value in changed(**changes).items() if name not in names}


BROKEN = [
    Broken("null", None, "not_an_object", ""),
    Broken("a text", "Order Completed", "not_an_object", ""),
    Broken("a number", 17, "not_an_object", ""),
    Broken("a fraction", 1.5, "not_an_object", ""),
    Broken("true", True, "not_an_object", ""),
    Broken("a list", ["track", "Order Completed"], "not_an_object", ""),
    Broken("an event in a list", [GOOD], "not_an_object", ""),
    Broken("an event as JSON text", json.dumps(GOOD), "not_an_object", ""),
    Broken("an empty object", {}, "missing_type", "/type"),
    Broken("neither type nor event", unnamed("type", "event"), "missing_type", "/type"),
    Broken("a batch in a batch", {"batch": [GOOD]}, "missing_type", "/type"),
    Broken("an unknown type", changed(type="purchase"), "unknown_type", "/type"),
    Broken("a type in capitals", changed(type="TRACK"), "unknown_type", "/type"),
    Broken("an empty type", changed(type=""), "unknown_type", "/type"),
    Broken("a type as a list", changed(type=["track"]), "unknown_type", "/type"),
    Broken("no event name", unnamed("event"), "missing_event", "/event"),
    Broken("an event name of spaces", changed(event="  "), "missing_event", "/event"),
    Broken("an event name as a number", changed(event=5), "wrong_type", "/event"),
    Broken("an event name as an object", changed(event={"name": "Order Completed"}), "wrong_type", "/event"),
    Broken("an event name too long", changed(event="x" * (MAX_NAME_CHARS + 1)), "too_long", "/event"),
    Broken("a page name as a list", call("page", name=["Home"]), "wrong_type", "/name"),
    Broken("a page name too long", call("page", name="x" * (MAX_NAME_CHARS + 1)), "too_long", "/name"),
    Broken("nobody's", unnamed("userId"), "missing_customer", "/userId"),
    Broken("userId null", changed(userId=None), "missing_customer", "/userId"),
    Broken("userId of spaces", changed(userId="   "), "missing_customer", "/userId"),
    Broken("userId 'null'", changed(userId="null"), "unusable_id", "/userId"),
    Broken("userId 0", changed(userId=0), "unusable_id", "/userId"),
    Broken("userId of a printed object", changed(userId="[object Object]"), "unusable_id", "/userId"),
    Broken("userId of an empty template", changed(userId="{{user.id}}"), "unusable_id", "/userId"),
    Broken("anonymousId 'anonymous'", unnamed("userId", anonymousId="anonymous"), "unusable_id", "/anonymousId"),
    Broken("userId as an object", changed(userId={"id": "ada"}), "wrong_type", "/userId"),
    Broken("userId as a list", changed(userId=["ada"]), "wrong_type", "/userId"),
    Broken("userId true", changed(userId=True), "wrong_type", "/userId"),
    Broken("userId as a fraction", changed(userId=17.5), "wrong_type", "/userId"),
    Broken("userId too long", changed(userId="x" * (MAX_ID_CHARS + 1)), "too_long", "/userId"),
    Broken("anonymousId as an object", changed(anonymousId={}), "wrong_type", "/anonymousId"),
    Broken("anonymousId too long", changed(anonymousId="x" * (MAX_ID_CHARS + 1)), "too_long", "/anonymousId"),
    Broken("messageId as a list", changed(messageId=["m"]), "wrong_type", "/messageId"),
    Broken("messageId too long", changed(messageId="x" * (MAX_ID_CHARS + 1)), "too_long", "/messageId"),
    Broken("groupId as a list", call("group", groupId=["acme"]), "wrong_type", "/groupId"),
    Broken("a group without groupId", call("group", traits={"name": "Acme"}), "missing_group", "/groupId"),
    Broken("a group of groupId 'none'", call("group", groupId="none"), "unusable_id", "/groupId"),
    Broken("an alias without previousId", call("alias"), "missing_previous", "/previousId"),
    Broken("an alias of previousId 'guest'", call("alias", previousId="guest"), "unusable_id", "/previousId"),
    Broken("an alias of a previousId too long", call("alias", previousId="x" * 300), "too_long", "/previousId"),
    Broken("a time in words", changed(timestamp="yesterday"), "unparsable_time", "/timestamp"),
    Broken("a day that is none", changed(timestamp="2026-02-30T00:00:00Z"), "unparsable_time", "/timestamp"),
    Broken("a local way to write a day", changed(timestamp="01/03/2026"), "unparsable_time", "/timestamp"),
    Broken("a time as an object", changed(timestamp={"seconds": 1772357400}), "unparsable_time", "/timestamp"),
    Broken("a time as a list", changed(timestamp=[2026, 3, 1]), "unparsable_time", "/timestamp"),
    Broken("a time that is true", changed(timestamp=True), "unparsable_time", "/timestamp"),
    Broken("a time past all calendars", changed(timestamp=1e300), "unparsable_time", "/timestamp"),
    Broken("a time before 1970", changed(timestamp="1969-12-31T23:59:59Z"), "unparsable_time", "/timestamp"),
    Broken("a negative epoch", changed(timestamp=-1), "unparsable_time", "/timestamp"),
    Broken("a time far ahead", changed(timestamp="2199-01-01T00:00:00Z"), "future_time", "/timestamp"),
    Broken("seconds taken for milliseconds", changed(timestamp=1772357400 * 50), "future_time", "/timestamp"),
    Broken(
        "only an original time, in words",
        unnamed("timestamp", originalTimestamp="now"), "unparsable_time", "/originalTimestamp",
    ),
    Broken("properties as a text", changed(properties="none"), "wrong_type", "/properties"),
    Broken("properties as a list", changed(properties=[["revenue", 5]]), "wrong_type", "/properties"),
    Broken("properties as JSON text", changed(properties='{"revenue": 5}'), "wrong_type", "/properties"),
    Broken("traits as a list", call("identify", traits=["Ada"]), "wrong_type", "/traits"),
    Broken("traits as a number", call("identify", traits=1), "wrong_type", "/traits"),
    Broken("context as a text", changed(context="web"), "wrong_type", "/context"),
    Broken("nested too deep", changed(properties=nested(40)), "too_deep", ""),
    Broken("nested too deep in a field of its own", changed(extra=nested(200)), "too_deep", ""),
    Broken("too large", changed(properties={"text": "x" * MAX_EVENT_BYTES}), "too_large", ""),
    Broken("too large, no Unicode", changed(properties={"text": "\ud800" + "x" * MAX_EVENT_BYTES}), "too_large", ""),
]  # fmt: skip

#: Of the Segment addresses alone: the address is the name's first word.
BROKEN_FOR_TRACKING = [
    Broken("/v1/track of another type", call("page", name="Home"), "wrong_type", "/type"),
    Broken(
        "/v1/track over what SDKs send",
        changed(properties={"text": "x" * TRACKING_EVENT_BYTES}), "too_large_for_tracking", "",
    ),
]  # fmt: skip

#: Odd, and yet events: none of them may be refused for it.
ODD: list[Callable[[], Json]] = [
    lambda: dict(GOOD),
    lambda: changed(userId=17),
    lambda: changed(timestamp=1772357400123),
    lambda: changed(timestamp="Sun, 01 Mar 2026 09:30:00 GMT"),
    lambda: changed(sentAt="soon"),
    lambda: changed(originalTimestamp="soon"),
    lambda: changed(event=" Order\u200b Completed \x00"),
    lambda: changed(properties={"revenue": "1.234,50 €", "total": float("nan"), "n": 10**30}),
    lambda: changed(userId="null", anonymousId="a-1"),
    lambda: unnamed("timestamp", "properties"),
    lambda: {"type": "page", "anonymous_id": "a-1", "properties": None, "context": {}},
]


def sent_with_ids(table: list[Broken]) -> list[Any]:
    """The items of a table, each of which still can be told from the others."""
    return [
        {**kind.item, "messageId": f"broken-{n}"} if isinstance(kind.item, dict) and "messageId" not in kind.item
        else kind.item
        for n, kind in enumerate(table)
    ]  # fmt: skip


async def send(client: httpx.AsyncClient, items: list[Any]) -> list[Json]:
    # httpx would write neither NaN nor lone surrogates.
    answer = await client.post("/events", content=json.dumps(items).encode())
    assert answer.status_code == 200, answer.text
    return list(answer.json()["results"])


def test_the_table_holds_thirty_kinds_at_least_and_each_reason_there_is() -> None:
    table = [*BROKEN, *BROKEN_FOR_TRACKING]
    assert len(table) >= 30
    assert len({kind.name for kind in table}) == len(table)
    assert {kind.reason for kind in table} == set(reasons_in_the_code())


async def test_of_a_thousand_events_exactly_the_broken_ones_are_quarantined(client: httpx.AsyncClient) -> None:
    good: list[Any] = [{**ODD[n % len(ODD)](), "messageId": f"good-{n}"} for n in range(BATCH_EVENTS - len(BROKEN))]
    sent = [(item, None) for item in good] + list(zip(sent_with_ids(BROKEN), BROKEN, strict=True))
    random.Random(17).shuffle(sent)
    results = await send(client, [item for item, _ in sent])
    told = [(result["verdict"], result["reason"], result["field"]) for result in results]
    expected = [("quarantined", kind.reason, kind.field) if kind else ("accepted", None, None) for _, kind in sent]
    told_wrong = [
        (kind.name if kind else item, found)
        for (item, kind), found, right in zip(sent, told, expected, strict=True)
        if found != right
    ]
    assert told_wrong == []
    held = await pages(client, "/quarantine", "items", limit=50)
    assert sorted((each["reason"], each["field"]) for each in held) == sorted((k.reason, k.field) for k in BROKEN)
    kept = (await client.get("/events/stats")).json()["kept"]
    assert (kept["events"], kept["quarantined"]) == (BATCH_EVENTS - len(BROKEN), len(BROKEN))


async def test_each_broken_event_is_kept_as_it_was_sent_and_accepted_once_it_is_mended(
    client: httpx.AsyncClient,
) -> None:
    sent = sent_with_ids(BROKEN)
    await send(client, sent)
    held = await pages(client, "/quarantine", "items", limit=50)
    texts = {json.dumps(item, sort_keys=True) for item in sent}
    assert {each["item"] for each in held if each["whole"]} <= texts
    assert [each["reason"] for each in held if not each["whole"]] == ["too_large", "too_large"]
    for n, each in enumerate(held):
        mended = {**GOOD, "messageId": f"mended-{n}"}
        result = await post(client, f"/quarantine/{each['sha256']}/replay", item=mended)
        assert (result["verdict"], result["message_id"]) == ("accepted", f"mended-{n}"), each
    kept = (await client.get("/events/stats")).json()["kept"]
    assert (kept["events"], kept["quarantined"]) == (len(BROKEN), 0)


async def test_a_broken_event_sent_again_is_quarantined_once_and_told_the_same(client: httpx.AsyncClient) -> None:
    items = sent_with_ids(BROKEN)
    first, second = await send(client, items), await send(client, items)
    assert first == second
    assert (await client.get("/events/stats")).json()["kept"]["quarantined"] == len(BROKEN)


@pytest.mark.parametrize("kind", BROKEN_FOR_TRACKING, ids=lambda kind: kind.name)
async def test_what_a_segment_address_refuses_is_accepted_on_events(client: httpx.AsyncClient, kind: Broken) -> None:
    answer = await client.post(kind.name.split()[0], json=kind.item)
    (result,) = answer.json()["results"]
    assert (answer.status_code, result["verdict"]) == (200, "quarantined")
    assert (result["reason"], result["field"]) == (kind.reason, kind.field)
    (told,) = await send(client, [kind.item])
    assert told["verdict"] == "accepted"


def reasons_in_the_code() -> Iterator[str]:
    """The reason of each `Rejected(reason, …)`; where that is a parameter, of each call that gives it."""
    root = Path(__file__).parents[2]
    trees = [ast.parse(path.read_text()) for name in ("memory", "server") for path in (root / name).rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    yield from (reason for call in named(calls, "Rejected") if (reason := text_of(call.args[0])))
    for function in functions:
        parameters = [argument.arg for argument in function.args.args]
        inside = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        for call in named(inside, "Rejected"):
            if isinstance(call.args[0], ast.Name):
                place = parameters.index(call.args[0].id)
                for caller in named(calls, function.name):
                    reason = text_of(caller.args[place])
                    assert reason, f"{function.name} is given a reason that this test cannot read"
                    yield reason


def named(calls: list[ast.Call], name: str) -> list[ast.Call]:
    return [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == name]


def text_of(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
