"""The item tasks: cases and yardsticks know what they may, and goals are read as they are written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from evals.backtest.item_cases import Case, Cases, cases_of
from evals.backtest.item_exactness import poison_items, same_lists, shuffled
from evals.backtest.item_figures import Origin, as_json, best_trend, interval, mean_of, reached, scored
from evals.backtest.item_run import RanItems
from evals.backtest.item_tasks import ITEM_TASKS, ItemGoal, ItemTask
from evals.backtest.item_yardsticks import catalogue_size, popular_lists
from evals.backtest.ledger import ledger_of
from evals.backtest.recommenders import POPULAR
from evals.backtest.task_figures import PRODUCT
from evals.recommend_tasks import chosen_tasks, figures_table, goals_table
from memory.event import parse_event

START = datetime(2017, 1, 1, tzinfo=UTC)
TASK = replace(ITEM_TASKS["online-retail"], origins=("2017-01-11",), goals=())
ORIGIN = START + timedelta(days=10)


def bought(who: str, day: float, *items: str) -> dict[str, Any]:
    moment = (START + timedelta(days=day)).isoformat()
    products = [{"name": item} for item in items]
    return {"userId": who, "timestamp": moment, "event": "Order Completed", "properties": {"products": products}}


def rated(who: str, day: float, film: str) -> dict[str, Any]:
    moment = (START + timedelta(days=day)).isoformat()
    return {"userId": who, "timestamp": moment, "event": "Movie Rated", "properties": {"name": film}}


def only(cases: Cases) -> list[Case]:
    (found,) = cases.origins.values()
    return found


# --- Cases ---


def test_the_first_basket_from_the_origin_on_is_foretold_of_those_known_before() -> None:
    events = [bought("ada", 1, "cup"), bought("ada", 10, "cup", "pot"), bought("ada", 12, "lid"), bought("bo", 11, "x")]
    (case,) = only(cases_of(TASK, events))
    assert case == Case("ada", ORIGIN, frozenset({"cup", "pot"}), frozenset({"cup"}))
    assert case.wanted(new=True) == {"pot"}


def test_what_was_given_back_is_no_basket() -> None:
    refund = {**bought("ada", 11, "cup"), "event": "Order Refunded"}
    (case,) = only(cases_of(TASK, [bought("ada", 1, "cup"), refund, bought("ada", 12, "lid")]))
    assert case.items == {"lid"}


def test_who_leaves_the_last_film_out_knows_all_others_films() -> None:
    events = [rated("ada", 1, "Alien"), rated("ada", 2, "Brazil"), rated("bo", 3, "Alien"), rated("bo", 4, "Cube")]
    cases = cases_of(ITEM_TASKS["movielens"], events)
    assert {case.customer: (case.items, case.owned) for case in only(cases)} == {
        "ada": ({"Brazil"}, {"Alien"}), "bo": ({"Cube"}, {"Alien"}),
    }  # fmt: skip
    assert [event["properties"]["name"] for event in cases.events] == ["Alien", "Alien"]
    assert {case.as_of for case in only(cases)} == {START + timedelta(days=5)}


def test_in_its_time_nothing_is_known_that_came_after() -> None:
    events = [rated("ada", 1, "Alien"), rated("ada", 2, "Brazil"), rated("bo", 3, "Alien"), rated("bo", 4, "Cube")]
    cases = cases_of(ITEM_TASKS["movielens-in-time"], events)
    assert cases.events == events
    assert [case.as_of for case in only(cases)] == [START + timedelta(days=2), START + timedelta(days=4)]


# --- What sells ---


def test_what_sells_after_the_origin_changes_no_yardstick() -> None:
    before = [bought("ada", 1, "cup"), bought("bo", 8, "pot", "cup"), bought("ada", 10, "lid")]
    later = [bought(f"c{n}", 11, "lid", "rug") for n in range(9)]
    found = []
    for events in (before, [*before, *later]):
        cases = cases_of(TASK, events)
        ledger = ledger_of(cases.orders)
        lists = {new: popular_lists(ledger, only(cases), new) for new in (False, True)}
        found.append((lists, catalogue_size(ledger, only(cases))))
    assert found[0] == found[1]
    assert found[0][1] == 2
    assert found[0][0][False]["popularity"] == [("cup", "pot")]
    assert found[0][0][True]["trend_7"] == [("pot",)]


# --- Figures and goals ---

CASES = [
    Case("ada", ORIGIN, frozenset({"cup", "pot"}), frozenset({"cup"})),
    Case("bo", ORIGIN, frozenset({"lid"}), frozenset({"lid"})),
]


def origin(title: str = "2017-01-11", **lists: list[list[str]]) -> Origin:
    """The same lists of all items and of new ones; what sells shows nothing unless it is given."""
    given = {PRODUCT: [[], []], **{name: [[], []] for name in POPULAR}, **lists}
    return Origin(title, 4, {new: scored(CASES, new, given, 4) for new in (False, True)})


def task(*goals: ItemGoal) -> ItemTask:
    return replace(TASK, goals=goals)


def test_a_list_is_judged_by_hits_and_their_order() -> None:
    found = origin(product=[["rug", "cup"], ["rug"]]).parts[False]
    assert found.customers == ("ada", "bo")
    hit, ndcg = found.scores[PRODUCT].T
    assert hit.tolist() == [1.0, 0.0]
    assert ndcg.tolist() == pytest.approx([(1 / np.log2(3)) / (1 + 1 / np.log2(3)), 0.0])


def test_who_takes_up_nothing_new_is_not_judged_by_new_items() -> None:
    found = origin(product=[["pot"], ["rug"]]).parts[True]
    assert (found.customers, found.scores[PRODUCT].tolist()) == (("ada",), [[1.0, 1.0]])


def test_coverage_is_the_share_of_what_was_known_that_anybody_is_shown() -> None:
    assert origin(product=[["cup", "pot"], ["pot", "lid"]]).parts[False].coverage[PRODUCT] == 0.75


def test_each_origin_counts_alike() -> None:
    origins = [origin(product=[["cup"], ["lid"]]), origin("2017-02-11", product=[[], ["lid"]])]
    assert mean_of(origins, PRODUCT, "hit", new=False) == 0.75
    assert interval(origins, "hit", new=False).value == 0.75


def test_the_best_trend_is_found_for_each_figure() -> None:
    found = [origin(trend_3=[["lid"] * 9 + ["cup"], ["rug", "lid"]], trend_14=[[], ["lid"]])]
    assert best_trend(found, "hit", new=False) == "trend_3"
    assert best_trend(found, "ndcg", new=False) == "trend_14"


def test_a_goal_over_the_trend_is_a_multiple_of_the_best() -> None:
    found = [origin(product=[["cup"], ["lid"]], trend_7=[["cup"], []])]
    goals = (ItemGoal("hit", False, 1.9, 2.1, over_trend=True), ItemGoal("hit", False, 0.9))
    multiple, plain = reached(task(*goals), found)
    assert (multiple.value, multiple.trend, multiple.floor, multiple.aim) == (2.0, "trend_7", True, False)
    assert (plain.value, plain.trend, plain.floor, plain.aim) == (1.0, None, True, None)


def test_an_interval_draws_customers_and_holds_the_value() -> None:
    draw = np.random.default_rng(5)
    cases = [Case(f"c{n}", ORIGIN, frozenset({"cup"}), frozenset()) for n in range(300)]
    lists = {PRODUCT: [["cup"] if draw.random() < 0.6 else [] for _ in cases]}
    lists |= {name: [["cup"] if draw.random() < 0.3 else [] for _ in cases] for name in POPULAR}
    (each,) = reached(
        task(ItemGoal("hit", False, over_trend=True)), [Origin("o", 1, {False: scored(cases, False, lists, 1)})]
    )
    assert each.sure is not None
    assert 1.3 < each.sure.low < each.value < each.sure.high < 3
    assert each.sure.clusters == 300


def test_what_a_task_came_to_can_be_kept_and_shown() -> None:
    found = [origin(product=[["cup"], ["lid"]], trend_3=[["cup"], []])]
    judged = task(ItemGoal("hit", False, 1.5, over_trend=True), ItemGoal("coverage", True, 0.6))
    kept = as_json(judged, found)
    assert kept["origins"][0]["lists"]["all items"]["methods"][PRODUCT]["hit"] == 1.0
    assert [(goal["value"], goal["floor_met"]) for goal in kept["goals"]] == [(2.0, True), (0.5, False)]
    ran = RanItems(judged, found, [])
    assert figures_table(ran).row_count == 2 * (1 + len(POPULAR))
    assert goals_table(ran).row_count == 2


def test_other_origins_can_be_asked_for_where_a_task_has_any() -> None:
    chosen = {each.name: each.origins for each in chosen_tasks(("online-retail", "movielens"), ("2011-05-15",))}
    assert chosen == {"online-retail": ("2011-05-15",), "movielens": ()}


# --- The checks ---


def test_poisoned_items_lie_at_or_after_the_instant_and_can_be_taken_in() -> None:
    events = poison_items(["ada", "bo"], ["cup", "pot"], START, 400)
    assert min(datetime.fromisoformat(event["timestamp"]) for event in events) == START
    taken = [event["properties"]["products"] for event in events if event["type"] == "track"]
    named = {product["name"] for products in taken for product in products}
    assert named == {"cup", "pot", "Poisoned item 0"}
    assert all(parse_event(event).customer_id for event in events)


def test_another_order_of_arrival_loses_nothing() -> None:
    events = [bought("ada", day, "cup") for day in range(50)]
    found = shuffled(events)
    assert found != events
    assert sorted(found, key=lambda event: event["timestamp"]) == events


def test_lists_differ_where_one_number_does() -> None:
    one = [[("cup", 0.5)], [("lid", 0.1)]]
    assert same_lists("same", CASES, one, [list(each) for each in one]).held
    other = same_lists("same", CASES, one, [one[0], [("lid", 0.1000001)]])
    assert not other.held
    assert other.found.endswith("1 differ, the first of bo")


def test_empty_lists_prove_nothing() -> None:
    assert not same_lists("same", CASES, [[], []], [[], []]).held
