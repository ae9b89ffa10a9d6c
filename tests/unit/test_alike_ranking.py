"""Who is most like one customer: by what they did, by what they are, and by both."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from memory.record import Record
from tests.builders import at, customer, customers, in_order, order, record, visits
from tools.likeness.behaviour import doings
from tools.likeness.index import Index, index_of
from tools.likeness.ranking import Alike, By, asked_about, most_alike
from tools.survey import Customer, Survey

AS_OF = "2026-04-01"


def buyer(who: str, *items: str, **traits: str) -> Customer:
    """A customer with one order of these items."""
    return customer(who, [order("2026-03-01", 10, who, *items)], AS_OF, **traits)


async def index(*people: Customer) -> Index:
    return await index_of(Survey(at(AS_OF), customers(*people), {}))


async def found(one: Customer, *others: Customer, by: By = "behaviour", limit: int = 9) -> list[Alike]:
    return most_alike(await index(one, *others), asked_about(one), by, limit, {one.client_id})


async def names(one: Customer, *others: Customer, by: By = "behaviour", limit: int = 9) -> list[str]:
    return [each.customer.client_id for each in await found(one, *others, by=by, limit=limit)]


def test_what_was_given_back_and_what_is_only_stated_is_nothing_done() -> None:
    products = {"products": [{"name": "lamp"}]}
    refund = record("Order Refunded", "2026-01-02", properties=products)
    stated = record("", "2026-01-01", type="identify", traits={"plan": "pro"})
    assert doings([stated, refund]) == {("event", "Order Refunded"): 1}


def test_an_item_counts_once_an_event() -> None:
    assert doings([order("2026-01-01", 1, "c1", "lamp", "lamp"), order("2026-01-02", 1, "c1", "lamp")]) == {
        ("event", "Order Completed"): 2, ("item", "lamp"): 2,
    }  # fmt: skip


async def test_who_did_the_same_is_the_same() -> None:
    (twin,) = await found(buyer("me", "lamp", "sofa"), buyer("twin", "lamp", "sofa"))
    assert (twin.score, twin.behaviour) == (1.0, 1.0)


async def test_a_rare_item_connects_more_than_a_common_one() -> None:
    me = buyer("me", "bag", "harp")
    crowd = [buyer(f"b{n}", "bag") for n in range(5)]
    assert (await names(me, buyer("rare", "harp"), *crowd))[0] == "rare"


async def test_more_of_the_same_in_common_is_more_alike() -> None:
    me = buyer("me", "a", "b", "c")
    assert await names(me, buyer("one", "a", "x", "y"), buyer("two", "a", "b", "y")) == ["two", "one"]


async def test_a_customer_of_another_world_is_not_alike() -> None:
    visitor = customer("v", visits("2026-03-01", 1, 3, "v"), AS_OF)
    assert await names(buyer("me", "lamp"), visitor) == []


async def test_what_nobody_else_did_makes_the_others_less_alike_and_none_of_them_closer() -> None:
    others = [buyer("ann", "lamp"), buyer("bob", "lamp", "axe")]
    near, far = await found(buyer("me", "lamp"), *others), await found(buyer("me", "lamp", "own"), *others)
    assert [each.customer.client_id for each in near] == [each.customer.client_id for each in far]
    # As rare as anything can be, it weighs more than all that is shared.
    assert all(one.score > 2 * other.score > 0 for one, other in zip(near, far, strict=True))


async def test_what_was_done_only_today_is_as_rare_as_can_be() -> None:
    known = await index(buyer("me", "lamp"), buyer("ann", "lamp"), buyer("bob", "lamp"))
    before, today = (asked_about(buyer("me", *items)) for items in (["lamp"], ["lamp", "own"]))
    (near, *_), (far, *_) = (most_alike(known, asked, "behaviour", 9, {"me"}) for asked in (before, today))
    assert near.score > 2 * far.score > 0


async def test_ties_go_by_id_whatever_the_order_of_customers() -> None:
    # Two ties and many customers: a sort that is not stable would not leave them in their order.
    people = [buyer(f"c{number:02}", "lamp", *["axe"][number % 3 :]) for number in range(60)]
    expected = sorted(people, key=lambda each: ("axe" in each.records[0].items, each.client_id))
    assert await names(buyer("me", "lamp"), *people[::-1], limit=60) == [each.client_id for each in expected]


async def test_nobody_but_oneself_gives_nobody() -> None:
    assert await names(buyer("me", "lamp"), by="both") == []


async def test_the_same_stage_money_and_traits_are_alike_whatever_was_bought() -> None:
    crowd = [buyer(f"x{n}", "sofa", plan="free") for n in range(3)]
    me, twin = buyer("me", "lamp", plan="pro"), buyer("twin", "sofa", plan="pro")
    first, *_ = await found(me, *crowd, twin, by="profile")
    assert (first.customer.client_id, first.score) == ("twin", 1.0)


def payer(who: str, amount: float, currency: str = "EUR") -> Customer:
    paid = order("2026-03-01", amount, who, "lamp", properties={"currency": currency, "revenue": amount})
    return customer(who, [paid], AS_OF)


async def test_the_nearer_amount_is_more_alike() -> None:
    assert await names(payer("me", 50), payer("rich", 900), payer("near", 60), by="profile") == ["near", "rich"]


async def test_amounts_of_different_money_are_not_compared() -> None:
    (other,) = await found(payer("me", 50), payer("other", 5_000, "JPY"), by="profile")
    assert other.score == 1.0


async def test_who_has_paid_nothing_is_unlike_who_has_paid() -> None:
    lead = customer("lead", [record("Signed Up", "2026-03-01", "lead")], AS_OF)
    later = customer("zoe", [record("Signed Up", "2026-03-01", "zoe")], AS_OF)
    assert await names(lead, payer("payer", 9), later, by="profile") == ["zoe", "payer"]


async def test_to_pay_or_not_counts_the_same_from_either_side() -> None:
    lead, paid = customer("lead", [record("Signed Up", "2026-03-01", "lead")], AS_OF), payer("payer", 9)
    (one,), (other,) = await found(lead, paid, by="profile"), await found(paid, lead, by="profile")
    assert one.score == other.score < 0.75


async def test_what_one_of_them_does_not_say_is_left_out() -> None:
    crowd = [buyer(f"x{n}", "sofa", plan=plan) for n, plan in enumerate(["free", "free", "pro"])]
    others = await found(buyer("me", "lamp", plan="pro"), buyer("silent", "lamp", city="Oslo"), *crowd, by="profile")
    assert {each.customer.client_id: each.score for each in others}["silent"] == 1.0


async def test_by_both_a_customer_has_to_be_alike_in_both() -> None:
    me, quiet = buyer("me", "lamp"), customer("quiet", visits("2026-03-01", 1, 3, "quiet"), AS_OF)
    ann = buyer("ann", "lamp", "axe")
    both = await found(me, ann, quiet, by="both")
    assert [each.customer.client_id for each in both] == ["ann"]
    assert both[0].score == pytest.approx((both[0].behaviour * both[0].profile) ** 0.5, abs=1e-4)


def lives() -> list[Customer]:
    """Twelve customers of three kinds."""

    def life(number: int) -> Sequence[Record]:
        who = f"c{number:02}"
        orders = [
            order(f"2026-03-{day:02}", 10 + number, who, f"item {number % 3}") for day in range(1, 3 + number % 4)
        ]
        return in_order(orders)

    return [customer(f"c{n:02}", life(n), AS_OF, plan=("pro", "free")[n % 2]) for n in range(12)]


@pytest.mark.parametrize("by", ["behaviour", "profile", "both"])
async def test_scores_lie_between_nothing_and_one_and_fall(by: By) -> None:
    me, *others = lives()
    scores = [each.score for each in await found(me, *others, by=by, limit=25)]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    assert len(scores) == len(others)


async def test_an_index_is_made_once_for_a_survey() -> None:
    survey = Survey(at(AS_OF), customers(*lives()), {})
    assert await index_of(survey) is await index_of(survey)
