"""The figures of an item task: the product beside what sells at each origin, means with intervals, and goals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evals.backtest.item_cases import Case
from evals.backtest.item_tasks import ItemFigure, ItemGoal, ItemTask
from evals.backtest.recommenders import TRENDS
from evals.backtest.task_figures import PRODUCT, RESAMPLES, over_origins
from evals.stats.estimate import Estimate, estimate
from evals.stats.lists import hit_at, ndcg_at
from evals.stats.weighted import Floats, mean

K = 10
_COLUMNS: dict[ItemFigure, int] = {"hit": 0, "ndcg": 1}
Lists = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Scored:
    """The lists of each method for the same customers: hit and nDCG of each (cases, 2), and the share of the catalogue
    that is shown to anybody."""

    customers: tuple[str, ...]
    scores: Mapping[str, Floats]
    coverage: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Origin:
    """One origin: how many items were known, and the lists of all items (False) and of new ones (True)."""

    title: str
    catalogue: int
    parts: Mapping[bool, Scored]


@dataclass(frozen=True, slots=True)
class Reached:
    """A goal and what was reached, with its interval; `trend` is the best trend popularity, where it is compared."""

    goal: ItemGoal
    value: float
    sure: Estimate | None
    trend: str | None

    @property
    def floor(self) -> bool | None:
        return None if self.goal.floor is None else self.value >= self.goal.floor

    @property
    def aim(self) -> bool | None:
        return None if self.goal.aim is None else self.value >= self.goal.aim


def scored(cases: Sequence[Case], new: bool, lists: Mapping[str, Lists], catalogue: int) -> Scored:
    """The scores of lists that are parallel to the cases; who takes up nothing new is not judged by new items."""
    judged = [number for number, case in enumerate(cases) if case.wanted(new)]
    scores = {
        method: np.array(
            [
                (hit_at(K, found[number], wanted), ndcg_at(K, found[number], wanted))
                for number in judged
                for wanted in [cases[number].wanted(new)]
            ],
            dtype=np.float64,
        )
        for method, found in lists.items()
    }
    shown = {method: len({item for row in found for item in row[:K]}) / catalogue for method, found in lists.items()}
    return Scored(tuple(cases[number].customer for number in judged), scores, shown)


def mean_of(origins: Sequence[Origin], method: str, figure: ItemFigure, new: bool) -> float:
    """The mean over the origins."""
    parts = [origin.parts[new] for origin in origins]
    if figure == "coverage":
        return float(np.mean([part.coverage[method] for part in parts]))
    return float(np.mean([part.scores[method][:, _COLUMNS[figure]].mean() for part in parts]))


def best_trend(origins: Sequence[Origin], figure: ItemFigure, new: bool) -> str:
    """The trend popularity with the highest mean of this figure: chosen with hindsight, in its own favour."""
    return max(TRENDS, key=lambda name: mean_of(origins, name, figure, new))


def interval(origins: Sequence[Origin], figure: ItemFigure, new: bool, over: str | None = None) -> Estimate:
    """The mean over the origins, or that of the product by a method's; customers are drawn with all their cases."""
    column, methods = _COLUMNS[figure], [PRODUCT, *([over] if over else [])]
    parts = [origin.parts[new] for origin in origins]
    rows = [
        np.column_stack(
            [*(part.scores[name][:, column] for name in methods), np.full(len(part.customers), float(number))]
        )
        for number, part in enumerate(parts)
    ]
    customers = [customer for part in parts for customer in part.customers]
    statistic = _multiple if over else over_origins(mean)
    return estimate(np.concatenate(rows), customers, statistic, RESAMPLES)


def _multiple(values: Floats, weights: Floats) -> float:
    """Of values (own, other, origin) the mean over origins of own by that of other."""
    other = over_origins(mean)(values[:, 1:], weights)
    return over_origins(mean)(np.delete(values, 1, axis=1), weights) / other if other else float("nan")


def reached(task: ItemTask, origins: Sequence[Origin]) -> list[Reached]:
    """Every goal of the task with what was reached."""
    return [_reached(goal, origins) for goal in task.goals]


def _reached(goal: ItemGoal, origins: Sequence[Origin]) -> Reached:
    if goal.figure == "coverage":
        return Reached(goal, mean_of(origins, PRODUCT, "coverage", goal.new), None, None)
    over = best_trend(origins, goal.figure, goal.new) if goal.over_trend else None
    sure = interval(origins, goal.figure, goal.new, over)
    return Reached(goal, sure.value, sure, over)


def as_json(task: ItemTask, origins: Sequence[Origin]) -> dict[str, Any]:
    """The figures of a task, to be kept."""
    return {
        "task": task.name,
        "origins": [{"origin": origin.title, "catalogue": origin.catalogue, "lists": _lists(origin)}
                    for origin in origins],
        "goals": [
            {
                "figure": each.goal.figure,
                "new": each.goal.new,
                "over_trend": each.trend,
                "floor": each.goal.floor,
                "aim": each.goal.aim,
                "value": each.value,
                "interval": [each.sure.low, each.sure.high] if each.sure else None,
                "floor_met": each.floor,
                "aim_met": each.aim,
            }
            for each in reached(task, origins)
        ],
    }  # fmt: skip


def _lists(origin: Origin) -> dict[str, Any]:
    return {
        "new items" if new else "all items": {
            "n": len(part.customers),
            "methods": {
                method: {"hit": float(scores[:, 0].mean()), "ndcg": float(scores[:, 1].mean()),
                         "coverage": part.coverage[method]}
                for method, scores in part.scores.items()
            },
        }
        for new, part in origin.parts.items()
    }  # fmt: skip
