"""PostHog's events become items: which call each means, whose it is, and nothing is lost."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any
from urllib.parse import quote

import pytest

from server.shapes.posthog import item_of, items_of
from server.shapes.posthog_body import BadBody, unpacked
from server.shapes.posthog_sent import account, api_key


def sent(event: Any = "Order Completed", distinct_id: Any = "c1", **fields: Any) -> dict[str, Any]:
    return {"event": event, "distinct_id": distinct_id, "uuid": "u-1", "timestamp": "2026-03-01T09:30:00Z", **fields}


def item(*args: Any, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = item_of(sent(*args, **fields))
    return made


def owner(properties: dict[str, Any], event: str = "Viewed", distinct_id: str = "d1") -> tuple[Any, Any]:
    made = item(event, distinct_id, properties=properties)
    return made.get("userId"), made.get("anonymousId")


def test_an_event_is_tracked_by_its_name() -> None:
    assert item(properties={"revenue": 5}) == {
        "type": "track",
        "event": "Order Completed",
        "userId": "c1",
        "messageId": "u-1",
        "timestamp": "2026-03-01T09:30:00Z",
        "properties": {"revenue": 5},
    }


def test_the_distinct_id_may_stand_among_the_properties() -> None:
    made = item_of({"event": "E", "properties": {"distinct_id": "c1", "a": 1}})
    assert made["userId"] == "c1"
    assert made["properties"] == {"a": 1}


@pytest.mark.parametrize(
    "properties",
    [{"$process_person_profile": False}, {"$is_identified": False}, {"$device_id": "d1"}],
)
def test_an_event_of_nobody_known_is_of_a_visitor(properties: dict[str, Any]) -> None:
    assert owner(properties) == (None, "d1")


@pytest.mark.parametrize(
    "properties", [{}, {"$process_person_profile": True}, {"$is_identified": True, "$device_id": "other"}]
)
def test_every_other_event_is_of_a_user(properties: dict[str, Any]) -> None:
    assert owner(properties) == ("d1", None)


def test_identify_joins_the_visitor_and_states_traits() -> None:
    made = item("$identify", "c1", properties={"$anon_distinct_id": "v1", "$set": {"plan": "pro"}, "shown": True})
    assert (made["type"], made["userId"], made["anonymousId"]) == ("identify", "c1", "v1")
    assert made["traits"] == {"plan": "pro"}
    assert made["properties"] == {"shown": True}


def test_identify_with_the_same_id_twice_joins_nobody() -> None:
    assert "anonymousId" not in item("$identify", "c1", properties={"$anon_distinct_id": "c1"})


def test_set_goes_before_set_once() -> None:
    made = item("$set", **{"$set": {"plan": "pro"}, "$set_once": {"plan": "free", "since": 2020}})
    assert (made["type"], made["traits"]) == ("identify", {"plan": "pro", "since": 2020})


def test_what_a_tracked_event_states_of_its_person_stands_in_the_context() -> None:
    made = item(properties={"$set": {"plan": "pro"}, "a": 1})
    assert (made["properties"], made["context"]) == ({"a": 1}, {"traits": {"plan": "pro"}})


@pytest.mark.parametrize("name", ["$create_alias", "$merge_dangerously"])
def test_an_alias_is_merged_into_the_distinct_id(name: str) -> None:
    made = item(name, "kept", properties={"distinct_id": "kept", "alias": "other"})
    assert (made["type"], made["userId"], made["previousId"]) == ("alias", "kept", "other")


def test_a_group_has_its_key_and_traits() -> None:
    told = {"$group_type": "company", "$group_key": "acme", "$group_set": {"name": "Acme"}}
    made = item("$groupidentify", "c1", properties=told)
    assert (made["type"], made["userId"], made["groupId"], made["traits"]) == ("group", "c1", "acme", {"name": "Acme"})
    assert made["context"] == {"posthog": {"$group_type": "company"}}


@pytest.mark.parametrize("made_up", ["$company_acme", "0190b2a4-6c1e-7a35-9d2e-3f4a5b6c7d8e"])
def test_a_group_that_was_told_of_alone_makes_no_user(made_up: str) -> None:
    assert owner({"$group_type": "company", "$group_key": "acme"}, "$groupidentify", made_up) == (None, made_up)


def test_a_page_has_its_address() -> None:
    told = {"$current_url": "https://x.test/a", "$pathname": "/a", "$referrer": "$direct", "title": "A", "tab": 1}
    made = item("$pageview", properties=told)
    assert made["type"] == "page"
    assert made["properties"] == {
        "url": "https://x.test/a", "path": "/a", "referrer": "$direct", "title": "A", "tab": 1,
    }  # fmt: skip


def test_a_screen_has_its_name() -> None:
    made = item("$screen", properties={"$screen_name": "Home", "tab": 1})
    assert (made["type"], made["name"], made["properties"]) == ("screen", "Home", {"tab": 1})


def test_the_library_and_the_address_stand_in_the_context() -> None:
    made = item(properties={"$lib": "web", "$lib_version": "1.2", "$ip": "10.0.0.1"})
    assert made["context"] == {"library": {"name": "web", "version": "1.2"}, "ip": "10.0.0.1"}


def test_every_other_name_of_posthogs_own_is_kept() -> None:
    made = item(properties={"$session_id": "s", "$browser": "F"}, elements=[1])
    assert made["context"] == {"posthog": {"$session_id": "s", "$browser": "F", "elements": [1]}}


def test_traits_that_are_no_object_are_kept_as_they_are() -> None:
    assert item(**{"$set": "x"})["context"] == {"posthog": {"$set": "x"}}


def test_an_id_and_a_time_among_the_properties_are_read_where_there_are_no_others() -> None:
    made = item_of({"event": "E", "distinct_id": "c1", "properties": {"$insert_id": "i", "$time": 1767225600.5}})
    assert (made["messageId"], made["timestamp"]) == ("i", 1767225600.5)


def test_what_describes_the_delivery_is_not_kept() -> None:
    assert item(type="capture", offset=30) == item()


def test_the_key_is_not_kept() -> None:
    body = {"api_key": "secret", "batch": [sent(api_key="secret", properties={"token": "secret", "a": 1})]}
    assert api_key(body) == "secret"
    assert "secret" not in str(items_of(body))


def test_a_key_that_is_another_than_was_used_is_not_kept_either() -> None:
    made = items_of([sent(properties={"a": 1}), sent(apiKey="other", properties={"token": "other", "a": 1})])
    assert [each["properties"] for each in made] == [{"a": 1}, {"a": 1}]
    assert "other" not in str(made)


def test_the_key_of_a_list_stands_in_its_events() -> None:
    assert api_key([sent(properties={"token": "secret"})]) == "secret"


@pytest.mark.parametrize("body", [None, [], {}, "x", [7], {"api_key": 7}, {"properties": "x"}])
def test_a_body_without_a_key_has_none(body: Any) -> None:
    assert api_key(body) is None


@pytest.mark.parametrize("body", [sent(), [sent()], {"batch": [sent()]}])
def test_one_event_may_come_alone_in_a_list_or_in_a_batch(body: Any) -> None:
    assert items_of(body) == [item()]


def test_the_time_of_sending_is_that_of_the_event_the_batch_or_the_address() -> None:
    own, shared = items_of({"batch": [sent(sent_at="a"), sent()], "sent_at": "b"}, "c")
    (asked,) = items_of([sent()], "c")
    assert (own["sentAt"], shared["sentAt"], asked["sentAt"]) == ("a", "b", "c")


@pytest.mark.parametrize("event", ["text", 7, None, [sent()]])
def test_what_is_no_event_is_left_to_intake(event: Any) -> None:
    assert item_of(event) == event


def test_properties_that_are_no_object_are_left_to_intake() -> None:
    assert item(properties="x")["properties"] == "x"


@pytest.mark.parametrize(
    ("groups", "found"),
    [
        ({"company": "acme"}, "acme"),
        ({"project": 7}, "7"),
        ({"project": "p", "Organization": "o"}, "o"),
        ({"project": "p", "channel": "c"}, None),
        ({}, None),
        ("acme", None),
        ({"company": {"id": 1}}, None),
    ],
)
def test_the_account_is_the_only_group_or_one_that_usually_is(groups: Any, found: str | None) -> None:
    assert account(groups) == found


def test_groups_of_an_event_are_kept_and_name_its_account() -> None:
    groups = {"company": "acme", "project": "p"}
    made = item(properties={"$groups": groups})
    assert made["context"] == {"groupId": "acme", "posthog": {"$groups": groups}}


BODY = json.dumps(sent()).encode()


@pytest.mark.parametrize(
    "packed",
    [
        BODY,
        gzip.compress(BODY, mtime=0),
        b"data=" + quote(base64.b64encode(BODY)).encode(),
        b"data=" + base64.b64encode(BODY) + b"&ip=1",
        b"data=" + quote(BODY).encode(),
    ],
)
def test_a_body_is_unpacked_however_a_browser_packs_it(packed: bytes) -> None:
    assert unpacked(packed, 10_000) == BODY


def test_a_body_that_is_too_long_once_unpacked_is_noticed() -> None:
    with pytest.raises(OverflowError):
        unpacked(gzip.compress(b"0" * 1_001), 1_000)


@pytest.mark.parametrize(
    "damaged", [gzip.compress(BODY, mtime=0)[:-9], b"\x1f\x8b" + BODY, b"data=", b"data=~~~", b"data=\xff"]
)
def test_a_damaged_body_is_told_apart(damaged: bytes) -> None:
    with pytest.raises(BadBody):
        unpacked(damaged, 10_000)
