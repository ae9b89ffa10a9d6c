"""BG/NBD finds the parameters that made the data, and says what its own simulation shows."""

from __future__ import annotations

import numpy as np
import pytest

from evals.backtest.bgnbd import BgNbd, Purchases, fit_bgnbd, log_likelihood
from evals.stats.weighted import Floats

TRUE = BgNbd(r=0.6, alpha=5.0, a=0.9, b=2.5)
AGE, HORIZON = 40.0, 10.0


def simulated(n: int, seed: int) -> tuple[Purchases, Floats]:
    """Customers of TRUE at AGE, and whether each buys nothing in the HORIZON after it."""
    draw = np.random.default_rng(seed)
    rate, leave = draw.gamma(TRUE.r, 1 / TRUE.alpha, n), draw.beta(TRUE.a, TRUE.b, n)
    x, t_x, silent = np.zeros(n), np.zeros(n), np.ones(n)
    for i in range(n):
        at = 0.0
        while (at := at + draw.exponential(1 / rate[i])) < AGE + HORIZON:
            if at < AGE:
                x[i], t_x[i] = x[i] + 1, at
            else:
                silent[i] = 0.0
            if draw.random() < leave[i]:
                break
    return Purchases(x, t_x, np.full(n, AGE)), silent


SEEN, SILENT = simulated(6_000, 11)


def test_the_fit_recovers_the_parameters_of_simulated_customers() -> None:
    found = fit_bgnbd(SEEN)
    assert found.r == pytest.approx(TRUE.r, rel=0.15)
    assert found.alpha == pytest.approx(TRUE.alpha, rel=0.2)
    assert found.a / (found.a + found.b) == pytest.approx(TRUE.a / (TRUE.a + TRUE.b), rel=0.15)


def test_the_fit_is_at_least_as_likely_as_the_truth() -> None:
    truth = log_likelihood(np.array([TRUE.r, TRUE.alpha, TRUE.a, TRUE.b]), SEEN)
    assert fit_bgnbd(SEEN).log_likelihood >= truth


def test_the_chance_of_silence_comes_true_in_each_quarter_of_it() -> None:
    said = TRUE.p_silent(SEEN, HORIZON)
    for quarter in np.array_split(np.argsort(said), 4):
        assert said[quarter].mean() == pytest.approx(SILENT[quarter].mean(), abs=0.04)


def test_the_likelihood_of_one_customer_is_the_formula() -> None:
    # r = alpha = a = 1, b = 2, x = 1: B(1,3)/B(1,2) * (1/(1+T)^2 + 1/2 * 1/(1+t_x)^2) * alpha^r
    one = Purchases(np.array([1.0]), np.array([1.0]), np.array([3.0]))
    expected = np.log((2 / 3) * (1 / 16 + 0.5 / 4))
    assert log_likelihood(np.array([1.0, 1.0, 1.0, 2.0]), one) == pytest.approx(expected)


def test_the_chance_of_being_alive_is_the_formula() -> None:
    # 1 / (1 + a/(b+x-1) * ((alpha+T)/(alpha+t_x))^(r+x)), r = alpha = a = 1, b = 2, x = 1
    one = Purchases(np.array([1.0]), np.array([1.0]), np.array([3.0]))
    assert BgNbd(1.0, 1.0, 1.0, 2.0).p_alive(one)[0] == pytest.approx(1 / (1 + 1 / 2 * (4 / 2) ** 2))


def test_who_bought_once_cannot_have_left() -> None:
    once = Purchases(np.zeros(1), np.zeros(1), np.array([30.0]))
    assert TRUE.p_alive(once).tolist() == [1.0]
    assert TRUE.p_silent(once, HORIZON)[0] == pytest.approx(((5.0 + 30) / (5.0 + 40)) ** 0.6)


def test_a_longer_silence_makes_life_less_likely() -> None:
    seen = Purchases(np.full(3, 4.0), np.array([38.0, 25.0, 10.0]), np.full(3, 40.0))
    alive = TRUE.p_alive(seen)
    assert alive[0] > alive[1] > alive[2]


def test_in_the_long_run_only_those_who_have_left_stay_silent() -> None:
    assert TRUE.p_silent(SEEN, 1e40) == pytest.approx(1 - TRUE.p_alive(SEEN))
    assert TRUE.p_silent(SEEN, 0.0) == pytest.approx(np.ones(len(SEEN.x)))


def test_few_customers_have_a_finite_fit() -> None:
    few = Purchases(np.array([0.0, 1.0]), np.array([0.0, 2.0]), np.array([4.0, 6.0]))
    assert np.isfinite(fit_bgnbd(few).p_silent(few, 4.0)).all()


def test_customers_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="lies after the age"):
        Purchases(np.array([1.0]), np.array([9.0]), np.array([5.0]))
    with pytest.raises(ValueError, match="needs customers"):
        fit_bgnbd(Purchases(np.zeros(0), np.zeros(0), np.zeros(0)))
