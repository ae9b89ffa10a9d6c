"""The figures of a card are scikit-learn's where it has them, and None where what happened does not define them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from tools.prediction.calibration import BINS
from tools.prediction.metrics import BARS, histogram, measure, reliability, top_of, wilson

CASES = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 1)), min_size=1, max_size=80)
DRAW = np.random.default_rng(5)


def split(cases: list[tuple[int, int]]) -> tuple[list[float], list[int]]:
    return [p / 20 for p, _ in cases], [y for _, y in cases]


@given(CASES.filter(lambda cases: len({label for _, label in cases}) == 2))
def test_figures_are_those_of_scikit_learn(cases: list[tuple[int, int]]) -> None:
    p, y = split(cases)
    found = measure(p, y)
    assert found.roc_auc == pytest.approx(sk.roc_auc_score(y, p))
    assert found.pr_auc == pytest.approx(sk.average_precision_score(y, p))
    assert found.brier == pytest.approx(sk.brier_score_loss(y, p))
    assert found.log_loss == pytest.approx(sk.log_loss(y, np.clip(p, 1e-6, 1 - 1e-6)))


@pytest.mark.parametrize("label", [0, 1])
def test_one_outcome_alone_gives_no_ranking_and_no_exception(label: int) -> None:
    found = measure([0.2, 0.4, 0.4], [label] * 3)
    assert (found.roc_auc, found.pr_auc, found.lift_at_10) == (None, None, None)
    assert found.log_loss is not None
    assert found.ece == pytest.approx(abs(1 / 3 - label), abs=1e-9)


def test_no_forecasts_give_no_figures_and_no_exception() -> None:
    found = measure([], [])
    assert found.n == 0
    assert set(found.model_dump(exclude={"n", "happened"}).values()) == {None}
    assert found.rate is None
    assert reliability([], []) == ()
    assert sum(histogram([])) == 0


@pytest.mark.parametrize(
    ("p", "y"), [([0.1, 1.2], [0, 1]), ([0.1, float("nan")], [0, 1]), ([0.1, 0.2], [0, 2]), ([0.1], [0, 1])]
)
def test_what_is_no_forecast_is_refused(p: list[float], y: list[int]) -> None:
    with pytest.raises(ValueError, match="forecast"):
        measure(p, y)


def test_the_lift_is_the_rate_of_the_first_tenth_over_the_rate_of_all() -> None:
    p = np.linspace(0.01, 0.99, 100)
    y = np.zeros(100)
    y[[95, 96, 97, 98, 99, 10, 20, 30, 40, 50]] = 1
    assert measure(p, y).lift_at_10 == pytest.approx(0.5 / 0.1)


def test_a_perfect_forecast_stays_near_its_noise_floor_and_a_wrong_one_does_not() -> None:
    p = DRAW.beta(2, 6, 20_000)
    y = DRAW.random(20_000) < p
    right, wrong = measure(p, y), measure(np.minimum(p * 1.3, 1), y)
    assert right.ece is not None
    assert right.ece_noise_floor is not None
    assert wrong.ece is not None
    assert right.ece < 2 * right.ece_noise_floor
    assert wrong.ece > 4 * right.ece_noise_floor


def test_the_noise_floor_is_the_same_on_every_call() -> None:
    p = DRAW.random(500)
    assert measure(p, p < 0.5).ece_noise_floor == measure(p.copy(), p > 0.5).ece_noise_floor


def test_the_noise_floor_of_many_forecasts_goes_on_from_that_of_fewer() -> None:
    p = np.tile(DRAW.beta(2, 6, 1_000), 201)
    fewer, many = measure(p[:190_000], p[:190_000] < 2), measure(p, p < 2)
    assert fewer.ece_noise_floor is not None
    assert many.ece_noise_floor == pytest.approx(fewer.ece_noise_floor * np.sqrt(190 / 201), rel=0.1)


@given(CASES)
def test_every_forecast_is_in_one_bin_and_each_bin_in_its_interval(cases: list[tuple[int, int]]) -> None:
    p, y = split(cases)
    bins = reliability(p, y)
    assert sum(each.n for each in bins) == len(cases)
    assert len(bins) <= BINS
    assert all(
        0 <= each.low <= each.observed + 1e-12 and each.observed <= each.high + 1e-12 <= 1 + 1e-9 for each in bins
    )
    assert [each.forecast for each in bins] == sorted(each.forecast for each in bins)
    gaps = sum(abs(each.forecast - each.observed) * each.n for each in bins) / len(cases)
    assert measure(p, y).ece == pytest.approx(gaps, abs=1e-12)


def test_a_wilson_interval_is_that_of_the_book() -> None:
    # Newcombe (1998), Statistics in Medicine 17: 81 of 263 and 0 of 20.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_the_last_bar_holds_what_lies_above_the_scale() -> None:
    counts = histogram([0.0, 0.01, 0.9, 1.0], top=0.2)
    assert len(counts) == BARS
    assert counts[0] == 1
    assert counts[-1] == 2
    assert sum(counts) == 4


def test_the_scale_of_a_rare_outcome_is_short_and_holds_every_interval() -> None:
    p = np.full(5_000, 0.02)
    bins = reliability(p, np.arange(5_000) % 50 == 0)
    assert top_of(bins) == 0.05
    assert top_of(reliability([0.5], [1])) == 1.0
