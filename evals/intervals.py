"""How sure a measured share is: 95% intervals."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 2_000
_SEED = 20260331
#: The standard normal quantile of 97.5%.
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Share:
    """A mean of `n` values in 0..1 with its 95% interval."""

    mean: float
    low: float
    high: float
    n: int


def bootstrap(values: Sequence[float], clusters: Sequence[str]) -> Share:
    """The mean with a percentile interval; whole clusters are drawn, for values of one customer hang together.

    Raises ValueError for no values.
    """
    if not values:
        raise ValueError("nothing was measured")
    by_cluster: defaultdict[str, list[float]] = defaultdict(list)
    for value, cluster in zip(values, clusters, strict=True):
        by_cluster[cluster].append(value)
    sums = np.array([sum(found) for found in by_cluster.values()])
    sizes = np.array([len(found) for found in by_cluster.values()])
    if set(values) in ({0.0}, {1.0}):
        # Nothing to resample, which is not to be sure: as many tries as there are clusters.
        same = wilson(round(values[0]) * len(sums), len(sums))
        return Share(same.mean, same.low, same.high, len(values))
    drawn = np.random.default_rng(_SEED).integers(len(sums), size=(RESAMPLES, len(sums)))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Share(float(np.mean(values)), float(low), float(high), len(values))


def wilson(hits: int, n: int) -> Share:
    """A proportion with its score interval, sound for few values too (Wilson, 1927); raises ValueError for n = 0."""
    if n == 0:
        raise ValueError("nothing was measured")
    share = hits / n
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
    return Share(share, max(0.0, middle - half), min(1.0, middle + half), n)
