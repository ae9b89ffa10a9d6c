"""Events: what is read, what is refused and where, and when two are the same."""

from __future__ import annotations

import math
from typing import Any

import pytest

from memory.event import Rejected, content_hash, parse_event, with_message_id

GOOD: dict[str, Any] = {
    "type": "track",
    "event": "Order Completed",
    "userId": "c1",
    "timestamp": "2026-03-01T09:30:00Z",
}


def digest(**changes: Any) -> str:
    return content_hash(parse_event({**GOOD, **changes}))


def test_camel_and_snake_case_are_the_same_event() -> None:
    snake = {"type": "track", "event": "Order Completed", "user_id": "c1", "timestamp": "2026-03-01T09:30:00Z"}
    assert parse_event(GOOD) == parse_event(snake)


def test_an_item_with_an_event_name_and_no_type_is_a_track() -> None:
    assert parse_event({"event": "Signed Up", "userId": "c1"}).type == "track"


def test_unknown_fields_are_kept() -> None:
    assert parse_event({**GOOD, "loyaltyTier": "gold"}).model_dump()["loyalty_tier"] == "gold"


def test_numbers_are_taken_as_ids() -> None:
    event = parse_event({**GOOD, "userId": 17, "messageId": 4})
    assert (event.user_id, event.message_id) == ("17", "4")


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({}, "Order Completed"),
        ({"type": "page", "name": "Pricing"}, "Page Viewed: Pricing"),
        ({"type": "page", "properties": {"path": "/pricing"}}, "Page Viewed: /pricing"),
        ({"type": "screen"}, "Screen Viewed"),
        ({"type": "identify"}, "Profile Updated"),
        ({"type": "group"}, "Group"),
    ],
)
def test_every_type_has_a_title(changes: dict[str, Any], title: str) -> None:
    assert parse_event({**GOOD, **changes}).title == title


@pytest.mark.parametrize(
    ("item", "reason", "field"),
    [
        (5, "not_an_object", ""),
        (None, "not_an_object", ""),
        ([GOOD], "not_an_object", ""),
        ({**GOOD, "userId": None}, "missing_customer", "/userId"),
        ({**GOOD, "userId": " \u200b "}, "missing_customer", "/userId"),
        ({**GOOD, "userId": {"id": 1}}, "wrong_type", "/userId"),
        ({**GOOD, "userId": True}, "wrong_type", "/userId"),
        ({**GOOD, "userId": "x" * 257}, "too_long", "/userId"),
        ({**GOOD, "messageId": ["m"]}, "wrong_type", "/messageId"),
        ({**GOOD, "event": None}, "missing_event", "/event"),
        ({**GOOD, "event": 7}, "wrong_type", "/event"),
        ({**GOOD, "event": "x" * 201}, "too_long", "/event"),
        ({**GOOD, "type": "purchase"}, "unknown_type", "/type"),
        ({"userId": "c1"}, "missing_type", "/type"),
        ({**GOOD, "timestamp": "yesterday"}, "unparsable_time", "/timestamp"),
        ({**GOOD, "timestamp": {"at": 1}}, "unparsable_time", "/timestamp"),
        ({**GOOD, "properties": "none"}, "wrong_type", "/properties"),
        ({**GOOD, "context": [1]}, "wrong_type", "/context"),
    ],
)
def test_what_cannot_be_an_event_is_refused_with_a_reason_and_a_place(item: Any, reason: str, field: str) -> None:
    with pytest.raises(Rejected) as caught:
        parse_event(item)
    assert (caught.value.reason, caught.value.field) == (reason, field)
    assert caught.value.detail


def test_deep_nesting_is_refused() -> None:
    deep: Any = 1
    for _ in range(100):
        deep = {"a": deep}
    with pytest.raises(Rejected, match="deeper") as caught:
        parse_event({**GOOD, "properties": deep})
    assert caught.value.reason == "too_deep"


def test_delivery_does_not_change_what_an_event_says() -> None:
    sent = {"sentAt": "2026-03-02T00:00:00Z", "receivedAt": "x", "integrations": {"All": True}, "messageId": "m1"}
    assert digest(**sent) == digest()


@pytest.mark.parametrize(
    "changes", [{"userId": "c2"}, {"event": "Other"}, {"timestamp": "2026-03-01T09:30:01Z"}, {"properties": {"a": 1}}]
)
def test_other_content_has_another_digest(changes: dict[str, Any]) -> None:
    assert digest(**changes) != digest()


def test_the_digest_sees_through_spelling() -> None:
    assert digest(timestamp="2026-03-01T10:30:00+01:00", properties={"b": math.nan}, traits={}) == digest(
        properties={"b": None}
    )


def test_a_sent_id_stays() -> None:
    named, repeatable = with_message_id(parse_event({**GOOD, "messageId": "m1"}), "d")
    assert (named.message_id, repeatable) == ("m1", True)


def test_a_missing_id_is_derived_from_content_with_a_time() -> None:
    event = parse_event(GOOD)
    named, repeatable = with_message_id(event, content_hash(event))
    again, _ = with_message_id(parse_event(GOOD), digest())
    assert repeatable
    assert named.message_id == again.message_id


def test_without_id_and_time_every_event_is_a_new_one() -> None:
    event = parse_event({**GOOD, "timestamp": None})
    first, repeatable = with_message_id(event, "d")
    second, _ = with_message_id(event, "d")
    assert not repeatable
    assert first.message_id != second.message_id
