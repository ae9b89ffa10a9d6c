"""Churn and return, as the workspace defines them."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from memory.record import Record
from memory.stages import StageChange
from memory.workspace import ChurnDefinition
from tests.builders import at, in_order, order, record, visits
from tools.lifecycle import fold_lifecycle, stage_at

SILENT_60 = ChurnDefinition(kind="inactivity", inactive_days=60)
CANCEL = ChurnDefinition(kind="cancel", inactive_days=60)


def life(*records: Record, as_of: str = "2027-01-01", churn: ChurnDefinition = SILENT_60) -> list[StageChange]:
    return fold_lifecycle(in_order(records), churn, at(as_of))


def stages(*records: Record, as_of: str = "2027-01-01", churn: ChurnDefinition = SILENT_60) -> list[str]:
    return [change.stage for change in life(*records, as_of=as_of, churn=churn)]


def test_who_never_bought_never_churns() -> None:
    assert stages(record("Signed Up", "2020-01-01")) == ["lead"]


def test_a_silence_as_long_as_defined_is_churn_from_its_end_on() -> None:
    bought = order("2026-01-01", id="o1")
    assert life(bought)[-1] == StageChange("churned", bought.occurred_at + timedelta(days=60), ("o1",))


def test_churn_begins_after_the_last_day_of_the_silence() -> None:
    bought = order("2026-01-01T00:00:00Z")
    assert stages(bought, as_of="2026-03-02") == ["customer"]
    assert stages(bought, as_of="2026-03-02T00:01") == ["customer", "churned"]


def test_what_a_machine_does_is_no_sign_of_life() -> None:
    renewed = record("Subscription Renewed", "2026-02-15")
    assert stages(order("2026-01-01"), renewed, as_of="2026-03-10")[-1] == "churned"


def test_any_activity_brings_back_who_was_silent_and_settles_after_as_long() -> None:
    back = record("Signed In", "2026-05-01", id="back")
    found = life(order("2026-01-01"), back, *visits("2026-06-01", 30, 2), as_of="2026-07-15")
    assert [change.stage for change in found] == ["customer", "churned", "won_back", "customer"]
    assert found[2] == StageChange("won_back", back.occurred_at, ("back",))
    assert found[3].since == back.occurred_at + timedelta(days=60)


def test_who_came_back_lately_is_still_won_back() -> None:
    assert stages(order("2026-01-01"), record("Signed In", "2026-05-01"), as_of="2026-05-10")[-1] == "won_back"


def test_who_leaves_again_soon_after_a_return_is_not_settled_meanwhile() -> None:
    records = [
        order("2026-01-01"),
        record("Signed In", "2026-05-01"),
        record("Subscription Cancelled", "2026-05-11"),
        record("Subscription Reactivated", "2026-05-21"),
    ]
    found = life(*records, as_of="2026-07-10")
    assert [change.stage for change in found] == ["customer", "churned", "won_back", "churned", "won_back"]


def test_a_cancellation_is_churn_at_once() -> None:
    cancelled = record("Subscription Cancelled", "2026-02-01", id="bye")
    assert life(order("2026-01-01"), cancelled, as_of="2026-02-02")[-1] == StageChange(
        "churned", cancelled.occurred_at, ("bye",)
    )


@pytest.mark.parametrize("churn", [SILENT_60, CANCEL])
def test_after_a_cancellation_only_a_new_start_is_a_return(churn: ChurnDefinition) -> None:
    left = [order("2026-01-01"), record("Subscription Cancelled", "2026-02-01"), record("Signed In", "2026-02-02")]
    assert stages(*left, as_of="2026-02-20", churn=churn)[-1] == "churned"
    returned = record("Subscription Reactivated", "2026-02-10")
    assert stages(*left, returned, as_of="2026-02-20", churn=churn)[-1] == "won_back"


def test_where_churn_means_cancelling_a_silence_is_none() -> None:
    assert stages(order("2020-01-01"), churn=CANCEL) == ["customer"]


def test_a_trial_that_is_cancelled_is_no_lost_customer() -> None:
    assert stages(record("Trial Started", "2026-01-01"), record("Subscription Cancelled", "2026-01-05")) == ["trial"]


def test_stages_that_a_churned_customers_events_state_wait_for_the_return() -> None:
    records = [order("2026-01-01"), order("2026-01-02"), order("2026-06-01")]
    found = life(*records, as_of="2026-06-10")
    assert [change.stage for change in found] == ["customer", "churned", "won_back"]
    later = life(*records, order("2026-07-01"), as_of="2026-08-10")
    assert [change.stage for change in later][-1] == "engaged"


def test_changes_come_in_order_and_never_repeat_a_stage() -> None:
    records = [*visits("2026-01-01", 20, 5), order("2026-01-02"), *visits("2026-09-01", 9, 4), order("2026-09-03")]
    found = life(*records)
    assert found == sorted(found, key=lambda change: change.since)
    assert all(first.stage != second.stage for first, second in pairwise(found))


def test_the_stage_at_a_moment_counts_the_change_of_that_moment() -> None:
    changes = [StageChange("lead", at("2026-01-01"), ()), StageChange("customer", at("2026-02-01"), ())]
    moments = ["2025-12-31", "2026-01-01", "2026-01-31", "2026-02-01"]
    assert [stage_at(changes, at(moment)) for moment in moments] == ["visitor", "lead", "lead", "customer"]
