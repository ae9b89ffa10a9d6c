"""The boosting machine as a step model: the same numbers, the same on every run, fair to customers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tools.prediction import boosting
from tools.prediction.additive import Floats, StepModel, logits, probabilities, read_steps
from tools.prediction.boosting import Boosting, fit_steps
from tools.prediction.table import Bools, Ints

QUICK = Boosting(bags=3)


def _data(rows: int = 3_000) -> tuple[dict[str, Floats], Bools, Ints]:
    draw = np.random.default_rng(7)
    groups = np.repeat(np.arange(rows // 5), 5)
    silence, count = draw.gamma(1.0, 30.0, rows), draw.poisson(4.0, rows).astype(np.float64)
    unknown = draw.normal(size=rows)
    unknown[draw.random(rows) < 0.2] = np.nan
    labels = draw.random(rows) < probabilities(0.03 * silence - 0.5 * count + np.nan_to_num(unknown, nan=1.5))
    return {"silence": silence, "count": count, "unknown": unknown, "constant": np.ones(rows)}, labels, groups


def test_the_steps_give_what_the_machine_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    make = boosting._machine

    def making(*given: Any) -> Any:
        made.append(make(*given))
        return made[-1]

    monkeypatch.setattr(boosting, "_machine", making)
    features, labels, groups = _data()
    model = fit_steps(features, labels, groups, settings=QUICK)
    ours = probabilities(logits(model, model.contributions(features)))
    theirs = made[0].predict_proba(np.column_stack([features[name] for name in model.terms]))[:, 1]
    assert np.abs(ours - theirs).max() < 1e-9


def test_learning_twice_gives_the_same_model_and_json_keeps_it() -> None:
    features, labels, groups = _data()
    model = fit_steps(features, labels, groups, settings=QUICK)
    assert fit_steps(features, labels, groups, settings=QUICK) == model
    assert read_steps(json.loads(json.dumps(model.to_json()))) == model


def test_features_that_never_vary_or_repeat_another_are_left_out() -> None:
    features, labels, groups = _data()
    model = fit_steps({**features, "again": features["count"].copy()}, labels, groups, settings=QUICK)
    assert model.terms == ("silence", "count", "unknown")


def test_a_bound_feature_goes_one_way_only() -> None:
    draw = np.random.default_rng(3)
    features, groups = {"silence": draw.gamma(1.0, 30.0, 2_000)}, np.arange(2_000)
    labels = draw.random(2_000) < np.where(features["silence"] > 60, 0.2, features["silence"] / 100)
    bound = fit_steps(features, labels, groups, {"silence": 1}, QUICK).steps[0]
    free = fit_steps(features, labels, groups, settings=QUICK).steps[0]
    assert (np.diff(bound.scores[1:]) >= -1e-12).all()
    assert (np.diff(free.scores[1:]) < -0.1).any()


def test_a_customer_is_wholly_inside_or_outside_of_each_bag() -> None:
    groups = np.random.default_rng(1).integers(0, 40, 500)
    bags = boosting._bags(groups, groups % 3 == 0, Boosting(bags=6))
    for customer in range(40):
        assert (bags[groups == customer] == bags[groups == customer][0]).all()
    assert ((bags == -1).any(axis=0) & (bags == 1).any(axis=0)).all()


def test_without_two_classes_that_is_said() -> None:
    features, labels, groups = _data(100)
    with pytest.raises(ValueError, match="both classes"):
        fit_steps(features, np.zeros_like(labels), groups, settings=QUICK)


def test_where_nothing_varies_the_rate_is_all_there_is() -> None:
    labels = np.arange(40) < 10
    model = fit_steps({"constant": np.ones(40)}, labels, np.arange(40), settings=QUICK)
    assert model.terms == ()
    assert probabilities(np.array([model.intercept]))[0] == pytest.approx(0.25)


def test_with_one_customer_of_a_class_the_rate_is_all_there_is() -> None:
    features, _, groups = _data(100)
    model = fit_steps(features, groups == 3, groups, settings=QUICK)
    assert model.terms == ()
    assert probabilities(np.array([model.intercept]))[0] == pytest.approx(0.05)


def test_a_few_rows_of_a_rare_class_can_be_learnt_from() -> None:
    features, _, groups = _data(100)
    labels = np.isin(np.arange(100), (2, 90))
    model = fit_steps(features, labels, groups, settings=QUICK)
    assert np.isfinite(logits(model, model.contributions(features))).all()


def test_labels_without_meaning_teach_nothing() -> None:
    features, labels, groups = _data(6_000)
    shuffled = np.random.default_rng(5).permutation(labels)
    half = groups < groups.max() // 2
    model = fit_steps(
        {name: values[half] for name, values in features.items()}, shuffled[half], groups[half], settings=QUICK
    )
    assert 0.47 < _auc(model, {name: values[~half] for name, values in features.items()}, shuffled[~half]) < 0.53


def test_labels_with_meaning_are_learnt() -> None:
    features, labels, groups = _data(6_000)
    half = groups < groups.max() // 2
    model = fit_steps(
        {name: values[half] for name, values in features.items()}, labels[half], groups[half], settings=QUICK
    )
    assert _auc(model, {name: values[~half] for name, values in features.items()}, labels[~half]) > 0.8


def _auc(model: StepModel, features: dict[str, Floats], labels: Bools) -> float:
    score = logits(model, model.contributions(features))
    high, low = score[labels], score[~labels]
    return float(np.mean((high[:, None] > low) + 0.5 * (high[:, None] == low)))
