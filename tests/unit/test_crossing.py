"""A band counts as changed only where the score passes its threshold by a margin."""

from __future__ import annotations

import math

import pytest

from tools.churn import odds_of
from tools.crossing import MARGIN, settled_band

LEVELS = (0.3, 0.6)
MEDIUM, HIGH = map(odds_of, LEVELS)
LITTLE, MUCH = MARGIN * 0.9, MARGIN * 1.1


def settled(logit: float, before: str | None) -> str:
    return settled_band(logit, 1 / (1 + math.exp(-logit)), LEVELS, before)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("logit", "before", "band"),
    [
        (HIGH + 0.01, None, "high"),
        (HIGH + LITTLE, "medium", "medium"),
        (HIGH + MUCH, "medium", "high"),
        (HIGH - LITTLE, "high", "high"),
        (HIGH - MUCH, "high", "medium"),
        (MEDIUM - LITTLE, "medium", "medium"),
        (MEDIUM - MUCH, "high", "low"),
        (HIGH + LITTLE, "low", "medium"),
        (MEDIUM - LITTLE, "high", "medium"),
        (HIGH + MUCH, "low", "high"),
    ],
)
def test_a_band_changes_where_its_threshold_is_passed_by_the_margin(
    logit: float, before: str | None, band: str
) -> None:
    assert settled(logit, before) == band


def test_a_score_that_swings_within_the_margin_never_changes_the_band() -> None:
    band: str | None = "low"
    for step in range(40):
        band = settled(MEDIUM + LITTLE * math.sin(step), band)
    assert band == "low"
