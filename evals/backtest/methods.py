"""The simple methods that a churn signal has to beat, each on what was known at its origin."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from evals.backtest.bgnbd import Purchases, fit_bgnbd
from evals.backtest.history import Past
from evals.backtest.logistic import fit_logistic
from evals.stats.weighted import Floats

#: Past and outcome of customers at earlier origins, whose horizon was over.
Labelled = Sequence[tuple[Past, bool]]
#: BG/NBD counts in weeks.
_WEEK_DAYS = 7.0


def recency(pasts: Sequence[Past]) -> Floats:
    """The days since the customer last did something, as log(1 + days): the longer, the likelier gone."""
    return np.array([math.log1p(past.silent_days) for past in pasts])


def rfm(pasts: Sequence[Past], known: Labelled) -> Floats:
    """The probability by a logistic regression on log recency, active days and net money, fitted to what was known."""
    model = fit_logistic(_rfm([past for past, _ in known]), np.array([float(label) for _, label in known]))
    return model(_rfm(pasts))


def bg_nbd(pasts: Sequence[Past], horizon_days: int) -> Floats:
    """P(nothing in the horizon) by BG/NBD on active days, fitted to all customers at this origin."""
    seen = purchases(pasts)
    return fit_bgnbd(seen).p_silent(seen, horizon_days / _WEEK_DAYS)


def calibrated(scores: Floats, known: Floats, labels: Floats) -> Floats:
    """The probabilities that a logistic regression on scores of earlier origins gives to these scores."""
    return fit_logistic(known[:, None], labels)(scores[:, None])


def purchases(pasts: Sequence[Past]) -> Purchases:
    """Each customer's active days as BG/NBD takes them, in weeks since the first."""
    first = [past.days[0] for past in pasts]
    x = [len(past.days) - 1 for past in pasts]
    t_x = [(past.days[-1] - start).days / _WEEK_DAYS for past, start in zip(pasts, first, strict=True)]
    # A day counts from its beginning, so that the age is never below the time of the last one.
    age = [(past.today - start).days / _WEEK_DAYS for past, start in zip(pasts, first, strict=True)]
    return Purchases(np.array(x, dtype=float), np.array(t_x), np.array(age))


def _rfm(pasts: Sequence[Past]) -> Floats:
    return np.array(
        [(math.log1p(past.silent_days), math.log(len(past.days)), math.log1p(max(0.0, past.money))) for past in pasts]
    )
