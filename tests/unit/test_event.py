"""Events: what is read, what is refused and where, and when two are the same."""

from __future__ import annotations

import math
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.cleaning import MAX_CHANGES, MAX_PROPERTIES, MAX_TEXT_CHARS, Change, clean_value
from memory.event import Rejected, canonical, content_hash, parse_event, read_event, with_message_id
from memory.plainness import is_plain

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
    assert parse_event({**GOOD, "loyaltyTier": "gold"}).other == {"loyalty_tier": "gold"}


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
        ({"type": "group", "groupId": "g1"}, "Group"),
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
        ({**GOOD, "type": ["track"]}, "unknown_type", "/type"),
        ({**GOOD, "type": "alias"}, "missing_previous", "/previousId"),
        ({**GOOD, "type": "alias", "previousId": "guest"}, "unusable_id", "/previousId"),
        ({**GOOD, "type": "group"}, "missing_group", "/groupId"),
        ({**GOOD, "type": "group", "groupId": "null"}, "unusable_id", "/groupId"),
        ({**GOOD, "groupId": {"id": 1}}, "wrong_type", "/groupId"),
        ({**GOOD, "userId": "undefined"}, "unusable_id", "/userId"),
        ({**GOOD, "userId": None, "anonymousId": "anonymous"}, "unusable_id", "/anonymousId"),
        ({"userId": "c1"}, "missing_type", "/type"),
        ({**GOOD, "timestamp": "yesterday"}, "unparsable_time", "/timestamp"),
        ({**GOOD, "timestamp": {"at": 1}}, "unparsable_time", "/timestamp"),
        ({**GOOD, "timestamp": None, "originalTimestamp": "soon"}, "unparsable_time", "/originalTimestamp"),
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


def codes(**changes: Any) -> list[tuple[str, str]]:
    return [(change.field, change.what) for change in parse_event({**GOOD, **changes}).changes]


def test_an_event_names_all_its_ids_once() -> None:
    event = parse_event({**GOOD, "anonymousId": "a1", "groupId": "g1", "previousId": "a1", "type": "alias"})
    assert event.ids == ("c1", "a1", "g1")


@pytest.mark.parametrize("key", ["groupId", "group_id"])
def test_the_account_may_stand_in_the_context(key: str) -> None:
    assert parse_event({**GOOD, "context": {key: "g1"}}).group_id == "g1"
    assert parse_event({**GOOD, "groupId": "g2", "context": {key: "g1"}}).group_id == "g2"


def test_an_account_in_the_context_that_is_none_is_left_alone() -> None:
    event = parse_event({**GOOD, "context": {"groupId": ["g1"], "group_id": "null"}})
    assert event.group_id is None
    assert [(change.field, change.what) for change in event.changes] == [("/context/group_id", "unusable_id")]


def test_the_time_of_the_device_stands_in_for_a_missing_one_and_can_be_corrected() -> None:
    event = parse_event({
        **GOOD, "timestamp": None, "originalTimestamp": "2026-03-01T09:30:00Z", "sentAt": "2026-03-01T09:31:00Z",
    })  # fmt: skip
    assert event.timestamp == parse_event(GOOD).timestamp
    assert event.original_timestamp is None
    assert event.sent_at is not None


def test_a_time_that_was_corrected_upstream_is_not_corrected_again() -> None:
    event = parse_event({**GOOD, "originalTimestamp": "2026-03-01T09:29:00Z", "sentAt": "2026-03-01T09:31:00Z"})
    assert event.original_timestamp is not None
    assert event.sent_at is None


def test_an_event_delivered_again_with_a_newly_corrected_time_says_the_same() -> None:
    device = {"originalTimestamp": "2026-03-01T09:30:00Z"}
    assert digest(**device, timestamp="2026-03-01T09:30:02Z") == digest(**device, timestamp="2026-03-01T09:30:05Z")
    assert digest(**device, timestamp="2026-03-01T09:30:02Z") == digest()


