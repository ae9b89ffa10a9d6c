"""Learns a step model: an explainable boosting machine of main effects, its bags grouped by customer."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.prediction.additive import Floats, StepModel, Steps
from tools.prediction.table import Bools, Ints


@dataclass(frozen=True, slots=True)
class Boosting:
    """How a boosting machine learns."""

    bags: int = 8
    held_out: float = 0.15
    bins: int = 64
    learning_rate: float = 0.05
    least_in_leaf: int = 50
    seed: int = 1


def fit_steps(
    features: Mapping[str, Floats],
    labels: Bools,
    groups: Ints,
    directions: Mapping[str, int] | None = None,
    settings: Boosting | None = None,
) -> StepModel:
    """The step model of these rows; a group (a customer) is wholly inside or outside of each bag.

    `directions`: 1 for a feature whose score may only rise with it, -1 only fall; others are free. Features that never
    vary, or repeat another, are left out. With one customer of a class there is nothing to stop by, and the rate is the
    whole model. Raises ValueError where there are no two classes.
    """
    settings = settings or Boosting()
    if not _two_classes(labels):
        raise ValueError("a boosting machine needs rows of both classes")
    bags, names = _bags(groups, labels, settings), _telling(features)
    if not names or not bags.shape[1]:
        rate = float(labels.mean())
        return StepModel(float(np.log(rate / (1 - rate))), ())
    matrix = np.column_stack([features[name] for name in names])
    machine = _machine(names, directions or {}, bags.shape[1], settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        machine.fit(matrix, labels.astype(np.int64), bags=bags)
    return _steps_of(machine, names)


def _machine(names: list[str], directions: Mapping[str, int], bags: int, settings: Boosting) -> Any:
    # Takes seconds, and only training needs it.
    from interpret.glassbox import ExplainableBoostingClassifier

    return ExplainableBoostingClassifier(
        feature_names=names,
        feature_types=["continuous"] * len(names),
        interactions=0,
        monotone_constraints=[directions.get(name, 0) for name in names],
        outer_bags=bags,
        max_bins=settings.bins,
        learning_rate=settings.learning_rate,
        min_samples_leaf=settings.least_in_leaf,
        random_state=settings.seed,
        n_jobs=1,
    )


def _telling(features: Mapping[str, Floats]) -> list[str]:
    """Names of the features that vary; of equal ones the first."""
    seen: dict[bytes, str] = {}
    for name, values in features.items():
        if _varies(values):
            seen.setdefault(blake2b(np.ascontiguousarray(values).tobytes()).digest(), name)
    return list(seen.values())


def _varies(values: Floats) -> bool:
    seen = values[~np.isnan(values)]
    return bool(len(seen)) and bool((seen != seen[0]).any() or len(seen) < len(values))


def _bags(groups: Ints, labels: Bools, settings: Boosting) -> NDArray[np.int8]:
    """1 to learn from, -1 to stop by; shape (rows, bags). Bags with one class on either side are left out."""
    own, number = np.unique(groups, return_inverse=True)
    rare = labels if 2 * labels.sum() < len(labels) else ~labels
    with_rare = np.bincount(number, weights=rare) > 0
    chance = np.random.default_rng(settings.seed).random((len(own), settings.bags))
    held = np.zeros(chance.shape, dtype=np.bool_)
    for part in (with_rare, ~with_rare):
        if part.any():
            held[part] = chance[part] < np.quantile(chance[part], settings.held_out, axis=0)
    outside = held[number]
    whole = [_two_classes(labels[out]) and _two_classes(labels[~out]) for out in outside.T]
    return np.where(outside[:, whole], -1, 1).astype(np.int8)


def _two_classes(labels: Bools) -> bool:
    return bool(labels.any() and not labels.all())


def _steps_of(machine: Any, names: list[str]) -> StepModel:
    found = []
    for (term,), scores in zip(machine.term_features_, machine.term_scores_, strict=True):
        # The last score is of values never seen, which numbers never are.
        found.append(_merged(names[term], machine.bins_[term][0], scores[:-1]))
    return StepModel(float(machine.intercept_[0]), tuple(found))


def _merged(name: str, cuts: Floats, scores: Floats) -> Steps:
    """The steps without cuts between equal scores."""
    kept = np.flatnonzero(np.diff(scores[1:]) != 0)
    known = scores[1:][np.concatenate([kept, [len(scores) - 2]])]
    return Steps(name, tuple(map(float, cuts[kept])), (float(scores[0]), *map(float, known)))
