"""POST /signals/churn: of one customer, several, a cohort or all."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.builders import item
from tests.talk import Json, get, post, refused, send

AS_OF = "2026-04-01T00:00:00Z"


def weekly(user: str, last: str, **extra: Any) -> list[Json]:
    """A buyer with a week between orders, the last one on this day of March."""
    days = ["2026-02-01", "2026-02-08", "2026-02-15", "2026-02-22", f"2026-03-{last}"]
    return [item("Order Completed", day, user, properties={"revenue": 10, "currency": "EUR"}, **extra) for day in days]


EVENTS = [
    *weekly("late", "01"),
    *weekly("later", "01"),
    *weekly("slow", "18"),
    *weekly("fresh", "31"),
    *weekly("troubled", "31"),
    item("Payment Failed", "2026-03-30", "troubled"),
    item("Support Ticket Opened", "2026-03-30", "troubled"),
    *weekly("gone", "01"),
    item("Subscription Cancelled", "2026-03-02", "gone"),
    item("Home", "2026-03-30", None, type="page", anonymousId="a1"),
    item("Signed Up", "2026-03-31", "new", anonymousId="a1"),
]


@pytest.fixture
async def shop(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await send(client, EVENTS)
    return client


async def analyse(client: httpx.AsyncClient, **body: Any) -> Json:
    return await post(client, "/signals/churn", as_of=AS_OF, **body)


def ids(reply: Json) -> list[str]:
    return [result["client_id"] for result in reply["results"]]


async def test_all_customers_come_highest_score_first_and_ties_by_id(shop: httpx.AsyncClient) -> None:
    found = await analyse(shop, all=True)
    assert ids(found) == ["late", "later", "troubled", "slow", "fresh", "gone", "new"]
    assert (found["as_of"], found["total"], found["next_cursor"]) == (AS_OF, 7, None)
    scores = [result["score"] for result in found["results"] if result["score"] is not None]
    assert scores == sorted(scores, reverse=True)


async def test_a_result_has_status_band_rank_and_drivers_and_no_probability(shop: httpx.AsyncClient) -> None:
    (late,) = (await analyse(shop, client_id="late"))["results"]
    assert {key: late[key] for key in ("client_id", "status", "probability", "band", "horizon_days")} == {
        "client_id": "late", "status": "scored", "probability": None, "band": "high", "horizon_days": 60,
    }  # fmt: skip
    assert late["percentile"] > 50
    (silence,) = late["drivers"]
    assert silence["sentence"] == "30 days without activity; their median gap between active days is 7 days"
    assert (silence["name"], silence["direction"]) == ("silence", "raises")
    assert silence["evidence"][-1] == "late:Order Completed:2026-03-01"


async def test_drivers_add_up_to_the_score(shop: httpx.AsyncClient) -> None:
    for result in (await analyse(shop, all=True))["results"]:
        if result["score"] is not None:
            assert result["score"] == pytest.approx(sum(driver["contribution"] for driver in result["drivers"]))


async def test_every_status_has_its_shape(shop: httpx.AsyncClient) -> None:
    found = {result["client_id"]: result for result in (await analyse(shop, all=True))["results"]}
    assert {key: result["status"] for key, result in found.items() if result["status"] != "scored"} == {
        "gone": "churned", "new": "insufficient_data",
    }  # fmt: skip
    for key in ("gone", "new"):
        assert (found[key]["band"], found[key]["score"], found[key]["percentile"]) == (None, None, None)
    assert [driver["name"] for driver in found["troubled"]["drivers"]] == ["silence", "payment", "support"]
    assert all(driver["evidence"] for result in found.values() for driver in result["drivers"])


async def test_one_customer_is_told_the_same_everywhere(shop: httpx.AsyncClient) -> None:
    everyone = {result["client_id"]: result for result in (await analyse(shop, all=True))["results"]}
    for client_id, result in everyone.items():
        assert (await analyse(shop, client_id=client_id))["results"] == [result]
        page = await get(shop, f"/clients/{client_id}", as_of=AS_OF)
        assert page["signals"]["churn"] == result


async def test_named_customers_come_in_the_order_named_each_once(shop: httpx.AsyncClient) -> None:
    assert ids(await analyse(shop, client_ids=["slow", "late", "new", "a1", "slow"])) == ["slow", "late", "new"]
    assert ids(await analyse(shop, client_ids=[])) == []


async def test_a_cohort_is_chosen_by_a_filter(shop: httpx.AsyncClient) -> None:
    assert ids(await analyse(shop, filter={"bands": ["high"]})) == ["late", "later"]
    assert ids(await analyse(shop, filter={"bands": ["medium", "low"]})) == ["troubled", "slow", "fresh"]
    assert ids(await analyse(shop, filter={"stages": ["churned", "lead"]})) == ["gone", "new"]
    assert ids(await analyse(shop, filter={"silent_days_min": 20, "value_min": 1})) == ["late", "later", "gone"]
    assert len(ids(await analyse(shop, filter={}))) == 7


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 500])
async def test_every_result_is_on_exactly_one_page(shop: httpx.AsyncClient, limit: int) -> None:
    found: list[str] = []
    cursor = None
    for _ in range(8):
        page = await analyse(shop, all=True, limit=limit, cursor=cursor)
        found += ids(page)
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == ids(await analyse(shop, all=True))


async def test_the_past_is_analysed_as_it_was(shop: httpx.AsyncClient) -> None:
    then = await post(shop, "/signals/churn", client_id="late", as_of="2026-03-02")
    assert then["results"][0]["band"] == "low"
    assert ids(await post(shop, "/signals/churn", all=True, as_of="2026-01-31")) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, ""),
        ({"client_id": "late", "all": True}, ""),
        ({"client_ids": ["late"], "filter": {}}, ""),
        ({"all": False}, ""),
        ({"client_id": ""}, "/client_id"),
        ({"client_id": 5}, "/client_id"),
        ({"client_ids": "late"}, "/client_ids"),
        ({"all": True, "as_of": "soon"}, "/as_of"),
        ({"all": True, "limit": 0}, "/limit"),
        ({"all": True, "limit": "many"}, "/limit"),
        ({"all": True, "cursor": "nobody"}, "/cursor"),
        ({"all": True, "color": "red"}, "/color"),
        ({"filter": {"stages": ["happy"]}}, "/filter/stages"),
        ({"filter": {"bands": ["extreme"]}}, "/filter/bands"),
        ({"filter": {"silent_days_min": -1}}, "/filter/silent_days_min"),
        ({"filter": {"silent_days_min": 10**9}}, "/filter/silent_days_min"),
        ({"filter": {"color": "red"}}, "/filter/color"),
    ],
)
async def test_what_cannot_be_asked_is_refused_by_pointer(shop: httpx.AsyncClient, body: Json, field: str) -> None:
    refused(await shop.post("/signals/churn", json=body), 422, field)


@pytest.mark.parametrize(
    ("body", "field"),
    [({"client_id": "nobody"}, "/client_id"), ({"client_ids": ["late", "nobody"]}, "/client_ids/1")],
)
async def test_an_unknown_customer_is_named(shop: httpx.AsyncClient, body: Json, field: str) -> None:
    problem = refused(await shop.post("/signals/churn", json=body), 404, field)
    assert problem["type"] == "/problems/unknown-client"


async def test_an_event_just_sent_changes_the_signal_at_once(shop: httpx.AsyncClient) -> None:
    await send(shop, [item("Signed In", "2026-03-31", "late")])
    (late,) = (await analyse(shop, client_id="late"))["results"]
    assert late["band"] == "low"
