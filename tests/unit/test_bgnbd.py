"""BG/NBD with a weak prior: finds what it was drawn from, is never certain of a few, and its steps add up."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.prediction.additive import Floats, logits, probabilities
from tools.prediction.bgnbd import BgNbd, fit_bgnbd, seen_of
from tools.prediction.reading import read_model

MODEL = BgNbd(r=0.8, alpha_days=12.0, a=0.4, b=2.0, horizon_days=30, usual=(3.0, 60.0, 20.0))
Days = st.floats(0, 5000)


def features_of(x: list[float], span: list[float], silence: list[float]) -> dict[str, Floats]:
    return {
        "active_days": np.array(x) + 1,
        "recency_days": np.array(silence, dtype=np.float64),
        "tenure_days": np.array(span, dtype=np.float64) + np.array(silence),
    }


def drawn(count: int, seed: int = 0) -> tuple[dict[str, Floats], Floats]:
    """Customers of a BG/NBD (r 1, alpha 20 days, a 0.6, b 2.5) after 200 days, and who is silent for 30 more."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        rate, leaves = rng.gamma(1.0, 1 / 20.0), rng.beta(0.6, 2.5)
        days, gone, now = [0.0], False, 0.0
        while not gone and now < 230:
            now += rng.exponential(1 / max(rate, 1e-9))
            days.append(now)
            gone = rng.random() < leaves
        before = [day for day in days if day < 200]
        rows.append((len(before) - 1, before[-1], 200 - before[-1], not any(200 <= day < 230 for day in days)))
    x, span, silence, silent = (np.array(each, dtype=np.float64) for each in zip(*rows, strict=True))
    return features_of(x, span, silence), silent  # type: ignore[arg-type]


def chances(model: BgNbd, features: dict[str, Floats]) -> Floats:
    return probabilities(logits(model, model.contributions(features)))


def test_it_tells_the_chance_of_silence_of_the_population_it_is_fitted_to() -> None:
    features, silent = drawn(3000)
    found = chances(fit_bgnbd(features, 30), features)
    for low, high in ((0, 0.4), (0.4, 0.8), (0.8, 1.01)):
        those = (found >= low) & (found < high)
        assert those.sum() > 100
        assert abs(found[those].mean() - silent[those].mean()) < 0.05


def test_being_alive_is_no_promise_to_act() -> None:
    """Who acted once is alive for certain by this model, and still likely silent for a day."""
    once = features_of([0.0], [0.0], [1.0])
    day = BgNbd(**{**_parameters(MODEL), "horizon_days": 1})
    assert chances(day, once)[0] > 0.8


@given(st.integers(0, 300), Days, Days)
def test_its_steps_add_up_to_the_log_odds(x: int, span: float, silence: float) -> None:
    features = features_of([float(x)], [span], [silence])
    total = MODEL.intercept + MODEL.contributions(features).sum(axis=1)
    assert total == pytest.approx(MODEL.log_odds(seen_of(features)), abs=1e-6)


@given(st.integers(0, 300), Days, Days)
def test_seven_more_silent_days_never_lower_it(x: int, span: float, silence: float) -> None:
    before, after = (chances(MODEL, features_of([float(x)], [span], [days]))[0] for days in (silence, silence + 7))
    assert after >= before - 1e-9


def test_one_row_is_scored_as_it_is_among_many() -> None:
    features, _ = drawn(50)
    together = MODEL.contributions(features)
    for row in range(50):
        alone = MODEL.contributions({name: values[row : row + 1] for name, values in features.items()})
        assert (alone == together[row : row + 1]).all()


def test_huge_and_missing_numbers_stay_finite() -> None:
    features = features_of([1e6, 0.0, 3.0], [1e9, 0.0, 1e-9], [1e9, float("nan"), 0.0])
    assert np.isfinite(logits(MODEL, MODEL.contributions(features))).all()


@pytest.mark.parametrize("x", [0.0, 4.0])
def test_one_customer_gives_a_model_that_is_not_certain(x: float) -> None:
    features = features_of([x], [40.0 if x else 0.0], [10.0])
    assert 0.02 < chances(fit_bgnbd(features, 30), features)[0] < 0.98


def test_it_is_the_same_whatever_unit_the_customers_live_in() -> None:
    features, _ = drawn(300)
    slower = {name: values * (1 if name == "active_days" else 10) for name, values in features.items()}
    found = chances(fit_bgnbd(features, 30), features)
    assert chances(fit_bgnbd(slower, 300), slower) == pytest.approx(found, abs=1e-3)


def test_it_is_read_back_as_it_was_written() -> None:
    assert read_model(json.loads(json.dumps(MODEL.to_json()))) == MODEL


def test_parameters_that_are_not_above_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="above zero"):
        read_model({**MODEL.to_json(), "a": 0.0})


def test_without_customers_there_is_nothing_to_fit() -> None:
    with pytest.raises(ValueError, match="needs customers"):
        fit_bgnbd(features_of([], [], []), 30)


def _parameters(model: BgNbd) -> dict[str, object]:
    return {name: getattr(model, name) for name in ("r", "alpha_days", "a", "b", "horizon_days", "usual")}
