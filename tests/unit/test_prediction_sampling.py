"""Rows to learn from: rolling cut-offs whose label windows end before the training time, bounded and repeatable."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.record import Record
from tests.builders import at, order, record, visits
from tools.prediction.columns import Columns
from tools.prediction.features import Spec, columns
from tools.prediction.outcome import cancellation, conversion, repeat_purchase, silence
from tools.prediction.sampling import MOST_CUT_OFFS, TooLittleError, Training, cut_offs, training_set
from tools.prediction.table import DAY_S, make_table, seconds

UNTIL = at("2026-07-01")


def _people(count: int = 30) -> dict[str, list[Record]]:
    """Customers who come every few days, every third of them until March only."""
    return {f"c{n:02}": visits("2026-01-05", 2 + n % 7, (10 if n % 3 == 0 else 60), f"c{n:02}") for n in range(count)}


def _known(people: dict[str, list[Record]]) -> Columns:
    return columns(make_table(people), Spec())


def _named(training: Training, known: Columns) -> list[tuple[str, int, bool]]:
    names = (known.table.customers[number] for number in training.rows.customer)
    return list(zip(names, training.rows.second.tolist(), training.labels.tolist(), strict=True))


@given(st.integers(0, 10**9), st.integers(0, 10**8), st.integers(1, 400), st.integers(1, 90))
def test_no_label_window_ends_after_the_training_time(first: int, span: int, horizon: int, every: int) -> None:
    moments = cut_offs(first, first + span, horizon, every)
    assert all(first < moment <= first + span - horizon * DAY_S for moment in moments)
    assert all(later - sooner == every * DAY_S for sooner, later in pairwise(moments))
    assert len(moments) <= MOST_CUT_OFFS


def test_the_newest_label_window_ends_at_the_training_time() -> None:
    assert cut_offs(0, 100 * DAY_S, 30, 15) == [day * DAY_S for day in (10, 25, 40, 55, 70)]


def test_a_label_says_what_came_after_the_cut_off() -> None:
    known = _known({"stays": visits("2026-01-05", 5, 40, "stays"), "leaves": visits("2026-01-05", 5, 4, "leaves")})
    training = training_set(known, silence(30), seconds(UNTIL))
    assert {(name, label) for name, when, label in _named(training, known) if when > seconds(at("2026-02-01"))} == {
        ("stays", False),
        ("leaves", True),
    }


def test_events_after_the_training_time_change_no_row() -> None:
    people = _people()
    later = {user: [*events, record("Signed In", "2026-08-01", user)] for user, events in people.items()}
    later["new"] = visits("2026-07-02", 1, 50, "new")
    cut = {user: [each for each in events if each.occurred_at < UNTIL] for user, events in people.items()}
    some, others = _known(cut), _known(later)
    assert _named(training_set(some, silence(30), seconds(UNTIL)), some) == _named(
        training_set(others, silence(30), seconds(UNTIL)), others
    )


def test_rows_beyond_the_most_are_left_out_evenly_and_in_order() -> None:
    known = _known(_people())
    every = _named(training_set(known, silence(30), seconds(UNTIL)), known)
    bounded = training_set(known, silence(30), seconds(UNTIL), most_rows=100)
    some = _named(bounded, known)
    assert len(some) == 100
    assert some == [row for row in every if row in set(some)]
    assert len(set(bounded.rows.second.tolist())) == len(bounded.cut_offs)


def test_which_rows_are_kept_does_not_hang_on_the_other_customers() -> None:
    def kept(known: Columns, most: int) -> set[tuple[str, int, bool]]:
        return set(_named(training_set(known, silence(30), seconds(UNTIL), most_rows=most), known))

    people = _people()
    others = {f"x{user}": [record("Signed In", "2026-01-05", f"x{user}")] for user in people}
    without = kept(_known(people), 100)
    among = {row for row in kept(_known({**people, **others}), 200) if row[0] in people}
    assert among <= without or without <= among


def test_without_history_that_is_said() -> None:
    with pytest.raises(TooLittleError, match="30 days before"):
        training_set(_known({}), silence(30), seconds(UNTIL))
    with pytest.raises(TooLittleError, match="30 days before"):
        training_set(_known({"c1": visits("2026-06-20", 1, 5)}), silence(30), seconds(UNTIL))
    with pytest.raises(TooLittleError, match="30 days before"):
        training_set(_known({"c1": visits("2027-01-01", 1, 5)}), silence(30), seconds(UNTIL))


def test_with_one_class_that_is_said() -> None:
    with pytest.raises(TooLittleError, match="for none of"):
        training_set(_known({"c1": visits("2026-01-05", 1, 170)}), silence(30), seconds(UNTIL))
    with pytest.raises(TooLittleError, match="for all of"):
        training_set(_known({"c1": visits("2026-01-05", 1, 2)}), silence(30), seconds(UNTIL))


def test_who_cancelled_is_asked_again_only_after_coming_back() -> None:
    gone = record("Subscription Cancelled", "2026-03-01")
    back = record("Subscription Started", "2026-05-01")
    known = _known({"c1": [*visits("2026-01-05", 1, 30), gone, back]})
    training = training_set(known, cancellation(30), seconds(UNTIL))
    moments = [at("1970-01-01") + timedelta(seconds=second) for second in training.rows.second.tolist()]
    assert [moment for moment in moments if at("2026-03-01") < moment <= at("2026-05-01")] == []
    assert max(moments) > at("2026-05-01")


def test_a_first_and_another_purchase_are_asked_of_different_customers() -> None:
    people = {
        "buyer": [
            *visits("2026-01-05", 3, 20, "buyer"),
            order("2026-03-20", 10, "buyer"),
            order("2026-04-20", 10, "buyer"),
        ],
        "looker": visits("2026-01-05", 3, 20, "looker"),
    }
    known = _known(people)
    first = training_set(known, conversion(30), seconds(UNTIL))
    again = training_set(known, repeat_purchase(30), seconds(UNTIL))
    bought = seconds(at("2026-03-20T12:00"))
    assert all(when <= bought for name, when, _ in _named(first, known) if name == "buyer")
    assert {name for name, when, _ in _named(again, known) if when > bought} == {"buyer"}
    assert np.all(again.rows.second > bought)
