"""The prior moved towards the workspace's own customers: a shift, and a scale for each term, all drawn to the prior."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from tools.prediction.additive import Floats
from tools.prediction.prior import Spline, SplineModel

#: What moving away from the prior by 1 costs, in customers' log-likelihoods: the shift, all scales at once, one scale.
#: Measured: with them ten customers do no harm, and two thousand are heard.
_SHIFT, _SLOPE, _SCALE = 5.0, 20.0, 20.0
#: The base rate of an outcome that the prior is not about has to be learnt here.
_FREE_SHIFT = 0.01


def fit_offset(
    prior: SplineModel,
    features: Mapping[str, Floats],
    labels: NDArray[np.generic],
    groups: NDArray[np.int64],
    about: bool = True,
) -> SplineModel:
    """The least penalised log loss on rows (one customer at one instant each, `groups` says which), labels 0 or 1.

    A customer's rows share the weight of one: the same silence seen twice is hardly seen twice. No scale falls below 0,
    so that silence keeps its direction. `about`: whether the prior is about this outcome; if not, its terms only lend
    their shapes, and without evidence all scales are 0. Raises ValueError for no rows.
    """
    if not len(labels):
        raise ValueError("an offset needs rows to be fitted to")
    found, weight, happened = prior.contributions(features), _weights(groups), np.asarray(labels, dtype=np.float64)
    count = found.shape[1]
    # Around the workspace's own mean a change of the scales is no shift.
    middle = np.average(found, axis=0, weights=weight)
    moved = np.column_stack([np.ones(len(found)), found - middle])
    start = np.append(prior.intercept + middle.sum() if about else 0.0, np.full(count, 1.0 if about else 0.0))
    cost = _costs(count, _SHIFT if about else _FREE_SHIFT)

    def loss(theta: Floats) -> tuple[float, Floats]:
        odds, off = moved @ theta, theta - start
        # A slope that no exponential overflows in.
        slope = moved.T @ (weight * (np.exp(-np.logaddexp(0, -odds)) - happened))
        value = weight @ (np.logaddexp(0, odds) - happened * odds) + off @ cost @ off / 2
        return float(value), slope + cost @ off

    bounds = [(None, None), *[(0.0, None)] * count]
    theta = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return _scaled(prior, float(theta[0] - theta[1:] @ middle), theta[1:])


def _costs(count: int, shift: float) -> Floats:
    """The precision of (shift, scales): scales vary together by 1/_SLOPE, and each by 1/_SCALE."""
    costs = np.zeros((count + 1, count + 1))
    costs[0, 0] = shift
    costs[1:, 1:] = np.linalg.inv(np.full((count, count), 1 / _SLOPE) + np.eye(count) / _SCALE)
    return costs


def _scaled(prior: SplineModel, intercept: float, scales: Floats) -> SplineModel:
    splines = tuple(
        Spline(each.feature, each.knots, tuple(scale * score for score in each.scores), scale * each.missing)
        for each, scale in zip(prior.splines, scales.tolist(), strict=True)
    )
    return SplineModel(intercept, splines, prior.horizon_days)


def _weights(groups: NDArray[np.int64]) -> Floats:
    _, which, rows = np.unique(groups, return_inverse=True, return_counts=True)
    return np.asarray(1 / rows[which], dtype=np.float64)
