"""What a property has to be, against what an event says."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tests.builders import order, record
from tools.condition import Condition, holds
from tools.selection import EventFilter, select

TRIP = record(
    "Trip Booked", "2026-01-02",
    properties={
        "cabinClass": "Première", "nights": 3, "fare_paid": "1,250.50", "flexible": True, "leaves": "2026-03-05",
    },
)  # fmt: skip


@pytest.mark.parametrize(
    ("label", "op", "value"),
    [
        ("cabin_class", "is", "premiere"), ("Cabin Class", "is_not", "second"), ("cabin class", "contains", "MIER"),
        ("nights", "is", "3"), ("nights", "at_least", 3), ("nights", "less_than", "3.5"),
        ("fare paid", "more_than", 1250), ("fare paid", "is", 1250.5), ("flexible", "is", True),
        ("flexible", "is", "true"), ("flexible", "has", None), ("leaves", "at_least", "2026-03-01"),
        ("leaves", "at_most", "2026-03-05T23:00:00Z"),
    ],
)  # fmt: skip
def test_a_condition_that_is_met(label: str, op: Any, value: Any) -> None:
    assert holds([Condition(label=label, op=op, value=value)])(TRIP.details)


@pytest.mark.parametrize(
    ("label", "op", "value"),
    [
        ("cabin class", "is", "prem"), ("cabin class", "is_not", "PREMIERE"), ("nights", "more_than", 3),
        ("nights", "at_most", "many"), ("flexible", "at_least", 1), ("flexible", "is", 1), ("seat", "has", None),
        ("seat", "is_not", "window"), ("leaves", "less_than", "2026-03-05"),
    ],
)  # fmt: skip
def test_a_condition_that_is_not_met(label: str, op: Any, value: Any) -> None:
    assert not holds([Condition(label=label, op=op, value=value)])(TRIP.details)


def test_a_comparison_needs_a_value() -> None:
    with pytest.raises(ValidationError, match="needs a value to compare 'nights' with"):
        Condition(label="nights", op="at_least")


def test_all_conditions_of_a_filter_hold_together() -> None:
    short = record("Trip Booked", "2026-01-03", properties={"cabinClass": "Première", "nights": 1})
    both = [Condition(label="cabin class", value="premiere"), Condition(label="nights", op="at_least", value=2)]
    assert select([TRIP, short], EventFilter(where=both)) == [TRIP]
    assert select([TRIP, short], EventFilter(where=both[:1])) == [TRIP, short]


@pytest.mark.parametrize(
    ("name", "held"), [("Paper BAG", True), ("Bags, 3", True), ("Cabbage", False), ("Bagel", False)]
)
def test_an_item_is_asked_for_by_whole_words_of_its_name(name: str, held: bool) -> None:
    event = order("2026-03-01", 10, "c1", name)
    assert bool(select([event], EventFilter(item="bag"))) is held
