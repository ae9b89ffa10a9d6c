"""Outcomes: found in the events of the horizon, once it has ended."""

from __future__ import annotations

from datetime import timedelta

import pytest

from memory.record import Record
from tests.builders import at, order, record
from tests.decisions import decided
from tools.experiment.outcomes import Outcome, outcome_of, trials_of

MADE = at("2026-03-01")
END = MADE + timedelta(days=30)
AFTER = END + timedelta(microseconds=1)


def bought(when: str, user: str = "ada") -> Record:
    return order(when, 10, user, id=f"{user}-{when}")


@pytest.mark.parametrize(
    ("when", "happened"),
    [
        ("2026-03-01T00:00:00Z", False), ("2026-03-01T00:00:01Z", True),
        ("2026-03-31T00:00:00Z", True), ("2026-03-31T00:00:01Z", False),
    ],
)  # fmt: skip
def test_success_counts_after_the_decision_and_to_the_end_of_the_horizon(when: str, happened: bool) -> None:
    found = outcome_of(decided("ada", made=MADE), [bought(when)], at("2026-05-01"))
    assert found == Outcome(happened, f"ada-{when}" if happened else None)


def test_the_first_event_that_counts_is_named() -> None:
    other = record("Signed In", "2026-03-02", "ada")
    found = outcome_of(decided("ada", made=MADE), [other, bought("2026-03-03"), bought("2026-03-04")], AFTER)
    assert found == Outcome(True, "ada-2026-03-03")


def test_names_of_events_are_compared_however_they_are_spelled() -> None:
    found = outcome_of(decided("ada", made=MADE, outcome=("order_completed",)), [bought("2026-03-03")], AFTER)
    assert found == Outcome(True, "ada-2026-03-03")


def test_before_the_horizon_ends_nothing_is_known_even_after_success() -> None:
    assert outcome_of(decided("ada", made=MADE), [bought("2026-03-02")], END) is None
    assert outcome_of(decided("ada", made=MADE), [bought("2026-03-02")], AFTER) == Outcome(True, "ada-2026-03-02")


def test_without_an_idea_of_success_nothing_is_known() -> None:
    assert outcome_of(decided("ada", made=MADE, outcome=()), [bought("2026-03-02")], AFTER) is None


def test_a_customer_counts_once_in_a_period_by_the_first_decision() -> None:
    first = decided("ada", "call", made=MADE, id="z")
    again = decided("ada", "discount", made=MADE + timedelta(hours=1), id="a")
    other = decided("ada", "call", made=MADE + timedelta(hours=2), id="b", period=2)
    found = trials_of([other, again, first], {"ada": [bought("2026-03-10")]}, at("2026-05-01"))
    assert [each.recommendation_id for each in found.known] == ["z", "b"]
    assert (found.waiting, found.repeated) == (0, 1)


def test_a_decision_about_who_was_joined_since_is_the_customers() -> None:
    visit = record("Pricing", "2026-02-01", None, type="page", anonymousId="v1")
    found = trials_of([decided("v1", made=MADE)], {"ada": [visit, bought("2026-03-10")]}, AFTER)
    assert [(each.client_id, each.success) for each in found.known] == [("ada", 1.0)]


def test_decisions_that_wait_are_counted() -> None:
    found = trials_of([decided("ada", made=MADE)], {"ada": [bought("2026-02-01")]}, END)
    assert (found.known, found.waiting) == ((), 1)


def test_later_events_change_no_trial() -> None:
    given, known = [decided("ada", made=MADE)], [bought("2026-02-01")]
    before = trials_of(given, {"ada": known}, AFTER)
    assert trials_of(given, {"ada": [*known, bought("2026-04-02")]}, AFTER) == before


def test_a_decision_about_somebody_of_whom_nothing_is_left_is_no_trial() -> None:
    found = trials_of([decided("bob", made=MADE)], {"ada": [bought("2026-02-01")]}, AFTER)
    assert (found.known, found.gone) == ((), 1)
