"""How good forecasts were: the figures of a model's card, None where what happened does not define them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict

from tools.prediction.calibration import BINS, bin_numbers, brier, ece, ece_noise_floor, log_loss
from tools.prediction.ranking import auc, average_precision, lift_at_10

Floats = NDArray[np.float64]
#: Bars of the histogram of forecasts.
BARS = 20
#: Where the scale of a plot may end: of a rare outcome all forecasts are small.
_TOPS = (0.05, 0.1, 0.2, 0.4, 0.6, 0.8)
#: The standard normal quantile of 97.5%.
_Z = 1.959964


class Metrics(BaseModel):
    """Figures of `n` forecasts, `happened` of them true. Losses are in nats; `pr_auc` is average precision.

    Ranking needs both outcomes: without, `roc_auc`, `pr_auc` and `lift_at_10` are None; without forecasts all are.
    `ece_noise_floor` is what a perfect forecast would show on as many cases.
    """

    model_config = ConfigDict(frozen=True)

    n: int
    happened: int
    roc_auc: float | None
    pr_auc: float | None
    log_loss: float | None
    brier: float | None
    ece: float | None
    ece_noise_floor: float | None
    lift_at_10: float | None

    @property
    def rate(self) -> float | None:
        """The share in which the outcome came to pass."""
        return self.happened / self.n if self.n else None


class ReliabilityBin(BaseModel):
    """Forecasts of about the same height: their mean, and how often the outcome came, with its 95% interval."""

    model_config = ConfigDict(frozen=True)

    forecast: float
    observed: float
    n: int
    low: float
    high: float


def measure(probabilities: ArrayLike, labels: ArrayLike) -> Metrics:
    """The figures of forecasts (0..1) and what came (0, 1), both of shape (n,); raises ValueError for others."""
    values = _pairs(probabilities, labels)
    happened = int(values[:, 1].sum())
    of_any = bool(len(values))
    of_both = 0 < happened < len(values)

    def figure(statistic: Callable[[Floats, Floats], float], defined: bool) -> float | None:
        return statistic(values, np.ones(len(values))) if defined else None

    return Metrics(
        n=len(values),
        happened=happened,
        roc_auc=figure(auc, of_both),
        pr_auc=figure(average_precision, of_both),
        log_loss=figure(log_loss, of_any),
        brier=figure(brier, of_any),
        ece=figure(ece, of_any),
        ece_noise_floor=figure(ece_noise_floor, of_any),
        lift_at_10=figure(lift_at_10, of_both),
    )


def reliability(probabilities: ArrayLike, labels: ArrayLike) -> tuple[ReliabilityBin, ...]:
    """Bins of equal count, lowest forecasts first: those of the ECE, so fewer than BINS where many forecasts tie."""
    values = _pairs(probabilities, labels)
    if not len(values):
        return ()
    bins = bin_numbers(values[:, 0], np.ones(len(values)))
    return tuple(_bin(values[bins == number]) for number in range(BINS) if (bins == number).any())


def top_of(bins: Sequence[ReliabilityBin]) -> float:
    """The end of a scale from 0 that holds all bins with their intervals."""
    highest = max((max(each.forecast, each.high) for each in bins), default=1.0)
    return next((top for top in _TOPS if highest <= top), 1.0)


def histogram(probabilities: ArrayLike, top: float = 1.0) -> tuple[int, ...]:
    """How many forecasts lie in each of BARS equal parts of 0..top; what is above counts in the last."""
    held = np.minimum(np.asarray(probabilities, dtype=np.float64), top)
    counts, _ = np.histogram(held, bins=BARS, range=(0.0, top))
    return tuple(int(count) for count in counts)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95% score interval of a proportion, sound for few values too (Wilson, 1927); raises ValueError for n = 0."""
    if n == 0:
        raise ValueError("nothing was measured")
    share = hits / n
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def _bin(values: Floats) -> ReliabilityBin:
    low, high = wilson(int(values[:, 1].sum()), len(values))
    forecast, observed = (float(mean) for mean in values.mean(axis=0))
    return ReliabilityBin(forecast=forecast, observed=observed, n=len(values), low=low, high=high)


def _pairs(probabilities: ArrayLike, labels: ArrayLike) -> Floats:
    """Shape (n, 2): forecasts and labels side by side, each column by itself in memory."""
    p, y = np.asarray(probabilities, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    if p.ndim != 1 or p.shape != y.shape:
        raise ValueError(f"forecasts of shape {p.shape} and outcomes of shape {y.shape} are no pairs")
    if not ((p >= 0) & (p <= 1)).all() or not np.isin(y, (0.0, 1.0)).all():
        raise ValueError("a forecast lies in 0..1, and an outcome is 0 or 1")
    return np.asarray(np.stack([p, y]).T, dtype=np.float64)
