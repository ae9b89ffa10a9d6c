"""Learns the prior: a logistic model of splines on unit-free features, from many populations at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from evals.backtest.panels import table_of
from evals.backtest.populations import any_population, simulate
from evals.stats.weighted import Floats
from tools.prediction.features import Columns, Rows, Spec, columns, make_features
from tools.prediction.outcome import eligible, happened, silence
from tools.prediction.prior import SILENCE, Spline, SplineModel, unit_free
from tools.prediction.table import DAY_S

HORIZONS = (7, 14, 30, 60, 90, 120, 180)
#: Knots of logarithms, a factor of 1.6 to 2 apart; outside a term is level.
_KNOTS: dict[str, tuple[float, ...]] = {
    "active_days": tuple(np.log([1, 2, 3, 4, 6, 9, 14, 24, 48, 100])),
    "recency_over_horizon": tuple(np.log([0.02, 0.05, 0.1, 0.2, 0.35, 0.6, 1, 1.6, 2.5, 4, 7, 12])),
    "recency_over_horizon_once": tuple(np.log([0.02, 0.05, 0.1, 0.2, 0.35, 0.6, 1, 1.6, 2.5, 4, 7, 12])),
    "recency_over_gap": tuple(np.log([0.02, 0.05, 0.1, 0.25, 0.5, 0.8, 1.2, 1.8, 2.7, 4, 7, 12, 25, 50])),
    "recency_over_longest": tuple(np.log([0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 1, 1.4, 2, 3, 6, 12])),
    "recency_over_tenure": (0.0, 0.01, 0.03, 0.06, 0.1, 0.2, 0.3, 0.45, 0.6, 0.75, 0.9, 1.0),
    "rate_times_horizon": tuple(np.log([0.03, 0.1, 0.2, 0.35, 0.6, 1, 1.6, 2.5, 4, 7, 12, 25, 60])),
    "horizon_over_gap": tuple(np.log([0.05, 0.1, 0.2, 0.35, 0.6, 1, 1.6, 2.5, 4, 7, 12, 25, 60])),
    "span_over_horizon": tuple(np.log([0.02, 0.1, 0.3, 0.6, 1, 2, 4, 8, 16, 32])),
    "gap_spread_over_gap": (0.0, 0.15, 0.3, 0.5, 0.7, 0.9, 1.2, 1.6, 2.2, 3.0),
    "last_gap_over_gap": tuple(np.log([0.05, 0.15, 0.3, 0.6, 1, 1.5, 2.2, 3.5, 6])),
    "trend": tuple(np.log([0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 1, 1.4, 2, 3])),
    "overdue": tuple(np.log([0.02, 0.05, 0.1, 0.25, 0.5, 0.8, 1.2, 2, 3, 5, 8, 15, 30])),
}
#: Bends cost, in effective rows: a term is no wigglier than many populations agree on.
_BEND = 3.0
_SMALL = 0.03


@dataclass(frozen=True, slots=True)
class Lesson:
    """Rows of one data set at one instant and horizon: unit-free features, who was silent, and what each weighs."""

    ratios: dict[str, Floats]
    silent: Floats
    weight: Floats


def lesson(known: Columns, second: int, horizon_days: int, weight: float) -> Lesson | None:
    """Everyone active before an instant, weighing so much together; None where hardly any outcome varies."""
    everyone = np.arange(len(known.table.customers), dtype=np.int64)
    rows, outcome = Rows(everyone, np.full(len(everyone), second)), silence(horizon_days)
    asked = eligible(known, outcome, rows)
    rows = Rows(rows.customer[asked], rows.second[asked])
    if len(rows) < 30:
        return None
    silent = happened(known, outcome, rows).astype(np.float64)
    if not 0.02 < silent.mean() < 0.98:
        return None
    ratios = unit_free(make_features(known, rows), horizon_days)
    return Lesson(ratios, silent, np.full(len(rows), weight / len(rows)))


def made_up(populations: int, customers: int, seed: int) -> Iterator[Lesson]:
    """Each population at up to four instants and horizons that go with how often its customers act."""
    rng = np.random.default_rng(seed)
    for _ in range(populations):
        kind = any_population(rng)
        who, day = simulate(kind, customers, rng)
        if len(who) < customers:
            continue
        known = columns(table_of(who, (day * DAY_S).astype(np.int64)), Spec())
        fitting = [h for h in HORIZONS if h < kind.days / 2 and 0.3 < h / kind.gap < 40]
        for _ in range(4):
            if fitting:
                horizon = int(rng.choice(fitting))
                at = int(rng.uniform(0.25 * kind.days, kind.days - horizon) * DAY_S)
                learnt = lesson(known, at, horizon, 1.0)
                if learnt:
                    yield learnt


def learn(lessons: Sequence[Lesson]) -> SplineModel:
    """Weighted maximum likelihood; terms that silence moves may only move one way, so that silence never lowers it."""
    design, widths, signs = _design(lessons)
    silent = np.concatenate([each.silent for each in lessons])
    weight = np.concatenate([each.weight for each in lessons])
    weight = weight * len(weight) / weight.sum()
    bend = _bends(widths)

    def loss(theta: Floats) -> tuple[float, Floats]:
        logits = (design @ theta.astype(np.float32)).astype(np.float64)
        off = weight * (1 / (1 + np.exp(-logits)) - silent)
        bent = bend @ theta
        value = (weight * (np.logaddexp(0, logits) - silent * logits)).sum()
        value += _BEND * bent @ bent + _SMALL * theta[1:] @ theta[1:]
        slope = (off.astype(np.float32) @ design).astype(np.float64) + 2 * _BEND * bend.T @ bent
        slope[1:] += 2 * _SMALL * theta[1:]
        return float(value) / len(silent), slope / len(silent)

    bounds = [(0.0, None) if sign > 0 else (None, 0.0) if sign < 0 else (None, None) for sign in signs]
    found = minimize(
        loss, np.zeros(len(signs)), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 3000, "ftol": 1e-10}
    ).x
    return _model(found, lessons)


def _design(lessons: Sequence[Lesson]) -> tuple[np.ndarray, list[int], list[int]]:
    """Columns: the intercept; of each term whether it is unknown, then how far each step between knots is walked."""
    parts, widths, signs = [np.ones((sum(len(e.silent) for e in lessons), 1), np.float32)], [], [0]
    for name, knots in _KNOTS.items():
        values = np.concatenate([each.ratios[name] for each in lessons])
        unknown = np.isnan(values)
        marks = np.array(knots)
        walked = np.clip((np.nan_to_num(values)[:, None] - marks[:-1]) / np.diff(marks), 0, 1)
        walked[unknown] = 0
        parts.append(np.column_stack([unknown, walked]).astype(np.float32))
        widths.append(len(knots) - 1)
        signs += [0, *[SILENCE[name]] * (len(knots) - 1)]
    return np.hstack(parts), widths, signs


def _bends(widths: Sequence[int]) -> Floats:
    size, rows, at = 1 + sum(widths) + len(widths), [], 1
    for width in widths:
        for step in range(width - 1):
            row = np.zeros(size)
            row[at + 1 + step], row[at + 2 + step] = -1.0, 1.0
            rows.append(row)
        at += 1 + width
    return np.array(rows)


def _model(theta: Floats, lessons: Sequence[Lesson]) -> SplineModel:
    """Scores centred on the mean over rows, so that a contribution tells how far a customer is from the usual."""
    intercept, at, splines = float(theta[0]), 1, []
    weight = np.concatenate([each.weight for each in lessons])
    for name, knots in _KNOTS.items():
        scores = np.concatenate([np.zeros(1), np.cumsum(theta[at + 1 : at + len(knots)])])
        raw = Spline(name, knots, tuple(scores.tolist()), float(theta[at]))
        middle = float(np.average(raw(np.concatenate([each.ratios[name] for each in lessons])), weights=weight))
        intercept += middle
        splines.append(
            Spline(
                name,
                tuple(round(float(knot), 6) for knot in knots),
                tuple(round(float(score - middle), 5) for score in scores),
                round(float(theta[at]) - middle, 5),
            )
        )
        at += len(knots)
    return SplineModel(round(intercept, 5), tuple(splines), horizon_days=30)
