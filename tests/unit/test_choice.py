"""The choice: by log loss at the newest known origins; the safest of those that are not clearly worse."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from tools.prediction.additive import Floats, StepModel, Steps
from tools.prediction.choice import Candidate, Labelled, choose, origins_of
from tools.prediction.table import DAY_S

FLAT = StepModel(0.0, (Steps("told", (), (0.0, 0.0)),))
#: Knows what the feature tells; the other believes the reverse.
KNOWS = StepModel(0.0, (Steps("told", (0.5,), (0.0, -2.0, 2.0)),))
DENIES = StepModel(0.0, (Steps("told", (0.5,), (0.0, 2.0, -2.0)),))


def history(customers: int = 100, instants: int = 8, seed: int = 0) -> Labelled:
    """The same customers every 15 days; the label is right in nine of ten cases."""
    rng = np.random.default_rng(seed)
    customer = np.tile(np.arange(customers), instants)
    second = np.repeat(np.arange(instants) * 15 * DAY_S, customers)
    told = rng.integers(0, 2, len(customer)).astype(float)
    labels = np.where(rng.random(len(customer)) < 0.9, told, 1 - told)
    return Labelled({"told": told}, labels, customer, second)


def always(form: str, model: StepModel, fewest: int = 5, both: bool = False) -> Candidate:
    return Candidate(form, lambda known, now: model, fewest, both)


NOW = {"told": np.zeros(3)}


def test_what_foretells_better_is_chosen() -> None:
    found = choose([always("flat", FLAT), always("denies", DENIES), always("knows", KNOWS)], history(), NOW, 30)
    assert found is not None
    assert found.form == "knows"
    assert found.model is KNOWS
    assert [trial.form for trial in found.trials if trial.chosen] == ["knows"]


def test_the_safer_one_stays_when_the_other_is_no_better() -> None:
    found = choose([always("safe", KNOWS), always("same", KNOWS), always("flat", FLAT)], history(), NOW, 30)
    assert found is not None
    assert found.form == "safe"


def test_a_gain_within_its_standard_error_is_noise() -> None:
    """Of sixteen customers a hair's breadth of luck does not decide."""
    slightly = StepModel(0.02, (Steps("told", (), (0.0, 0.0)),))
    known = history(16, 4)
    odd = Labelled(known.features, (np.arange(len(known)) % 16 < 9).astype(float), known.customer, known.second)
    found = choose([always("flat", FLAT), always("slightly", slightly)], odd, NOW, 30)
    assert found is not None
    assert found.form == "flat"
    assert 0 < found.trials[1].better < found.trials[1].error


def test_it_is_judged_on_rows_whose_horizon_was_not_over_when_it_was_fitted() -> None:
    seen: list[tuple[int, int]] = []

    def fit(known: Labelled, now: Mapping[str, Floats]) -> StepModel:
        seen.append((int(known.second.max()), len(known)))
        return FLAT

    known = history()
    found = choose([Candidate("watched", fit)], known, NOW, 30)
    assert found is not None
    origins = found.trials[0].origins
    assert [newest for newest, _ in seen[:-1]] == [origin - 30 * DAY_S for origin in origins]
    assert seen[-1] == (int(known.second.max()), len(known)), "what answers is fitted to all that is known"


def test_the_log_losses_of_the_card_are_those_of_the_judged_rows() -> None:
    found = choose([always("flat", FLAT)], history(), NOW, 30)
    assert found is not None
    trial = found.trials[0]
    assert trial.log_loss == pytest.approx(np.log(2))
    assert trial.by_origin == pytest.approx([np.log(2)] * 3)
    assert trial.cases == 300


def test_of_four_customers_nothing_is_tried() -> None:
    assert choose([always("flat", FLAT)], history(4), NOW, 30) is None


def test_without_any_known_outcome_nothing_is_tried() -> None:
    assert choose([always("flat", FLAT)], history(0), NOW, 30) is None


def test_who_needs_more_customers_or_both_outcomes_waits() -> None:
    known = history(50)
    silent = Labelled(known.features, np.ones(len(known)), known.customer, known.second)
    many, both = always("many", KNOWS, fewest=51), always("both", KNOWS, both=True)
    found = choose([always("flat", FLAT), many, both], silent, NOW, 30)
    assert found is not None
    assert found.form == "flat"
    assert [trial.form for trial in found.trials] == ["flat"]


def test_too_short_a_history_to_judge_takes_the_safest() -> None:
    found = choose([always("safe", FLAT), always("knows", KNOWS)], history(instants=2), NOW, 30)
    assert found is not None
    assert found.form == "safe"
    assert not found.trials


def test_origins_are_the_newest_half_a_horizon_apart_with_known_rows_before() -> None:
    days = [int(second // DAY_S) for second in origins_of(np.arange(0, 200, 10) * DAY_S, 60)]
    assert days == [190, 160, 130]
    assert origins_of(np.arange(0, 50, 10) * DAY_S, 60) == ()
