"""The backtests know what came after, and what was known before knows nothing of it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from evals import oracle
from evals.backtest.baskets import Order, baskets_after, last_baskets, orders_in
from evals.backtest.best_trend import best_half_life
from evals.backtest.forecasts import Backtest, Forecast, Row, as_output, filled, from_output
from evals.backtest.history import TooShort, origins
from evals.backtest.lead_time import alarms, flagged, median_known
from evals.backtest.ledger import Known, known_before, ledger_of
from evals.backtest.logistic import fit_logistic
from evals.backtest.outcome import Definition, Leaving, churned, eligible, leavings
from evals.backtest.recommenders import co_occurrence, personal, popularity, trend
from evals.backtest.replay import definition_of, play, replay
from evals.oracle import Happening, World, read_world
from evals.report.charts import draw
from evals.sample import Sample
from evals.sources import SOURCES, Source
from evals.stats.weighted import Floats
from evals.suite import Metric, Record, Suite
from evals.suites.churn import churn_suite
from evals.suites.recommend import recommend_suite
from evals.target import Json

Recommender = Callable[[Known, str], Floats]
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
DEFINITION = Definition(inactive_days=20, horizon_days=10)
CANCELLATION = Definition(inactive_days=20, horizon_days=10, silence=False)


def at(day: float) -> datetime:
    return START + timedelta(days=day)


def did(title: str, day: float, who: str = "ada", items: Sequence[str] = ()) -> Happening:
    return Happening(f"{who}-{title}-{day}", at(day), who, title, None, None, tuple(items), {})


def world_of(happenings: Sequence[Happening], days: float) -> World:
    return World(sorted(happenings, key=lambda h: h.at), ZoneInfo("UTC"), at(days), DEFINITION.inactive_days)


# --- Who was there to leave, and who left ---


def test_who_has_not_bought_cannot_churn() -> None:
    assert not eligible([did("Signed In", 0)], DEFINITION, at(1))


def test_who_is_already_gone_is_not_eligible_until_they_are_back() -> None:
    found = [did("Order Completed", 0), did("Order Completed", 30)]
    assert [eligible(found, DEFINITION, at(day)) for day in (10, 25, 31)] == [True, False, True]


def test_who_cancelled_is_not_eligible_whatever_they_look_at() -> None:
    found = [did("Subscription Started", 0), did("Subscription Cancelled", 2), did("Signed In", 3)]
    assert not eligible(found, DEFINITION, at(4))
    assert eligible([*found, did("Subscription Reactivated", 5)], DEFINITION, at(6))


def test_silence_of_the_whole_horizon_is_churn() -> None:
    found = [did("Order Completed", 0), did("Order Completed", 12)]
    assert churned(found, DEFINITION, at(1))
    assert not churned(found, DEFINITION, at(5))


def test_what_others_do_is_no_sign_of_life() -> None:
    assert churned([did("Order Completed", 0), did("Invoice Sent", 3)], DEFINITION, at(1))


def test_where_a_cancellation_is_foretold_it_is_churn_however_lively_they_are() -> None:
    found = [did("Subscription Started", 0), did("Subscription Cancelled", 3), did("Signed In", 4)]
    assert churned(found, CANCELLATION, at(1))
    assert not churned(found, CANCELLATION, at(1) - timedelta(days=9))


def test_where_silence_is_foretold_who_cancels_and_comes_back_in_time_has_not_fallen_silent() -> None:
    found = [did("Subscription Started", 0), did("Subscription Cancelled", 3)]
    assert churned(found, DEFINITION, at(1))
    assert not churned([*found, did("Signed In", 4)], DEFINITION, at(1))


def test_where_only_a_cancellation_counts_silence_is_no_churn() -> None:
    found = [did("Subscription Started", 0)]
    assert not churned(found, CANCELLATION, at(1))
    assert eligible(found, CANCELLATION, at(500))


def test_a_customer_counts_as_gone_from_the_end_of_the_silence_or_the_cancellation() -> None:
    world = world_of(
        [did("Order Completed", 0), did("Subscription Started", 0, "bo"), did("Subscription Cancelled", 7, "bo")], 40
    )
    assert leavings(world, DEFINITION) == [Leaving("ada", at(20)), Leaving("bo", at(7))]


@pytest.mark.parametrize("name", ["shop", "software"])
def test_those_eligible_are_the_buyers_whom_the_oracle_does_not_call_churned(name: str) -> None:
    world = read_world(name)
    definition = definition_of(name, 30)
    for day in origins(world, 30, 40, 30):
        known = world.until(day)
        gone = set(oracle.churned(known))
        buyers = {who for who, found in known.people().items() if any(h.title in oracle.PURCHASES for h in found)}
        assert set(play(world, day, definition).customers) == buyers - gone


def test_origins_leave_a_warm_up_and_a_whole_horizon() -> None:
    world = read_world("shop")
    days = origins(world, 60, 15, 30)
    assert world.end_of(days[-1]) + timedelta(days=60) <= world.now
    assert world.end_of(days[0]) >= world.happenings[0].at + timedelta(days=30)
    assert len(days) > 5


def test_a_history_that_is_too_short_says_so() -> None:
    with pytest.raises(TooShort, match="do not fit"):
        origins(world_of([did("Order Completed", 0)], 20), 60, 15, 30)


# --- What was said of it ---


def test_the_unscored_get_the_median_and_the_gone_come_first() -> None:
    said = [
        Forecast("a", "scored", 1.0, None), Forecast("b", "scored", 3.0, None),
        Forecast("c", "insufficient_data", None, None), Forecast("d", "churned", None, None),
    ]  # fmt: skip
    assert filled(said, ["a", "b", "c", "d", "nobody"]) == [1.0, 3.0, 2.0, 4.0, 2.0]


def test_a_probability_is_what_orders_customers_where_there_is_one() -> None:
    said = [Forecast("a", "scored", 9.0, 0.1), Forecast("b", "scored", 1.0, 0.8)]
    assert filled(said, ["a", "b"]) == [0.1, 0.8]


def test_a_backtest_is_read_back_from_the_log_as_it_was() -> None:
    test = Backtest("shop", 60, (("2011-03-01", (Forecast("1", "scored", 0.5, None),)),))
    assert from_output(json.loads(json.dumps(as_output(test)))) == test


def test_a_logistic_fit_gives_the_rates_of_two_groups() -> None:
    rows = np.repeat([0.0, 1.0], 500)[:, None]
    labels = np.concatenate([np.r_[np.ones(100), np.zeros(400)], np.r_[np.ones(350), np.zeros(150)]])
    assert fit_logistic(rows, labels)(np.array([[0.0], [1.0]])) == pytest.approx([0.2, 0.7], abs=0.01)


def test_a_logistic_fit_needs_both_outcomes() -> None:
    with pytest.raises(ValueError, match="both outcomes"):
        fit_logistic(np.zeros((3, 1)), np.ones(3))


def silent(workspace: str) -> Backtest:
    """A target that says nothing of anybody, at the suite's origins."""
    (sample,) = churn_suite((workspace,)).samples()
    return Backtest(workspace, sample.data["horizon_days"], tuple((day, ()) for day in sample.data["origins"]))


