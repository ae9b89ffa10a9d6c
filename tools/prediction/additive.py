"""A model whose log-odds are a sum: an intercept, and one contribution of each term. Our own JSON, scored in numpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Additive(Protocol):
    """Whatever gives log-odds as a sum. `terms` name what contributes; a term may read several features."""

    @property
    def intercept(self) -> float: ...

    @property
    def terms(self) -> tuple[str, ...]: ...

    def contributions(self, features: Mapping[str, Floats]) -> Floats:
        """Log-odds that each term adds, shape (rows, terms)."""

    def to_json(self) -> dict[str, Any]:
        """What `read_model` makes the same model of; its `kind` says which."""


@dataclass(frozen=True, slots=True)
class Steps:
    """One term of a step model: `scores[0]` where the feature is unknown, `scores[1 + k]` between cuts k - 1 and k."""

    feature: str
    cuts: tuple[float, ...]
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class StepModel:
    """Piecewise constant in every feature: what a boosting machine of main effects comes to."""

    intercept: float
    steps: tuple[Steps, ...]

    @property
    def terms(self) -> tuple[str, ...]:
        return tuple(step.feature for step in self.steps)

    def contributions(self, features: Mapping[str, Floats]) -> Floats:
        """Raises KeyError for a feature that is not given."""
        # Column by column in memory, as each is filled.
        found = np.empty((len(self.steps), _rows(features)), dtype=np.float64)
        for column, step in zip(found, self.steps, strict=True):
            values = features[step.feature]
            # A value on a cut belongs above it; one that is no number sorts last, and is looked up apart.
            place = np.searchsorted(np.array(step.cuts), values, side="right") + 1
            place[np.isnan(values)] = 0
            np.take(np.array(step.scores), place, out=column)
        return found.T

    def to_json(self) -> dict[str, Any]:
        steps = [{"feature": s.feature, "cuts": list(s.cuts), "scores": list(s.scores)} for s in self.steps]
        return {"kind": "steps", "intercept": self.intercept, "steps": steps}


def logits(model: Additive, contributions: Floats) -> Floats:
    """Log-odds of each row. Added term by term, so that a row's sum does not depend on how many rows there are."""
    total = np.full(len(contributions), model.intercept)
    for column in contributions.T:
        total += column
    return total


def probabilities(log_odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-log_odds)), dtype=np.float64)


def read_steps(data: Mapping[str, Any]) -> StepModel:
    """The step model that `to_json` wrote; raises KeyError, TypeError or ValueError for what is none."""
    steps = []
    for each in data["steps"]:
        step = Steps(str(each["feature"]), tuple(map(float, each["cuts"])), tuple(map(float, each["scores"])))
        if len(step.scores) != len(step.cuts) + 2 or list(step.cuts) != sorted(step.cuts):
            raise ValueError(f"the term {step.feature!r} is not whole")
        steps.append(step)
    return StepModel(float(data["intercept"]), tuple(steps))


def _rows(features: Mapping[str, Floats]) -> int:
    return len(next(iter(features.values()), ()))
