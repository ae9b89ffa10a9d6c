"""Which way silence moves a feature: bound so, seven more silent days are never a good sign."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import in_order, order, record, visits
from tools.prediction.directions import directions
from tools.prediction.features import Columns, Rows, Spec, columns, make_features
from tools.prediction.outcome import Outcome, cancellation, repeat_purchase, silence
from tools.prediction.table import DAY_S, make_table

TITLES = ("Signed In", "Order Completed", "Badge Awarded")


def _known(every_days: float = 7.5, times: int = 12) -> Columns:
    own = [order("2026-01-20", 30), record("Badge Awarded", "2026-02-01"), *visits("2026-01-05", every_days, times)]
    return columns(make_table({"c1": in_order(own)}), Spec(titles=TITLES))


def _ways(outcome: Outcome) -> dict[str, int]:
    known = _known()
    names = make_features(known, Rows(np.array([0]), np.array([0])))
    return directions(known, outcome, names)


@given(st.floats(0.5, 40), st.integers(1, 20), st.integers(0, 400))
def test_bound_features_go_their_way_with_seven_more_silent_days(every_days: float, times: int, silent: int) -> None:
    known = _known(every_days, times)
    last = int(known.table.second.max())
    rows = Rows(np.zeros(2, np.int64), last + 1 + np.array([silent, silent + 7]) * DAY_S)
    features = make_features(known, rows)
    for name, way in directions(known, silence(30), features).items():
        sooner, later = features[name]
        assert np.isnan(sooner) or way * (later - sooner) >= 0, name


@given(st.floats(0.5, 40), st.integers(1, 20))
def test_features_that_silence_leaves_alone_are_free_and_the_same(every_days: float, times: int) -> None:
    known = _known(every_days, times)
    last = int(known.table.second.max())
    features = make_features(known, Rows(np.zeros(2, np.int64), last + 1 + np.array([0, 7]) * DAY_S))
    free = features.keys() - directions(known, silence(30), features).keys()
    # What was paid, and what the customer did not start, move with time and may mean either.
    moving = {name for name in free if not (features[name][0] == features[name][1] or np.isnan(features[name][0]))}
    assert all(name.startswith(("value_", "other_events_")) or name.endswith(": Badge Awarded") for name in moving)


def test_coming_back_is_the_reverse_of_churn() -> None:
    assert _ways(repeat_purchase(30)) == {name: -way for name, way in _ways(silence(30)).items()}


def test_the_age_of_a_contract_is_free() -> None:
    free = _ways(silence(30)).keys() - _ways(cancellation(30)).keys()
    assert free == {"tenure_days", "days_since_first: Signed In", "days_since_first: Order Completed"}


def test_a_badge_long_ago_is_no_silence() -> None:
    assert "days_since: Badge Awarded" not in _ways(silence(30))
    assert _ways(silence(30))["days_since: Signed In"] == 1
