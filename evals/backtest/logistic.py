"""Logistic regression on a few columns: turns a score, or recency, frequency and money, into a probability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from evals.stats.weighted import Floats

#: On standardised columns: keeps the weights finite where the classes can be parted, and moves nothing else.
RIDGE = 1.0


@dataclass(frozen=True, slots=True)
class Logistic:
    """P(label) = sigmoid(intercept + weights · (row - centre) / spread)."""

    centre: Floats
    spread: Floats
    weights: Floats
    intercept: float

    def __call__(self, rows: Floats) -> Floats:
        """(cases, columns) -> probabilities (cases,)."""
        logits = self.intercept + (rows - self.centre) / self.spread @ self.weights
        return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float64)


def fit_logistic(rows: Floats, labels: Floats) -> Logistic:
    """Maximum likelihood with a ridge on the weights; raises ValueError where only one label is there."""
    if len(set(labels.tolist())) < 2:
        raise ValueError("both outcomes are needed to fit")
    centre, spread = rows.mean(axis=0), rows.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    scaled = np.column_stack([(rows - centre) / spread, np.ones(len(rows))])

    def loss(theta: Floats) -> tuple[float, Floats]:
        logits = scaled @ theta
        slope = scaled.T @ (1 / (1 + np.exp(-logits)) - labels)
        value = np.logaddexp(0, logits).sum() - labels @ logits
        ridged = np.r_[theta[:-1], 0.0]
        return float(value + RIDGE / 2 * ridged @ ridged), slope + RIDGE * ridged

    found = minimize(loss, np.zeros(scaled.shape[1]), jac=True, method="L-BFGS-B").x
    return Logistic(centre, spread, found[:-1], float(found[-1]))
