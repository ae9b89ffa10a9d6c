"""How well a score puts those to whom it happened first.

Values are (score, label 0 or 1) or (score, label, group); higher scores come first. With groups, scores are compared
inside each group only, and the figure is the mean over groups by their weight, without those where it is not defined.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

_TOP = 0.1


def auc(values: Floats, weights: Floats) -> float:
    """The area under the ROC curve: how often a case with the label has the higher score; a tie is half (0..1)."""
    steps = _steps(values, weights)
    ahead = steps.total(steps.others) - steps.up_to(steps.others) + steps.others / 2
    pairs = steps.sums(steps.hits) * steps.sums(steps.others)
    return steps.mean(_ratio(steps.sums(steps.hits * ahead), pairs))


def average_precision(values: Floats, weights: Floats) -> float:
    """The area under the precision-recall curve as a sum of steps (0..1); equal scores are one step."""
    steps = _steps(values, weights)
    precision = np.nan_to_num(_ratio(steps.up_to(steps.hits), steps.up_to(steps.sizes)))
    return steps.mean(_ratio(steps.sums(steps.hits * precision), steps.sums(steps.hits)))


def lift_at_10(values: Floats, weights: Floats) -> float:
    """The label's rate in the first tenth over its rate among all; of those who tie at the cut, their share."""
    steps = _steps(values, weights)
    room = _TOP * steps.total(steps.sizes) - (steps.up_to(steps.sizes) - steps.sizes)
    share = np.clip(np.nan_to_num(_ratio(room, steps.sizes)), 0.0, 1.0)
    return steps.mean(_ratio(steps.sums(steps.hits * share) / _TOP, steps.sums(steps.hits)))


@dataclass(frozen=True, slots=True)
class _Steps:
    """The weight with and without the label at each distinct score, highest first, group after group."""

    hits: Floats
    others: Floats
    starts: Places
    group: Places

    @property
    def sizes(self) -> Floats:
        return self.hits + self.others

    def sums(self, of: Floats) -> Floats:
        """One sum a group."""
        return np.asarray(np.add.reduceat(of, self.starts))

    def total(self, of: Floats) -> Floats:
        """At each step the sum of its group."""
        return self.sums(of)[self.group]

    def up_to(self, of: Floats) -> Floats:
        """At each step the sum of its group so far, the step included."""
        running = np.cumsum(of)
        return np.asarray(running - (running - of)[self.starts][self.group])

    def mean(self, of_groups: Floats) -> float:
        sizes = np.where(np.isnan(of_groups), 0.0, self.sums(self.sizes))
        whole = sizes.sum()
        return float(sizes @ np.nan_to_num(of_groups) / whole) if whole else float("nan")


def _steps(values: Floats, weights: Floats) -> _Steps:
    groups = values[:, 2].tobytes() if values.shape[1] > 2 else None
    order, firsts, starts, group = _sorted(values[:, 0].tobytes(), groups)
    labels, weights = values[order, 1], weights[order]
    hits = np.add.reduceat(weights * labels, firsts)
    return _Steps(hits, np.add.reduceat(weights * (1 - labels), firsts), starts, group)


@lru_cache(maxsize=16)
def _sorted(scores: bytes, groups: bytes | None) -> tuple[Places, Places, Places, Places]:
    """The order, where in it each step begins, the first step of each group, and the group of each step.

    Kept, because every resample of the same cases asks for it again.
    """
    score = np.frombuffer(scores)
    group = np.frombuffer(groups) if groups is not None else np.zeros(len(score))
    order = np.lexsort((-score, group))
    new_group = np.r_[True, np.diff(group[order]) != 0]
    firsts = np.flatnonzero(new_group | np.r_[True, np.diff(score[order]) != 0])
    of_step = new_group[firsts]
    return order, firsts, np.flatnonzero(of_step), np.cumsum(of_step) - 1


def _ratio(above: Floats, below: Floats) -> Floats:
    """NaN where there is nothing to divide by."""
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)
