"""Segment's bodies become items: one call at its address, or a batch with what its items share."""

from __future__ import annotations

from typing import Any

import pytest

from server.shapes.segment import NotSplit, batch_items, one_item, refusal, write_key


def call(**fields: Any) -> dict[str, Any]:
    return {"userId": "c1", "messageId": "m1", **fields}


def batch(*items: Any, **shared: Any) -> list[Any]:
    return batch_items({"batch": list(items), **shared})


def test_a_call_has_the_type_of_its_address() -> None:
    assert one_item(call(event="E"), "track") == {**call(event="E"), "type": "track"}


@pytest.mark.parametrize("stated", [None, ""])
def test_an_empty_type_is_none(stated: Any) -> None:
    assert one_item(call(type=stated), "page")["type"] == "page"


def test_a_type_that_contradicts_the_address_is_refused_at_its_field() -> None:
    why = refusal(1_000, "track")(one_item(call(type="identify"), "track"))
    assert why is not None
    assert (why.reason, why.field) == ("wrong_type", "/type")
    assert "/v1/track" in why.detail
    assert "'identify'" in why.detail


def test_a_type_that_agrees_with_the_address_is_taken() -> None:
    assert refusal(1_000, "track")(one_item(call(type="track", event="E"), "track")) is None


def test_an_event_over_the_limit_is_sent_to_events() -> None:
    item = call(type="track", event="E", properties={"text": "x" * 1_000})
    why = refusal(1_000)(item)
    assert why is not None
    assert (why.reason, why.field) == ("too_large_for_tracking", "")
    assert "/events" in why.detail
    assert refusal(2_000)(item) is None


def test_what_is_no_object_is_left_to_intake() -> None:
    assert refusal(1_000)("text") is None
    assert batch("text", 7, None) == ["text", 7, None]


@pytest.mark.parametrize("body", [[], "text", 7, None, True])
def test_a_call_that_is_no_object_has_no_item(body: Any) -> None:
    with pytest.raises(NotSplit, match="is a JSON object, not"):
        one_item(body, "track")


@pytest.mark.parametrize("body", [[], "text", None])
def test_a_batch_that_is_no_object_has_no_items(body: Any) -> None:
    with pytest.raises(NotSplit, match="is a JSON object, not"):
        batch_items(body)


@pytest.mark.parametrize("body", [{}, {"batch": {}}, {"batch": None}, {"batch": "x"}])
def test_a_batch_without_a_list_names_the_field(body: Any) -> None:
    with pytest.raises(NotSplit) as raised:
        batch_items(body)
    assert raised.value.field == "/batch"


def test_the_context_of_a_batch_goes_under_that_of_its_items() -> None:
    shared = {"ip": "10.0.0.1", "locale": "de"}
    mine, other = batch(call(context={"locale": "en"}), call(), context=shared)
    assert mine["context"] == {"ip": "10.0.0.1", "locale": "en"}
    assert other["context"] == shared


def test_a_context_that_is_no_object_reaches_the_items_without_one() -> None:
    mine, other = batch(call(context={"locale": "en"}), call(), context="broken")
    assert mine["context"] == {"locale": "en"}
    assert other["context"] == "broken"


def test_an_items_own_time_and_integrations_stay() -> None:
    mine, snake, other = batch(
        call(sentAt="a", integrations={"A": True}), call(sent_at="b"), call(), sentAt="z", integrations={"Z": True}
    )
    assert (mine["sentAt"], mine["integrations"]) == ("a", {"A": True})
    assert "sentAt" not in snake
    assert (other["sentAt"], other["integrations"]) == ("z", {"Z": True})


def test_the_key_is_found_in_the_body_and_not_kept() -> None:
    body = call(event="E", writeKey="secret")
    assert write_key(body) == "secret"
    assert "secret" not in str(one_item(body, "track"))
    assert "secret" not in str(batch(body, writeKey="secret"))


@pytest.mark.parametrize("body", [{}, [], None, {"writeKey": ""}, {"writeKey": 7}, {"writeKey": ["a"]}])
def test_a_body_without_a_key_has_none(body: Any) -> None:
    assert write_key(body) is None


def test_traits_in_the_context_of_an_identify_are_its_traits() -> None:
    (item,) = batch(call(type="identify", context={"traits": {"plan": "pro"}, "ip": "10.0.0.1"}))
    assert item["traits"] == {"plan": "pro"}
    assert item["context"] == {"ip": "10.0.0.1"}


def test_an_identify_with_traits_of_its_own_keeps_its_context() -> None:
    sent = call(type="identify", traits={"plan": "pro"}, context={"traits": {"plan": "free"}})
    assert batch(sent) == [sent]


def test_what_was_sent_is_not_changed() -> None:
    body = {"batch": [call(type="identify", context={"traits": {"a": 1}})], "context": {"b": 2}, "sentAt": "now"}
    before = str(body)
    batch_items(body)
    assert str(body) == before


def test_a_key_among_the_properties_is_not_kept() -> None:
    (made,) = batch(call(event="E", properties={"token": "secret", "api_key": "secret", "a": 1}, apiKey="secret"))
    assert made["properties"] == {"a": 1}
    assert "secret" not in str(made)
