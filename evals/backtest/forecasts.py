"""What was forecast at each origin, as the log keeps it, and as rows that figures are computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the target said of one customer; `score` orders customers, `probability` is None where it gives none."""

    customer: str
    status: str
    score: float | None
    probability: float | None


@dataclass(frozen=True, slots=True)
class Backtest:
    """The forecasts of one workspace: (origin, what was said), oldest first; all are tested where `tested` is empty."""

    workspace: str
    horizon_days: int
    origins: tuple[tuple[str, tuple[Forecast, ...]], ...]
    tested: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One customer at one origin: what came of them, and what each method said.

    `scored`: the target gave a score of its own. `probabilities` of a method without its own are calibrated on
    earlier origins.
    """

    workspace: str
    customer: str
    as_of: str
    churned: bool
    scored: bool
    scores: dict[str, float]
    probabilities: dict[str, float]

    @property
    def key(self) -> str:
        return f"{self.workspace}/{self.as_of}/{self.customer}"

    @property
    def cluster(self) -> str:
        return f"{self.workspace}/{self.customer}"


def as_output(test: Backtest) -> dict[str, Any]:
    """As JSON, for the log."""
    return {
        "workspace": test.workspace,
        "horizon_days": test.horizon_days,
        "tested": list(test.tested),
        "origins": [
            {
                "as_of": as_of,
                "rows": [
                    {"customer": f.customer, "status": f.status, "score": f.score, "probability": f.probability}
                    for f in forecasts
                ],
            }
            for as_of, forecasts in test.origins
        ],
    }


def from_output(output: dict[str, Any]) -> Backtest:
    """The backtest that `as_output` wrote."""
    origins = tuple((origin["as_of"], tuple(Forecast(**row) for row in origin["rows"])) for origin in output["origins"])
    return Backtest(output["workspace"], output["horizon_days"], origins, tuple(output["tested"]))


def filled(forecasts: Sequence[Forecast], customers: Sequence[str]) -> list[float]:
    """A score for each customer; who was called churned comes first, who was not scored gets the median.

    A probability, where the target gives any, is the score. With no score at all everybody is equal.
    """
    said = {f.customer: f for f in forecasts}
    by_probability = any(f.probability is not None for f in forecasts)
    own = {c: f.probability if by_probability else f.score for c, f in said.items()}
    known = [value for c in customers if (value := own.get(c)) is not None]
    middle, top = (median(known), max(known)) if known else (0.0, 0.0)
    gone = 1.0 if by_probability else top + 1.0
    return [
        gone if c in said and said[c].status == "churned" else middle if (value := own.get(c)) is None else value
        for c in customers
    ]


def is_scored(forecast: Forecast | None) -> bool:
    """Whether the target said something about this customer that orders them among others."""
    return forecast is not None and (
        forecast.status == "churned" or forecast.score is not None or forecast.probability is not None
    )
