"""How good a list of suggestions is: hits, order, and how much of a catalogue all lists show."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np

from evals.stats.weighted import Floats

#: In a row of `coverage`: no item.
NOTHING = -1.0


def hit_at(k: int, found: Sequence[str], wanted: Collection[str]) -> float:
    """1 if any of the first k is wanted, else 0."""
    return float(any(item in wanted for item in found[:k]))


def ndcg_at(k: int, found: Sequence[str], wanted: Collection[str]) -> float:
    """The discounted gain of the first k over the best possible one (0..1; wanted or not; Järvelin, 2002).

    Raises ValueError where nothing is wanted.
    """
    if not wanted:
        raise ValueError("nothing is wanted")
    gain = sum(1 / math.log2(place + 2) for place, item in enumerate(found[:k]) if item in wanted)
    return gain / sum(1 / math.log2(place + 2) for place in range(min(k, len(wanted))))


def coverage(values: Floats, weights: Floats) -> float:
    """The share (0..1) of a catalogue that the lists show; rows are (size of catalogue, item number, …, NOTHING, …).

    A resample holds only some 63% of the lists, each perhaps more than once. What the others would add is estimated
    from how many items were shown once, twice, … (Good and Toulmin, 1956); on the lists themselves it adds nothing.
    """
    seen = values[weights > 0]
    items = seen[:, 1:].ravel()
    shown = np.bincount(items[items >= 0].astype(np.intp))
    times = np.bincount(shown)[1:]
    step = min(1.0, len(values) / len(seen) - 1)
    signs = -((-step) ** np.arange(1, len(times) + 1))
    return float(min(1.0, (times.sum() + signs @ times) / values[0, 0]))
