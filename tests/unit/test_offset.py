"""The offset: few customers hardly move the prior, many do; repeated rows are no new evidence."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tools.prediction.additive import Floats, logits, probabilities
from tools.prediction.offset import fit_offset
from tools.prediction.prior import SplineModel, shipped_prior
from tools.prediction.reading import read_model

PRIOR = shipped_prior(30)


def people(count: int, seed: int = 0) -> dict[str, Floats]:
    """Customers with ten to forty active days, silent for up to two months."""
    rng = np.random.default_rng(seed)
    seen, gap = rng.integers(10, 40, count).astype(float), rng.uniform(3, 20, count)
    recency = rng.uniform(0, 60, count)
    features = {
        "active_days": seen,
        "recency_days": recency,
        "tenure_days": recency + gap * (seen - 1),
        "gap_mean_days": gap,
        "gap_spread_days": gap * 0.8,
        "gap_longest_days": gap * 3,
        "gap_last_days": gap,
    }
    return features | {f"active_days_{days}": np.maximum(days - recency, 0) / gap for days in (7, 14, 30, 60, 90, 180)}


def chances(model: SplineModel, features: dict[str, Floats]) -> Floats:
    return probabilities(logits(model, model.contributions(features)))


def log_loss(model: SplineModel, features: dict[str, Floats], labels: Floats) -> float:
    p = chances(model, features)
    return float(-np.mean(np.log(np.where(labels > 0, p, 1 - p))))


def fitted(count: int, shift: float, seed: int = 1) -> SplineModel:
    features = people(count, seed)
    odds = logits(PRIOR, PRIOR.contributions(features)) + shift
    labels = np.random.default_rng(seed + 1).random(count) < probabilities(odds)
    return fit_offset(PRIOR, features, labels, np.arange(count))


def test_two_thousand_customers_move_it_to_their_own_rate() -> None:
    features = people(4000, 9)
    odds = logits(PRIOR, PRIOR.contributions(features)) - 2
    assert abs(chances(fitted(2000, -2), features).mean() - probabilities(odds).mean()) < 0.03
    assert abs(chances(PRIOR, features).mean() - probabilities(odds).mean()) > 0.1


def test_ten_customers_do_no_harm_where_the_prior_is_right() -> None:
    features = people(4000, 9)
    labels = (np.random.default_rng(3).random(4000) < chances(PRIOR, features)).astype(float)
    least = log_loss(PRIOR, features, labels)
    assert np.mean([log_loss(fitted(10, 0, seed), features, labels) for seed in range(20)]) < least + 0.03


def test_a_customer_seen_fifty_times_counts_once() -> None:
    features = people(20)
    labels = np.arange(20) % 2 == 0
    repeated = {name: np.tile(values, 50) for name, values in features.items()}
    once = fit_offset(PRIOR, features, labels, np.arange(20))
    often = fit_offset(PRIOR, repeated, np.tile(labels, 50), np.tile(np.arange(20), 50))
    assert chances(often, features) == pytest.approx(chances(once, features), abs=1e-3)


def test_one_outcome_only_moves_it_that_way_and_stays_short_of_certain() -> None:
    features = people(30)
    found = chances(fit_offset(PRIOR, features, np.zeros(30), np.arange(30)), features)
    assert found.mean() < chances(PRIOR, features).mean()
    assert (found > 0).all()


def test_another_outcome_is_learnt_from_its_rows_alone() -> None:
    """Rare and without any relation to silence: the base rate is all there is."""
    features, labels = people(3000), np.random.default_rng(5).random(3000) < 0.05
    found = chances(fit_offset(PRIOR, features, labels, np.arange(3000), about=False), features)
    assert abs(found.mean() - labels.mean()) < 0.005
    assert found.max() < 0.2


def test_silence_never_lowers_it_whatever_the_rows_say() -> None:
    features = people(400)
    upside_down = features["recency_days"] < 20
    model = fit_offset(PRIOR, features, upside_down, np.arange(400))
    for spline, first in zip(model.splines, PRIOR.splines, strict=True):
        assert (np.diff(spline.scores) * np.diff(first.scores) >= 0).all()


def test_the_terms_add_up_and_are_read_back() -> None:
    model, features = fitted(100, 1), people(50)
    assert read_model(json.loads(json.dumps(model.to_json()))) == model
    total = model.intercept + model.contributions(features).sum(axis=1)
    assert logits(model, model.contributions(features)) == pytest.approx(total, abs=1e-6)


def test_without_rows_there_is_nothing_to_fit() -> None:
    with pytest.raises(ValueError, match="needs rows"):
        fit_offset(PRIOR, people(0), np.zeros(0), np.zeros(0, np.int64))
