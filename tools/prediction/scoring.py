"""Scores of many customers at once: features, what each term adds, the probability; the same for one as for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from memory.record import Record
from tools.prediction.additive import Floats, logits, probabilities
from tools.prediction.features import Columns, Rows, columns, make_features
from tools.prediction.outcome import eligible
from tools.prediction.table import Bools, make_table, seconds
from tools.prediction.trained import Trained


@dataclass(frozen=True, slots=True)
class Scores:
    """One score a row. `contributions` has the shape (rows, terms), in log-odds; with the intercept they are `logit`.

    A row that is not `eligible` has numbers too, which mean nothing.
    """

    eligible: Bools
    features: dict[str, Floats]
    contributions: Floats
    logit: Floats
    probability: Floats

    def part(self, first: int, last: int) -> Scores:
        """The scores of rows [first, last)."""
        chosen = slice(first, last)
        features = {name: values[chosen] for name, values in self.features.items()}
        return Scores(
            self.eligible[chosen], features, self.contributions[chosen], self.logit[chosen], self.probability[chosen]
        )


def prepare(trained: Trained, everyone: Mapping[str, Sequence[Record]]) -> Columns:
    """The columns of these customers as this model reads them."""
    table = make_table(everyone, [facet.label for facet in trained.spec.facets])
    return columns(table, trained.spec)


def score(trained: Trained, known: Columns, rows: Rows) -> Scores:
    """The scores of these rows, from events before each."""
    features = make_features(known, rows)
    contributions = trained.model.contributions(features)
    logit = logits(trained.model, contributions)
    outcome = trained.asked.outcome_of(trained.buyers)
    return Scores(eligible(known, outcome, rows), features, contributions, logit, probabilities(logit))


def rows_at(customers: Sequence[int], moments: Sequence[datetime]) -> Rows:
    """A row for each of these customers at the instant beside it."""
    return Rows(np.array(customers, dtype=np.int64), np.array([seconds(each) for each in moments], dtype=np.int64))