def test_an_unreadable_time_of_sending_is_left_out() -> None:
    event = parse_event({**GOOD, "sentAt": "soon"})
    assert event.sent_at is None
    assert event.changes == (Change("/sentAt", "unparsable_time", "soon"),)


def test_an_id_that_names_nobody_is_taken_off_where_another_is_left() -> None:
    event = parse_event({**GOOD, "userId": "NULL", "anonymousId": "a1"})
    assert (event.user_id, event.customer_id) == (None, "a1")
    assert event.changes == (Change("/userId", "unusable_id", "NULL"),)


@pytest.mark.parametrize(
    ("changes", "field", "what"),
    [
        ({"properties": {"note": "a\x07b"}}, "/properties/note", "control_characters"),
        ({"properties": {"note": "half \ud83d"}}, "/properties/note", "invalid_unicode"),
        ({"properties": {"note": "zero\u200bwidth"}}, "/properties/note", "invisible_characters"),
        ({"properties": {"note": "cafe\u0301"}}, "/properties/note", "normalised"),
        ({"properties": {"tags": ["a", " b"]}}, "/properties/tags/1", "trimmed"),
        ({"properties": {" plan ": 1}}, "/properties/plan", "trimmed"),
        ({"properties": {"a/b": math.nan}}, "/properties/a~1b", "not_finite"),
        ({"properties": {"n": 2**70}}, "/properties/n", "long_number"),
        ({"properties": {"note": "x" * (MAX_TEXT_CHARS + 1)}}, "/properties/note", "cut_text"),
        ({"properties": {f"p{n}": n for n in range(MAX_PROPERTIES + 1)}}, "/properties", "too_many_properties"),
        ({"event": " Order Completed"}, "/event", "trimmed"),
        ({"timestamp": "2026-03-01 09:30:00"}, "/timestamp", "no_zone"),
        ({"timestamp": 1772357400}, "/timestamp", "epoch_seconds"),
        ({"timestamp": "1772357400000"}, "/timestamp", "epoch_milliseconds"),
        ({"timestamp": "Sun, 01 Mar 2026 09:30:00 GMT"}, "/timestamp", "rfc_2822"),
        ({"user_id": "c2"}, "/userId", "given_twice"),
    ],
)
def test_what_cleaning_changed_is_recorded_with_its_place(changes: dict[str, Any], field: str, what: str) -> None:
    assert codes(**changes) == [(field, what)]


def test_an_event_as_it_should_be_has_no_changes() -> None:
    rich = {
        "properties": {"revenue": 9.5, "currency": "EUR", "note": "Ça va", "none": None, "products": [{"name": "L"}]}
    }
    assert codes(**rich, sentAt="2026-03-01T09:31:00Z", context={"ip": "1.2.3.4"}) == []


def test_the_list_of_changes_is_bounded_and_counts_the_rest() -> None:
    changes = parse_event({**GOOD, "properties": {f"p{n}": " x" for n in range(50)}}).changes
    assert len(changes) == MAX_CHANGES + 1
    assert changes[-1] == Change("", "more_changes", "30")


def test_changes_are_no_part_of_what_an_event_says() -> None:
    assert digest(event=" Order Completed ") == digest()
    assert canonical(parse_event({**GOOD, "event": " Order Completed "})) == canonical(parse_event(GOOD))


def test_two_names_that_become_one_keep_both_values() -> None:
    properties = parse_event({**GOOD, "properties": {"plan": "a", " plan": "b"}}).properties
    assert sorted(properties.values()) == ["a", "b"]


