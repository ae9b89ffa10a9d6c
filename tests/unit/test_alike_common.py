"""What two customers have in common, each with the events that show it."""

from __future__ import annotations

from tests.builders import at, customer, customers, order, record, visits
from tools.likeness.common import Common, in_common, shared_items
from tools.likeness.index import index_of
from tools.likeness.ranking import asked_about
from tools.survey import Customer, Survey

AS_OF = "2026-04-01"


async def shared(one: Customer, other: Customer, *crowd: Customer, did: bool = True, are: bool = True) -> list[Common]:
    index = await index_of(Survey(at(AS_OF), customers(one, other, *crowd), {}))
    return in_common(index, asked_about(one), other, did=did, are=are)


def told(found: list[Common]) -> list[tuple[str, str]]:
    return [(each.kind, each.name) for each in found]


def buyer(who: str, *items: str, amount: float = 10, **traits: str) -> Customer:
    return customer(who, [order("2026-03-01", amount, who, *items)], AS_OF, **traits)


async def test_the_rarest_items_stand_first_and_kinds_of_events_behind() -> None:
    crowd = [buyer(f"x{n}", "bag") for n in range(4)]
    found = await shared(buyer("me", "bag", "harp"), buyer("ann", "bag", "harp"), *crowd, are=False)
    assert told(found) == [("item", "harp"), ("item", "bag")]
    one = await shared(buyer("me", "harp"), buyer("ann", "harp"), *crowd, are=False)
    assert told(one) == [("item", "harp"), ("event", "Order Completed")]


async def test_each_is_shown_by_the_newest_event_of_both() -> None:
    orders = [order(f"2026-03-0{day}", 1, "me", "lamp") for day in (1, 2)]
    me, ann = customer("me", orders, AS_OF), buyer("ann", "lamp")
    found = await shared(me, ann, are=False)
    assert found[0].evidence == [ann.records[-1].message_id, orders[-1].message_id]


async def test_all_shared_items_are_counted() -> None:
    me, ann = asked_about(buyer("me", "c", "a", "b", "x")), buyer("ann", "a", "b", "c", "y")
    assert shared_items(me, ann) == ["a", "b", "c"]


async def test_an_item_that_leads_to_a_person_is_not_told() -> None:
    found = await shared(buyer("me", "for eve@stone.example"), buyer("ann", "for eve@stone.example"), are=False)
    assert told(found) == [("event", "Order Completed")]


async def test_traits_stage_and_amounts_are_told_with_those_who_state_them() -> None:
    crowd = [buyer(f"x{n}", "bag", plan="free") for n in range(2)]
    me, ann = buyer("me", "lamp", plan="pro", amount=100), buyer("ann", "sofa", plan="pro", amount=110)
    found = await shared(me, ann, *crowd, did=False)
    assert told(found)[:2] == [("trait", "plan"), ("stage", me.stage)]
    assert found[0].value == "pro"
    assert found[0].evidence == [ann.records[0].message_id, me.records[0].message_id]
    value = next(each for each in found if each.kind == "value")
    assert (value.name, value.value, value.theirs) == ("EUR", 100, 110)
    assert value.evidence == [ann.records[-1].message_id, me.records[-1].message_id]


async def test_amounts_far_apart_are_not_about_the_same() -> None:
    found = await shared(buyer("me", "lamp", amount=100), buyer("ann", "lamp", amount=300), did=False)
    assert "value" not in dict(told(found))


async def test_amounts_of_different_money_are_not_either() -> None:
    yen = customer("ann", [order("2026-03-01", 100, "ann", "lamp", properties={"currency": "JPY"})], AS_OF)
    assert "value" not in dict(told(await shared(buyer("me", "lamp", amount=100), yen, did=False)))


async def test_another_stage_is_nothing_in_common() -> None:
    visitor = customer("v", [record("Pricing", "2026-03-01", "v", type="page")], AS_OF)
    assert "stage" not in dict(told(await shared(buyer("me", "lamp"), visitor, did=False)))


async def test_about_as_many_active_days_are_told() -> None:
    me, ann = (customer(who, visits("2026-03-01", 1, n, who), AS_OF) for who, n in (("me", 10), ("ann", 9)))
    days = next(each for each in await shared(me, ann, did=False) if each.kind == "active_days")
    assert (days.value, days.theirs) == (10, 9)


async def test_to_have_come_once_is_nothing_in_common() -> None:
    assert "active_days" not in dict(told(await shared(buyer("me", "lamp"), buyer("ann", "sofa"), did=False)))
