"""The churn signal of one customer: status, probability, band, what moved it, and the reasons with their events."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal

from memory.overrides import Word
from memory.record import Record
from memory.stages import StageChange
from tools.prediction.bands import Band
from tools.prediction.drivers import Driver
from tools.prediction.reasons import TROUBLE_DAYS
from tools.troubles import still_open

Status = Literal["scored", "prior", "insufficient_data", "churned", "training"]

#: Of a change of stage its last events are shown.
MAX_STAGE_EVIDENCE = 6


@dataclass(frozen=True, slots=True)
class Change:
    """What the score was at the last daily scoring before, and what its terms have added since, in log-odds."""

    since: datetime
    probability: float
    logit: float
    terms: dict[str, float]


@dataclass(frozen=True, slots=True)
class Forecast:
    """A model's numbers for one customer at an instant.

    `expected` and `own` are amounts over the horizon, `days` is the expected time to churn.
    """

    at: datetime
    probability: float
    logit: float
    intercept: float
    terms: dict[str, float]
    change: Change | None = None
    expected: float | None = None
    own: float | None = None
    days: float | None = None


@dataclass(frozen=True)
class Signal:
    """The churn signal of one customer; `reason` says why there is no number where there is none.

    `forecast` of a churned customer is that of when they left. `percentile` (0 to 100) ranks them in the workspace.
    """

    client_id: str
    status: Status
    horizon_days: int
    reason: str = ""
    forecast: Forecast | None = None
    band: Band | None = None
    percentile: float | None = None
    high_since: datetime | None = None
    model: str | None = None
    form: str | None = None
    trained_until: datetime | None = None
    #: Whether the model could not be trained; `reason` says why.
    failed: bool = False
    #: What an operator set by hand: the band is theirs then, the probability stays the model's.
    override: Word | None = None
    #: Made when asked for: of thousands of customers few are looked at.
    explain: Callable[[], tuple[Driver, ...]] = field(default=tuple, repr=False, compare=False)

    @cached_property
    def drivers(self) -> tuple[Driver, ...]:
        """What adds most first; with the intercept they add up to the score."""
        return self.explain()

    @property
    def probability(self) -> float | None:
        return self.forecast.probability if self.forecast else None

    @property
    def score(self) -> float | None:
        """Log-odds of customers who can still leave; None for all others, who are ranked by nothing."""
        return self.forecast.logit if self.forecast and self.status != "churned" else None


def overridden(signal: Signal, word: Word | None) -> Signal:
    """The signal with the band that an operator set; of who has left it is shown, and changes nothing."""
    if word is None or signal.status == "churned":
        return replace(signal, override=word)
    since = signal.high_since or word.made_at
    return replace(signal, override=word, band=word.band, high_since=since if word.band == "high" else None)


def at_risk(stages: Sequence[StageChange], signal: Signal) -> list[StageChange]:
    """The stages with `at_risk` on top when the signal is high."""
    if signal.high_since is None or not stages:
        return list(stages)
    raising = [driver for driver in signal.drivers if driver.direction == "raises"]
    evidence = tuple(dict.fromkeys(key for driver in raising for key in driver.evidence[-MAX_STAGE_EVIDENCE:]))
    since = max(signal.high_since, stages[-1].since)
    return [*stages, StageChange("at_risk", since, evidence[-MAX_STAGE_EVIDENCE:])]


def open_troubles(records: Sequence[Record], as_of: datetime) -> list[Record]:
    """Events of the last TROUBLE_DAYS that opened a trouble which nothing has settled since."""
    since = as_of - timedelta(days=TROUBLE_DAYS)
    return [record for record in still_open(records) if record.occurred_at >= since]


def odds_of(probability: float) -> float:
    """Log-odds of a probability in (0, 1)."""
    return math.log(probability / (1 - probability))
