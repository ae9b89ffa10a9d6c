"""What an action or a policy achieves, estimated from decisions that were left to chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimated:
    """A mean outcome with its standard error; `ess` is how many equally weighted trials it is worth."""

    trials: int
    ips: float
    ips_se: float
    snips: float
    snips_se: float
    ess: float


def estimate(
    outcomes: Floats, chosen_by_policy: Floats, propensities: Floats, clusters: Sequence[str]
) -> Estimated | None:
    """IPS and SNIPS of a policy; None where it would never have chosen what was chosen.

    `chosen_by_policy` is the policy's probability of what was chosen in each trial. IPS is the mean of w * outcome,
    w = policy / propensity (Horvitz and Thompson 1952); SNIPS divides by the sum of w (Swaminathan and Joachims 2015),
    its error is by the delta method (Owen, Monte Carlo theory, methods and examples, 9.2). ESS is (sum w)^2 / sum w^2
    (Kong 1992). Standard errors are over customers, whose trials hang together.
    """
    weights = chosen_by_policy / propensities
    total = float(weights.sum())
    if not total:
        return None
    groups = _numbered(clusters)
    ips, snips = float((weights * outcomes).mean()), float((weights * outcomes).sum() / total)
    return Estimated(
        trials=len(outcomes),
        ips=ips,
        ips_se=_error(weights * outcomes - ips, groups) / len(outcomes),
        snips=snips,
        snips_se=_error(weights * (outcomes - snips), groups) / total,
        ess=total**2 / float((weights**2).sum()),
    )


def difference(
    outcomes: Floats, one: Floats, other: Floats, propensities: Floats, clusters: Sequence[str]
) -> tuple[float, float] | None:
    """How much more one policy achieves than another on the same trials, by SNIPS, and its standard error.

    None where either would never have chosen what was chosen.
    """
    first, second = one / propensities, other / propensities
    if not first.sum() or not second.sum():
        return None
    of_first = float((first * outcomes).sum() / first.sum())
    of_second = float((second * outcomes).sum() / second.sum())
    influence = first * (outcomes - of_first) / first.sum() - second * (outcomes - of_second) / second.sum()
    return of_first - of_second, _error(influence, _numbered(clusters))


def _error(influence: Floats, groups: NDArray[np.intp]) -> float:
    """The standard deviation of the sum over clusters."""
    sums = np.bincount(groups, weights=influence)
    few = len(sums) / (len(sums) - 1) if len(sums) > 1 else 1.0
    return float(np.sqrt(few * (sums**2).sum()))


def _numbered(clusters: Sequence[str]) -> NDArray[np.intp]:
    numbers = {name: number for number, name in enumerate(dict.fromkeys(clusters))}
    return np.array([numbers[name] for name in clusters], dtype=np.intp)
