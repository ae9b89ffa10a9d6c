"""BG/NBD: how often customers act while they are alive, and when they silently leave (Fader, Hardie and Lee, 2005).

"Counting Your Customers" the Easy Way, Marketing Science 24(2). Somebody acts at a gamma-distributed rate (shape r,
rate alpha) and leaves after each repeat with a beta-distributed probability (a, b).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, gammaln

from tools.prediction.additive import Floats

#: Logarithms of (r, alpha in mean gaps, a, b) that few customers are drawn towards: published fits lie about these.
_USUAL = np.array([-0.7, 0.0, -0.3, 1.0])
#: A standard deviation of the logarithms: parameters four times smaller or larger are nothing special.
_SPREAD = 1.4
#: Of the logarithms; beyond any that were published.
_BOUNDS = (-8.0, 8.0)
_STARTS = ((-0.7, 0.0, -0.3, 1.0), (0.5, 0.0, -2.0, 1.0))
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Seen:
    """Of each customer: repeats x, time t_x from the first to the last, and the silence since; in days."""

    x: Floats
    span: Floats
    silence: Floats

    def __len__(self) -> int:
        return len(self.x)


def seen_of(features: Mapping[str, Floats]) -> Seen:
    """What BG/NBD reads of `make_features`' numbers; who was never active counts as of a moment ago."""
    x = np.maximum(features["active_days"] - 1, 0.0)
    silence = np.nan_to_num(np.maximum(features["recency_days"], 0.0))
    span = np.nan_to_num(np.maximum(features["tenure_days"] - features["recency_days"], 0.0))
    return Seen(x, np.where(x > 0, span, 0.0), np.where(x > 0, silence, silence + span))


@dataclass(frozen=True, slots=True)
class BgNbd:
    """P(no activity in the horizon) by BG/NBD. Log-odds go from the usual customer's to one's own in three steps.

    The steps replace the usual number of active days, then the time between the first and the last, then the silence.
    """

    r: float
    alpha_days: float
    a: float
    b: float
    horizon_days: int
    usual: tuple[float, float, float]

    @property
    def terms(self) -> tuple[str, ...]:
        return ("active_days", "tenure_days", "recency_days")

    @property
    def intercept(self) -> float:
        x, span, silence = (np.array([each]) for each in self.usual)
        return float(self.log_odds(Seen(x, span, silence))[0])

    def contributions(self, features: Mapping[str, Floats]) -> Floats:
        """Raises KeyError for a feature that is not given."""
        own = seen_of(features)
        _, span, silence = (np.full(len(own), each) for each in self.usual)
        steps = (Seen(own.x, span, silence), Seen(own.x, own.span, silence), own)
        reached = np.array([np.full(len(own), self.intercept), *(self.log_odds(step) for step in steps)])
        return np.diff(reached, axis=0).T

    def log_odds(self, seen: Seen) -> Floats:
        """The logit of 1 - P(alive) (1 - P0): who is silent left already, or is alive and does nothing."""
        shape = self.r + seen.x
        age = self.alpha_days + seen.span + seen.silence
        none = shape * (np.log(age) - np.log(age + self.horizon_days))
        gone = _log_odds_gone(np.log([self.r, self.alpha_days, self.a, self.b]), seen)
        alive = -np.logaddexp(0, gone)
        silent = np.logaddexp(-np.logaddexp(0, -gone), alive + none)
        active = alive + np.log(-np.expm1(none))
        return np.asarray(np.round(silent - active, _DIGITS), dtype=np.float64)

    def to_json(self) -> dict[str, Any]:
        kept = {"r": self.r, "alpha_days": self.alpha_days, "a": self.a, "b": self.b}
        return {"kind": "bgnbd", **kept, "horizon_days": self.horizon_days, "usual": list(self.usual)}


def fit_bgnbd(features: Mapping[str, Floats], horizon_days: int) -> BgNbd:
    """The likeliest parameters under a weak prior, from customers at one instant; without labels.

    Raises ValueError for no customers, or a horizon below one day.
    """
    seen = seen_of(features)
    if not len(seen) or horizon_days < 1:
        raise ValueError("BG/NBD needs customers to be fitted to, and a horizon of at least one day")
    # In mean gaps, one population's numbers look like another's.
    unit = _gap(seen)
    scaled = Seen(seen.x, seen.span / unit, seen.silence / unit)

    def loss(logs: Floats) -> float:
        off = (logs - _USUAL) / _SPREAD
        return float((off @ off / 2 - log_likelihood(logs, scaled)) / len(seen))

    fits = [minimize(loss, start, bounds=[_BOUNDS] * 4, method="L-BFGS-B") for start in _STARTS]
    r, alpha, a, b = np.exp(min(fits, key=lambda fit: float(fit.fun)).x).tolist()
    usual = tuple(float(np.median(each)) for each in (seen.x, seen.span, seen.silence))
    return BgNbd(r, alpha * unit, a, b, horizon_days, (usual[0], usual[1], usual[2]))


def log_likelihood(logs: Floats, seen: Seen) -> float:
    """Of the logarithms of (r, alpha, a, b), summed over customers: equation 6 of the paper."""
    r, alpha, a, b = np.exp(logs)
    shape = r + seen.x
    kept = gammaln(shape) - gammaln(r) + r * logs[1] + betaln(a, b + seen.x) - betaln(a, b)
    alive = kept - shape * np.log(alpha + seen.span + seen.silence)
    return float((alive + np.logaddexp(0, _log_odds_gone(logs, seen))).sum())


def read_bgnbd(data: Mapping[str, Any]) -> BgNbd:
    """The model that `to_json` wrote; raises KeyError, TypeError or ValueError for what is none."""
    r, alpha, a, b = (float(data[name]) for name in ("r", "alpha_days", "a", "b"))
    x, span, silence = map(float, data["usual"])
    if min(r, alpha, a, b) <= 0 or int(data["horizon_days"]) < 1:
        raise ValueError("BG/NBD has parameters above zero, and a horizon of at least one day")
    return BgNbd(r, alpha, a, b, int(data["horizon_days"]), (x, span, silence))


def _log_odds_gone(logs: Floats, seen: Seen) -> Floats:
    """Log-odds of having left; who acted once has not, for one leaves only after a repeat."""
    r, alpha, a, b = np.exp(logs)
    repeat = seen.x > 0
    longer = np.log(alpha + seen.span + seen.silence) - np.log(alpha + seen.span)
    odds = np.log(a) - np.log(np.where(repeat, b + seen.x - 1, 1.0)) + (r + seen.x) * longer
    return np.where(repeat, odds, -np.inf)


def _gap(seen: Seen) -> float:
    repeats = float(seen.x.sum())
    days = float(seen.span.sum()) if repeats else float(seen.silence.mean())
    return max(days / max(repeats, 1.0), 1e-3)
