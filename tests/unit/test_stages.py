"""Stages: what proves each, and what tips a customer over."""

from __future__ import annotations

import pytest

from memory.record import Record
from memory.stages import MAX_EVIDENCE, fold_stages
from tests.builders import in_order, order, record, visits


def stages(*records: Record) -> list[str]:
    return [change.stage for change in fold_stages(in_order(records))]


def test_no_events_are_no_stage() -> None:
    assert fold_stages([]) == []


def test_a_life_goes_from_visitor_to_engaged() -> None:
    life = [
        record("Home", "2026-01-01", None, type="page", anonymousId="a1"),
        record("Signed Up", "2026-01-02"),
        record("Trial Started", "2026-01-03"),
        order("2026-01-04"),
        order("2026-01-05"),
        order("2026-01-06"),
    ]
    assert stages(*life) == ["visitor", "lead", "trial", "customer", "engaged"]


def test_a_name_or_an_email_makes_a_lead() -> None:
    assert stages(record("", "2026-01-01", type="identify", traits={"email": "a@example.com"})) == ["lead"]
    assert stages(record("", "2026-01-01", type="identify", traits={"plan": "free"})) == ["visitor"]


def test_each_change_names_the_event_that_proves_it() -> None:
    first, bought = record("Signed Up", "2026-01-01", id="s"), order("2026-01-02", id="o")
    changes = fold_stages([first, bought])
    assert [(change.since, change.evidence) for change in changes] == [
        (first.occurred_at, ("s",)),
        (bought.occurred_at, ("o",)),
    ]


def test_a_stage_is_never_lost_by_doing_less() -> None:
    assert stages(order("2026-01-01"), record("Signed Up", "2026-02-01"), record("Trial Started", "2026-03-01")) == [
        "customer"
    ]


@pytest.mark.parametrize("title", ["Trial Ended", "trial_ended", "TRIAL-ENDED"])
def test_a_trial_that_ends_without_a_purchase_leaves_a_lead(title: str) -> None:
    assert stages(record("Trial Started", "2026-01-01"), record(title, "2026-01-15")) == ["trial", "lead"]


def test_a_trial_that_ends_after_a_purchase_changes_nothing() -> None:
    life = [record("Trial Started", "2026-01-01"), order("2026-01-10"), record("Trial Ended", "2026-01-15")]
    assert stages(*life) == ["trial", "customer"]


def test_a_second_trial_after_the_first_ended_is_a_trial_again() -> None:
    life = [
        record("Trial Started", "2026-01-01"),
        record("Trial Ended", "2026-01-15"),
        record("Trial Started", "2026-03-01"),
    ]
    assert stages(*life) == ["trial", "lead", "trial"]


def test_orders_of_one_day_are_one_purchase_day() -> None:
    same_day = [order(f"2026-01-01T{hour:02}:00:00Z") for hour in range(8, 12)]
    assert stages(*same_day, order("2026-01-02")) == ["customer"]
    assert stages(*same_day, order("2026-01-02"), order("2026-08-03")) == ["customer", "engaged"]


def test_an_engaged_buyer_is_shown_by_the_purchases() -> None:
    bought = [order(f"2026-01-0{day}", id=f"o{day}") for day in (1, 2, 3)]
    assert fold_stages(bought)[-1].evidence == ("o1", "o2", "o3")


def test_four_active_days_in_a_month_engage_who_has_paid() -> None:
    paid = record("Subscription Started", "2026-01-01")
    assert stages(paid, *visits("2026-01-08", 7, 3)) == ["customer", "engaged"]
    assert stages(paid, *visits("2026-01-11", 10, 3)) == ["customer"]


def test_activity_before_the_first_payment_is_no_habit_of_a_customer() -> None:
    assert stages(*visits("2026-01-01", 1, 6), record("Subscription Started", "2026-01-10")) == ["visitor", "customer"]


def test_what_a_machine_does_is_no_habit() -> None:
    renewals = visits("2026-01-02", 1, 10, title="Subscription Renewed")
    assert stages(record("Subscription Started", "2026-01-01"), *renewals) == ["customer"]


def test_evidence_of_a_habit_is_bounded() -> None:
    busy = [record("Subscription Started", "2026-01-01"), *visits("2026-01-01T01:00", 0.05, 60)]
    assert all(len(change.evidence) <= MAX_EVIDENCE for change in fold_stages(in_order(busy)))
