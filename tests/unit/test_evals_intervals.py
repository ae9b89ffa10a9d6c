"""Intervals are where they should be, and the same on every run."""

from __future__ import annotations

import pytest

from evals.intervals import bootstrap, wilson


def test_a_wilson_interval_is_the_textbook_one() -> None:
    share = wilson(8, 10)
    assert (share.mean, share.n) == (0.8, 10)
    assert share.low == pytest.approx(0.4902, abs=1e-4)
    assert share.high == pytest.approx(0.9433, abs=1e-4)


def test_nothing_but_hits_is_still_not_certain() -> None:
    share = wilson(3, 3)
    assert share.high == pytest.approx(1.0)
    assert share.low < 0.5


def test_a_bootstrap_interval_holds_the_mean_and_repeats_itself() -> None:
    values, clusters = [0.0, 1.0, 1.0, 1.0] * 10, [str(i) for i in range(40)]
    share = bootstrap(values, clusters)
    assert share == bootstrap(values, clusters)
    assert share.low < share.mean == 0.75 < share.high


def test_values_of_few_customers_are_less_sure_than_as_many_of_many() -> None:
    values = [0.0] * 20 + [1.0] * 20
    few = bootstrap(values, [str(i // 10) for i in range(40)])
    many = bootstrap(values, [str(i) for i in range(40)])
    assert few.high - few.low > many.high - many.low


def test_nothing_but_hits_of_few_customers_is_not_certain_either() -> None:
    share = bootstrap([1.0] * 40, [str(i // 10) for i in range(40)])
    assert (share.mean, share.n) == (1.0, 40)
    assert share.low == pytest.approx(wilson(4, 4).low)


@pytest.mark.parametrize("measure", [lambda: wilson(0, 0), lambda: bootstrap([], [])])
def test_nothing_measured_has_no_interval(measure: object) -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        measure()  # type: ignore[operator]
