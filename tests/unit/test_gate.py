"""A new model answers only where it is not worse than the one in force, on outcomes that are known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from memory.record import Record
from memory.workspace import ChurnDefinition
from tests.builders import at, order, prior_model, visits
from tools.prediction.gate import LEAST_CUSTOMERS, LEAST_MARGIN, Comparison, compare

ORIGIN = at("2026-02-01")
PRIOR = prior_model(ChurnDefinition(horizon_days=30), ORIGIN)
#: Says of everybody that they leave.
GLOOMY = replace(PRIOR, model=replace(PRIOR.model, intercept=PRIOR.model.intercept + 5))


def people(count: int) -> dict[str, list[Record]]:
    """Half of them go on every week, half fell silent in autumn."""
    found = {}
    for n in range(count):
        last, who = ("2026-03-10" if n % 2 else "2025-11-10"), f"c{n:02}"
        days = visits(last, -7, 30, who)
        found[who] = sorted([order("2025-08-01", user=who), *days], key=lambda record: record.order)
    return found


def test_what_foretells_better_passes_and_what_is_worse_does_not() -> None:
    better, worse = compare(PRIOR, GLOOMY, people(40), ORIGIN), compare(GLOOMY, PRIOR, people(40), ORIGIN)
    assert better
    assert worse
    assert (better.passed, worse.passed, better.customers) == (True, False, 40)
    assert (better.new, better.old) == (worse.old, worse.new)


def test_a_model_that_is_the_same_passes_by_the_least_margin() -> None:
    found = compare(PRIOR, PRIOR, people(40), ORIGIN)
    assert found
    assert found.passed
    assert (found.new, found.margin) == (found.old, LEAST_MARGIN)


def test_of_too_few_customers_nothing_is_said() -> None:
    assert compare(PRIOR, GLOOMY, people(LEAST_CUSTOMERS - 1), ORIGIN) is None


@pytest.mark.parametrize(("new", "passed"), [(0.300, True), (0.310, True), (0.3101, False)])
def test_the_new_one_may_be_worse_by_the_margin(new: float, passed: bool) -> None:
    assert Comparison(100, new, 0.300, 0.01).passed is passed
