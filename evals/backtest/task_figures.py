"""The figures of a task: the product beside the yardsticks at each origin, the mean with intervals, and the goals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evals.backtest.tasks import HIGHER_IS_BETTER, Figure, Goal, Task
from evals.stats.estimate import Estimate, estimate
from evals.stats.weighted import Floats, Statistic, paired
from tools.prediction.calibration import ece, ece_noise_floor, log_loss
from tools.prediction.ranking import auc, lift_at_10

PRODUCT = "product"
STATISTICS: dict[Figure, Statistic] = {"roc_auc": auc, "log_loss": log_loss, "ece": ece, "lift_at_10": lift_at_10}
#: Enough for two digits of an interval; of tens of thousands of cases more take minutes.
RESAMPLES = 400


@dataclass(frozen=True, slots=True)
class Judged:
    """One origin: who was judged, what came to pass, what each method gave; `without` got no number of their own."""

    origin: str
    customers: tuple[str, ...]
    labels: Floats
    forecasts: Mapping[str, Floats]
    without: int = 0
    form: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Reached:
    """A goal and what was reached; `floor` and `aim` are None where the goal names none."""

    goal: Goal
    value: float
    floor: bool | None
    aim: bool | None


def figures_of(labels: Floats, forecast: Floats) -> dict[Figure, float]:
    """The figures of one method's probabilities."""
    values = np.column_stack([forecast, labels])
    return {name: statistic(values, np.ones(len(values))) for name, statistic in STATISTICS.items()}


def noise_floor(judged: Judged) -> float:
    """The ECE to expect of a perfect forecast of this size."""
    values = np.column_stack([judged.forecasts[PRODUCT], judged.labels])
    return ece_noise_floor(values, np.ones(len(values)))


def mean_of(found: Sequence[Judged], method: str, figure: Figure) -> float:
    """The mean over the origins."""
    return float(np.mean([figures_of(each.labels, each.forecasts[method])[figure] for each in found]))


def pooled(found: Sequence[Judged]) -> Judged:
    """The cases of all origins as if they were of one."""
    forecasts = {name: np.concatenate([each.forecasts[name] for each in found]) for name in found[0].forecasts}
    customers = tuple(customer for each in found for customer in each.customers)
    return Judged("all", customers, np.concatenate([each.labels for each in found]), forecasts)


def interval(found: Sequence[Judged], figure: Figure, over: str | None = None) -> Estimate:
    """The mean over the origins, or that of the product less a yardstick; customers are drawn with all their cases."""
    columns = [PRODUCT, *([over] if over else [])]
    cases = [
        np.column_stack([*(each.forecasts[name] for name in columns), each.labels, np.full(len(each.labels), number)])
        for number, each in enumerate(found)
    ]
    statistic = paired(STATISTICS[figure]) if over else STATISTICS[figure]
    customers = [customer for each in found for customer in each.customers]
    return estimate(np.concatenate(cases), customers, over_origins(statistic), RESAMPLES)


def over_origins(statistic: Statistic) -> Statistic:
    """The mean of a statistic over the groups that the last column numbers, each origin alike."""

    def mean(values: Floats, weights: Floats) -> float:
        group = values[:, -1]
        each = [statistic(values[group == number, :-1], weights[group == number]) for number in np.unique(group)]
        return float(np.mean(each))

    return mean


def reached(task: Task, found: Sequence[Judged]) -> list[Reached]:
    """Every goal of the task with what was reached; of a goal for each origin the worst."""
    return [_reached(goal, found) for goal in task.goals]


def as_json(task: Task, found: Sequence[Judged]) -> dict[str, Any]:
    """The figures of a task, to be kept."""
    return {
        "task": task.name,
        "origins": [
            {
                "origin": each.origin,
                "n": len(each.labels),
                "rate": float(each.labels.mean()),
                "without_a_number": each.without,
                "form": each.form,
                "version": each.version,
                "ece_noise_floor": noise_floor(each),
                "methods": {name: figures_of(each.labels, values) for name, values in each.forecasts.items()},
            }
            for each in found
        ],
        "goals": [
            {
                "figure": each.goal.figure,
                "over": each.goal.over,
                "among": each.goal.among,
                "floor": each.goal.floor,
                "aim": each.goal.aim,
                "value": each.value,
                "floor_met": each.floor,
                "aim_met": each.aim,
            }
            for each in reached(task, found)
        ],
    }


def _reached(goal: Goal, found: Sequence[Judged]) -> Reached:
    sign = 1 if HIGHER_IS_BETTER[goal.figure] else -1
    value = min((_value(goal, cases) for cases in _sets(goal, found)), key=lambda value: sign * value)
    return Reached(goal, value, _met(value, goal.floor, sign), _met(value, goal.aim, sign))


def _sets(goal: Goal, found: Sequence[Judged]) -> Sequence[Sequence[Judged]]:
    if goal.among == "each":
        return [[each] for each in found]
    return [[pooled(found)]] if goal.among == "pooled" else [found]


def _value(goal: Goal, found: Sequence[Judged]) -> float:
    own = mean_of(found, PRODUCT, goal.figure)
    return own - mean_of(found, goal.over, goal.figure) if goal.over else own


def _met(value: float, least: float | None, sign: int) -> bool | None:
    return None if least is None else bool(sign * value >= sign * least)
