"""What similar customers took up next: counts that anyone can follow."""

from __future__ import annotations

from memory.record import Record
from tests.builders import order, record
from tools.similar import NextItem, next_items


def baskets(**people: list[list[str]]) -> dict[str, list[Record]]:
    """The orders of each customer, a day apart."""
    return {
        user: [order(f"2026-01-{day:02}", 1, user, *items) for day, items in enumerate(orders, start=1)]
        for user, orders in people.items()
    }


def names(found: list[NextItem]) -> list[str]:
    return [each.item for each in found]


def test_what_two_similar_customers_took_up_later_is_next() -> None:
    everyone = baskets(me=[["lamp"]], ann=[["lamp"], ["bulb"]], bob=[["lamp"], ["bulb"]], eve=[["axe"]])
    assert next_items("me", everyone, 5) == [NextItem("bulb", 1.0, 2, 2, ("lamp",))]


def test_one_neighbours_taste_is_an_anecdote() -> None:
    assert next_items("me", baskets(me=[["lamp"]], ann=[["lamp"], ["bulb"]]), 5) == []


def test_what_came_with_or_before_the_shared_item_is_not_next() -> None:
    everyone = baskets(me=[["lamp"]], ann=[["bulb"], ["lamp", "axe"]], bob=[["bulb"], ["lamp", "axe"]])
    assert next_items("me", everyone, 5) == []


def test_what_the_customer_has_is_not_offered_again() -> None:
    everyone = baskets(me=[["lamp"], ["bulb"]], ann=[["lamp"], ["bulb"]], bob=[["lamp"], ["bulb"]])
    assert next_items("me", everyone, 5) == []


def test_nobody_similar_gives_nothing() -> None:
    everyone = baskets(me=[["lamp"]], ann=[["axe"], ["saw"]], bob=[["axe"], ["saw"]])
    assert next_items("me", everyone, 5) == []
    assert next_items("stranger", everyone, 5) == []
    assert next_items("me", {}, 5) == []


def test_what_was_sent_back_makes_nobody_similar() -> None:
    def returned(user: str) -> Record:
        return record("Order Refunded", "2026-01-01", user, properties={"products": [{"name": "lamp"}]})

    everyone = baskets(me=[["lamp"]], ann=[["bulb"]], bob=[["bulb"]])
    assert next_items("me", {**everyone, **{u: [returned(u), *everyone[u]] for u in ("ann", "bob")}}, 5) == []


def test_a_rare_shared_item_weighs_more_than_a_common_one() -> None:
    everyone = baskets(
        me=[["bag", "harp"]],
        a1=[["harp"], ["strings"]], a2=[["harp"], ["strings"]],
        b1=[["bag"], ["purse"]], b2=[["bag"], ["purse"]], b3=[["bag"]], b4=[["bag"]],
    )  # fmt: skip
    found = next_items("me", everyone, 5)
    assert names(found) == ["strings", "purse"]
    assert [each.shared for each in found] == [("harp",), ("bag",)]
    assert all(0 < each.score < 1 for each in found)


def test_ties_go_by_name_whatever_the_order_of_customers() -> None:
    people = {user: [["lamp"], ["saw", "axe"]] for user in ("ann", "bob", "eve")}
    everyone = baskets(me=[["lamp"]], **people)
    backwards = dict(reversed(everyone.items()))
    assert names(next_items("me", everyone, 5)) == ["axe", "saw"]
    assert next_items("me", everyone, 5) == next_items("me", backwards, 5)


def test_no_more_than_asked_for_are_given() -> None:
    people = {user: [["lamp"], list("abcdef")] for user in ("ann", "bob")}
    assert names(next_items("me", baskets(me=[["lamp"]], **people), 3)) == ["a", "b", "c"]
