"""The churn tasks: labels and yardsticks know what they may, goals are read as they are written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from evals.backtest.exactness import by_chance, poison, silence_raises
from evals.backtest.panel import Panel, make_panel
from evals.backtest.task_figures import PRODUCT, Judged, as_json, interval, pooled, reached
from evals.backtest.task_run import probabilities_of
from evals.backtest.tasks import ENDS, HAZARD, OWN, RFM, TASKS, Goal, Task, instant
from evals.backtest.yardsticks import Cases, cases_at, foretell, learnt
from evals.churn_tasks import chosen_tasks
from memory.event import parse_event
from tools.churn import Forecast, Signal

START = datetime(2017, 1, 1, tzinfo=UTC)
RETAIL = TASKS["online-retail"]


def did(who: str, day: float, title: str = "Order Completed", revenue: float = 10.0) -> dict[str, Any]:
    moment = (START + timedelta(days=day)).isoformat()
    return {"userId": who, "timestamp": moment, "event": title, "properties": {"revenue": revenue}}


def panel_of(*events: dict[str, Any]) -> Panel:
    return make_panel(events, OWN.__contains__, ENDS.__eq__)


def second(day: float) -> int:
    return int((START + timedelta(days=day)).timestamp())


def at(panel: Panel, day: float) -> tuple[Any, Any]:
    who = panel.present(second(day))
    return who, np.full(len(who), second(day))


# --- What came to pass ---


def test_present_is_who_did_something_before_and_has_not_left() -> None:
    panel = panel_of(did("ada", 1), did("bo", 2), did("bo", 3, ENDS), did("cy", 5), did("di", 1, "Order Refunded"))
    assert [panel.customers[number] for number in panel.present(second(4))] == ["ada"]


def test_an_event_at_the_origin_belongs_to_the_future() -> None:
    panel = panel_of(did("ada", 1), did("ada", 10))
    who, moment = at(panel, 10)
    assert panel.recency_days(who, moment).tolist() == [9.0]
    assert panel.silent(who, moment, 5).tolist() == [False]


def test_silence_lasts_to_the_end_of_the_horizon_and_no_longer() -> None:
    panel = panel_of(did("ada", 1), did("ada", 15))
    who, moment = at(panel, 10)
    assert panel.silent(who, moment, 5).tolist() == [True]
    assert panel.silent(who, moment, 6).tolist() == [False]


def test_a_refund_is_no_sign_of_life() -> None:
    panel = panel_of(did("ada", 1), did("ada", 12, "Order Refunded"))
    assert panel.silent(*at(panel, 10), 30).tolist() == [True]


def test_leaving_is_the_end_within_the_horizon() -> None:
    panel = panel_of(did("ada", 1), did("ada", 12, ENDS), did("bo", 1), did("bo", 50, ENDS))
    assert panel.leaves(*at(panel, 10), 30).tolist() == [True, False]


def test_recency_frequency_and_money_are_of_the_past() -> None:
    panel = panel_of(did("ada", 0, revenue=8), did("ada", 0.2, revenue=4), did("ada", 4, "Order Refunded", 2),
                     did("ada", 6, revenue=1), did("ada", 11, revenue=900))  # fmt: skip
    found = np.expm1(panel.rfm(*at(panel, 10)))
    assert found[0].tolist() == pytest.approx([4.0, 2.0, 10.0, 1100.0])


def test_purchases_are_the_days_after_the_first_in_weeks() -> None:
    panel = panel_of(did("ada", 0), did("ada", 7), did("ada", 7.5), did("ada", 14), did("bo", 3))
    seen = panel.purchases(*at(panel, 22))
    assert (seen.x.tolist(), seen.t_x.tolist(), seen.T.tolist()) == ([2, 0], [2.0, 0.0], [3.0, 18 / 7])


# --- What the yardsticks know ---


def shoppers(days: int = 200) -> list[dict[str, Any]]:
    """Thirty customers who come every week, and ten who stop one after the other."""
    steady = [did(f"steady-{n}", day + n % 7) for n in range(30) for day in range(0, days, 7)]
    stopping = [did(f"stopping-{n}", day) for n in range(10) for day in range(0, 20 + 8 * n, 5)]
    return steady + stopping


def task(**changes: Any) -> Task:
    return replace(RETAIL, **{"origins": ("2017-05-01",), **changes})


def test_no_window_that_a_yardstick_learns_from_crosses_the_origin() -> None:
    known = learnt(panel_of(*shoppers()), task(), "2017-05-01")
    assert known.second.max() + 60 * 86_400 == int(instant("2017-05-01").timestamp())
    assert len(set(known.second.tolist())) > 3


def test_what_comes_after_changes_no_yardstick() -> None:
    before = [event for event in shoppers() if datetime.fromisoformat(event["timestamp"]) < instant("2017-05-01")]
    later = [did(f"stopping-{n}", 125 + n) for n in range(10)]
    found = []
    for events in (before, [*before, *later]):
        panel = panel_of(*events)
        now = cases_at(panel, task(), "2017-05-01")
        found.append(
            {k: v.tolist() for k, v in foretell(panel, task(), learnt(panel, task(), "2017-05-01"), now).items()}
        )
    assert found[0] == found[1]


def test_yardsticks_find_those_who_stopped() -> None:
    panel = panel_of(*shoppers())
    now = cases_at(panel, task(), "2017-05-01")
    for name, values in foretell(panel, task(), learnt(panel, task(), "2017-05-01"), now).items():
        assert values[now.labels].mean() > values[~now.labels].mean() + 0.2, name


def test_only_the_tested_are_judged_and_only_the_taught_are_learnt_from() -> None:
    panel = panel_of(*shoppers())
    mine = task(taught=lambda who: who.startswith("steady"), tested=lambda who: who.startswith("stopping"))
    now, known = cases_at(panel, mine, "2017-03-01"), learnt(panel, mine, "2017-05-01")
    assert {panel.customers[number].split("-")[0] for number in now.who} == {"stopping"}
    assert {panel.customers[number].split("-")[0] for number in known.who} == {"steady"}


def test_the_base_hazard_is_the_rate_at_the_same_stage() -> None:
    mine = task(start_of=lambda who: "2017-01-01", yardsticks=(HAZARD,))
    panel = panel_of(*[did(f"c{n}", 1) for n in range(4)])
    who = np.arange(4)
    known = Cases(who, np.array([second(day) for day in (3, 4, 20, 21)]), np.array([True, False, False, False]))
    now = Cases(who[:3], np.array([second(day) for day in (10, 25, 90)]), np.zeros(3, dtype=bool))
    assert foretell(panel, mine, known, now)[HAZARD].tolist() == [0.5, 0.0, 0.25]


# --- Figures and goals ---


def judged(forecast: list[float], labels: list[float], **others: list[float]) -> Judged:
    forecasts = {PRODUCT: np.array(forecast), **{name: np.array(values) for name, values in others.items()}}
    return Judged("2017-05-01", tuple(f"c{n}" for n in range(len(labels))), np.array(labels), forecasts)


def test_a_goal_of_each_origin_is_decided_by_the_worst() -> None:
    good = judged([0.9, 0.1], [1.0, 0.0], rfm=[0.5, 0.5])
    bad = judged([0.4, 0.6], [1.0, 0.0], rfm=[0.5, 0.5])
    mine = task(goals=(Goal("log_loss", 0.0, over=RFM, among="each"), Goal("roc_auc", 0.4, 0.9)))
    each, mean = reached(mine, [good, bad])
    assert each.floor is False
    assert each.value == pytest.approx(np.log(0.5) - np.log(0.4))
    assert (mean.value, mean.floor, mean.aim) == (0.5, True, False)


def test_a_goal_over_all_origins_together_compares_their_cases() -> None:
    first, second_ = judged([0.1, 0.1], [0.0, 0.0]), judged([0.9, 0.9], [1.0, 1.0])
    assert reached(task(goals=(Goal("roc_auc", 0.9, among="pooled"),)), [first, second_])[0].floor is True
    assert len(pooled([first, second_]).labels) == 4


def test_an_interval_holds_the_mean_over_the_origins() -> None:
    draw = np.random.default_rng(3)
    found = []
    for _ in range(2):
        p = draw.random(300)
        found.append(judged(p.tolist(), (draw.random(300) < p).astype(float).tolist(), rfm=draw.random(300).tolist()))
    sure = interval(found, "roc_auc")
    assert sure.low < sure.value < sure.high
    over = interval(found, "roc_auc", RFM)
    assert over.low > 0.1
    assert over.clusters == 300


def test_what_a_task_came_to_can_be_kept() -> None:
    kept = as_json(task(goals=(Goal("roc_auc", 0.9),)), [judged([0.9, 0.1], [1.0, 0.0])])
    assert kept["origins"][0]["methods"][PRODUCT]["roc_auc"] == 1.0
    assert kept["goals"] == [
        {"figure": "roc_auc", "over": None, "among": "mean", "floor": 0.9, "aim": None, "value": 1.0,
         "floor_met": True, "aim_met": None}
    ]  # fmt: skip


def test_by_the_grid_students_are_learnt_from_in_one_workspace() -> None:
    assert [each.name for each in chosen_tasks((), (), grid=True) if each.data == "oulad"] == ["oulad-live"]
    assert chosen_tasks(("oulad",), (), grid=True)[0].taught is None


def test_other_origins_can_be_asked_for() -> None:
    assert chosen_tasks(("cdnow",), ("1998-03-15",), grid=False)[0].origins == ("1998-03-15",)


# --- The checks ---


def signal(who: str, probability: float | None) -> Signal:
    forecast = None if probability is None else Forecast(START, probability, 0.0, 0.0, {})
    return Signal(who, "scored" if forecast else "insufficient_data", 30, forecast=forecast)


def test_who_has_no_number_gets_the_mean_and_is_counted() -> None:
    values, without = probabilities_of({"a": signal("a", 0.2), "b": signal("b", None), "c": signal("c", 0.4)}, "abcd")
    assert values.tolist() == pytest.approx([0.2, 0.3, 0.4, 0.3])
    assert without == 2


def test_silence_that_makes_many_look_safer_is_found_among_the_active() -> None:
    now = {who: signal(who, 0.5) for who in "abcd"}
    later = {"a": signal("a", 0.4), "b": signal("b", 0.6), "c": signal("c", 0.6), "d": signal("d", 0.1)}
    recency = {"a": 3.0, "b": 3.0, "c": 3.0, "d": 90.0}
    assert not silence_raises(now, later, recency).held
    assert silence_raises(now, {**later, "a": signal("a", 0.5)}, recency).held


def test_ordering_by_chance_is_near_a_half() -> None:
    assert by_chance(0.52).held
    assert not by_chance(0.55).held


def test_poison_lies_at_or_after_the_instant_and_can_be_taken_in() -> None:
    events = poison(["ada", "bo"], START, 500)
    assert min(datetime.fromisoformat(event["timestamp"]) for event in events) == START
    assert len({event["messageId"] for event in events}) == 500
    assert all(parse_event(event).customer_id for event in events)
