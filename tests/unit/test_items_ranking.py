"""What a customer is likely to take up next, from counts alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from memory.record import Record
from tests.builders import at, in_order, order, record
from tools.recommending.catalogue import details_of_item, list_items
from tools.recommending.counts import ItemCounts
from tools.recommending.known import KnownItems, make_known
from tools.recommending.ranking import RankedItem, rank_items
from tools.recommending.weights import Weights

T = at("2026-03-01")


def known_of(records: Sequence[Record], as_of: datetime = T) -> KnownItems:
    past = [each for each in records if each.occurred_at < as_of]
    counts = ItemCounts(ZoneInfo("UTC"))
    counts.add(past)
    everyone: defaultdict[str, list[Record]] = defaultdict(list)
    for each in in_order(past):
        everyone[each.customer_id].append(each)
    day = as_of.astimezone(UTC).toordinal()
    return make_known(counts.cells(day), everyone, as_of, day, 7.0, Weights())


def ranked(records: Sequence[Record], who: str, limit: int = 3, **asked: bool) -> list[RankedItem]:
    own = in_order(each for each in records if each.customer_id == who and each.occurred_at < T)
    return rank_items(known_of(records), who, own, T, limit, **asked)


def names(found: Sequence[RankedItem]) -> list[str]:
    return [each.item for each in found]


def pairs(number: int) -> list[Record]:
    """Customers of two tastes: tea goes with honey, coffee with sugar; all once bought a bag."""
    tastes = [("Tea", "Honey"), ("Coffee", "Sugar")]
    return [
        order(f"2026-02-{1 + n % 20:02d}", 1, f"c{n:02d}", *tastes[n % 2], "Bag", id=f"m{n}") for n in range(number)
    ]


def test_what_goes_with_a_customer_s_items_comes_before_what_does_not() -> None:
    found = ranked([*pairs(20), order("2026-02-20", 1, "me", "Tea", "Bag")], "me", exclude_owned=True)
    assert names(found)[0] == "Honey"
    assert (found[0].why, found[0].shared[0], found[0].new) == ("together", "Tea", True)


def test_what_those_with_the_same_items_take_up_lately_comes_before_what_they_once_did() -> None:
    """Lamp and rug sell alike, ever and lately: only who has which of them lately differs."""
    others = [
        order(f"{when}-{1 + n:02d}", 1, f"{taste}{n}", taste, item, id=f"{taste}{n}{item}")
        for taste, items in (("Tea", ("Lamp", "Rug")), ("Coffee", ("Rug", "Lamp")))
        for when, item in zip(("2025-06", "2026-02"), items, strict=True)
        for n in range(12)
    ]
    for taste, expected in (("Tea", "Rug"), ("Coffee", "Lamp")):
        found = ranked([*others, order("2026-02-20", 1, "me", taste)], "me", exclude_owned=True)
        assert (names(found)[0], found[0].why) == (expected, "together")


def test_others_are_counted_without_the_customer() -> None:
    found = ranked([*pairs(20), order("2026-02-20", 1, "me", "Tea")], "me", exclude_owned=True)
    honey = next(each for each in found if each.item == "Honey")
    assert (honey.support, honey.similar, honey.takers) == (10, 10, 10)


def test_what_a_customer_takes_again_and_again_comes_first() -> None:
    own = [order(f"2026-02-{day:02d}", 1, "me", "Bread") for day in (1, 8, 15, 22)]
    first = ranked([*pairs(20), *own], "me")[0]
    assert (first.item, first.why, first.times, first.last_taken) == ("Bread", "again", 4, own[-1].occurred_at)
    assert first.takers == 0


def test_who_has_no_history_gets_what_many_take_up_lately() -> None:
    lately = [order("2026-02-27", 1, f"n{n}", "Lamp") for n in range(5)]
    first = ranked([*pairs(20), *lately], "nobody")[0]
    assert (first.item, first.why, first.similar) == ("Lamp", "popular", 0)
    assert (first.lately, first.lately_days) == (5, 28)


def test_the_trend_orders_for_who_has_no_history_however_little_it_tells_others() -> None:
    lately = [order("2026-02-27", 1, f"n{n}", "Zither") for n in range(15)]
    known = replace(known_of([*pairs(20), *lately]), weights=Weights(trend=0.0))
    assert rank_items(known, "nobody", [], T, 1)[0].item == "Zither"


def test_owned_and_excluded_items_are_left_out() -> None:
    records = [*pairs(20), order("2026-02-20", 1, "me", "Tea")]
    own = [each for each in records if each.customer_id == "me"]
    found = rank_items(known_of(records), "me", own, T, 10, exclude_owned=True, without=["Honey"])
    assert set(names(found)) == {"Bag", "Coffee", "Sugar"}


def test_an_empty_catalogue_gives_nothing() -> None:
    assert ranked([record("Signed In", "2026-02-01", "me")], "me") == []


def test_a_newcomer_is_found_by_its_name() -> None:
    shown = record(
        "Product Viewed", "2026-02-25", "x", properties={"product_id": "9", "name": "Loose Tea Ceylon 100 g"}
    )
    found = ranked(
        [*pairs(20), order("2026-02-20", 1, "me", "Loose Tea Assam 100 g"), shown], "me", 10, exclude_owned=True
    )
    newcomer = next(each for each in found if each.item == "Loose Tea Ceylon 100 g")
    assert (newcomer.why, newcomer.shared, newcomer.takers) == ("alike", ("Loose Tea Assam 100 g",), 0)


def test_what_was_shown_long_ago_and_never_taken_up_is_not_offered() -> None:
    shown = record(
        "Product Viewed", "2025-12-01", "x", properties={"product_id": "9", "name": "Loose Tea Ceylon 100 g"}
    )
    records = [*pairs(20), order("2026-02-20", 1, "me", "Loose Tea Assam 100 g"), shown]
    assert "Loose Tea Ceylon 100 g" not in names(ranked(records, "me", 10))


def test_what_the_customer_took_up_today_counts() -> None:
    today = order("2026-03-01T09:00:00Z", 1, "me", "Tea", "Bag")
    found = rank_items(known_of(pairs(20)), "me", [today], at("2026-03-01T10:00"), 1, exclude_owned=True)
    assert names(found) == ["Honey"]


def test_equal_items_are_ordered_by_name() -> None:
    assert names(ranked([order("2026-02-20", 1, "a", "Z", "B", "K")], "nobody")) == ["B", "K", "Z"]


def test_the_catalogue_lists_and_finds_items() -> None:
    known = known_of([*pairs(4), order("2026-02-20", 1, "a", "Green Tea")])
    assert list_items(known, limit=1)[0].name == "Bag"
    green = list_items(known, "tea GREEN")[0]
    assert (green.name, green.takers, green.times, green.kind) == ("Green Tea", 1, 1, "product")


def test_an_event_tells_price_id_and_category_of_its_item() -> None:
    product = {"sku": "T1", "name": "Tea", "price": 4.5, "category": "Drinks"}
    bought = record("Order Completed", "2026-02-20", properties={"currency": "eur", "products": [product]})
    found = details_of_item(bought.event, "Tea")
    assert (found.item_id, str(found.price), found.currency, found.category) == ("T1", "4.5", "EUR", "Drinks")


def test_nobody_is_another_customer_to_themselves() -> None:
    visit = [order("2026-01-05", 10, "v1", "Lamp", "Bulb"), order("2026-01-06", 10, "bob", "Lamp", "Bulb")]
    known, own = known_of(visit), [order("2026-01-05", 10, "me", "Lamp", "Bulb")]
    [first, *_] = rank_items(known, "me", own, T, 5, joined=["v1"])
    assert (first.takers, first.support, first.similar) == (1, 1, 1)
    assert rank_items(known, "me", own, T, 5)[0].takers == 2


def test_what_a_machine_does_a_thousand_times_a_day_does_not_decide_what_goes_with_what() -> None:
    """Of three who have tea, two lately took honey and one took salt, over and over."""
    often = [order("2026-02-27", 1, "machine", "Salt", id=f"often{n}") for n in range(2_000)]
    tea = [order("2026-02-01", 1, who, "Tea", id=f"tea{who}") for who in ("ann", "ben", "machine", "me")]
    honey = [order("2026-02-27", 1, who, "Honey", id=f"honey{who}") for who in ("ann", "ben")]
    known = known_of([*pairs(20), *tea, *honey, *often])
    told = known.together.told_by(np.array([known.number["Tea"]]), np.ones(1))
    assert told[known.number["Honey"]] > told[known.number["Salt"]] > 0
