"""Figures over a real store: counts, amounts, rankings and trends, each resting on its events."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from memory.ledger import UnknownCustomer
from memory.scope import Scope
from server.times import Moment
from tests.builders import at, item
from tests.talk import send
from tools import measure
from tools.catalogue import catalogue
from tools.measure import FiguresArgs, FiguresResult
from tools.selection import Condition
from tools.tool import ToolContext, ToolError

AS_OF = at("2026-05-01")
BOOKED, CHECKED_IN = "Berth Reserved", "Boat Moored"


def berth(when: str, user: str, number: int, fee: float | str, **more: Any) -> dict[str, Any]:
    stated = {"berthFee": fee, "currency": "EUR", "pier": "North", "nights": 2, **more}
    return item(BOOKED, when, user, messageId=f"b{number}", properties=stated)


MOORED = {"deckFee": 5, "products": [{"name": "Hook"}, {"name": "Rope"}]}
EVENTS = [
    item("", "2026-01-01", "ada", type="identify", messageId="i1", traits={"name": "Ada Byron", "fleet_size": "large"}),
    item("", "2026-01-01", "bob", type="identify", messageId="i2", traits={"name": "Bob Stone", "fleet_size": "small"}),
    berth("2026-01-10", "ada", 1, 100),
    berth("2026-01-31T23:30:00Z", "ada", 2, 50, pier="south"),
    berth("2026-03-05", "ada", 3, "25.50", pier="SOUTH", currency="GBP"),
    berth("2026-03-06", "bob", 4, 80, nights=5),
    item(CHECKED_IN, "2026-03-07", "bob", messageId="m1", properties=MOORED),
    item("Order Completed", "2026-02-01", "ada", messageId="o1", properties={"revenue": 30, "currency": "EUR"}),
    item("Order Refunded", "2026-02-02", "ada", messageId="o2", properties={"total": 10, "currency": "EUR"}),
    berth("2026-05-02", "cyd", 9, 1_000),
]


@pytest.fixture
async def context(client: httpx.AsyncClient, shared_app: FastAPI) -> ToolContext:
    assert (await client.put("/workspace", json={"time_zone": "Europe/Madrid"})).status_code == 200
    await send(client, EVENTS)
    services, scope = shared_app.state.services, Scope(client.headers["X-Workspace"])
    return services.desk.context(scope, Moment(AS_OF, await services.workspaces.settings(scope)))


async def figured(context: ToolContext, **args: Any) -> FiguresResult:
    return await measure.run(context, FiguresArgs(**args))


def table(found: FiguresResult) -> list[tuple[Any, ...]]:
    return [(row.key, *((figure.value, figure.unit) for figure in row.values)) for row in found.rows]


async def test_a_count_rests_on_its_events(context: ToolContext) -> None:
    found = await figured(context, titles=[BOOKED])
    assert table(found) == [("", (4, "events"))]
    assert found.rows[0].evidence == ["b1", "b2", "b3", "b4"]
    assert (found.count, found.customers) == (4, 2)
    assert [passage.message_id for passage in found.passages] == ["b1", "b2", "b3", "b4"]


@pytest.mark.parametrize(
    ("measure", "values"),
    [
        ("sum", [(230, "EUR"), (25.5, "GBP")]), ("average", [(76.67, "EUR"), (25.5, "GBP")]),
        ("median", [(80, "EUR"), (25.5, "GBP")]), ("largest", [(100, "EUR"), (25.5, "GBP")]),
    ],
)  # fmt: skip
async def test_a_property_about_money_is_told_by_currency(context: ToolContext, measure: str, values: Any) -> None:
    assert table(await figured(context, titles=[BOOKED], measure=measure, of="berth fee")) == [("", *values)]


async def test_a_property_that_is_no_money_has_no_unit(context: ToolContext) -> None:
    assert table(await figured(context, measure="sum", of="nights")) == [("", (11, None))]


async def test_a_sum_of_money_is_net_and_an_average_is_of_purchases(context: ToolContext) -> None:
    assert table(await figured(context, measure="sum")) == [("", (20, "EUR"))]
    assert table(await figured(context, measure="average")) == [("", (30, "EUR"))]
    assert table(await figured(context, measure="largest", kind="refund")) == [("", (10, "EUR"))]


async def test_the_largest_names_the_event_that_holds_it_first(context: ToolContext) -> None:
    found = await figured(context, titles=[BOOKED], measure="largest", of="berth fee", currency="eur")
    assert found.rows[0].evidence == ["b1", "b2", "b4"]
    fact = next(fact for fact in found.facts if fact.name == "largest")
    assert (fact.evidence, fact.value, fact.unit) == (["b1"], 100, "EUR")
    assert found.passages[0].message_id == "b1"


async def test_a_ranking_by_amounts_goes_currency_by_currency(context: ToolContext) -> None:
    found = await figured(context, titles=[BOOKED], measure="sum", of="berth fee", by="customer")
    assert table(found) == [("ada", (150, "EUR")), ("bob", (80, "EUR")), ("ada", (25.5, "GBP"))]
    names = {fact.value for fact in found.facts if fact.unit in ("id", "name")}
    assert names == {"ada", "bob", "Ada Byron", "Bob Stone"}
    assert [row.evidence for row in found.rows] == [["b1", "b2"], ["b4"], ["b3"]]


async def test_customers_that_were_asked_for_appear_with_zero(context: ToolContext) -> None:
    found = await figured(context, titles=[CHECKED_IN], client_ids=["ada", "bob"], by="customer")
    assert table(found) == [("bob", (1, "events")), ("ada", (0, "events"))]
    found = await figured(context, measure="average", of="nights", titles=[CHECKED_IN], client_ids=["ada"])
    assert (table(found), found.count) == ([], 0)
    assert next(fact.value for fact in found.facts if fact.name == "searched") == 6


async def test_two_rows_come_with_their_difference(context: ToolContext) -> None:
    found = await figured(context, titles=[BOOKED], client_ids=["bob", "ada"], by="customer")
    told = {fact.name: (fact.value, fact.unit) for fact in found.facts if fact.name in ("difference", "percent")}
    assert told == {"difference": (2, "events"), "percent": (200.0, "percent")}


async def test_months_are_the_workspaces_own_and_empty_ones_are_zero(context: ToolContext) -> None:
    # 23:30 UTC on 31 January is February in Madrid.
    found = await figured(context, titles=[BOOKED], by="month", since=at("2025-12-15"), before=at("2026-07-01"))
    assert table(found) == [
        ("2025-12", (0, "events")), ("2026-01", (1, "events")), ("2026-02", (1, "events")),
        ("2026-03", (2, "events")), ("2026-04", (0, "events")), ("2026-05", (0, "events")),
    ]  # fmt: skip
    # The clock stands at two in the morning of 1 May there: what has not begun is no zero.
    found = await figured(context, titles=[BOOKED], by="month")
    assert [row.key for row in found.rows] == ["2026-01", "2026-02", "2026-03"]
    assert [fact.value for fact in found.facts if fact.name in ("difference", "percent")] == [1, 100.0]


async def test_months_can_be_ranked(context: ToolContext) -> None:
    found = await figured(context, titles=[BOOKED], by="month", order="value", limit=1)
    assert (table(found), found.total_rows) == ([("2026-03", (2, "events"))], 3)


async def test_values_of_a_property_are_grouped_without_case(context: ToolContext) -> None:
    found = await figured(context, titles=[BOOKED], by="Pier")
    assert table(found) == [("North", (2, "events")), ("SOUTH", (2, "events"))]
    assert [fact.value for fact in found.facts if fact.name == "Pier"] == ["North", "SOUTH"]


async def test_what_events_do_not_say_is_grouped_by_what_is_said_of_their_customers(context: ToolContext) -> None:
    found = await figured(context, titles=[BOOKED], by="fleet size")
    assert table(found) == [("large", (3, "events")), ("small", (1, "events"))]


async def test_different_values_items_and_customers_are_counted(context: ToolContext) -> None:
    assert table(await figured(context, measure="distinct", of="pier")) == [("", (2, None))]
    assert table(await figured(context, measure="distinct", of="item")) == [("", (2, None))]
    assert table(await figured(context, measure="customers", titles=[BOOKED])) == [("", (2, "customers"))]


async def test_weekdays_are_told_in_the_order_of_the_week(context: ToolContext) -> None:
    found = await figured(context, titles=[BOOKED], by="weekday", order="key")
    # 10 January 2026 is a Saturday, 1 February (in Madrid) a Sunday, 5 and 6 March a Thursday and a Friday.
    assert [row.values[0].value for row in found.rows] == [0, 0, 0, 1, 1, 1, 1]
    assert [row.key for row in found.rows][:2] == ["Monday", "Tuesday"]


async def test_events_are_counted_by_item_but_their_amounts_are_not_split(context: ToolContext) -> None:
    found = await figured(context, titles=[CHECKED_IN], by="item")
    assert table(found) == [("Hook", (1, "events")), ("Rope", (1, "events"))]
    with pytest.raises(ToolError, match="cannot be told by item"):
        await figured(context, titles=[CHECKED_IN], by="item", measure="sum", of="deck fee")


async def test_conditions_choose_among_the_events(context: ToolContext) -> None:
    where = [Condition(label="pier", value="south"), Condition(label="berth fee", op="at_least", value=50)]
    assert (await figured(context, where=where)).rows[0].evidence == ["b2"]


async def test_distinct_without_a_property_is_refused(context: ToolContext) -> None:
    with pytest.raises(ToolError, match="needs `of`"):
        await figured(context, measure="distinct")


async def test_a_customer_without_events_is_unknown(context: ToolContext) -> None:
    with pytest.raises(UnknownCustomer):
        await figured(context, client_ids=["nobody"])
    with pytest.raises(UnknownCustomer):
        await figured(context, client_ids=["ada", "bob", *(f"nobody-{number}" for number in range(9))])


async def test_the_catalogue_knows_what_is_seen_and_no_more(context: ToolContext) -> None:
    found = await catalogue(context)
    assert found.titles[BOOKED] == 4
    assert found.labels["pier"].values == {"North": 2, "SOUTH": 1, "south": 1}
    bound = await catalogue(replace(context, bound_to="bob"))
    assert bound.titles == {BOOKED: 1, CHECKED_IN: 1, "Profile Updated": 1}
    assert bound.labels["fleet size"].values == {"small": 1}


async def test_a_sum_in_each_currency_rests_on_the_events_in_that_currency(context: ToolContext) -> None:
    found = await figured(context, titles=[BOOKED], measure="sum", of="berth fee")
    sums = {fact.unit: (fact.evidence, fact.evidence_total) for fact in found.facts if fact.name == "sum"}
    assert sums == {"EUR": (["b1", "b2", "b4"], 3), "GBP": (["b3"], 1)}
