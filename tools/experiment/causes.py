"""Whether decisions allow any claim about causes, and if not, why."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tools.experiment.outcomes import Trial

#: Standard errors by which the mean weight may miss 1: by chance once in 15,000 arms.
_TOLERANCE = 4.0
#: Trials below which that mean is not looked at: its own error is not known then.
_LEAST_TRIALS = 100


def cause_of_doubt(trials: Sequence[Trial]) -> str | None:
    """Why nothing can be said of effects, in a sentence; None where it can."""
    if not trials:
        return "No decision's outcome is known yet."
    without = sum(trial.decision.propensity is None for trial in trials)
    if without:
        return (
            f"{without:,} of {len(trials):,} decisions have no propensity: who was chosen for what may itself be the "
            "reason for what came of it, so that no effect is claimed."
        )
    if all(trial.decision.propensity == 1 for trial in trials):
        return "Nothing was left to chance: without exploring, nobody knows what would have come of anything else."
    return _misfit(trials)


def _misfit(trials: Sequence[Trial]) -> str | None:
    """Whether some arm was chosen more or less often than the propensities say."""
    for arm in sorted({trial.arm for trial in trials}):
        possible = [trial for trial in trials if trial.had_chance(arm)]
        if len(possible) < _LEAST_TRIALS:
            continue
        times = _times_as_often(arm, possible)
        if times is not None:
            return (
                f"The propensities are not those by which was chosen: {arm!r} was chosen {times:.2f} times as often as "
                "they say, so that no effect is claimed."
            )
    return None


def _times_as_often(arm: str, possible: Sequence[Trial]) -> float | None:
    """The mean weight 1 / propensity of those chosen, where it is not 1 but for chance.

    By the propensities themselves its variance is that of as many coins, of which the sum of w * (w - 1) is an
    unbiased estimate.
    """
    weights = [1 / (trial.decision.propensity or 1) for trial in possible if trial.arm == arm]
    mean = sum(weights) / len(possible)
    error = math.sqrt(sum(weight * (weight - 1) for weight in weights)) / len(possible)
    return mean if abs(mean - 1) > _TOLERANCE * error else None
