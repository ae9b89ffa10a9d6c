"""Counts of items: the same in any order and batching, and nothing of what comes later."""

from __future__ import annotations

from datetime import date
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from memory.record import Record
from tests.builders import order, record
from tools.recommending.counts import Cells, ItemCounts

UTC_ZONE = ZoneInfo("UTC")
MUG = {"products": [{"name": "Mug"}]}
ITEMS = ["Mug", "Tray", "Bowl", "Lamp"]
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]),
        st.integers(1, 28),
        st.lists(st.sampled_from(ITEMS), min_size=1, max_size=3),
        st.booleans(),
    ),
    max_size=25,
)


def records_of(events: list[tuple[str, int, list[str], bool]]) -> list[Record]:
    return [
        order(f"2026-01-{day:02d}", 1, user, *items, id=f"m{number}")
        if bought
        else record(
            "Product Viewed", f"2026-01-{day:02d}", user, properties={"sku": "1", "name": items[0]}, id=f"m{number}"
        )
        for number, (user, day, items, bought) in enumerate(events)
    ]


def counted(*batches: list[Record]) -> ItemCounts:
    counts = ItemCounts(UTC_ZONE)
    for batch in batches:
        counts.add(batch)
    return counts


def same(a: Cells, b: Cells) -> bool:
    columns = all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ("owner", "item", "day", "times"))
    return columns and (a.pages, a.owners, a.items, a.named) == (b.pages, b.owners, b.items, b.named)


@given(EVENTS, st.randoms(use_true_random=False), st.integers(1, 7))
def test_any_order_and_batching_leaves_the_same_counts(
    events: list[tuple[str, int, list[str], bool]], rng: Random, size: int
) -> None:
    records = records_of(events)
    shuffled = rng.sample(records, len(records))
    batches = [shuffled[start : start + size] for start in range(0, len(shuffled), size)]
    day = date(2026, 2, 1).toordinal()
    assert same(counted(*batches).cells(day), counted(records).cells(day))


@given(EVENTS, st.integers(1, 28))
def test_what_was_before_a_day_is_counted_the_same_whatever_came_later(
    events: list[tuple[str, int, list[str], bool]], cut: int
) -> None:
    records, day = records_of(events), date(2026, 1, cut).toordinal()
    past = [each for each in records if each.occurred_at.day < cut]
    assert same(counted(records).cells(day), counted(past).cells(day))


def test_an_event_belongs_to_the_workspace_s_own_day() -> None:
    late = order("2026-01-05T23:30:00Z", 1, "a", "Mug")
    counts = ItemCounts(ZoneInfo("Europe/Berlin"))
    counts.add([late])
    assert counts.cells(date(2026, 1, 7).toordinal()).day.tolist() == [date(2026, 1, 6).toordinal()]


def test_pages_are_items_only_where_nobody_takes_up_anything_else() -> None:
    page = record("Pricing", "2026-01-05", "a", type="page")
    day = date(2026, 2, 1).toordinal()
    assert counted([page]).cells(day).items == ["Pricing"]
    assert counted([page, order("2026-01-06", 1, "b", "Mug")]).cells(day).items == ["Mug"]


def test_a_visitor_and_a_user_of_one_id_are_two_owners() -> None:
    visitor = record("Order Completed", "2026-01-05", None, anonymousId="x", properties=MUG)
    found = counted([visitor, order("2026-01-05", 1, "x", "Mug")]).cells(date(2026, 2, 1).toordinal())
    assert len(found.owners) == 2
