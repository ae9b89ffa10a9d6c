"""The prior: for any horizon, from one event on; silence never lowers it, and its terms add up."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.prediction.additive import Floats, logits
from tools.prediction.columns import Rows
from tools.prediction.features import Spec, columns, make_features
from tools.prediction.outcome import cancellation, conversion, repeat_purchase, silence
from tools.prediction.prior import SILENCE, SplineModel, prior_for, read_splines, reverse, shipped_prior, unit_free
from tools.prediction.reading import read_model
from tools.prediction.table import DAY_S, SPAN_S, Table, kind_of

_START = 17_000 * DAY_S
Histories = st.lists(st.lists(st.integers(0, 700 * DAY_S), min_size=1, max_size=30), min_size=1, max_size=8)


def features_of(histories: list[list[int]], silent_days: int) -> dict[str, Floats]:
    """Features of customers with events at these seconds after a start, so many days after the last of each."""
    key = np.array(
        [who * SPAN_S + _START + s for who, own in enumerate(histories) for s in sorted(own)], dtype=np.int64
    )
    start = np.cumsum([0, *(len(own) for own in histories)])
    names = tuple(f"customer-{who}" for who in range(len(histories)))
    kind, cents = np.zeros(len(key), np.int32), np.zeros(len(key), np.int64)
    known = columns(Table(names, (kind_of("Order Completed"),), start, key, kind, cents), Spec())
    now = [_START + max(own, default=0) + silent_days * DAY_S + 1 for own in histories]
    return make_features(known, Rows(np.arange(len(histories), dtype=np.int64), np.array(now, dtype=np.int64)))


def log_odds(model: SplineModel, features: dict[str, Floats]) -> Floats:
    return logits(model, model.contributions(features))


@given(Histories, st.integers(0, 400), st.sampled_from([1, 7, 30, 90, 365]))
def test_seven_more_silent_days_never_lower_it(histories: list[list[int]], silent: int, horizon: int) -> None:
    model = shipped_prior(horizon)
    before, after = (log_odds(model, features_of(histories, days)) for days in (silent, silent + 7))
    assert (after >= before - 1e-9).all()


@given(Histories, st.integers(0, 400))
def test_one_row_is_scored_as_it_is_among_many(histories: list[list[int]], silent: int) -> None:
    model, features = shipped_prior(30), features_of(histories, silent)
    together = model.contributions(features)
    for row in range(len(histories)):
        alone = model.contributions({name: values[row : row + 1] for name, values in features.items()})
        assert alone.tobytes() == np.ascontiguousarray(together[row : row + 1]).tobytes()


def test_a_long_silence_is_likelier_to_last_than_a_short_one() -> None:
    weekly = [[week * 7 * DAY_S for week in range(20)]]
    fresh, stale = (log_odds(shipped_prior(30), features_of(weekly, days))[0] for days in (2, 90))
    assert fresh < -1
    assert stale > 1


def test_a_longer_horizon_makes_silence_less_likely() -> None:
    weekly = features_of([[week * 7 * DAY_S for week in range(20)]], 10)
    short, long = (log_odds(shipped_prior(days), weekly)[0] for days in (7, 180))
    assert long < short


def test_one_event_gives_a_probability_that_is_neither_certain_nor_missing() -> None:
    odds = log_odds(shipped_prior(30), features_of([[0]], 3))
    assert np.isfinite(odds).all()
    assert abs(odds[0]) < 5


def test_huge_numbers_stay_finite() -> None:
    features = {name: values * 1e12 for name, values in features_of([[0, DAY_S, 90 * DAY_S]], 3).items()}
    assert np.isfinite(log_odds(shipped_prior(30), features)).all()


def test_who_was_never_active_still_gets_a_number() -> None:
    assert np.isfinite(log_odds(shipped_prior(30), features_of([[]], 3))).all()


@pytest.mark.parametrize("horizon", [0, -30])
def test_a_horizon_below_one_day_is_refused(horizon: int) -> None:
    with pytest.raises(ValueError, match="at least one day"):
        shipped_prior(horizon)


def test_the_unit_of_time_does_not_matter() -> None:
    """Ten times slower customers with a horizon ten times longer are the same, but for the day silence is told in."""
    slow = features_of([[0, 200 * DAY_S, 500 * DAY_S]], 80)
    slower = {
        name: values * 10 if name.endswith("_days") and name != "active_days" else values
        for name, values in slow.items()
    }
    one, ten = unit_free(slow, 30), unit_free(slower, 300)
    same = set(SILENCE) - {"trend", "recency_over_horizon_once"}
    assert {name: one[name][0] for name in same} == pytest.approx({name: ten[name][0] for name in same}, abs=0.05)


def test_every_term_that_silence_moves_goes_one_way() -> None:
    for spline in shipped_prior(30).splines:
        assert (np.diff(spline.scores) * SILENCE[spline.feature] >= 0).all() or not SILENCE[spline.feature]


def test_it_is_read_back_as_it_was_written() -> None:
    model = shipped_prior(45)
    assert read_model(json.loads(json.dumps(model.to_json()))) == model


def test_a_term_with_a_score_too_few_is_refused() -> None:
    data = shipped_prior(30).to_json()
    data["splines"][0]["scores"].pop()
    with pytest.raises(ValueError, match="not whole"):
        read_splines(data)


def test_a_repeat_purchase_is_the_reverse_of_silence() -> None:
    features = features_of([[0, 5 * DAY_S, 11 * DAY_S], [0]], 20)
    again = prior_for(repeat_purchase(30))
    assert again == reverse(shipped_prior(30))
    assert log_odds(again, features) == pytest.approx(-log_odds(shipped_prior(30), features), abs=1e-12)


def test_of_cancelling_and_first_purchases_it_knows_nothing() -> None:
    assert prior_for(silence(30)) == shipped_prior(30)
    assert prior_for(cancellation(30)) is None
    assert prior_for(conversion(30)) is None
