"""An event's properties as flat pairs of label and value."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from memory.details import MAX_LABELS, MAX_VALUE_CHARS, details_of, folded_label, spelled_label
from memory.record import FLAT_FIELDS, from_payload, pack, to_payload
from memory.scope import Scope
from tests.builders import record


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("cabin_class", "cabin class"), ("cabinClass", "cabin class"), ("CabinClass", "cabin class"),
        ("userID", "user ID"), ("cabin", "cabin"), ("Cabin class", "Cabin class"), ("seat-row", "seat-row"),
    ],
)  # fmt: skip
def test_a_propertys_name_is_spelled_as_words(name: str, label: str) -> None:
    assert spelled_label(name) == label


def test_labels_are_the_same_however_they_are_written() -> None:
    assert {folded_label(name) for name in ("cabin_class", "Cabin-Class", "cabinClass", "cabin.class")} == {
        "cabin class"
    }


def test_nested_properties_lists_and_flags_are_flat_pairs_and_products_are_left_out() -> None:
    stated = {"vehicle": {"kind": "van"}, "extras": ["seat", 2], "paid": True, "nights": 3, "none": None,
              "products": [{"name": "Lamp"}]}  # fmt: skip
    assert record("Trip Booked", "2026-01-02", properties=stated).details == (
        ("extras", "seat"), ("nights", 3), ("paid", True), ("vehicle kind", "van"),
    )  # fmt: skip


def test_what_the_parts_of_an_event_say_is_told_once_each_and_their_numbers_are_not_the_events() -> None:
    billed_for = [("X-ray", 80), ("Check-up", 40), ("X-ray", 9)]
    lines = [{"service": service, "amount": amount} for service, amount in billed_for]
    billed = record("Invoice Settled", "2026-01-02", properties={"lines": lines, "tags": ["late", "paid", "late"]})
    assert billed.details == (
        ("lines service", "X-ray"), ("lines service", "Check-up"), ("tags", "late"), ("tags", "paid"),
    )  # fmt: skip


def test_letters_and_endless_properties_are_left_out() -> None:
    letter = record("Note Left", "2026-01-02", properties={"text": "x" * (MAX_VALUE_CHARS + 1), "mood": "glad"})
    assert letter.details == (("mood", "glad"),)
    wide = record("Note Left", "2026-01-02", properties={f"p{number}": number for number in range(MAX_LABELS + 5)})
    assert len(wide.details) == MAX_LABELS


def test_the_order_in_which_properties_are_sent_does_not_matter() -> None:
    first = record("Trip Booked", "2026-01-02", properties={"a": 1, "cabin_class": "first", "cabinClass": "second"})
    again = record("Trip Booked", "2026-01-02", properties={"cabinClass": "second", "cabin_class": "first", "a": 1})
    assert first.details == again.details


def test_the_details_of_an_identify_call_are_its_traits() -> None:
    stated = record("", "2026-01-02", type="identify", traits={"homePort": "Faro"}, properties={"ignored": 1})
    assert stated.details == (("home port", "Faro"),)


def test_a_detail_is_found_however_its_label_is_spelled() -> None:
    booked = record("Trip Booked", "2026-01-02", properties={"cabin_class": "first", "paid": False})
    assert (booked.detail("Cabin-Class"), booked.detail("paid"), booked.detail("seat")) == ("first", False, None)


def test_a_flat_read_has_the_details_and_a_row_from_before_takes_them_from_its_body() -> None:
    booked = record("Trip Booked", "2026-01-02", properties={"cabin_class": "first", "nights": 2})
    packed = pack(to_payload(Scope("shop"), booked))
    flat = {name: packed[name] for name in FLAT_FIELDS}
    assert from_payload(flat) == replace(booked, body="")
    row = orjson.loads(packed["row"])
    del row["details"]
    assert from_payload({**packed, "row": orjson.dumps(row).decode()}) == booked
    assert details_of(booked.event) == booked.details
