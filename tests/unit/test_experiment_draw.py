"""The draw: reproducible, with the propensities that it says."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from memory.given import NOTHING
from memory.workspace import WorkspaceSettings
from tests.builders import at
from tools.experiment.draw import Choice, choose, period_of

KEY: dict[str, Any] = {"workspace": "w", "client_id": "ada", "period": 7, "playbook": "p1"}
MANY = 20_000


def drawn(actions: tuple[str, ...], explore: float, number: int) -> Choice:
    return choose(actions, explore, **{**KEY, "client_id": f"c{number}"})


def test_without_exploring_the_first_action_is_chosen_for_certain() -> None:
    assert choose(("call", "mail"), 0, **KEY) == Choice(("call", "mail"), "call", 1.0, explored=False)


def test_without_actions_nothing_is_chosen() -> None:
    assert choose((), 0.5, **KEY) == Choice((NOTHING,), NOTHING, 1.0, explored=False)


def test_asking_again_draws_the_same() -> None:
    assert choose(("call", "mail"), 0.5, **KEY) == choose(("call", "mail"), 0.5, **KEY)


@pytest.mark.parametrize("changed", [{"workspace": "v"}, {"period": 8}, {"playbook": "p2"}])
def test_another_workspace_period_or_playbook_draws_anew(changed: dict[str, Any]) -> None:
    first = [choose(("call", "mail"), 0.5, **KEY | {"client_id": f"c{n}"}).chosen for n in range(100)]
    second = [choose(("call", "mail"), 0.5, **KEY | {"client_id": f"c{n}"} | changed).chosen for n in range(100)]
    assert first != second


def test_each_arm_is_chosen_as_often_as_its_propensity_says() -> None:
    found = [drawn(("call", "mail", "gift"), 0.2, number) for number in range(MANY)]
    counts, propensity = Counter(each.chosen for each in found), {each.chosen: each.propensity for each in found}
    assert sum(propensity.values()) == pytest.approx(1)
    assert propensity["call"] == pytest.approx(0.85)
    for arm, expected in propensity.items():
        # Four standard errors.
        assert abs(counts[arm] / MANY - expected) < 4 * (expected * (1 - expected) / MANY) ** 0.5, arm


def test_only_what_is_drawn_counts_as_explored() -> None:
    found = [drawn(("call", "mail"), 0.1, number) for number in range(MANY)]
    assert sum(each.explored for each in found) / MANY == pytest.approx(0.1, abs=0.01)
    assert {each.chosen for each in found if not each.explored} == {"call"}


def test_an_arm_that_goes_moves_nobody_who_had_another() -> None:
    for number in range(300):
        before = drawn(("call", "mail", "gift"), 0.999, number)
        after = drawn(("call", "mail"), 0.999, number)
        assert before.chosen in ("gift", after.chosen)


def test_a_period_lasts_a_whole_horizon_of_local_days() -> None:
    settings = WorkspaceSettings(time_zone="Pacific/Auckland")
    # 739,860 = 30 * 24,662 is the ordinal of this day.
    first = datetime.fromordinal(30 * 24_662).date().isoformat()
    start = period_of(at(first), settings, 30)
    days = [period_of(at(f"{first}T11:30").replace(hour=hour), settings, 30) for hour in (0, 10)]
    assert days == [start, start]
    # 13 hours ahead: the evening before in UTC is that day there.
    assert period_of(at(datetime.fromordinal(30 * 24_662 - 1).date().isoformat() + "T20:00"), settings, 30) == start
    assert period_of(at(datetime.fromordinal(30 * 24_662 - 2).date().isoformat()), settings, 30) == start - 1


def test_the_instant_that_ends_a_day_lies_in_the_period_of_that_day() -> None:
    border = at(datetime.fromordinal(30 * 24_662).date().isoformat())
    settings = WorkspaceSettings()
    assert period_of(border + timedelta(microseconds=1), settings, 30) == period_of(border, settings, 30) + 1
