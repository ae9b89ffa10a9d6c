"""What counts of recommendations and feedback at an instant, and what rests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from memory.feedback import Feedback, Reaction, read_feedback, resting
from memory.given import RecommendationKind, in_force, read_given
from memory.points import control_point
from memory.scope import Scope
from memory.store import Control
from tests.builders import at
from tests.decisions import decided

T = at("2026-04-01")


def told(verdict: Reaction, kind: RecommendationKind = "action", made: datetime = T, **fields: Any) -> Feedback:
    given: dict[str, Any] = {"recommendation_id": "r1", "client_id": "ada", "what": "call", "cool_down_days": 30}
    return Feedback(**given | fields, kind=kind, verdict=verdict, made_at=made, received_at=made)


def test_what_was_given_later_or_not_yet_received_is_not_seen() -> None:
    early, now = decided("ada", made=T - timedelta(days=1), id="r1"), decided("ada", made=T, id="r2")
    later = decided("ada", made=T + timedelta(microseconds=1), id="r3")
    assert [each.id for each in in_force([later, now, early], T)] == ["r1", "r2"]
    assert [each.id for each in in_force([later, now, early], T, known_at=T)] == ["r1"]


def test_a_rejected_recommendation_rests_until_its_cool_down_ends() -> None:
    rejected = [told("rejected"), told("rejected", kind="item", what="Lamp")]
    end = T + timedelta(days=30)
    assert resting(rejected, T) == {("action", "call"): end, ("item", "Lamp"): end}
    assert resting(rejected, end - timedelta(microseconds=1)) == resting(rejected, T)
    assert resting(rejected, end) == {}


def test_an_accepted_action_rests_and_an_accepted_item_does_not() -> None:
    assert list(resting([told("accepted"), told("accepted", kind="item", what="Lamp")], T)) == [("action", "call")]


def test_what_is_ignored_does_not_rest() -> None:
    assert resting([told("ignored")], T) == {}


def test_the_latest_cool_down_of_several_counts() -> None:
    twice = [told("rejected", recommendation_id="r2", made=T), told("rejected", made=T - timedelta(days=10))]
    assert resting(twice, T) == {("action", "call"): T + timedelta(days=30)}


def test_what_is_written_is_read_back() -> None:
    given, feedback = decided("ada", features={"log_value": 0.1 + 0.2}), told("rejected", note="no, thanks")
    assert read_given(given.control) == given
    assert read_feedback(feedback.control) == feedback


def test_a_point_carries_its_customer_and_its_time_for_the_index() -> None:
    payload = control_point(Scope("w"), decided("ada", made=T).control).payload
    assert (payload["ids"], payload["occurred_at"]) == (["ada"], "2026-04-01T00:00:00Z")


@pytest.mark.parametrize("missing", ["client_id", "made_at"])
def test_a_point_that_could_not_be_found_again_is_not_written(missing: str) -> None:
    data = {key: value for key, value in decided("ada").control.data.items() if key != missing}
    with pytest.raises(ValueError, match=missing):
        control_point(Scope("w"), Control("given", "r1", data))


@pytest.mark.parametrize("propensity", [0.0, 1.5, -0.1])
def test_a_propensity_is_a_probability(propensity: float) -> None:
    with pytest.raises(ValidationError, match="propensity"):
        decided("ada", propensity=propensity)


@pytest.mark.parametrize("days", [-1, 10**12])
def test_a_cool_down_ends_before_dates_do(days: int) -> None:
    with pytest.raises(ValidationError, match="cool_down_days"):
        told("rejected", cool_down_days=days)
    with pytest.raises(ValidationError, match="cool_down_days"):
        read_given(Control("given", "r1", {**decided("ada").control.data, "cool_down_days": days}))
