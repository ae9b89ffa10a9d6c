"""The prior: what silence means for customers of whom little is known yet, from ratios that have no unit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tools.prediction.additive import Floats
from tools.prediction.outcome import Outcome
from tools.prediction.table import Bools

#: Windows that features count active days in.
WINDOWS = (7, 14, 30, 60, 90, 180)
_LEARNT = Path(__file__).with_name("prior.json")
#: Logarithms are rounded, so that a row's value does not hang on how many rows are computed at once.
_DIGITS = 9
_UNKNOWN = np.float64("nan")
#: Half the day in which silence is told.
_HALF_DAY = 0.5
#: A new customer's rate is drawn towards one active day in this share of the horizon.
_SETTLING = 0.5

#: Unit-free feature -> how silence moves it: 1 up, -1 down, 0 not at all. The prior rises, falls or is free with it.
SILENCE = {
    "active_days": 0,
    "recency_over_horizon": 1,
    "recency_over_horizon_once": 1,
    "recency_over_gap": 1,
    "recency_over_longest": 1,
    "recency_over_tenure": 1,
    "rate_times_horizon": -1,
    "horizon_over_gap": 0,
    "span_over_horizon": 0,
    "gap_spread_over_gap": 0,
    "last_gap_over_gap": 0,
    "trend": -1,
    "overdue": 1,
}


def unit_free(features: Mapping[str, Floats], horizon_days: int) -> dict[str, Floats]:
    """Ratios of `make_features`' numbers to each other and to the horizon, most as logarithms; NaN where unknown.

    Raises ValueError for a horizon below one day, KeyError for a feature that is not given.
    """
    if horizon_days < 1:
        raise ValueError("the horizon must be at least one day")
    horizon, count = float(horizon_days), features["active_days"]
    recency, tenure = features["recency_days"], features["tenure_days"]
    seen, again = count > 0, count > 1
    span = np.maximum(tenure - recency, 0.0)
    gap = np.maximum(features["gap_mean_days"], 1.0)
    longest = np.maximum(features["gap_longest_days"], 1.0)
    silent = recency + _HALF_DAY
    window = min(WINDOWS, key=lambda days: abs(np.log(days / horizon)))
    # What the window would hold had the customer kept the pace of their active time.
    expected = count * np.minimum(window / np.maximum(span, 1.0), 1.0)
    fixed = _SETTLING * horizon
    return {
        "active_days": _log(count, seen),
        "recency_over_horizon": _log(silent / horizon, again),
        "recency_over_horizon_once": _log(silent / horizon, seen & ~again),
        "recency_over_gap": _log(silent / gap, again),
        "recency_over_longest": _log(silent / longest, again),
        "recency_over_tenure": _round(recency / np.maximum(tenure, 1.0), again),
        "rate_times_horizon": _log(count * horizon / (tenure + fixed), seen),
        "horizon_over_gap": _log(horizon / gap, again),
        "span_over_horizon": _log((span + 1.0) / horizon, again),
        "gap_spread_over_gap": _round(features["gap_spread_days"] / gap, count > 2),
        "last_gap_over_gap": _log(np.maximum(features["gap_last_days"], 1.0) / gap, count > 2),
        "trend": _log((features[f"active_days_{window}"] + 1.0) / (expected + 1.0), seen),
        # The surprise at this silence, had they kept their pace: of BG/NBD's odds of being gone.
        "overdue": _log(count * _log((tenure + fixed) / (span + fixed), seen) + 0.01, seen),
    }


@dataclass(frozen=True, slots=True)
class Spline:
    """One term: `scores` at `knots`, straight lines between, level outside; `missing` where the feature is unknown."""

    feature: str
    knots: tuple[float, ...]
    scores: tuple[float, ...]
    missing: float

    def __call__(self, values: Floats) -> Floats:
        # Written out: each value by the same operations, however many there are.
        knots, scores = np.array(self.knots), np.array(self.scores)
        slopes = np.append(np.diff(scores) / np.diff(knots), 0.0)
        unknown = np.isnan(values)
        inside = np.clip(np.where(unknown, knots[0], values), knots[0], knots[-1])
        place = np.searchsorted(knots, inside, side="right") - 1
        return np.where(unknown, self.missing, scores[place] + slopes[place] * (inside - knots[place]))


@dataclass(frozen=True, slots=True)
class SplineModel:
    """Piecewise linear in every unit-free feature; works for the horizon that it is made for, from one event on."""

    intercept: float
    splines: tuple[Spline, ...]
    horizon_days: int

    @property
    def terms(self) -> tuple[str, ...]:
        return tuple(spline.feature for spline in self.splines)

    def contributions(self, features: Mapping[str, Floats]) -> Floats:
        """Raises KeyError for a feature that is not given."""
        ratios = unit_free(features, self.horizon_days)
        found = np.empty((len(self.splines), len(features["active_days"])), dtype=np.float64)
        for column, spline in zip(found, self.splines, strict=True):
            column[:] = spline(ratios[spline.feature])
        return found.T

    def to_json(self) -> dict[str, Any]:
        splines = [
            {"feature": s.feature, "knots": list(s.knots), "scores": list(s.scores), "missing": s.missing}
            for s in self.splines
        ]
        return {
            "kind": "splines",
            "intercept": self.intercept,
            "horizon_days": self.horizon_days,
            "splines": splines,
        }


def shipped_prior(horizon_days: int) -> SplineModel:
    """P(no activity in the horizon) as made-up populations of many kinds taught it; raises ValueError below one day."""
    return read_splines({**_learnt(), "horizon_days": horizon_days})


def centred(model: SplineModel, middle: Floats) -> SplineModel:
    """The same model, told from the usual customer: `middle` (terms,) of each term moves into the intercept."""
    moved = middle.tolist()
    splines = tuple(
        Spline(each.feature, each.knots, tuple(score - usual for score in each.scores), each.missing - usual)
        for each, usual in zip(model.splines, moved, strict=True)
    )
    return SplineModel(model.intercept + sum(moved), splines, model.horizon_days)


def reverse(model: SplineModel) -> SplineModel:
    """The model of the opposite outcome."""
    splines = tuple(
        Spline(each.feature, each.knots, tuple(-score for score in each.scores), -each.missing)
        for each in model.splines
    )
    return SplineModel(-model.intercept, splines, model.horizon_days)


def prior_for(outcome: Outcome) -> SplineModel | None:
    """What is expected without evidence: of silence the prior, of a repeat purchase its reverse; of the rest nothing.

    Of a repeat purchase the features have to be made with purchases as the activity. How likely a first purchase or a
    cancellation is, no other workspace can tell.
    """
    if outcome.name == "churn" and not outcome.happens:
        return shipped_prior(outcome.horizon_days)
    if outcome.name == "repeat_purchase":
        return reverse(shipped_prior(outcome.horizon_days))
    return None


def read_splines(data: Mapping[str, Any]) -> SplineModel:
    """The model that `to_json` wrote; raises KeyError, TypeError or ValueError for what is none."""
    splines = []
    for each in data["splines"]:
        knots, scores = tuple(map(float, each["knots"])), tuple(map(float, each["scores"]))
        if each["feature"] not in SILENCE or len(knots) != len(scores) or list(knots) != sorted(set(knots)):
            raise ValueError(f"the term {each['feature']!r} is not whole")
        splines.append(Spline(str(each["feature"]), knots, scores, float(each["missing"])))
    horizon_days = int(data["horizon_days"])
    if horizon_days < 1:
        raise ValueError("the horizon must be at least one day")
    return SplineModel(float(data["intercept"]), tuple(splines), horizon_days)


@cache
def _learnt() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_LEARNT.read_text(encoding="utf-8"))
    return found


def _log(values: Floats, known: Bools) -> Floats:
    return np.where(known, np.round(np.log(np.where(known, values, 1.0)), _DIGITS), _UNKNOWN)


def _round(values: Floats, known: Bools) -> Floats:
    return np.where(known, np.round(values, _DIGITS), _UNKNOWN)
