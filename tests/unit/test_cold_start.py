"""What the prior is learnt from, and how the cold start is measured: on small made-up data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evals.backtest.cold_start import METHODS, Result, Setting, Task, means, play, settings_of, within
from evals.backtest.datasets import DataMissing
from evals.backtest.panels import panel_of, table_of
from evals.backtest.populations import any_population, simulate
from evals.backtest.prior import learn, made_up
from evals.learn_prior import written
from tools.prediction.prior import SILENCE, shipped_prior
from tools.prediction.table import DAY_S, Table

TASK = Task("made_up", 30, ("1970-09-01",), 15)


@pytest.mark.parametrize("seed", range(12))
def test_made_up_customers_act_within_the_observation_only(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kind = any_population(rng)
    who, day = simulate(kind, 100, rng)
    assert len(who) == len(day) > 0
    assert ((day >= 0) & (day < kind.days) & (who >= 0) & (who < 100)).all()


def test_the_same_seed_makes_up_the_same_lessons() -> None:
    one, two = (list(made_up(4, 60, 3)) for _ in range(2))
    assert [each.silent.tolist() for each in one] == [each.silent.tolist() for each in two]
    assert sum(len(each.silent) for each in one) > 100


def test_what_is_learnt_goes_one_way_with_silence() -> None:
    model = learn(list(made_up(12, 60, 5)))
    for spline in model.splines:
        assert not SILENCE[spline.feature] or (np.diff(spline.scores) * SILENCE[spline.feature] >= 0).all()
    assert written(model).count("\n") == len(model.splines) + 2


def test_the_shipped_prior_tells_much_of_populations_it_was_not_learnt_from() -> None:
    model, losses, rates = shipped_prior(30), [], []
    for lesson in made_up(15, 100, 99):
        odds = model.intercept + sum(spline(lesson.ratios[spline.feature]) for spline in model.splines)
        losses.append(float(np.mean(np.logaddexp(0, odds) - lesson.silent * odds)))
        rates.append(float(lesson.silent.mean()))
    rate = np.mean(rates)
    knows_the_rate = -(rate * np.log(rate) + (1 - rate) * np.log(1 - rate))
    assert np.mean(losses) < knows_the_rate - 0.15


def shoppers() -> Table:
    """200 customers for a year from 1970 on; half of them stop for good at some time."""
    rng = np.random.default_rng(1)
    days = [
        np.cumsum(rng.exponential(rng.gamma(2, 8), 80))[: int(rng.integers(1, 12)) if who % 2 else 80]
        for who in range(200)
    ]
    who = np.repeat(np.arange(200), [len(each) for each in days])
    second = (np.concatenate(days) * DAY_S).astype(np.int64)
    kept = second < 365 * DAY_S
    return table_of(who[kept], second[kept], np.full(int(kept.sum()), 1000))


def setting() -> Setting:
    return next(settings_of(TASK, shoppers()))


def test_every_method_is_scored_on_everybody_who_was_not_seen() -> None:
    found = play(setting(), 50, 0)
    assert set(found.log_loss) == set(METHODS)
    assert all(0 < loss < 2 for loss in found.log_loss.values())
    assert found.log_loss[{"offset": "offset", "prior": "prior", "bgnbd": "bg_nbd_weak_prior"}[found.form]] == (
        pytest.approx(found.log_loss["product"])
    )


def test_no_training_label_looks_past_the_origin() -> None:
    made = setting()
    assert (made.known.second + TASK.horizon_days * DAY_S).max() == made.asked.second[0]


def test_the_margin_is_held_against_the_better_rival() -> None:
    loss = dict.fromkeys(METHODS, 0.40)
    assert within(means([Result("", 10, 0, "offset", loss)]))
    assert not within({**loss, "rfm": 0.394})
    assert within({**loss, "rfm": float("nan"), "bg_nbd": 0.396})


def test_cdnow_is_read_from_its_text_file(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    text = "id date cds amount\n00002 19970112 5 77.00\n00001 19970101 1 11.77\n00002 19970112 1 12.00\n"
    (tmp_path / "deep" / "CDNOW_master.txt").write_text(text, encoding="utf-8")
    table = panel_of("cdnow", [tmp_path])
    assert table.start.tolist() == [0, 1, 3]
    assert sorted(table.cents.tolist()) == [1177, 1200, 7700]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"CDNOW_master\.txt"):
        panel_of("cdnow", [tmp_path])
