"""How sure a figure is: 95% intervals, by resampling whole clusters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from evals.stats.weighted import Floats, Statistic, mean
from tools.prediction.metrics import wilson as interval

RESAMPLES = 2_000
SEED = 20260331
#: Below this share of resamples in which a statistic is defined, its interval would be of other cases than it says.
_MIN_DEFINED = 0.9


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure of `n` cases in `clusters` clusters, with its 95% interval; NaN where it is not defined."""

    value: float
    low: float
    high: float
    n: int
    clusters: int


def estimate(
    values: Floats, clusters: Sequence[str], statistic: Statistic = mean, resamples: int = RESAMPLES
) -> Estimate:
    """A statistic with its percentile interval; whole clusters are drawn, for cases of one customer hang together.

    `values` are (cases, columns). Raises ValueError for no cases.
    """
    if not len(values):
        raise ValueError("nothing was measured")
    groups, count = _numbered(clusters)
    value = statistic(values, np.ones(len(values)))
    if statistic is mean and len(set(values[:, 0])) == 1 and value in (0.0, 1.0):
        # Nothing to resample, which is not to be sure: as many tries as there are clusters.
        same = wilson(round(value) * count, count)
        return Estimate(value, same.low, same.high, len(values), count)
    if statistic is mean:
        low, high = _mean_interval(values[:, 0], groups, count)
    else:
        low, high = _interval(groups, count, lambda weights: statistic(values, weights), resamples)
    return Estimate(value, low, high, len(values), count)


def difference(new: Floats, old: Floats, clusters: Sequence[str], statistic: Statistic = mean) -> Estimate:
    """New less old, on the same cases in the same order: both are seen in the same resamples.

    Without an interval (NaN) where they differ in the only cluster there is.
    """
    if not len(new):
        raise ValueError("nothing was measured")
    groups, count = _numbered(clusters)
    ones = np.ones(len(new))
    value = statistic(new, ones) - statistic(old, ones)
    if np.array_equal(new, old, equal_nan=True):
        return Estimate(0.0, 0.0, 0.0, len(new), count)
    if count == 1:
        low = high = float("nan")
    elif statistic is mean:
        low, high = _mean_interval(new[:, 0] - old[:, 0], groups, count)
    else:
        low, high = _interval(groups, count, lambda weights: statistic(new, weights) - statistic(old, weights))
    return Estimate(value, low, high, len(new), count)


def wilson(hits: int, n: int) -> Estimate:
    """A proportion with its score interval, sound for few values too (Wilson, 1927); raises ValueError for n = 0."""
    low, high = interval(hits, n)
    return Estimate(hits / n, low, high, n, n)


def _numbered(clusters: Sequence[str]) -> tuple[np.ndarray, int]:
    names, groups = np.unique(np.asarray(clusters, dtype=object).astype(str), return_inverse=True)
    return groups, len(names)


def _interval(
    groups: np.ndarray, count: int, of_weights: Callable[[Floats], float], resamples: int = RESAMPLES
) -> tuple[float, float]:
    """The 2.5% and 97.5% quantiles over resamples."""
    found = np.array([of_weights(drawn[groups]) for drawn in _resamples(count, resamples)])
    if np.isnan(found).mean() > 1 - _MIN_DEFINED:
        return float("nan"), float("nan")
    low, high = np.nanquantile(found, [0.025, 0.975])
    return float(low), float(high)


def _mean_interval(values: Floats, groups: np.ndarray, count: int) -> tuple[float, float]:
    """The same for means, all resamples at once: most figures are means."""
    sums, sizes = np.bincount(groups, values, count), np.bincount(groups, minlength=count)
    drawn = _resamples(count)
    low, high = np.quantile((drawn @ sums) / (drawn @ sizes), [0.025, 0.975])
    return float(low), float(high)


@lru_cache(maxsize=4)
def _resamples(count: int, resamples: int = RESAMPLES) -> Floats:
    """How often each cluster is drawn in each resample; the same on every run."""
    draw = np.random.default_rng(SEED)
    return np.stack([np.bincount(draw.integers(count, size=count), minlength=count) for _ in range(resamples)]).astype(
        np.float64
    )
