"""The statistics of the backtests are scikit-learn's where it has them, and what their definition says elsewhere."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from evals.stats.estimate import estimate
from evals.stats.lists import NOTHING, coverage, hit_at, ndcg_at
from evals.stats.weighted import Floats, Statistic, paired
from tools.prediction.calibration import BINS, bin_numbers, brier, ece, ece_noise_floor, log_loss
from tools.prediction.ranking import auc, average_precision, lift_at_10

#: (score with many ties, label, times drawn)
CASE = st.tuples(st.integers(1, 19), st.integers(0, 1), st.integers(0, 3))
CASES = st.lists(CASE, min_size=2, max_size=60).filter(
    lambda cases: {label for _, label, weight in cases if weight} == {0, 1}
)


def arrays(cases: list[tuple[int, int, int]]) -> tuple[Floats, Floats]:
    found = np.array(cases, dtype=float)
    return np.column_stack([found[:, 0] / 20, found[:, 1]]), found[:, 2]


@given(CASES)
def test_auc_is_that_of_scikit_learn(cases: list[tuple[int, int, int]]) -> None:
    values, weights = arrays(cases)
    expected = metrics.roc_auc_score(values[:, 1], values[:, 0], sample_weight=weights)
    assert auc(values, weights) == pytest.approx(expected)


@given(CASES)
def test_average_precision_is_that_of_scikit_learn(cases: list[tuple[int, int, int]]) -> None:
    values, weights = arrays(cases)
    expected = metrics.average_precision_score(values[:, 1], values[:, 0], sample_weight=weights)
    assert average_precision(values, weights) == pytest.approx(expected)


@given(CASES)
def test_brier_and_log_loss_are_those_of_scikit_learn(cases: list[tuple[int, int, int]]) -> None:
    values, weights = arrays(cases)
    assert brier(values, weights) == pytest.approx(
        metrics.brier_score_loss(values[:, 1], values[:, 0], sample_weight=weights)
    )
    assert log_loss(values, weights) == pytest.approx(
        metrics.log_loss(values[:, 1], values[:, 0], sample_weight=weights)
    )


@pytest.mark.parametrize("statistic", [auc, average_precision, lift_at_10, brier, log_loss, ece])
@given(CASES)
def test_to_weigh_twice_is_to_stand_there_twice(statistic: Statistic, cases: list[tuple[int, int, int]]) -> None:
    values, weights = arrays(cases)
    copied = np.repeat(values, weights.astype(int), axis=0)
    assert statistic(values, weights) == pytest.approx(statistic(copied, np.ones(len(copied))))


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_auc_is_not_defined_with_one_outcome(label: float) -> None:
    assert math.isnan(auc(np.array([[0.2, label], [0.7, label]]), np.ones(2)))


def test_precision_and_lift_are_not_defined_without_the_label() -> None:
    values = np.array([[0.2, 0.0], [0.7, 0.0]])
    assert math.isnan(average_precision(values, np.ones(2)))
    assert math.isnan(lift_at_10(values, np.ones(2)))


def test_a_wrong_certainty_costs_much_but_not_infinitely() -> None:
    assert log_loss(np.array([[0.0, 1.0]]), np.ones(1)) == pytest.approx(-math.log(1e-6))


def test_lift_is_the_rate_of_the_first_tenth_over_the_rate_of_all() -> None:
    scores = np.arange(20.0)
    labels = np.isin(scores, [19, 3, 2, 1]).astype(float)
    assert lift_at_10(np.column_stack([scores, labels]), np.ones(20)) == pytest.approx((1 / 2) / (4 / 20))


def test_lift_takes_of_those_who_tie_at_the_cut_their_share() -> None:
    labels = np.r_[np.ones(3), np.zeros(7)]
    assert lift_at_10(np.column_stack([np.zeros(10), labels]), np.ones(10)) == pytest.approx(1.0)
    assert lift_at_10(np.column_stack([np.zeros(10), labels[::-1]]), np.ones(10)) == pytest.approx(1.0)


def test_lift_of_few_customers_takes_part_of_the_first() -> None:
    assert lift_at_10(np.array([[2.0, 1.0], [1.0, 0.0], [0.0, 0.0]]), np.ones(3)) == pytest.approx(3.0)


@given(CASES, CASES)
def test_groups_are_ranked_apart_and_weigh_as_they_are_large(
    one: list[tuple[int, int, int]], other: list[tuple[int, int, int]]
) -> None:
    (a, weights_a), (b, weights_b) = arrays(one), arrays(other)
    # The second group's scores are all above: together they would give another figure.
    grouped = np.vstack([np.c_[a, np.zeros(len(a))], np.c_[b + np.array([5.0, 0.0]), np.ones(len(b))]])
    weights = np.r_[weights_a, weights_b]
    for statistic in (auc, average_precision, lift_at_10):
        parts = [statistic(a, weights_a), statistic(b, weights_b)]
        expected = np.average(parts, weights=[weights_a.sum(), weights_b.sum()])
        assert statistic(grouped, weights) == pytest.approx(expected)


def test_a_group_without_both_outcomes_does_not_count() -> None:
    values = np.array([[0.9, 1.0, 0.0], [0.1, 0.0, 0.0], [0.5, 0.0, 1.0], [0.4, 0.0, 1.0]])
    assert auc(values, np.ones(4)) == 1.0


def test_a_paired_difference_is_of_the_same_cases() -> None:
    values = np.array([[0.9, 0.1, 1.0], [0.1, 0.9, 0.0], [0.5, 0.2, 0.0]])
    assert paired(auc)(values, np.ones(3)) == pytest.approx(1.0)
    grouped = np.c_[values, np.zeros(3)]
    assert paired(auc)(grouped, np.ones(3)) == pytest.approx(1.0)


def test_ece_is_the_mean_gap_of_ten_bins_of_equal_count() -> None:
    p = np.repeat(np.linspace(0.05, 0.95, 10), 10)
    right = np.concatenate([np.r_[np.ones(n), np.zeros(10 - n)] for n in range(10)])
    assert ece(np.column_stack([p, right]), np.ones(100)) == pytest.approx(0.05)


def test_bins_hold_equally_many_and_keep_ties_together() -> None:
    distinct = np.random.default_rng(1).permutation(100) / 100
    assert np.bincount(bin_numbers(distinct, np.ones(100))).tolist() == [10] * BINS
    assert len(set(bin_numbers(np.full(50, 0.3), np.ones(50)).tolist())) == 1


def test_the_noise_floor_is_the_expected_ece_of_a_right_forecast() -> None:
    draw = np.random.default_rng(7)
    p = draw.beta(1, 4, 500)
    found = [ece(np.column_stack([p, (draw.random(500) < p).astype(float)]), np.ones(500)) for _ in range(400)]
    floor = ece_noise_floor(np.column_stack([p, np.zeros(500)]), np.ones(500))
    assert floor == pytest.approx(np.mean(found), rel=0.08)


def test_the_noise_floor_of_few_cases_is_near_what_all_their_outcomes_give() -> None:
    p, weights = np.array([0.1, 0.4, 0.7]), np.ones(3)
    exact = sum(
        float(np.prod(np.where(labels, p, 1 - p))) * ece(np.column_stack([p, np.array(labels, dtype=float)]), weights)
        for labels in product([0, 1], repeat=3)
    )
    assert ece_noise_floor(np.column_stack([p, p]), weights) == pytest.approx(exact, rel=0.15)


def test_the_noise_floor_of_a_weight_is_that_of_as_many_cases() -> None:
    draw = np.random.default_rng(5)
    values, weights = np.column_stack([draw.random(300), np.zeros(300)]), draw.integers(0, 4, 300).astype(float)
    copied = np.repeat(values, weights.astype(int), axis=0)
    assert ece_noise_floor(values, weights) == pytest.approx(ece_noise_floor(copied, np.ones(len(copied))), rel=0.1)


def test_the_noise_floor_is_the_same_on_every_call() -> None:
    values = np.column_stack([np.random.default_rng(2).random(80), np.zeros(80)])
    assert ece_noise_floor(values, np.ones(80)) == ece_noise_floor(values.copy(), np.ones(80))


def test_a_hit_is_anything_wanted_among_the_first() -> None:
    assert hit_at(2, ["a", "b", "c"], {"b"}) == 1.0
    assert hit_at(2, ["a", "b", "c"], {"c"}) == 0.0


def test_ndcg_discounts_by_place_and_knows_the_best_order() -> None:
    assert ndcg_at(10, ["x", "a"], {"a"}) == pytest.approx(1 / math.log2(3))
    assert ndcg_at(10, ["a", "b"], {"a", "b"}) == 1.0
    assert ndcg_at(1, ["a"], {"a", "b"}) == 1.0
    with pytest.raises(ValueError, match="nothing is wanted"):
        ndcg_at(10, ["a"], set())


@given(st.integers(0, 10_000))
def test_ndcg_is_that_of_scikit_learn(seed: int) -> None:
    draw = np.random.default_rng(seed)
    relevant = draw.integers(0, 2, 20)
    relevant[0] = 1
    found = [str(n) for n in draw.permutation(20)]
    scores = [20 - found.index(str(n)) for n in range(20)]
    expected = metrics.ndcg_score([relevant], [scores], k=10)
    assert ndcg_at(10, found, {str(n) for n in np.flatnonzero(relevant)}) == pytest.approx(expected)


def test_coverage_is_the_share_of_the_catalogue_in_any_list() -> None:
    lists = np.array([[8.0, 0.0, 1.0], [8.0, 1.0, NOTHING], [8.0, NOTHING, NOTHING]])
    assert coverage(lists, np.ones(3)) == 2 / 8


def test_coverage_of_resamples_is_not_lower_for_seeing_fewer_lists() -> None:
    draw = np.random.default_rng(3)
    items = np.array([draw.choice(400, size=10, replace=False) for _ in range(150)])
    found = estimate(np.c_[np.full(150, 400.0), items], [str(n) for n in range(150)], coverage)
    assert found.low < found.value < found.high
