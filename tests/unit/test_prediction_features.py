"""Features of a customer: from their own events before T, whoever else is there, and whatever comes after."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.record import Record
from tests.builders import at, in_order, order, record, visits
from tools.prediction.features import Facet, Rows, Spec, columns, make_features, read_spec
from tools.prediction.table import Table, make_table, seconds

TITLES = (
    "Order Completed",
    "Signed In",
    "Support Ticket Opened",
    "Support Ticket Resolved",
    "Badge Awarded",
    "Payment Failed",
)
SPEC = Spec(titles=TITLES[:3], facets=(Facet("Order Completed: total"), Facet("Signed In: plan", ("Basic", "Pro"))))
MIDDLE = at("2026-04-01")


def _record(user: str, number: int, day: int, hour: int, title: str, amount: int) -> Record:
    when = (at("2026-01-01") + timedelta(days=day, hours=hour)).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = {"total": amount / 7, "plan": ("Pro", "Basic", "Free")[amount % 3]}
    return record(title, when, user, properties={**said, "revenue": amount, "currency": "EUR"}, id=f"{user}:{number}")


@st.composite
def _histories(draw: st.DrawFn) -> dict[str, list[Record]]:
    one = st.tuples(st.integers(0, 180), st.integers(0, 23), st.sampled_from(TITLES), st.integers(0, 10_000))
    people = draw(st.dictionaries(st.sampled_from("abcdef"), st.lists(one, min_size=1, max_size=12), min_size=1))
    return {
        user: in_order(_record(user, number, *each) for number, each in enumerate(events))
        for user, events in people.items()
    }


def _features(table: Table, moment: int, customers: list[int] | None = None) -> dict[str, np.ndarray]:
    who = np.arange(len(table.customers)) if customers is None else np.array(customers)
    return make_features(columns(table, SPEC), Rows(who, np.full(len(who), moment)))


def _same(some: dict[str, np.ndarray], others: dict[str, np.ndarray], row: int | slice = slice(None)) -> bool:
    return all(some[name].tobytes() == np.ascontiguousarray(others[name][row]).tobytes() for name in others)


@given(_histories())
def test_a_customer_alone_has_the_features_they_have_among_all(everyone: dict[str, list[Record]]) -> None:
    together = _features(make_table(everyone), seconds(MIDDLE))
    for number, user in enumerate(sorted(everyone)):
        alone = _features(make_table({user: everyone[user]}), seconds(MIDDLE))
        assert _same(alone, together, slice(number, number + 1))


@given(_histories())
def test_events_from_t_on_change_nothing(everyone: dict[str, list[Record]]) -> None:
    cut = {user: [each for each in events if each.occurred_at < MIDDLE] for user, events in everyone.items()}
    assert _same(_features(make_table(cut), seconds(MIDDLE)), _features(make_table(everyone), seconds(MIDDLE)))


def _one(records: list[Record], when: str) -> dict[str, float]:
    return {
        name: float(values[0]) for name, values in _features(make_table({"c1": records}), seconds(at(when))).items()
    }


def test_an_event_at_t_itself_is_not_known_yet() -> None:
    twice = [record("Signed In", "2026-01-05"), record("Signed In", "2026-01-12")]
    assert _one(twice, "2026-01-12T12:00")["active_days"] == 1


def test_silence_is_measured_by_the_customers_own_gaps() -> None:
    found = _one(visits("2026-01-05", 7, 4), "2026-02-09T00:00")
    assert (found["gap_mean_days"], found["recency_days"], found["recency_over_gap"]) == (7, 14, 2)


def test_a_life_does_not_grow_by_silence() -> None:
    records = visits("2026-01-05", 7, 4)
    assert _one(records, "2026-02-09")["lived_days"] == _one(records, "2026-03-09")["lived_days"] == 21


def test_days_beyond_a_week_of_silence_are_a_share_of_the_life() -> None:
    # Gaps of 10 and 20 days, then 12 of silence: 3 + 13 + 5 of 30.
    records = [record("Signed In", day) for day in ("2026-01-01", "2026-01-11", "2026-01-31")]
    assert _one(records, "2026-02-12T12:00")["quiet_share_7"] == pytest.approx(21 / 30)


def test_weeks_of_activity_are_counted_back_from_t() -> None:
    records = [record("Signed In", day) for day in ("2026-01-30", "2026-01-31", "2026-02-10")]
    assert _one(records, "2026-02-12")["active_weeks_13"] == 2


def test_what_was_paid_back_is_no_purchase() -> None:
    paid_back = record("Order Refunded", "2026-01-09", properties={"revenue": 40, "currency": "EUR"})
    found = _one([order("2026-01-05", 40), paid_back], "2026-02-01")
    assert (found["purchases"], found["value_total"]) == (1, 40)


def test_a_settled_ticket_is_no_trouble() -> None:
    opened, solved = record("Support Ticket Opened", "2026-01-05"), record("Support Ticket Closed", "2026-01-06")
    assert (_one([opened], "2026-02-01")["open_support"], _one([opened, solved], "2026-02-01")["open_support"]) == (
        1,
        0,
    )


def test_a_property_tells_its_last_text_and_the_mean_of_its_numbers() -> None:
    records = [
        record("Signed In", "2026-01-05", properties={"plan": "Basic"}),
        record("Signed In", "2026-01-06", properties={"plan": "Pro"}),
        order("2026-01-07", 10, properties={"total": 2}),
        order("2026-01-08", 10, properties={"total": 5}),
    ]
    found = _one(records, "2026-02-01")
    assert found["said: Signed In: plan"] == 1
    assert (found["said: Order Completed: total"], found["mean_said: Order Completed: total"]) == (5, 3.5)


def test_of_who_was_never_active_no_rhythm_is_known() -> None:
    found = _one([record("Badge Awarded", "2026-01-05")], "2026-02-01")
    assert np.isnan([found["recency_days"], found["gap_mean_days"], found["quiet_share_7"]]).all()
    assert found["other_events_30"] == 1


def test_event_types_the_operator_chose_are_activity_and_nothing_else() -> None:
    table = make_table({"c1": [record("Signed In", "2026-01-05"), order("2026-01-20")]})
    found = make_features(
        columns(table, Spec(activity=("Signed In",))), Rows(np.array([0]), np.array([seconds(MIDDLE)]))
    )
    assert found["active_days"][0] == 1


def test_a_specification_is_read_as_it_was_written() -> None:
    spec = Spec(activity=("Signed In",), calendar=("Badge Awarded",), titles=TITLES, facets=SPEC.facets)
    assert read_spec(spec.to_json()) == spec
    assert read_spec(SPEC.to_json()) == SPEC
