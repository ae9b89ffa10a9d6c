"""What a customer is likely to pay within the horizon, and how long they are likely to stay."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.record import Record
from tests.builders import order, record
from tools.prediction.expected_time import days_to_churn
from tools.prediction.features import Columns, Rows, Spec, columns
from tools.prediction.table import make_table, seconds
from tools.prediction.value import PARTS, expected_value, fit_value, own_mean, paid_parts, paid_within, read_value

FIRST = datetime(2026, 1, 1, 12, tzinfo=UTC)
H = 30


def bought(day: float, revenue: float, user: str = "c1") -> Record:
    when = (FIRST + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return order(when, revenue, user, messageId=f"{user}-{day}-{revenue}")


def known(*records: Record) -> Columns:
    everyone: dict[str, list[Record]] = {}
    for each in sorted(records, key=lambda found: (found.occurred_at, found.message_id)):
        everyone.setdefault(each.customer_id, []).append(each)
    return columns(make_table(everyone), Spec())


def on(day: float, *customers: int) -> Rows:
    second = seconds(FIRST + timedelta(days=day))
    chosen = customers or (0,)
    return Rows(np.array(chosen, dtype=np.int64), np.full(len(chosen), second, dtype=np.int64))


def drawn(n: int = 600) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parts of customers who go on as they did, if they stay: amounts that follow are their mean times a chance."""
    draw = np.random.default_rng(3)
    own = draw.gamma(2.0, 2_000.0, n)
    churns = draw.uniform(0.05, 0.95, n)
    paid = own * (draw.random(n) > churns)
    return np.column_stack([own, own, own]), churns, paid


def test_the_own_mean_is_what_they_paid_per_horizon_since_they_came() -> None:
    months = known(*(bought(30 * month, 12.5) for month in range(4)))
    assert own_mean(months, on(120), H)[0] == pytest.approx(1_250)


def test_somebody_new_is_not_taken_to_buy_every_day() -> None:
    new = known(bought(0, 80))
    assert own_mean(new, on(1), H)[0] == 8_000
    assert paid_parts(new, on(1), H)[0].max() == 8_000


def test_what_they_paid_lately_counts_for_itself() -> None:
    changed = known(bought(0, 100), bought(300, 30), bought(350, 30))
    own, quarter, half = paid_parts(changed, on(360), H)[0]
    assert own == pytest.approx(16_000 / 12)
    assert quarter == pytest.approx(6_000 / 3)
    assert half == pytest.approx(6_000 / 6)


def test_refunds_are_not_money_paid() -> None:
    refund = record("Order Refunded", "2026-01-03T00:00:00Z", properties={"total": 50})
    assert own_mean(known(bought(0, 50), refund), on(10), H)[0] == 5_000


def test_what_comes_at_or_after_the_instant_changes_no_part() -> None:
    past = [bought(0, 10), bought(40, 20)]
    later = [bought(60, 1_000), bought(61, 5)]
    assert paid_parts(known(*past), on(60), H).tolist() == paid_parts(known(*past, *later), on(60), H).tolist()


def test_what_follows_is_counted_from_the_instant_to_the_end_of_the_horizon() -> None:
    # 12:00 of a day is inside where the window begins then, and outside where it ends then.
    paid = known(bought(0, 1), bought(10, 2), bought(39, 4), bought(40, 8))
    assert paid_within(paid, on(10), H)[0] == 600


def test_nobody_known_to_have_paid_has_parts_of_nothing() -> None:
    seen = known(record("Signed In", "2026-01-01T00:00:00Z"), bought(50, 10, "c2"))
    assert paid_parts(seen, on(20, 0, 1), H).tolist() == [[0, 0, 0], [0, 0, 0]]


def test_who_is_likely_to_leave_is_expected_to_pay_less() -> None:
    parts, churns, paid = drawn()
    model = fit_value(parts, churns, paid, H)
    assert model is not None
    same = np.full((2, 3), 4_000.0)
    stays, leaves = expected_value(model, same, np.array([0.1, 0.9]))
    assert stays > 2 * leaves


