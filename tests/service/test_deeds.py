"""Cohorts by what customers did, timelines by what events say, and lists over several customers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from memory.scope import Scope
from server.times import Moment
from tests.builders import at, item
from tests.talk import send
from tools import cohort, listing, timeline
from tools.cohort import CohortArgs, CohortResult
from tools.listing import SearchEventsArgs
from tools.timeline import TimelineArgs
from tools.tool import ToolContext

AS_OF = at("2026-05-01")
BOOKED, MOORED = "Berth Reserved", "Boat Moored"


def berth(when: str, user: str, number: int, fee: float, **more: Any) -> dict[str, Any]:
    return item(BOOKED, when, user, messageId=f"b{number}", properties={"berthFee": fee, "currency": "EUR", **more})


EVENTS = [
    item("", "2026-01-01", "ada", type="identify", messageId="i1", traits={"fleet_size": "small"}),
    item("", "2026-02-01", "ada", type="identify", messageId="i2", traits={"fleet_size": "Large"}),
    item("", "2026-01-01", "bob", type="identify", messageId="i3", traits={"fleet_size": "small"}),
    item(MOORED, "2026-02-20", "ada", messageId="m1", properties={"fleet_size": "small"}),
    berth("2026-01-10", "ada", 1, 100, pier="North"),
    berth("2026-03-05", "ada", 2, 25.5),
    berth("2026-03-06", "bob", 3, 80, pier="South"),
    item("Signed In", "2026-03-07", "cyd", messageId="s1"),
    berth("2026-05-02", "cyd", 9, 1_000),
]


@pytest.fixture
async def context(client: httpx.AsyncClient, shared_app: FastAPI) -> ToolContext:
    await send(client, EVENTS)
    services, scope = shared_app.state.services, Scope(client.headers["X-Workspace"])
    return services.desk.context(scope, Moment(AS_OF, await services.workspaces.settings(scope)))


async def chosen(context: ToolContext, **args: Any) -> CohortResult:
    return await cohort.run(context, CohortArgs(sort="name", descending=False, **args))


def ids(found: CohortResult) -> list[str]:
    return [row.client_id for row in found.customers]


TWICE = {"titles": [BOOKED], "times_min": 2}
NEVER = {"titles": [BOOKED], "times_max": 0}
EARLY = {"titles": [BOOKED], "before": at("2026-02-01")}


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"deeds": [TWICE]}, ["ada"]),
        ({"deeds": [NEVER]}, ["cyd"]),
        ({"deeds": [EARLY, {"titles": [MOORED]}]}, ["ada"]),
        ({"deeds": [{**NEVER, "before": at("2026-02-01")}, {"titles": [BOOKED]}]}, ["bob"]),
        ({"deeds": [TWICE, NEVER], "any_of": True}, ["ada", "cyd"]),
        ({"deeds": [{"titles": [BOOKED], "of": "berth fee", "sum_min": 80}]}, ["ada", "bob"]),
        ({"deeds": [{"titles": [BOOKED], "of": "berth fee", "sum_min": 80, "more": True}]}, ["ada"]),
        ({"deeds": [{"titles": [BOOKED], "of": "berth fee", "sum_max": 80}]}, ["bob"]),
        ({"deeds": [{"titles": [BOOKED], "of": "berth fee", "sum_min": 1, "currency": "GBP"}]}, []),
        ({"deeds": [{"titles": [BOOKED], "first": True, "since": at("2026-03-01")}]}, ["bob"]),
        ({"deeds": [{"where": [{"label": "pier", "value": "south"}]}]}, ["bob"]),
        ({"deeds": [{"titles": [BOOKED]}], "among": ["bob", "cyd"]}, ["bob"]),
        ({"traits": [{"label": "fleet size", "value": "large"}]}, ["ada"]),
        ({"traits": [{"label": "fleet size", "value": "small"}]}, ["bob"]),
    ],
)
async def test_customers_are_chosen_by_what_they_did(context: ToolContext, args: Any, expected: list[str]) -> None:
    found = await chosen(context, **args)
    assert ids(found) == expected
    assert found.total == found.facts[0].value == len(expected)


async def test_a_cohort_by_deeds_rests_on_the_events_that_made_them_true(context: ToolContext) -> None:
    found = await chosen(context, deeds=[TWICE, {**NEVER, "titles": ["Signed In"]}])
    assert found.customers[0].deed_counts == [2, 0]
    assert found.customers[0].evidence[:2] == ["b1", "b2"]
    assert found.facts[0].evidence[0] == "b2"
    assert [fact.value for fact in found.facts if fact.name == "times"] == [2, 0]


async def test_a_timeline_of_a_property_shows_its_events_and_what_they_say(context: ToolContext) -> None:
    found = await timeline.run(context, TimelineArgs(client_id="ada", having=["Pier"]))
    assert [[(each.label, each.value) for each in entry.details] for entry in found.entries] == [
        [("berth fee", 100), ("currency", "EUR"), ("pier", "North")]
    ]


async def test_events_of_several_customers_come_in_one_order(context: ToolContext) -> None:
    found = await listing.run(context, SearchEventsArgs(titles=[BOOKED], limit=2))
    assert [(entry.message_id, entry.client_id) for entry in found.entries] == [("b3", "bob"), ("b2", "ada")]
    assert (found.total, found.customers) == (3, 2)
    assert {fact.value for fact in found.facts if fact.unit == "id"} == {"ada", "bob"}
    first = await listing.run(context, SearchEventsArgs(client_ids=["bob", "ada"], order="oldest", limit=3))
    assert [entry.message_id for entry in first.entries] == ["i1", "i3", "b1"]


async def test_a_list_for_one_customer_holds_no_other(context: ToolContext) -> None:
    found = await listing.run(replace(context, bound_to="bob"), SearchEventsArgs())
    assert [entry.message_id for entry in found.entries] == ["b3", "i3"]


async def test_a_list_without_events_says_how_many_were_searched(context: ToolContext) -> None:
    found = await listing.run(context, SearchEventsArgs(titles=["Anchor Lost"]))
    assert (found.entries, found.total) == ([], 0)
    assert next(fact.value for fact in found.facts if fact.name == "searched") == 8
