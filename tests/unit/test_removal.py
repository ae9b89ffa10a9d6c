"""Personal data taken out of an event for good, and within bounds of time."""

from __future__ import annotations

import time
from typing import Any

import pytest

from memory.cleaning import MAX_PROPERTIES
from memory.event import canonical, parse_event
from memory.masking import KINDS, mask_value
from memory.narration import narrate
from memory.removal import without_personal_data

SECRET = "ada@private.example"
GOOD: dict[str, Any] = {"type": "track", "event": "Note Left", "userId": "c1", "messageId": "m1"}
CROWDED = ["030/12 34 56 78 90 ", "+49 30 1234567 ", "DE89 3704 0044 0532 0130 01 "]


@pytest.mark.parametrize(
    "held",
    [
        {"event": f"Mail to {SECRET}"}, {"name": SECRET}, {"contact": SECRET}, {"properties": {SECRET: 1}},
        {"properties": {"note": f" {SECRET}\u200b"}}, {"properties": {f" {SECRET}": "x"}},
        {"original_timestamp": f"{'x ' * 20}{SECRET}", "timestamp": "2026-03-01T09:30:00Z"},
    ],
)  # fmt: skip
def test_what_is_to_go_is_nowhere_in_the_event_or_its_changes(held: dict[str, Any]) -> None:
    event = without_personal_data(parse_event({**GOOD, **held}), KINDS)
    assert "ada@" not in canonical(event).decode() + repr(event.changes)
    assert event.user_id == "c1"


def test_two_names_that_become_the_same_keep_both_values() -> None:
    masked, _ = mask_value({"a@example.com": 1, "b@example.com": 2})
    assert sorted(masked.values()) == [1, 2]


@pytest.mark.parametrize("number", CROWDED)
def test_a_text_full_of_numbers_is_told_without_them_in_a_moment(number: str) -> None:
    event = parse_event(
        {**GOOD, "properties": {f"text{index}": number * (32_000 // len(number)) for index in range(7)}}
    )
    started = time.process_time()
    told = narrate(event)
    assert time.process_time() - started < 0.2
    assert not any(digits in told.text + "".join(told.parts) for digits in ("34 56 78", "1234567", "0044 0532"))


@pytest.mark.parametrize("number", CROWDED)
def test_values_full_of_numbers_are_masked_in_a_moment(number: str) -> None:
    started = time.process_time()
    masked, _ = mask_value({f"text{index}": number * (32_000 // len(number)) for index in range(7)})
    assert time.process_time() - started < 1
    assert not any(digits in str(masked) for digits in ("34 56 78", "1234567"))


def test_known_fields_are_read_after_any_number_of_unknown_ones() -> None:
    crowd = {f"x{index}": index for index in range(MAX_PROPERTIES + 5)}
    event = parse_event({**crowd, **GOOD})
    assert (event.user_id, event.message_id, len(event.other)) == ("c1", "m1", MAX_PROPERTIES)
    assert [change.what for change in event.changes] == ["too_many_properties"]
