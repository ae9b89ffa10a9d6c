"""Intervals are where they should be, and the same on every run."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.stats.estimate import difference, estimate, wilson
from evals.stats.paired import holm, mcnemar
from evals.stats.weighted import Floats


def column(values: list[float]) -> Floats:
    return np.array(values, float)[:, None]


def each(values: list[float]) -> list[str]:
    return [str(n) for n in range(len(values))]


def test_a_wilson_interval_is_the_textbook_one() -> None:
    share = wilson(8, 10)
    assert (share.value, share.n) == (0.8, 10)
    assert share.low == pytest.approx(0.4902, abs=1e-4)
    assert share.high == pytest.approx(0.9433, abs=1e-4)


def test_nothing_but_hits_is_still_not_certain() -> None:
    share = wilson(3, 3)
    assert share.high == pytest.approx(1.0)
    assert share.low < 0.5


def test_an_interval_holds_the_mean_and_repeats_itself() -> None:
    values = [0.0, 1.0, 1.0, 1.0] * 10
    share = estimate(column(values), each(values))
    assert share == estimate(column(values), each(values))
    assert share.low < share.value == 0.75 < share.high


def test_the_interval_of_a_share_is_about_as_wide_as_wilsons() -> None:
    values = [1.0] * 60 + [0.0] * 40
    share, textbook = estimate(column(values), each(values)), wilson(60, 100)
    assert share.low == pytest.approx(textbook.low, abs=0.02)
    assert share.high == pytest.approx(textbook.high, abs=0.02)


def test_values_of_few_customers_are_less_sure_than_as_many_of_many() -> None:
    values = [0.0] * 20 + [1.0] * 20
    few = estimate(column(values), [str(i // 10) for i in range(40)])
    many = estimate(column(values), each(values))
    assert few.high - few.low > many.high - many.low
    assert (few.clusters, many.clusters) == (4, 40)


def test_nothing_but_hits_of_few_customers_is_not_certain_either() -> None:
    share = estimate(column([1.0] * 40), [str(i // 10) for i in range(40)])
    assert (share.value, share.n) == (1.0, 40)
    assert share.low == pytest.approx(wilson(4, 4).low)


def test_the_difference_of_equal_runs_is_nothing() -> None:
    values = column([0.0, 1.0, 0.5])
    found = difference(values, values, ["a", "b", "c"])
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_a_pair_is_surer_than_two_runs_apart() -> None:
    old = [1.0] * 150 + [0.0] * 150
    new = [1.0] * 135 + [0.0] * 165
    paired = difference(column(new), column(old), each(old))
    assert paired.value == pytest.approx(-0.05)
    assert paired.high < 0
    apart = [estimate(column(values), each(values)) for values in (old, new)]
    assert apart[0].low < apart[1].high


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_the_statistic_of_a_sample_is_inside_its_interval_or_at_its_edge(values: list[float]) -> None:
    share = estimate(column(values), each(values))
    assert share.low <= share.value + 1e-9
    assert share.high >= share.value - 1e-9


def test_a_statistic_that_resamples_seldom_define_has_no_interval() -> None:
    def needs_both(values: Floats, weights: Floats) -> float:
        kept = set(values[weights > 0, 0])
        return 1.0 if len(kept) == 2 else float("nan")

    share = estimate(column([0.0, 1.0]), ["a", "b"], needs_both)
    assert share.value == 1.0
    assert np.isnan(share.low)


def test_nothing_measured_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        estimate(np.empty((0, 1)), [])


def test_mcnemar_is_the_exact_test_of_the_pairs_that_differ() -> None:
    assert mcnemar(0, 5) == pytest.approx(2 * 0.5**5)
    assert mcnemar(3, 3) == 1.0
    assert mcnemar(0, 0) == 1.0


def test_holm_is_stricter_the_more_is_looked_at() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
