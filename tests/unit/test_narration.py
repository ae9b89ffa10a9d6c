"""Events in words: what people read, what is embedded, and what is searched by word."""

from __future__ import annotations

from typing import Any

import pytest

from memory.event import parse_event
from memory.narration import MAX_PARTS, MAX_TEXT_CHARS, PART_CHARS, Narration, item_names, narrate, said


def words_of(title: str = "Note Left", **fields: Any) -> Narration:
    return narrate(parse_event({"type": "track", "event": title, "userId": "c1", **fields}))


def test_an_event_is_told_by_its_name_and_properties() -> None:
    told = words_of("Plan Upgraded", properties={"plan": "Team", "seats": 12})
    assert told.text == "Plan Upgraded. plan: Team. seats: 12"
    assert told.parts == ("Plan Upgraded. plan: Team",)


def test_an_order_is_a_headline_and_a_part_for_each_item() -> None:
    products = [{"name": "Lamp", "quantity": 2, "sku": "L-1"}, {"name": "Bulb"}, {"sku": "X-9"}, "junk"]
    told = words_of("Order Completed", properties={"currency": "EUR", "revenue": 20, "products": products})
    assert told.text == "Order Completed. currency: EUR. revenue: 20. Items: 2 x Lamp; Bulb; X-9"
    assert told.parts == ("Order Completed. currency: EUR", "Lamp", "Bulb", "X-9")
    assert {"L-1", "X-9"} <= set(told.words.split())


@pytest.mark.parametrize("label", ["order_id", "orderId", "id", "ticket id", "url", "sku", "token", "session_token"])
@pytest.mark.parametrize("value", ["zq77", 7734])
def test_ids_are_searched_by_word_and_never_read_as_meaning(label: str, value: object) -> None:
    told = words_of(properties={label: value})
    assert str(value) in told.words.split()
    assert str(value) not in told.text
    assert not any(str(value) in part for part in told.parts)


@pytest.mark.parametrize("label", ["grid", "paid", "bid", "amount_paid", "android", "Valid"])
def test_a_word_that_only_ends_like_an_id_is_meaning(label: str) -> None:
    told = words_of(properties={label: "willow"})
    assert f"{label.replace('_', ' ')}: willow" in told.text
    assert "willow" in told.parts[0]


def test_times_and_ids_of_the_event_itself_are_not_told() -> None:
    told = words_of(timestamp="2026-03-01T09:30:00Z", messageId="m-551", anonymousId="a-9")
    assert told == Narration("Note Left", ("Note Left",), told.words)
    assert told.words.split() == ["Note", "Left"]


def test_nested_properties_keep_their_labels_and_empty_ones_are_left_out() -> None:
    told = words_of(properties={"cart": {"gift_wrap": "red"}, "tags": ["a", "b"], "none": None, "empty": ""})
    assert told.text == "Note Left. cart gift wrap: red. tags: a, b"


def test_numbers_are_told_and_searched_but_not_embedded() -> None:
    told = words_of(properties={"score": 9, "up": True})
    assert "score: 9" in told.text
    assert "9" in told.words.split()
    assert told.parts == ("Note Left",)


def test_an_identify_is_told_by_its_traits() -> None:
    told = words_of("", type="identify", traits={"name": "Ada", "role": "Owner"}, properties={"x": "y"})
    assert told.text == "Profile Updated. name: Ada. role: Owner"


def test_the_campaign_is_told_and_the_place_is_searched() -> None:
    told = words_of(context={"campaign": {"name": "spring", "source": "podcast"}, "location": {"country": "Spain"}})
    assert told.text == "Note Left. campaign: spring"
    assert {"podcast", "Spain"} <= set(told.words.split())


def test_a_long_text_is_cut_at_spaces_into_parts_that_lose_nothing() -> None:
    message = " ".join(f"word{n}" for n in range(400))
    told = words_of(properties={"message": message})
    assert all(len(part) <= PART_CHARS for part in told.parts)
    assert " ".join(told.parts) == f"Note Left. message: {message}"
    assert len(told.text) == MAX_TEXT_CHARS


def test_a_text_without_spaces_is_cut_all_the_same() -> None:
    told = words_of(properties={"message": "x" * 5_000})
    assert "".join(told.parts).replace(" ", "").count("x") == 5_000
    assert all(0 < len(part) <= PART_CHARS for part in told.parts)


def test_the_number_of_parts_is_bounded_and_every_item_is_searched() -> None:
    products = [{"name": f"item{n}"} for n in range(MAX_PARTS + 50)]
    told = words_of(properties={"products": products})
    assert len(told.parts) == MAX_PARTS
    assert f"item{MAX_PARTS + 49}" in told.words.split()


def test_an_item_bought_twice_is_one_part() -> None:
    assert words_of(properties={"products": [{"name": "Lamp"}, {"name": "Lamp"}]}).parts == ("Note Left", "Lamp")


@pytest.mark.parametrize("products", [None, "Lamp", {"name": "Lamp"}, [1, None, []], [{}], [{"name": None}]])
def test_products_that_are_none_have_no_names(products: object) -> None:
    assert item_names({"products": products}) == ()


def test_a_feature_that_was_used_is_an_item() -> None:
    assert item_names({"feature": "Gantt chart"}) == ("Gantt chart",)


@pytest.mark.parametrize("key", ["sku", "product_id", "productId"])
def test_an_event_about_one_product_has_it_as_its_item(key: str) -> None:
    told = words_of("Product Viewed", properties={key: "L-1", "name": "Lamp", "price": 5})
    assert item_names({key: "L-1", "name": "Lamp"}) == ("Lamp",)
    assert "Lamp" in told.parts
    assert "L-1" in told.words.split()


def test_a_product_without_a_name_is_an_item_by_its_number_and_no_meaning() -> None:
    assert item_names({"sku": "L-1"}) == ("L-1",)
    assert words_of("Product Viewed", properties={"sku": "L-1"}).parts == ("Product Viewed",)


def test_the_name_of_something_that_is_no_product_is_no_item() -> None:
    assert item_names({"name": "Spring plan"}) == ()


def test_personal_data_is_masked_in_what_is_read_and_embedded_and_found_by_word() -> None:
    told = words_of(properties={"message": "write to ada@example.com or +49 30 1234567", "card": 4111111111111111})
    assert told.text == "Note Left. message: write to [email] or [phone]. card: [card]"
    assert told.parts == ("Note Left. message: write to [email] or [phone]", "write to [email] or [phone]")
    assert {"ada@example.com", "4111111111111111"} <= set(told.words.split())


def test_personal_data_in_the_name_of_an_item_is_masked() -> None:
    told = words_of(properties={"products": [{"name": "Voucher for ada@example.com", "quantity": 1}]})
    assert "ada@example.com" not in told.text + "".join(told.parts)
    assert "1 x Voucher for [email]" in told.text


def test_what_somebody_wrote_is_the_fullest_of_what_they_wrote() -> None:
    def wrote(**properties: Any) -> str | None:
        return said(parse_event({"type": "track", "event": "T", "userId": "c1", "properties": properties}))

    assert wrote(subject="Hi", message="It broke") == "It broke"
    assert wrote(subject="Hi", message="", comment=5) == "Hi"
    assert wrote(plan="Team") is None
