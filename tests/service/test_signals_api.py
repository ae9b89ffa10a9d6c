"""Churn signals over HTTP: of one customer, several, a cohort or all; and the list of who is most at risk."""

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
#: Of six buyers nothing is learnt: bands by thresholds of one's own, so that they do not hang on the prior's mean.
SETTINGS = {"churn": {"bands": {"medium": 0.2, "high": 0.35}}}


@pytest.fixture
async def shop(client: httpx.AsyncClient) -> httpx.AsyncClient:
    assert (await client.put("/workspace", json=SETTINGS)).status_code == 200
    await send(client, EVENTS)
    return client


async def analyse(client: httpx.AsyncClient, **body: Any) -> Json:
    return await post(client, "/signals/churn", as_of=AS_OF, **body)


def ids(reply: Json) -> list[str]:
    return [result["client_id"] for result in reply["results"]]


async def test_all_customers_come_highest_score_first_and_ties_by_id(shop: httpx.AsyncClient) -> None:
    found = await analyse(shop, all=True)
    assert ids(found) == ["late", "later", "slow", "fresh", "troubled", "gone", "new"]
    assert (found["as_of"], found["total"], found["next_cursor"]) == (AS_OF, 7, None)
    chances = [result["probability"] for result in found["results"] if result["status"] == "prior"]
    assert chances == sorted(chances, reverse=True)
    assert len(chances) == 5


async def test_a_result_has_status_probability_band_rank_and_drivers(shop: httpx.AsyncClient) -> None:
    (late,) = (await analyse(shop, client_id="late"))["results"]
    assert {key: late[key] for key in ("client_id", "status", "band", "horizon_days", "override")} == {
        "client_id": "late", "status": "prior", "band": "high", "horizon_days": 60, "override": None,
    }  # fmt: skip
    assert 0 < late["probability"] < 1
    assert late["percentile"] > 50
    assert late["reason"].startswith("Too few customers to learn from")
    silence = next(driver for driver in late["drivers"] if driver["name"] == "silence")
    assert silence["sentence"] == "30 days without activity; their median gap between active days is 7 days"
    assert silence["direction"] == "raises"
    assert silence["evidence"][-1] == "late:Order Completed:2026-03-01"


async def test_the_intercept_and_the_drivers_add_up_to_the_score(shop: httpx.AsyncClient) -> None:
    scored = [r for r in (await analyse(shop, all=True))["results"] if r["status"] == "prior"]
    assert scored
    for result in scored:
        total = result["intercept"] + sum(driver["contribution"] for driver in result["drivers"])
        assert result["score"] == pytest.approx(total, abs=1e-6)


async def test_every_status_has_its_shape(shop: httpx.AsyncClient) -> None:
    found = {result["client_id"]: result for result in (await analyse(shop, all=True))["results"]}
    assert {key: result["status"] for key, result in found.items() if result["status"] != "prior"} == {
        "gone": "churned", "new": "insufficient_data",
    }  # fmt: skip
    assert [(found[key]["band"], found[key]["percentile"]) for key in ("gone", "new")] == [(None, None)] * 2
    # What they had when they left.
    assert (found["gone"]["scored_at"], found["gone"]["probability"] is None) == ("2026-03-02T12:00:00Z", False)
    assert found["new"]["probability"] is None
    assert found["new"]["reason"] == "They have not bought anything yet: only who has bought can leave."
    assert all(driver["evidence"] for result in found.values() for driver in result["drivers"])


async def test_a_result_names_its_model_whose_card_is_there(shop: httpx.AsyncClient) -> None:
    (late,) = (await analyse(shop, client_id="late"))["results"]
    assert (late["model"]["form"], late["model"]["trained_until"]) == ("prior", AS_OF)
    card = await get(shop, late["model"]["card"], **httpx.URL(late["model"]["card"]).params)
    assert card["version"] == late["model"]["version"]


async def test_a_change_says_what_moved_it(shop: httpx.AsyncClient) -> None:
    (late,) = (await post(shop, "/signals/churn", client_id="late", as_of="2026-03-20T18:00:00Z"))["results"]
    assert late["delta"]["since"] == "2026-03-20T00:00:00Z"
    assert late["delta"]["change"] == pytest.approx(late["probability"] - late["delta"]["probability"])
    assert late["delta"]["drivers"]


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
    bands = {r["client_id"]: r["band"] for r in (await analyse(shop, all=True))["results"]}
    assert bands["late"] == bands["later"] == "high" != bands["fresh"]
    assert ids(await analyse(shop, filter={"bands": ["high"]})) == [key for key in bands if bands[key] == "high"]
    others = [key for key, band in bands.items() if band in ("medium", "low")]
    assert ids(await analyse(shop, filter={"bands": ["medium", "low"]})) == others
    assert ids(await analyse(shop, filter={"stages": ["churned", "lead"]})) == ["gone", "new"]
    assert ids(await analyse(shop, filter={"silent_days_min": 20, "value_min": 1})) == ["late", "later", "gone"]
    assert len(ids(await analyse(shop, filter={}))) == 7


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 500])
async def test_every_result_is_on_exactly_one_page(shop: httpx.AsyncClient, limit: int) -> None:
    first = await analyse(shop, all=True, limit=limit)
    found, cursor = ids(first), first["next_cursor"]
    while cursor:
        page = await get(shop, f"/signals/churn/{first['job']}", limit=limit, cursor=cursor)
        found, cursor = [*found, *ids(page)], page["next_cursor"]
        assert len(found) <= 7
    assert found == ids(await analyse(shop, all=True))