def test_expected_values_come_near_what_followed_in_sum() -> None:
    parts, churns, paid = drawn(5_000)
    model = fit_value(parts, churns, paid, H)
    assert model is not None
    assert expected_value(model, parts, churns).sum() / paid.sum() == pytest.approx(1, abs=0.03)


def test_one_wholesaler_does_not_set_the_value_of_all() -> None:
    parts, churns, paid = drawn()
    before = fit_value(parts, churns, paid, H)
    paid[0] = 1e12
    after = fit_value(parts, churns, paid, H)
    assert before is not None
    assert after is not None
    usual = np.full((1, 3), 4_000.0), np.array([0.3])
    assert expected_value(after, *usual)[0] == pytest.approx(expected_value(before, *usual)[0], rel=0.05)


@pytest.mark.parametrize("paid", [np.zeros(0), np.zeros(5)])
def test_where_nothing_was_paid_there_is_no_model(paid: np.ndarray) -> None:
    assert fit_value(np.ones((len(paid), 3)), np.full(len(paid), 0.5), paid, H) is None


def test_a_few_who_pay_among_many_who_do_not_are_learnt_from() -> None:
    paid = np.zeros(1_000)
    paid[:3] = 5_000
    model = fit_value(np.zeros((1_000, 3)), np.full(1_000, 0.5), paid, H)
    assert model is not None
    assert expected_value(model, np.zeros((1, 3)), np.array([0.5]))[0] == pytest.approx(15)


@given(
    st.lists(st.tuples(*(st.floats(-1e9, 1e12) for _ in range(3)), st.floats(0, 1)), min_size=1, max_size=30),
)
def test_a_value_is_never_below_zero_and_the_same_for_one_as_for_many(rows: list[tuple[float, ...]]) -> None:
    model = fit_value(*drawn(), H)
    assert model is not None
    parts, churns = np.array([row[:3] for row in rows]), np.array([row[3] for row in rows])
    found = expected_value(model, parts, churns)
    assert (found >= 0).all()
    each = [float(expected_value(model, parts[n : n + 1], churns[n : n + 1])[0]) for n in range(len(rows))]
    assert found.tolist() == each


def test_a_value_model_comes_back_from_its_json() -> None:
    model = fit_value(*drawn(), H)
    assert model is not None
    assert read_value(json.loads(json.dumps(model.to_json()))) == model


def test_negative_shares_are_refused() -> None:
    data = {
        "horizon_days": H,
        "mean_cents": 1.0,
        "staying": dict.fromkeys(PARTS, 0.1),
        "always": dict.fromkeys(PARTS, -1),
    }
    with pytest.raises(ValueError, match="negative"):
        read_value(data)


def test_the_time_to_churn_is_the_mean_under_a_constant_hazard() -> None:
    daily = 0.01
    within_the_horizon = 1 - np.exp(-daily * H)
    assert days_to_churn(within_the_horizon, H, 365) == pytest.approx(1 / daily)


@pytest.mark.parametrize("probability", [0.0, 1.0, -0.1, 1.1, float("nan")])
def test_certainty_has_no_time(probability: float) -> None:
    assert days_to_churn(probability, H, 10_000) is None


def test_no_time_is_told_beyond_what_the_data_cover() -> None:
    assert days_to_churn(0.01, H, 365) is None
    assert days_to_churn(0.1, H, 365) is not None
    assert days_to_churn(1e-320, H, 1e300) is None


@given(st.floats(0.001, 0.998), st.floats(1.0001, 1.001))
def test_who_is_likelier_to_leave_leaves_sooner(probability: float, more: float) -> None:
    later, sooner = days_to_churn(probability, H, 1e9), days_to_churn(probability * more, H, 1e9)
    assert later is not None
    assert sooner is not None
    assert sooner < later


def test_much_in_a_currency_of_small_units_over_two_years_stays_what_it_is() -> None:
    paid = known(bought(0, 5e9), bought(10, 5e9))
    assert own_mean(paid, on(20), 730).tolist() == [1e12]
    assert (paid_parts(paid, on(20), 730) >= 0).all()
