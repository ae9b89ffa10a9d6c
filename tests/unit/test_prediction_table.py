"""Events in columns, and exact counts and sums of them up to any instant."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import at, order, record
from tools.prediction.table import DAY_S, make_table, seconds
from tools.prediction.tally import active_days, tally


def test_a_second_that_has_begun_is_over_at_an_instant_within_it() -> None:
    moment = at("2026-01-05T10:00")
    assert seconds(moment + timedelta(microseconds=1)) == seconds(moment) + 1


def test_amounts_are_signed_hundredths() -> None:
    back = record("Order Refunded", "2026-01-06", properties={"revenue": 4.5, "currency": "EUR"})
    assert make_table({"c1": [order("2026-01-05", 19.99), back]}).cents.tolist() == [1999, -450]


def test_a_huge_amount_stays_within_what_can_be_summed() -> None:
    table = make_table({"c1": [order("2026-01-05", 900_000_000_000), order("2026-01-06", 900_000_000_000)]})
    assert tally(table, np.ones(2, np.bool_)).cents.tolist() == [0, 10**13, 2 * 10**13]


def test_properties_are_known_by_their_event_type() -> None:
    records = [
        order("2026-01-05", 10, properties={"size": 3}),
        record("Signed In", "2026-01-06", properties={"size": "L"}),
    ]
    said = make_table({"c1": records}).said
    assert said["Order Completed: size"].number.tolist() == [3]
    assert said["Signed In: size"].texts == ("L",)


def test_only_labels_asked_for_are_read() -> None:
    records = [order("2026-01-05", 10, properties={"size": 3})]
    assert set(make_table({"c1": records}, ["Order Completed: size"]).said) == {"Order Completed: size"}
    assert make_table({"c1": records}, ()).said == {}


def test_a_table_of_nobody_is_a_table() -> None:
    table = make_table({})
    assert (len(table.key), len(table.kinds), table.start.tolist()) == (0, 0, [0])


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 40 * DAY_S)), min_size=1, max_size=30), st.integers(0, 41)
)
def test_counts_and_gaps_are_those_counted_one_by_one(events: list[tuple[str, int]], day: int) -> None:
    people = {user: sorted(second for owner, second in events if owner == user) for user in "abc"}
    table = make_table(
        {
            user: [
                record("Signed In", (at("2026-01-01") + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ"), user)
                for second in own
            ]
            for user, own in people.items()
        }
    )
    everything = np.ones(len(table.key), np.bool_)
    now = np.full(3, seconds(at("2026-01-01")) + day * DAY_S)
    who = np.arange(3)
    kept, days = tally(table, everything), active_days(table, everything)
    here = days.tally.before(who, now)
    for number, own in enumerate(people.values()):
        before = [second for second in own if second < day * DAY_S]
        active = sorted({second // DAY_S for second in before})
        gaps = [later - sooner for sooner, later in pairwise(active)]
        assert kept.count(who, kept.before(who, now))[number] == len(before)
        assert days.tally.count(who, here)[number] == len(active)
        if gaps:
            first = days.tally.start[number] + 1
            assert days.gaps[here[number]] - days.gaps[first] == sum(gaps)
            assert days.longest[here[number] - 1] == max(gaps)
            assert days.over[7][here[number]] - days.over[7][first] == sum(max(gap - 7, 0) for gap in gaps)
