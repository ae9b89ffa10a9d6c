"""Tests on pairs: the same samples under two versions."""

from __future__ import annotations

from collections.abc import Sequence

from scipy.stats import binomtest


def mcnemar(better: int, worse: int) -> float:
    """The two-sided p of as many samples that changed for the better and for the worse (exact; McNemar, 1947).

    1.0 where nothing changed.
    """
    return float(binomtest(better, better + worse).pvalue) if better + worse else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values as they are after looking at all of them (Holm, 1979); in the order given."""
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted
