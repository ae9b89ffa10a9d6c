"""What an action adds for whom: the chance of success with it, less that with nothing (a T-learner)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from memory.given import NOTHING
from tools.experiment.columns import Columns, Features, Floats, columns_of
from tools.experiment.logistic import Logistic, fit
from tools.experiment.outcomes import Trial

#: Outcomes that an arm needs: of a usual success rate of 10 % the error of its mean is then 1 %.
LEAST_OUTCOMES = 1_000
#: Successes, and failures, below which no regression is fitted.
_LEAST_OF_EACH = 20
_Z95 = 1.96


@dataclass(frozen=True, slots=True)
class Lift:
    """What is added to the probability of success, in (-1, 1), with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Uplift:
    """One regression for each arm, on the same columns; NOTHING is among them."""

    columns: Columns
    arms: dict[str, Logistic]

    @property
    def actions(self) -> tuple[str, ...]:
        """The arms that have a lift."""
        return tuple(sorted(arm for arm in self.arms if arm != NOTHING))

    def lift(self, action: str, features: Features) -> Lift | None:
        """What this action adds for a customer with these features; None where too little is known of it."""
        if action not in self.actions:
            return None
        rows = self.columns.table([features])
        value = float(self.lifts(action, rows)[0])
        error = math.sqrt(float((self.arms[action].variance(rows) + self.arms[NOTHING].variance(rows))[0]))
        return Lift(value, max(-1.0, value - _Z95 * error), min(1.0, value + _Z95 * error))

    def lifts(self, action: str, rows: Floats) -> Floats:
        """What it adds for each row of standardised features."""
        return self.arms[action].chance(rows) - self.arms[NOTHING].chance(rows)

    def best(self, trials: Sequence[Trial]) -> list[str]:
        """For each trial the eligible arm that adds most; NOTHING where none adds anything."""
        rows = self.columns.table([trial.decision.features for trial in trials])
        added = {NOTHING: np.zeros(len(trials))} | {action: self.lifts(action, rows) for action in self.actions}
        return [
            max(
                (arm for arm in (NOTHING, *trial.decision.eligible) if arm in added),
                key=lambda arm: (added[arm][at], arm == NOTHING, arm),
            )
            for at, trial in enumerate(trials)
        ]


def learn(trials: Iterable[Trial], least: int = LEAST_OUTCOMES) -> Uplift | None:
    """Learn from trials in which NOTHING could have been chosen; None unless it and another arm have `least` of them.

    One regression an arm (the T-learner of Kuenzel et al. 2019), unweighted: given the features and what was eligible,
    chance alone decided.
    """
    by_arm: defaultdict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        if trial.had_chance(NOTHING):
            by_arm[trial.arm].append(trial)
    enough = {arm: of_arm for arm, of_arm in sorted(by_arm.items()) if _is_enough(of_arm, least)}
    if NOTHING not in enough or len(enough) == 1:
        return None
    columns = columns_of([trial.decision.features for of_arm in enough.values() for trial in of_arm])
    return Uplift(columns, {arm: _fitted(columns, of_arm) for arm, of_arm in enough.items()})


def _is_enough(trials: Sequence[Trial], least: int) -> bool:
    successes = sum(trial.success for trial in trials)
    return len(trials) >= least and min(successes, len(trials) - successes) >= _LEAST_OF_EACH


def _fitted(columns: Columns, trials: Sequence[Trial]) -> Logistic:
    rows = columns.table([trial.decision.features for trial in trials])
    return fit(rows, np.array([trial.success for trial in trials]))
