"""When a customer's band counts as changed: not for every step over a threshold and back."""

from __future__ import annotations

from tools.churn import odds_of
from tools.prediction.bands import Band, band_of

#: How far beyond a threshold, in log-odds, a score has to be: about what a quiet weekend moves it.
MARGIN = 0.15


def settled_band(logit: float, probability: float, levels: tuple[float, float], before: Band | None) -> Band:
    """The band of a score, given the one before: it changes only where the score passes the threshold by MARGIN.

    `levels`: the probabilities from which the bands medium and high begin.
    """
    now = band_of(probability, levels)
    if before is None or before == now:
        return now
    medium, high = map(odds_of, levels)
    rank = {"low": 0, "medium": 1, "high": 2}
    sign = MARGIN if rank[now] > rank[before] else -MARGIN
    # With the thresholds moved away from where it comes from, as far as that the band is left.
    moved: Band = "high" if logit >= high + sign else "medium" if logit >= medium + sign else "low"
    further = rank[moved] > rank[before] if sign > 0 else rank[moved] < rank[before]
    return moved if further else before
