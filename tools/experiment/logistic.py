"""A ridge logistic regression that knows how unsure it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]

#: The weight of the penalty on standardised coefficients: of 1,000 outcomes it leaves most of what they say.
_PENALTY = 10.0


@dataclass(frozen=True, slots=True)
class Logistic:
    """Coefficients, the intercept first, and their covariance."""

    coefficients: Floats
    covariance: Floats

    def chance(self, rows: Floats) -> Floats:
        """The probability of success for each row of standardised features."""
        return np.asarray(expit(_with_one(rows) @ self.coefficients), dtype=np.float64)

    def variance(self, rows: Floats) -> Floats:
        """The variance of each probability, by the delta method."""
        known, chance = _with_one(rows), self.chance(rows)
        of_logit = np.einsum("ij,jk,ik->i", known, self.covariance, known)
        return np.asarray(of_logit * (chance * (1 - chance)) ** 2, dtype=np.float64)


def fit(rows: Floats, outcomes: Floats) -> Logistic:
    """Fit outcomes of 0 and 1, of which there are both; the intercept is not penalised.

    The covariance is the inverse Hessian of the penalised likelihood (le Cessie and van Houwelingen 1992).
    """
    known = _with_one(rows)
    coefficients = _coefficients(rows, outcomes) if rows.shape[1] else _only_mean(outcomes)
    chance = expit(known @ coefficients)
    penalty = np.diag([0.0] + [_PENALTY] * rows.shape[1])
    hessian = known.T @ (known * (chance * (1 - chance))[:, None]) + penalty
    return Logistic(coefficients, np.linalg.inv(hessian))


def _coefficients(rows: Floats, outcomes: Floats) -> Floats:
    # Imported here: it takes a second, and few requests learn anything.
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1 / _PENALTY, solver="newton-cholesky", max_iter=200).fit(rows, outcomes)
    return np.concatenate([model.intercept_, model.coef_[0]]).astype(np.float64)


def _only_mean(outcomes: Floats) -> Floats:
    mean = float(outcomes.mean())
    return np.array([np.log(mean / (1 - mean))])


def _with_one(rows: Floats) -> Floats:
    return np.hstack([np.ones((len(rows), 1)), rows])
