"""BG/NBD: how often customers buy while they are alive, and when they silently die (Fader, Hardie and Lee, 2005).

"Counting Your Customers" the Easy Way, Marketing Science 24(2). A customer buys at a gamma-distributed rate (shape r,
rate alpha) and leaves after each purchase with a beta-distributed probability (a, b).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, gammaln

from evals.stats.weighted import Floats

#: Of the parameters' logarithms. Far beyond any that were published; without them few customers have no maximum.
_BOUNDS = (-8.0, 8.0)
_STARTS = ((0.0, 0.0, 0.0, 0.0), (-1.0, 2.0, -0.5, 1.0))


@dataclass(frozen=True, slots=True)
class Purchases:
    """Arrays over customers: repeat purchases x, time of the last t_x and age T, both since the first purchase.

    Any one unit of time; t_x is 0 where x is 0.
    """

    x: Floats
    t_x: Floats
    T: Floats

    def __post_init__(self) -> None:
        if not (len(self.x) == len(self.t_x) == len(self.T)):
            raise ValueError("x, t_x and T are of different lengths")
        if (self.t_x > self.T).any() or (self.x < 0).any() or (self.t_x[self.x == 0] != 0).any():
            raise ValueError("a last purchase lies after the age, or a count is negative, or t_x stands without x")


@dataclass(frozen=True, slots=True)
class BgNbd:
    """The parameters; `log_likelihood` of the customers that they were fitted to."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float = float("nan")

    def p_alive(self, seen: Purchases) -> Floats:
        """P(has not left at T), of each customer; 1 for who bought once, for one leaves only after a repeat."""
        shape = self.r + seen.x
        with np.errstate(divide="ignore"):
            odds = np.log(self.a) - np.log(self.b + seen.x - 1, where=seen.x > 0, out=np.zeros_like(seen.x))
        odds = odds + shape * (np.log(self.alpha + seen.T) - np.log(self.alpha + seen.t_x))
        return np.where(seen.x > 0, 1 / (1 + np.exp(np.minimum(odds, 700.0))), 1.0)

    def p_silent(self, seen: Purchases, horizon: float) -> Floats:
        """P(no purchase in the horizon after T): left already, or alive and without one."""
        none_if_alive = ((self.alpha + seen.T) / (self.alpha + seen.T + horizon)) ** (self.r + seen.x)
        return np.asarray(1 - self.p_alive(seen) * (1 - none_if_alive), dtype=np.float64)


def fit_bgnbd(seen: Purchases) -> BgNbd:
    """Maximum likelihood; raises ValueError for no customers."""
    if not len(seen.x):
        raise ValueError("BG/NBD needs customers to be fitted to")
    bounds = [_BOUNDS] * 4
    fits = [
        minimize(lambda logs: -log_likelihood(np.exp(logs), seen) / len(seen.x), start, bounds=bounds)
        for start in _STARTS
    ]
    best = np.exp(min(fits, key=lambda fit: fit.fun).x)
    r, alpha, a, b = best.tolist()
    return BgNbd(r, alpha, a, b, log_likelihood(best, seen))


def log_likelihood(parameters: Floats, seen: Purchases) -> float:
    """Of (r, alpha, a, b), summed over customers (equation 6 of the paper, in logarithms)."""
    r, alpha, a, b = parameters
    shape = r + seen.x
    shared = gammaln(shape) - gammaln(r) + r * np.log(alpha) + betaln(a, b + seen.x) - betaln(a, b)
    alive = -shape * np.log(alpha + seen.T)
    repeat = seen.x > 0
    left = np.log(a) - np.log(np.where(repeat, b + seen.x - 1, 1.0)) - shape * np.log(alpha + seen.t_x)
    return float((shared + np.where(repeat, np.logaddexp(alive, left), alive)).sum())