async def test_the_past_is_analysed_as_it_was(shop: httpx.AsyncClient) -> None:
    then = (await post(shop, "/signals/churn", client_id="late", as_of="2026-03-02"))["results"][0]
    now = (await analyse(shop, client_id="late"))["results"][0]
    assert then["probability"] < now["probability"]
    assert ids(await post(shop, "/signals/churn", all=True, as_of="2026-01-31")) == []


async def test_a_longer_horizon_is_less_likely_to_pass_in_silence(shop: httpx.AsyncClient) -> None:
    chances = [
        (await analyse(shop, client_id="slow", horizon_days=days))["results"][0]["probability"] for days in (7, 60, 365)
    ]
    assert chances == sorted(set(chances), reverse=True)


async def test_another_definition_is_for_one_question_only(shop: httpx.AsyncClient) -> None:
    asked = {"kind": "inactivity", "activity": ["Signed In"]}
    (other,) = (await analyse(shop, client_id="late", definition=asked))["results"]
    assert other["status"] == "insufficient_data"
    assert other["reason"] == "What they did so far does not count as activity here."
    assert (await analyse(shop, client_id="late"))["results"][0]["status"] == "prior"


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
        ({"all": True, "horizon_days": 0}, "/horizon_days"),
        ({"all": True, "definition": {"kind": "mood"}}, "/definition/kind"),
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
    (before,) = (await analyse(shop, client_id="late"))["results"]
    await send(shop, [item("Signed In", "2026-03-31", "late")])
    (late,) = (await analyse(shop, client_id="late"))["results"]
    assert late["probability"] < before["probability"]


# --- Who is most at risk ---


async def test_the_list_holds_who_can_leave_riskiest_first(shop: httpx.AsyncClient) -> None:
    found = await get(shop, "/signals/churn", as_of=AS_OF)
    assert ids(found) == ["late", "later", "slow", "fresh", "troubled"]
    up = ids(await get(shop, "/signals/churn", as_of=AS_OF, order="asc"))
    assert (set(up[:2]), up[2:]) == ({"fresh", "troubled"}, ["slow", "late", "later"])
    assert found["results"] == (await analyse(shop, client_ids=ids(found)))["results"]


async def test_the_list_comes_in_pages_by_band_and_for_a_horizon(shop: httpx.AsyncClient) -> None:
    high = await get(shop, "/signals/churn", as_of=AS_OF, band="high")
    assert {result["band"] for result in high["results"]} == {"high"}
    page = await get(shop, "/signals/churn", as_of=AS_OF, limit=2)
    following = await get(shop, "/signals/churn", as_of=AS_OF, limit=2, cursor=page["next_cursor"])
    assert (ids(page), ids(following), page["total"]) == (["late", "later"], ["slow", "fresh"], 5)
    longer = await get(shop, "/signals/churn", as_of=AS_OF, horizon_days=365)
    assert {result["horizon_days"] for result in longer["results"]} == {365}


async def test_what_has_changed_most_comes_first_when_asked_for(shop: httpx.AsyncClient) -> None:
    found = await get(shop, "/signals/churn", as_of="2026-03-31T23:00:00Z", sort="change", order="asc")
    changes = [result["delta"]["change"] for result in found["results"] if result["delta"]]
    assert changes == sorted(changes)
    assert set(ids(found)[:2]) == {"fresh", "troubled"}


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"sort": "luck"}, "sort"), ({"order": "up"}, "order"), ({"band": "extreme"}, "band"),
        ({"cursor": "nobody"}, "cursor"), ({"limit": 0}, "limit"), ({"horizon_days": 0}, "horizon_days"),
        ({"as_of": "soon"}, "as_of"), ({"color": "red"}, "color"),
    ],
)  # fmt: skip
async def test_a_list_that_cannot_be_made_is_refused(shop: httpx.AsyncClient, params: Json, field: str) -> None:
    refused(await shop.get("/signals/churn", params=params), 422, field)
