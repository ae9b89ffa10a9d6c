"""IPS, SNIPS and their errors: against sums by hand and against what many experiments come to."""

from __future__ import annotations

import numpy as np
import pytest

from tools.experiment.estimators import difference, estimate

#: Outcomes, whether the policy would have chosen so, propensities: weights 2, 0, 4, 0.
OUTCOMES, CHOSEN, PROPENSITIES = np.array([1.0, 1, 0, 0]), np.array([1.0, 0, 1, 0]), np.array([0.5, 0.5, 0.25, 0.75])
EACH = ["a", "b", "c", "d"]


def test_estimates_are_the_sums_of_their_formulas() -> None:
    found = estimate(OUTCOMES, CHOSEN, PROPENSITIES, EACH)
    assert found is not None
    assert (found.trials, found.ips, found.snips) == (4, 2 / 4, 2 / 6)
    assert found.ess == pytest.approx(36 / 20)
    assert found.ips_se == pytest.approx(np.std([2, 0, 0, 0], ddof=1) / 2)
    # Of the sum of w * (outcome - 1/3): 4/3 and -4/3.
    assert found.snips_se == pytest.approx((4 / 3 * 2 * (16 / 9)) ** 0.5 / 6)


def test_a_policy_that_was_never_followed_has_no_estimate() -> None:
    assert estimate(OUTCOMES, np.zeros(4), PROPENSITIES, EACH) is None
    assert difference(OUTCOMES, CHOSEN, np.zeros(4), PROPENSITIES, EACH) is None


def test_with_certain_choices_both_are_the_plain_mean() -> None:
    found = estimate(OUTCOMES, np.ones(4), np.ones(4), EACH)
    assert found is not None
    assert (found.ips, found.snips, found.ess) == (0.5, 0.5, 4)
    assert found.ips_se == pytest.approx(np.std(OUTCOMES, ddof=1) / 2)


def test_trials_of_one_customer_are_no_news_of_each_other() -> None:
    ones, halves = np.ones(400), np.full(400, 0.5)
    outcomes = np.tile([1.0, 0.0], 200)
    apart = estimate(outcomes, ones, halves, [f"c{n}" for n in range(400)])
    # Four times the same customer with the same outcome.
    together = estimate(outcomes, ones, halves, [f"c{n % 2}:{n // 8}" for n in range(400)])
    assert apart is not None
    assert together is not None
    assert together.snips == apart.snips
    assert together.snips_se == pytest.approx(2 * apart.snips_se, rel=0.02)


def test_errors_are_those_of_many_experiments() -> None:
    random = np.random.default_rng(7)
    ips, snips, gaps, told = [], [], [], []
    for _ in range(400):
        propensities = random.choice([0.2, 0.6], size=300)
        treated = random.random(300) < propensities
        outcomes = (random.random(300) < np.where(treated, 0.5, 0.3)).astype(float)
        chances = np.where(treated, propensities, 1 - propensities)
        each = [f"c{n}" for n in range(300)]
        found = estimate(outcomes, treated.astype(float), chances, each)
        gap = difference(outcomes, treated.astype(float), 1.0 - treated, chances, each)
        assert found is not None
        assert gap is not None
        ips.append(found.ips), snips.append(found.snips), gaps.append(gap[0])
        told.append((found.ips_se, found.snips_se, gap[1]))
    for values, truth, se in zip((ips, snips, gaps), (0.5, 0.5, 0.2), np.mean(told, axis=0), strict=True):
        assert np.mean(values) == pytest.approx(truth, abs=4 * se / 20)
        assert np.std(values) == pytest.approx(se, rel=0.15)
