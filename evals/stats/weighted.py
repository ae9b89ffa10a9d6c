"""Statistics of weighted cases: what a figure is computed with, on the sample itself and on each resample of it.

A resample of a bootstrap draws a case n times; here it weighs n. So nothing is copied, and what must be sorted is
sorted once for each call.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: (values, weights) -> the statistic; values are (cases, columns), weights (cases,), not all 0. NaN: not defined.
Statistic = Callable[[Floats, Floats], float]


def mean(values: Floats, weights: Floats) -> float:
    """The mean of the first column."""
    return float(values[:, 0] @ weights / weights.sum())


def paired(statistic: Statistic) -> Statistic:
    """The statistic of a less that of b on the same cases, of values (a, b, label) or (a, b, label, group)."""

    def less(values: Floats, weights: Floats) -> float:
        return statistic(np.delete(values, 1, axis=1), weights) - statistic(values[:, 1:], weights)

    return less
