"""How far probabilities can be trusted. Values are (probability, label 0 or 1), each with a weight."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

#: A forecast that was certain and wrong costs 13.8 nats, not an infinite amount.
CLIP = 1e-6
BINS = 10
#: The expected value is known to about 3% of itself.
_SIMULATED = 64
_SEED = 20260331
#: From here on a bin holds so many labels that their sum is normal; drawing them would take memory for nothing.
_MANY = 200_000


def brier(values: Floats, weights: Floats) -> float:
    """The mean squared error of the probability (0..1, Brier, 1950)."""
    return float((values[:, 0] - values[:, 1]) ** 2 @ weights / weights.sum())


def log_loss(values: Floats, weights: Floats) -> float:
    """The mean negative log-likelihood in nats; probabilities are kept within CLIP of 0 and 1."""
    p = np.clip(values[:, 0], CLIP, 1 - CLIP)
    losses = -np.log(np.where(values[:, 1] > 0, p, 1 - p))
    return float(losses @ weights / weights.sum())


def ece(values: Floats, weights: Floats) -> float:
    """The expected calibration error (0..1): the mean gap between forecast and rate over BINS of equal count.

    Equal probabilities stay in one bin. Above 0 even for a perfect forecast (see `ece_noise_floor`), and higher in a
    resample, whose cases repeat: an interval reaches further up than down.
    """
    bins = bin_numbers(values[:, 0], weights)
    gaps = np.bincount(bins, weights * (values[:, 0] - values[:, 1]), minlength=BINS)
    return float(np.abs(gaps).sum() / weights.sum())


def ece_noise_floor(values: Floats, weights: Floats) -> float:
    """The ECE to expect if these probabilities were right, by drawing labels from them; the same on every call.

    The mean size of a normal sum is its spread times the root of 2 / pi, which stands for drawing where there are many.

    A weight of n stands for n cases with labels of their own.
    """
    p = values[:, 0].tobytes()
    order, _ = _sorted(p)
    bins = bin_numbers(values[:, 0], weights)[order]
    begins = np.flatnonzero(np.r_[True, np.diff(bins) != 0])
    if len(order) > _MANY:
        sorted_p, sizes = values[order, 0], weights[order]
        spread = np.sqrt(np.add.reduceat(sizes * sorted_p * (1 - sorted_p), begins))
        return float(spread.sum() * np.sqrt(2 / np.pi) / sizes.sum())
    # The spread of a sum of n labels grows with the root of n.
    gaps = np.add.reduceat(_drawn(p) * np.sqrt(weights[order]).astype(np.float32), begins, axis=1)
    return float(np.abs(gaps).sum(axis=1).mean() / weights.sum())


def bin_numbers(probabilities: Floats, weights: Floats) -> Places:
    """The bin (0..BINS-1) of each: by the middle of its rank among all, so that ties go together."""
    order, step = _sorted(probabilities.tobytes())
    ends = np.cumsum(np.bincount(step, weights[order]))
    middles = (np.r_[0.0, ends[:-1]] + ends) / 2 / ends[-1]
    bins = np.empty(len(order), dtype=np.intp)
    bins[order] = np.minimum((middles * BINS).astype(np.intp), BINS - 1)[step]
    return bins


@lru_cache(maxsize=16)
def _sorted(probabilities: bytes) -> tuple[Places, Places]:
    """The order, lowest first, and the number of each one's step of equal values; kept for the next resample."""
    p = np.frombuffer(probabilities)
    order = np.argsort(p, kind="stable")
    return order, np.cumsum(np.r_[False, np.diff(p[order]) != 0])


@lru_cache(maxsize=4)
def _drawn(probabilities: bytes) -> NDArray[np.float32]:
    """Probability less drawn label, (simulations, cases) with the lowest probability first."""
    p = np.sort(np.frombuffer(probabilities)).astype(np.float32)
    drawn = np.random.default_rng(_SEED).random((_SIMULATED, len(p)), dtype=np.float32) < p
    return np.asarray(p - drawn, dtype=np.float32)
