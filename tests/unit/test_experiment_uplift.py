"""Uplift: learnt from chance alone, for whom it helps, and not from too little."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from memory.given import NOTHING
from tests.decisions import experiment, trial
from tools.experiment.columns import columns_of
from tools.experiment.logistic import fit
from tools.experiment.uplift import learn


def test_it_finds_for_whom_an_action_helps() -> None:
    uplift = learn(experiment(6_000))
    assert uplift is not None
    assert uplift.actions == ("call", "discount")
    helped, harmed = uplift.lift("call", {"traits.x": 1.0}), uplift.lift("call", {"traits.x": -1.0})
    assert helped is not None
    assert harmed is not None
    assert helped.low < 0.4 < helped.high
    assert harmed.low < -0.1 < harmed.high
    assert 0 < helped.high - helped.low < 0.2


def test_the_best_arm_is_the_one_that_adds_most_and_nothing_where_none_does() -> None:
    uplift = learn(experiment(6_000))
    assert uplift is not None
    only_call = ("call", NOTHING)
    asked = [
        trial("a", False, features={"traits.x": 1.0}), trial("b", False, features={"traits.x": -1.0}),
        trial("c", False, features={"traits.x": -1.0}, eligible=only_call),
        trial("d", False, features={"traits.x": 1.0}, eligible=(NOTHING,)),
    ]  # fmt: skip
    assert uplift.best(asked) == ["call", "discount", NOTHING, NOTHING]


def test_below_the_least_number_of_outcomes_nothing_is_learnt() -> None:
    trials = experiment(3_300)
    fewest = min(Counter(each.arm for each in trials).values())
    assert learn(trials, fewest) is not None
    assert learn(trials, max(Counter(each.arm for each in trials).values()) + 1) is None


def test_an_arm_with_too_few_outcomes_has_no_lift() -> None:
    trials = experiment(3_600)
    few = [each for each in trials if each.arm != "discount"] + [t for t in trials if t.arm == "discount"][:50]
    uplift = learn(few)
    assert uplift is not None
    assert (uplift.actions, uplift.lift("discount", {})) == (("call",), None)


def test_an_arm_that_never_succeeds_has_no_lift() -> None:
    never = [trial(f"n{n}", False, "discount") for n in range(1_100)]
    uplift = learn([*(each for each in experiment(3_600) if each.arm != "discount"), *never])
    assert uplift is not None
    assert uplift.actions == ("call",)


@pytest.mark.parametrize("propensity", [None, 1.0])
def test_without_chance_nothing_is_learnt(propensity: float | None) -> None:
    assert learn(experiment(3_600, propensity=propensity)) is None


def test_what_is_not_known_of_a_customer_counts_as_usual() -> None:
    table = columns_of([{"a": float(n % 2), "plan=pro": 1.0} if n % 4 else {"a": 1.0} for n in range(400)])
    assert table.names == ("a", "plan=pro")
    unknown, said = table.table([{}, {"a": 1.0, "plan=pro": 1.0}])
    assert (unknown[0], unknown[1] < 0, said[1] > 0) == (0.0, True, True)


def test_what_nearly_nobody_or_everybody_has_is_left_out() -> None:
    rows = [{"same": 2.0, "x": float(n % 2)} | ({"rare=yes": 1.0} if n < 49 else {}) for n in range(300)]
    assert columns_of(rows).names == ("x",)


def test_a_regression_is_as_sure_as_its_data_allow() -> None:
    random = np.random.default_rng(3)
    found = []
    for _ in range(300):
        rows = random.choice([-1.0, 1.0], size=(1_000, 1))
        outcomes = (random.random(1_000) < 1 / (1 + np.exp(1 - 0.5 * rows[:, 0]))).astype(float)
        model = fit(rows, outcomes)
        found.append((model.chance(np.ones((1, 1)))[0], model.variance(np.ones((1, 1)))[0]))
    chances, variances = np.array(found).T
    # The penalty makes it a little steadier than it says.
    assert np.std(chances) == pytest.approx(np.mean(variances) ** 0.5, rel=0.15)