@pytest.mark.parametrize(
    ("properties", "kept"),
    [
        ({"revenue": "1.234,50 €"}, {"revenue": 1234.5, "currency": "EUR"}),
        ({"revenue": "12", "currency": "USD"}, {"revenue": 12, "currency": "USD"}),
        ({"total": "12,50", "currency": "€"}, {"total": 12.5, "currency": "EUR"}),
        ({"revenue": "12 €", "currency": "USD"}, {"revenue": "12 €", "currency": "USD"}),
        ({"value": "gold", "price": "007"}, {"value": "gold", "price": "007"}),
        ({"products": [{"price": "£5"}, 1]}, {"products": [{"price": 5, "currency": "GBP"}, 1]}),
        ({"currency": "GBP", "products": [{"price": "£5"}]}, {"currency": "GBP", "products": [{"price": 5}]}),
        ({"revenue": "123456789012345.67"}, {"revenue": 123456789012345.67}),
        ({"revenue": "12345678901234.1234567"}, {"revenue": "12345678901234.1234567"}),
    ],
)
def test_amounts_sent_as_texts_become_numbers(properties: dict[str, Any], kept: dict[str, Any]) -> None:
    assert parse_event({**GOOD, "properties": properties}).properties == kept


def test_reading_an_amount_is_recorded_with_what_was_there() -> None:
    event = parse_event({**GOOD, "properties": {"products": [{"price": "£5"}]}})
    assert event.changes == (
        Change("/properties/products/0/price", "parsed_amount", "£5"),
        Change("/properties/products/0/currency", "parsed_currency", "£5"),
    )


def test_an_amount_in_another_currency_than_the_event_says_is_left_and_recorded() -> None:
    assert codes(properties={"revenue": "12 €", "currency": "USD"}) == [("/properties/revenue", "currency_conflict")]


def test_what_was_sent_is_not_changed_in_place() -> None:
    item = {**GOOD, "properties": {"revenue": "12", "products": [{"price": " 5"}]}}
    parse_event(item)
    assert item["properties"] == {"revenue": "12", "products": [{"price": " 5"}]}


@pytest.mark.parametrize(
    "changes",
    [
        {"messageId": "m1", "loyaltyTier": "gold", "context": {"ip": "1.2.3.4"}},
        {"type": "identify", "event": None, "traits": {"name": "Ada"}, "timestamp": None},
        {"type": "alias", "event": None, "previousId": "a1"},
        {"originalTimestamp": "2026-03-01T09:29:00Z"},
    ],
)
def test_a_kept_event_reads_back_the_same(changes: dict[str, Any]) -> None:
    event = parse_event({**GOOD, **changes})
    assert read_event(canonical(event)) == event
    assert content_hash(read_event(canonical(event))) == content_hash(event)


def test_a_kept_event_can_be_taken_in_again_unchanged() -> None:
    event = parse_event({**GOOD, "messageId": "m1", "properties": {"revenue": "1.234,50 €"}, "groupId": "g1"})
    again = parse_event(orjson.loads(canonical(event)))
    assert canonical(again) == canonical(event)
    assert again.changes == ()


def test_what_is_kept_holds_no_trace_of_the_delivery() -> None:
    sent = {"sentAt": "2026-03-02T00:00:00Z", "receivedAt": "x", "integrations": {"All": True}, "writeKey": "k"}
    assert canonical(parse_event({**GOOD, **sent})) == canonical(parse_event(GOOD))


TEXTS = st.text(st.sampled_from('aé \u0301\u00a0\u200b\\"\x07\ud800[{'), max_size=4) | st.just("null")
VALUES = st.recursive(
    st.none() | st.integers(-(2**65), 2**65) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


@given(VALUES)
def test_the_quick_look_never_spares_what_cleaning_would_change(value: Any) -> None:
    item = {"held": value}
    changes: list[Change] = []
    cleaned = clean_value(item, changes)
    if is_plain(item):
        assert (orjson.dumps(cleaned), changes) == (orjson.dumps(item), [])


def test_the_quick_look_spares_an_ordinary_event() -> None:
    assert is_plain({**GOOD, "properties": {"note": "Ça va", "products": [{"name": "Lamp", "price": 5.5}] * 40}})
