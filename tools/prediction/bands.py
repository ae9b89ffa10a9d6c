"""Bands: from which probability on a customer's risk is called medium or high."""

from __future__ import annotations

from typing import Literal

from memory.workspace import Bands

Band = Literal["low", "medium", "high"]

#: Without thresholds of one's own a band is told by how much the odds exceed those of the usual customer here.
MEDIUM_ODDS, HIGH_ODDS = 1.5, 3.0


def thresholds(bands: Bands, base_rate: float) -> tuple[float, float]:
    """The probabilities from which a band is medium and high: those set, or of so many times the usual odds."""
    odds = base_rate / (1 - base_rate) if 0 < base_rate < 1 else 1.0
    usual = [odds * times / (1 + odds * times) for times in (MEDIUM_ODDS, HIGH_ODDS)]
    medium = usual[0] if bands.medium is None else bands.medium
    high = usual[1] if bands.high is None else bands.high
    return (min(medium, high), high) if bands.medium is None else (medium, max(medium, high))


def band_of(probability: float, levels: tuple[float, float]) -> Band:
    """The band of a probability between these thresholds."""
    medium, high = levels
    return "high" if probability >= high else "medium" if probability >= medium else "low"