def test_what_came_later_changes_no_simple_method(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = replay(silent("shop"))
    first = min(row.as_of for row in rows)
    end = read_world("shop").end_of(first)
    before = [line for line in SOURCES["shop"].lines() if datetime.fromisoformat(line["timestamp"]) < end]
    buyers = sorted({line["userId"] for line in before})
    poison = [
        {**before[0], "messageId": f"late-{who}", "userId": who, "timestamp": (end + timedelta(days=1)).isoformat()}
        for who in buyers
    ]
    poisoned = Source("with-a-future", "With a future", SOURCES["shop"].settings, lambda: [*before, *poison])
    monkeypatch.setitem(SOURCES, "with-a-future", poisoned)
    as_it_was = {row.customer: (row.scores, row.probabilities) for row in rows if row.as_of == first}
    other = replay(Backtest("with-a-future", silent("shop").horizon_days, silent("shop").origins))
    assert {row.customer: (row.scores, row.probabilities) for row in other if row.as_of == first} == as_it_was
    assert not any(row.churned for row in other if row.as_of == first)


def test_only_origins_with_known_outcomes_before_them_are_tested() -> None:
    test = silent("shop")
    world = read_world("shop")
    earliest = world.end_of(test.origins[0][0]) + timedelta(days=test.horizon_days)
    assert all(world.end_of(row.as_of) >= earliest for row in replay(test))


def test_days_can_be_chosen_that_are_tested_and_the_others_teach() -> None:
    (sample,) = churn_suite(("shop",), tested=("2011-05-20",)).samples()
    assert "2011-05-20" in sample.data["origins"]
    test = Backtest("shop", 60, tuple((day, ()) for day in sample.data["origins"]), ("2011-05-20",))
    assert {row.as_of for row in replay(test)} == {"2011-05-20"}


def test_a_day_whose_horizon_is_not_over_cannot_be_tested() -> None:
    with pytest.raises(TooShort, match="shop: 60 days after 2011-07-01 are not over"):
        churn_suite(("shop",), tested=("2011-07-01",)).samples()


# --- The churn suite ---


class Told:
    """A target that says of each customer what it was told to; nothing else is asked of it."""

    def __init__(self, say: dict[str, dict[str, Json]]) -> None:
        self.say = say

    async def churn(self, workspace: str, as_of: str) -> list[Json]:
        return [{"client_id": who, **signal} for who, signal in self.say[as_of].items()]


def outcomes() -> dict[str, dict[str, bool]]:
    world, definition = read_world("shop"), definition_of("shop", 60)
    (sample,) = churn_suite(("shop",)).samples()
    played = [play(world, day, definition) for day in sample.data["origins"]]
    return {origin.as_of: dict(zip(origin.customers, origin.labels, strict=True)) for origin in played}


async def judged(say: dict[str, dict[str, Json]]) -> tuple[Suite, Record]:
    suite = churn_suite(("shop",))
    (sample,) = suite.samples()
    output = await suite.solve(Told(say), sample)  # type: ignore[arg-type]  # churn is all that is asked
    scores = suite.score(sample, output)
    return suite, Record(
        suite="churn", id=sample.id, category="shop", cluster=sample.cluster, output=output, scores=scores
    )


def figure(suite: Suite, record: Record, name: str) -> float:
    metric: Metric = next(metric for metric in suite.metrics if metric.name == name)
    found = metric.observations([record])
    return metric.statistic(np.array([each.values for each in found]), np.ones(len(found)))


async def test_who_knows_the_outcome_beats_every_simple_method() -> None:
    say: dict[str, dict[str, Json]] = {
        day: {who: {"status": "scored", "score": 7.0 * gone} for who, gone in labels.items()}
        for day, labels in outcomes().items()
    }
    suite, record = await judged(say)
    assert figure(suite, record, "auc") == 1.0
    assert figure(suite, record, "auc_over_recency") > 0.2
    assert figure(suite, record, "auc_over_rfm") == 1.0 - figure(suite, record, "auc_rfm")
    assert figure(suite, record, "brier") < 0.01


async def test_who_says_nothing_ranks_by_chance_and_covers_nobody() -> None:
    suite, record = await judged({day: {} for day in outcomes()})
    assert figure(suite, record, "auc") == 0.5
    assert figure(suite, record, "lift_10") == pytest.approx(1.0)
    assert figure(suite, record, "coverage") == 0.0
    assert record.scores["coverage"].value == 0.0
    assert record.scores["coverage"].why


async def test_probabilities_of_the_target_are_judged_as_they_are() -> None:
    say: dict[str, dict[str, Json]] = {
        day: {who: {"status": "scored", "probability": 0.25} for who in labels} for day, labels in outcomes().items()
    }
    suite, record = await judged(say)
    rows = replay(from_output(record.output))
    assert {row.probabilities["product"] for row in rows} == {0.25}
    rate = np.mean([row.churned for row in rows])
    assert figure(suite, record, "ece") == pytest.approx(abs(rate - 0.25))


async def test_every_plot_of_the_churn_suite_can_be_drawn() -> None:
    suite, record = await judged({day: {} for day in outcomes()})
    plots = suite.plots([record])
    assert [plot.kind for plot in plots] == ["intervals", "lines", "lines", "reliability"]
    assert all(draw(plot) for plot in plots)


def test_each_observation_of_the_churn_suite_has_its_own_key() -> None:
    record = Record(suite="churn", id="x", category="shop", cluster="x", output=as_output(silent("shop")))
    for metric in churn_suite(("shop",)).metrics:
        keys = [each.key for each in metric.observations([record])]
        assert keys
        assert len(set(keys)) == len(keys), metric.name


# --- How early ---


def row(customer: str, day: int, score: float) -> Row:
    return Row("w", customer, f"2026-01-{day:02}", False, True, {"m": score}, {})


def test_every_method_flags_a_fifth_of_those_present() -> None:
    rows = [row(str(n), 5, 0.0) for n in range(10)]
    assert sum(len(days) for days in flagged(rows, "m").values()) == 2


def test_the_lead_is_from_the_first_flag_of_the_run_that_stood() -> None:
    present = [row(f"other-{n}", day, 0.5) for n in range(4) for day in (1, 5, 9, 13)]
    scores = {1: 0.9, 5: 0.1, 9: 0.9, 13: 0.9}
    rows = [*present, *(row("ada", day, score) for day, score in scores.items())]
    world = world_of([], 60)
    (alarm,) = alarms(rows, [Leaving("ada", world.end_of("2026-01-15"))], "m", world)
    assert alarm.lead_days == 6.0


def test_a_flag_that_was_taken_back_is_no_warning() -> None:
    present = [row(f"other-{n}", day, 0.5) for n in range(4) for day in (1, 5)]
    rows = [*present, row("ada", 1, 0.9), row("ada", 5, 0.1)]
    world = world_of([], 60)
    (alarm,) = alarms(rows, [Leaving("ada", world.end_of("2026-01-15"))], "m", world)
    assert alarm.lead_days is None


def test_who_left_before_the_first_origin_could_not_be_flagged() -> None:
    world = world_of([], 60)
    assert alarms([row("ada", 9, 0.9)], [Leaving("ada", world.end_of("2026-01-05"))], "m", world) == []


def test_the_median_leaves_out_those_without_a_flag() -> None:
    values = np.array([[1.0], [np.nan], [3.0], [10.0]])
    assert median_known(values, np.ones(4)) == 3.0
    assert median_known(values, np.array([1.0, 5.0, 1.0, 0.0])) == 2.0
    assert np.isnan(median_known(values, np.array([0.0, 1.0, 0.0, 0.0])))


# --- What comes next ---


def order(customer: str, day: float, *items: str) -> Order:
    return Order(customer, at(day), frozenset(items))


def known_at_the_end(*orders: Order) -> Known:
    return known_before(ledger_of(orders), at(60))


def first_items(method: Recommender, known: Known, customer: str) -> tuple[str, ...]:
    return known.best(method(known, customer), 10)


def test_the_last_basket_is_foretold_from_the_orders_before_it() -> None:
    orders = (order("ada", 0, "cup"), order("bo", 1, "pot"), order("ada", 2, "pot"), order("ada", 2, "lid"))
    (basket,) = last_baskets(orders)
    assert (basket.customer, basket.items, basket.earlier) == ("ada", {"pot", "lid"}, 1)
    known = known_before(ledger_of(orders), basket.as_of)
    assert known.owned("ada") == {"cup"}
    assert known.age_days.tolist() == [2.0, 1.0]


def test_from_a_day_on_the_first_basket_after_it_is_foretold() -> None:
    orders = (order("ada", 0, "cup"), order("ada", 5, "pot"), order("ada", 7, "lid"), order("new", 6, "rug"))
    (basket,) = baskets_after(orders, at(3))
    assert (basket.customer, basket.as_of, basket.items) == ("ada", at(3), {"pot"})


def test_days_can_be_chosen_on_which_recommendations_are_tested() -> None:
    samples = recommend_suite("shop", tested=("2011-04-30", "2011-05-31")).samples()
    assert {sample.as_of for sample in samples} == {"2011-04-30T23:00:00+00:00", "2011-05-31T23:00:00+00:00"}
    with pytest.raises(TooShort, match="shop: nobody"):
        recommend_suite("shop", tested=("2012-01-01",)).samples()


def test_no_orders_are_said_to_be_none() -> None:
    with pytest.raises(ValueError, match="no orders"):
        ledger_of([])


def test_a_trend_halves_with_its_half_life() -> None:
    known = known_at_the_end(order("a", 30, "old"), order("b", 45, "lately"))
    old, lately = known.ledger.items["old"], known.ledger.items["lately"]
    assert trend(known, 15.0)[[lately, old]].tolist() == [0.5, 0.25]
    assert trend(known, 30.0)[[lately, old]].tolist() == [math.sqrt(0.5), 0.5]


def test_all_time_popularity_forgets_nothing() -> None:
    known = known_at_the_end(order("a", 0, "cup"), order("b", 1, "cup"), order("c", 59, "pot"))
    assert popularity(known)[[known.ledger.items["cup"], known.ledger.items["pot"]]].tolist() == [2.0, 1.0]


def test_the_half_life_that_foretold_best_is_the_yardstick() -> None:
    # Cups sold well three weeks ago, pots once yesterday: only a short memory puts the pot first.
    past = [order(f"c{n}", 0, "cup") for n in range(20)] + [order("di", 20, "pot"), order("ada", 0, "rug")]
    for bought, days in (("pot", 3.0), ("cup", 7.0)):
        orders = [*past, order("ada", 21, bought)]
        baskets = [basket for basket in last_baskets(orders) if basket.customer == "ada"]
        assert best_half_life(ledger_of(orders), baskets, 1, new=False) == days


def test_the_best_half_life_may_be_another_for_new_items() -> None:
    past = [order(f"c{n}", 0, "cup") for n in range(20)] + [order("di", 20, "pot"), order("ada", 0, "pot")]
    orders = [*past, order("ada", 21, "pot", "cup")]
    baskets = [basket for basket in last_baskets(orders) if basket.customer == "ada"]
    assert best_half_life(ledger_of(orders), baskets, 1, new=True) == 3.0
    assert best_half_life(ledger_of(orders), [], 1, new=True) == 3.0


def test_items_go_with_those_that_others_bought_with_them() -> None:
    known = known_at_the_end(
        order("ada", 1, "cup"), order("bo", 1, "cup", "saucer"), order("cy", 2, "cup", "saucer"),
        order("di", 2, "cup", "lamp"), order("ed", 3, "lamp"), order("flo", 3, "rug"),
    )  # fmt: skip
    assert first_items(co_occurrence, known, "ada") == ("saucer", "lamp")
    # Two of the three others with a cup and all with a saucer bought both.
    assert co_occurrence(known, "ada")[known.ledger.items["saucer"]] == pytest.approx(2 / math.sqrt(3 * 2))


def test_bought_together_twice_by_one_customer_counts_once() -> None:
    once = [order("ada", 1, "cup"), order("bo", 1, "cup", "pot")]
    twice = [*once, order("bo", 2, "cup", "pot")]
    known, again = known_at_the_end(*once), known_at_the_end(*twice)
    assert co_occurrence(known, "ada").tolist() == co_occurrence(again, "ada").tolist()


def test_an_item_does_not_go_with_itself() -> None:
    known = known_at_the_end(order("ada", 1, "cup"), order("bo", 1, "cup"))
    assert first_items(co_occurrence, known, "ada") == ()


def test_own_favourites_come_by_how_often_and_then_by_what_sells() -> None:
    known = known_at_the_end(
        order("ada", 1, "cup", "pot", "lid"), order("ada", 2, "cup"), order("bo", 3, "pot"), order("bo", 4, "rug")
    )
    assert first_items(personal, known, "ada") == ("cup", "pot", "lid")


def test_what_is_owned_can_be_left_out() -> None:
    known = known_at_the_end(order("ada", 1, "cup"), order("bo", 2, "rug", "pot"))
    assert known.best(trend(known, 7.0), 10, known.owned("ada")) == ("pot", "rug")


class Suggesting:
    """A target that recommends what it was told to, and of new items what it was told of these."""

    def __init__(self, items: dict[str, list[str]], new_items: dict[str, list[str]]) -> None:
        self.items = items
        self.new_items = new_items

    async def recommend(
        self,
        workspace: str,
        customer_id: str,
        as_of: str,
        limit: int,
        *,
        kind: str | None = None,
        exclude_owned: bool = False,
    ) -> list[Json]:
        titles = (self.new_items if exclude_owned else self.items).get(customer_id, [])
        actions = [] if kind == "item" else [{"kind": "action", "title": "Call them"}]
        return [*actions, *({"kind": "item", "title": title} for title in titles)][:limit]


async def suggested(
    items: dict[str, list[str]], samples: Sequence[Sample], new_items: dict[str, list[str]] | None = None
) -> list[Record]:
    suite = recommend_suite()
    target: Any = Suggesting(items, items if new_items is None else new_items)
    records = []
    for sample in samples:
        output = await suite.solve(target, sample)
        scores = suite.score(sample, output)
        records.append(
            Record(suite="recommend", id=sample.id, category="x", cluster=sample.cluster, output=output, scores=scores)
        )
    return records


async def test_who_knows_the_basket_has_every_hit_in_the_best_order() -> None:
    samples = recommend_suite().samples()[:5]
    (record, *_) = await suggested({s.customer_ids[0]: s.gold.value for s in samples}, samples)
    assert (record.scores["hit_10"].value, record.scores["ndcg_10"].value) == (1.0, 1.0)


async def test_items_are_asked_for_alone_so_that_actions_take_no_place() -> None:
    samples = recommend_suite().samples()[:1]
    ten = [f"item {number}" for number in range(10)]
    (record,) = await suggested({samples[0].customer_ids[0]: ten}, samples)
    assert record.output["items"] == ten


async def test_new_items_are_asked_for_as_such() -> None:
    samples = [sample for sample in recommend_suite().samples() if sample.category == "more orders before"][:40]
    right = {sample.customer_ids[0]: sample.gold.value for sample in samples}
    records = [each for each in await suggested({}, samples, right) if "hit_10_new" in each.scores]
    assert records
    assert {record.scores["hit_10"].value for record in records} == {0.0}
    assert max(record.scores["hit_10_new"].value for record in records) == 1.0


async def test_new_items_are_those_that_were_never_bought_before() -> None:
    again: dict[str, list[str]] = {}
    orders = orders_in(read_world("shop"))
    for basket in last_baskets(orders):
        owned = known_before(ledger_of(orders), basket.as_of).owned(basket.customer)
        if basket.items & owned and basket.items - owned:
            again[basket.customer] = sorted(basket.items & owned)
    samples = [sample for sample in recommend_suite().samples() if sample.customer_ids[0] in again][:3]
    for record in await suggested(again, samples):
        assert (record.scores["hit_10"].value, record.scores["hit_10_new"].value) == (1.0, 0.0)


async def test_a_difference_is_the_products_score_less_the_simple_methods() -> None:
    suite, samples = recommend_suite(), recommend_suite().samples()[:8]
    records = await suggested({s.customer_ids[0]: s.gold.value for s in samples}, samples)
    metric = next(metric for metric in suite.metrics if metric.name == "hit_10_over_trend")
    expected = [record.scores["hit_10"].value - record.scores["hit_10_trend"].value for record in records]
    assert [each.values[0] for each in metric.observations(records)] == expected


async def test_every_plot_of_the_recommendation_suite_can_be_drawn() -> None:
    suite, samples = recommend_suite(), recommend_suite().samples()[:8]
    plots = suite.plots(await suggested({}, samples))
    assert [plot.kind for plot in plots] == ["intervals", "intervals", "bars"]
    assert all(draw(plot) for plot in plots)
