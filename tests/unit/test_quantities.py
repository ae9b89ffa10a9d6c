"""What a question sets as a bound, and which whole numbers it allows."""

from __future__ import annotations

import pytest

from agent.quantities import find_bounds


@pytest.mark.parametrize(
    ("text", "op", "value"),
    [
        ("at least 3 bookings", "at_least", 3),
        ("three or more bookings", "at_least", 3),
        ("no more than 2 visits", "at_most", 2),
        ("scored 6 or below", "at_most", 6),
        ("spent over £1,500", "more_than", 1500),
        ("fewer than five lessons", "less_than", 5),
        ("exactly once", "is", 1),
        ("more than twice", "more_than", 2),
    ],
)
def test_a_bound_is_read_however_it_is_worded(text: str, op: str, value: float) -> None:
    assert [(bound.op, bound.value) for bound in find_bounds(text)] == [(op, value)]


@pytest.mark.parametrize("text", ["in 2011", "the top 5 customers", "room 12"])
def test_a_number_alone_bounds_nothing(text: str) -> None:
    assert find_bounds(text) == []


def test_an_amount_keeps_its_currency() -> None:
    assert [bound.currency for bound in find_bounds("more than 200 euros")] == ["EUR"]


def test_more_than_two_allows_three_and_upwards() -> None:
    (bound,) = find_bounds("more than twice")
    assert (bound.least, bound.most) == (3, None)
