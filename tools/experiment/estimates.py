"""Estimates of trials as they are told: with errors, intervals and whether enough supports them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, Field

from memory.given import NOTHING
from tools.experiment.estimators import Estimated, Floats, difference, estimate
from tools.experiment.outcomes import Trial

#: Below this effective sample size an error is itself too unsure to be told.
LEAST_ESS = 50.0
_Z95 = 1.96


class Estimate(BaseModel):
    """A success rate: `ips` is unbiased, `snips` steadier; `ess` is how many equal trials they are worth."""

    trials: int
    ips: float
    ips_se: float
    snips: float
    snips_se: float
    ess: float
    supported: bool = Field(description=f"Whether `ess` is at least {LEAST_ESS:.0f}")


class Contrast(BaseModel):
    """How much more success there is than with nothing, with its 95 % interval; by SNIPS."""

    trials: int
    value: float
    se: float
    low: float
    high: float


def estimate_of(trials: Sequence[Trial], chosen_by_policy: Sequence[float]) -> Estimate | None:
    """The estimate of a policy on trials in which what it chooses had a chance; None where it was never chosen.

    Every trial has to have a propensity.
    """
    found = _estimated(trials, chosen_by_policy)
    if found is None:
        return None
    return Estimate(
        trials=found.trials, ips=found.ips, ips_se=found.ips_se, snips=found.snips, snips_se=found.snips_se,
        ess=found.ess, supported=found.ess >= LEAST_ESS,
    )  # fmt: skip


def contrast(arm: str, trials: Sequence[Trial]) -> tuple[Contrast | None, str | None]:
    """What an arm adds to NOTHING where both had a chance, or why that is not known."""
    both = [trial for trial in trials if trial.had_chance(arm) and trial.had_chance(NOTHING)]
    one, other = (np.array([float(trial.arm == each) for trial in both]) for each in (arm, NOTHING))
    if arm == NOTHING:
        return None, None
    if not both:
        return None, "Nobody could have been chosen for it and for nothing alike."
    for name, chosen in ((arm, one), (NOTHING, other)):
        found = _estimated(both, chosen)
        if found is None or found.ess < LEAST_ESS:
            worth = found.ess if found else 0.0
            return None, f"Too few decisions chose {name!r} by chance: they are worth {worth:.0f} equal ones."
    told = difference(_outcomes(both), one, other, _propensities(both), _customers(both))
    if told is None:
        return None, "Nobody was chosen for one of the two."
    value, error = told
    return Contrast(trials=len(both), value=value, se=error, low=value - _Z95 * error, high=value + _Z95 * error), None


def _estimated(trials: Sequence[Trial], chosen_by_policy: Sequence[float] | Floats) -> Estimated | None:
    if not trials:
        return None
    return estimate(_outcomes(trials), np.asarray(chosen_by_policy), _propensities(trials), _customers(trials))


def _outcomes(trials: Sequence[Trial]) -> Floats:
    return np.array([trial.success for trial in trials])


def _propensities(trials: Sequence[Trial]) -> Floats:
    return np.array([trial.decision.propensity for trial in trials], dtype=np.float64)


def _customers(trials: Sequence[Trial]) -> list[str]:
    return [trial.client_id for trial in trials]
