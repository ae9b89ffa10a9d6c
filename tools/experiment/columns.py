"""Features of many decisions as one table of numbers, standardised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Features = Mapping[str, float]

#: Of a value that fewer have, nothing is learnt; and of more names than this, those that most have.
_LEAST, _MOST = 50, 60


@dataclass(frozen=True, slots=True)
class Columns:
    """The names that are learnt from, in order, with mean and scale of each."""

    names: tuple[str, ...]
    means: Floats
    scales: Floats

    def table(self, features: Sequence[Features]) -> Floats:
        """(decisions, names), 0 being the mean: a number that is not known is the mean, a text not said is absent."""
        plain = np.array([[each.get(name, _absent(name)) for name in self.names] for each in features])
        plain = plain.reshape(len(features), len(self.names))
        return np.nan_to_num((plain - self.means) / self.scales)


def columns_of(features: Sequence[Features]) -> Columns:
    """The columns of these decisions; those that are the same for all say nothing, and are left out."""
    having = Counter(name for each in features for name in each)
    often = sorted((name for name in having if having[name] >= _LEAST), key=lambda name: (-having[name], name))
    names = sorted(often[:_MOST])
    plain = np.array([[each.get(name, _absent(name)) for name in names] for each in features])
    plain = plain.reshape(len(features), len(names))
    means, scales = np.nanmean(plain, axis=0), np.nanstd(plain, axis=0)
    kept = [at for at in range(len(names)) if scales[at] > 0]
    return Columns(tuple(names[at] for at in kept), means[kept], scales[kept])


def _absent(name: str) -> float:
    return 0.0 if "=" in name else np.nan
