"""Whether a new model may answer: not worse than the one in force, on outcomes that neither was made to fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from memory.record import Record
from tools.prediction.columns import Floats
from tools.prediction.outcome import happened
from tools.prediction.scoring import prepare, rows_at, score
from tools.prediction.trained import Trained

#: Of fewer customers a mean of log losses says nothing.
LEAST_CUSTOMERS = 10
#: A loss that nobody would notice.
LEAST_MARGIN = 0.001
_LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class Comparison:
    """Mean log losses in nats of `customers` at an origin; `margin` is how much worse the new one may be."""

    customers: int
    new: float
    old: float
    margin: float

    @property
    def passed(self) -> bool:
        return self.new <= self.old + self.margin


def compare(
    new: Trained, old: Trained, everyone: Mapping[str, Sequence[Record]], origin: datetime
) -> Comparison | None:
    """How both do at an origin whose label window has ended in these records; None for too few customers.

    The margin is the standard error of the mean difference, each customer being one case, or LEAST_MARGIN.
    """
    customers = sorted(everyone)
    rows = rows_at(range(len(customers)), [origin] * len(customers))
    known = prepare(new, everyone)
    challenger, champion = score(new, known, rows), score(old, prepare(old, everyone), rows)
    asked = challenger.eligible & champion.eligible
    count = int(asked.sum())
    if count < LEAST_CUSTOMERS:
        return None
    labels = happened(known, new.asked.outcome_of(new.buyers), rows)[asked]
    losses = [_log_losses(each.probability[asked], labels) for each in (challenger, champion)]
    difference = losses[0] - losses[1]
    error = float(difference.std(ddof=1) / np.sqrt(count))
    return Comparison(count, float(losses[0].mean()), float(losses[1].mean()), max(error, LEAST_MARGIN))


def _log_losses(probability: Floats, label: np.typing.NDArray[np.bool_]) -> Floats:
    told = np.where(label, probability, 1 - probability)
    return np.asarray(-np.log(np.maximum(told, _LEAST)))
