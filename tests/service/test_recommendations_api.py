"""Recommendations over HTTP: of one customer and of many, what is kept of them, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.builders import item
from tests.service.conftest import Serve
from tests.talk import get, refused, send

AS_OF = "2026-03-10T00:00:00Z"
FEEDBACK = {"verdict": "rejected"}


def bought(when: str, user: str, revenue: float, *names: str) -> dict[str, Any]:
    products = [{"name": name, "product_id": f"sku-{name}", "price": revenue} for name in names]
    return item("Order Completed", when, user, properties={"revenue": revenue, "currency": "EUR", "products": products})


LIFE = [
    item("", "2026-01-02", "ada", type="identify", traits={"name": "Ada Byron"}),
    bought("2026-01-03", "ada", 20, "Lamp"),
    bought("2026-01-20", "ada", 30, "Lamp", "Bulb"),
    bought("2026-02-20", "ada", 5.5, "Shade"),
    item("Support Ticket Opened", "2026-03-01", "ada", properties={"message": "The shade arrived broken"}),
]
OTHERS = [
    event
    for user in ("bob", "cyd", "dan", "eve")
    for event in (bought("2026-01-05", user, 9, "Lamp"), bought("2026-03-05", user, 9, "Wire"))
]


@pytest.fixture
async def shop(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await send(client, [*LIFE, *OTHERS])
    (await client.put("/workspace", json={"now": AS_OF})).raise_for_status()
    return client


async def told(client: httpx.AsyncClient, who: str = "ada", **params: Any) -> dict[str, Any]:
    return await get(client, f"/clients/{who}/recommendations", **params)


def titles(reply: dict[str, Any]) -> list[str]:
    return [each["title"] for each in reply["recommendations"]]


async def test_a_customer_is_told_actions_and_items_each_with_why_and_their_own_events(shop: httpx.AsyncClient) -> None:
    reply = await told(shop)
    action, *items = reply["recommendations"]
    assert (action["kind"], action["title"]) == ("action", "Answer the open support ticket")
    assert action["evidence"] == [LIFE[4]["messageId"]]
    assert action["expected_effect"] == "unknown"
    assert "not known" in action["score_meaning"]
    assert {each["kind"] for each in items} == {"item"}
    own = {event["messageId"] for event in LIFE}
    for each in reply["recommendations"]:
        assert each["why"]
        assert each["evidence"]
        assert set(each["evidence"]) <= own
        assert each["expires_at"] > reply["as_of"] == each["as_of"]
        assert each["accept_label"]
        assert each["reject_label"]
    assert not any(name in str(reply) for name in ("bob", "cyd", "dan", "eve"))


async def test_what_similar_customers_took_up_is_new_and_tells_how_many_they_are(shop: httpx.AsyncClient) -> None:
    [wire] = (await told(shop, kind="item", exclude_owned=True, limit=1))["recommendations"]
    assert (wire["title"], wire["item_id"], wire["price"], wire["currency"]) == ("Wire", "sku-Wire", 9.0, "EUR")
    assert (wire["support"], wire["similar"], wire["others"], wire["new"]) == (4, 4, 4, True)
    assert wire["after"] == ["Lamp"]


async def test_an_item_that_names_a_person_is_offered_to_nobody(shop: httpx.AsyncClient) -> None:
    await send(shop, [bought("2026-03-06", who, 9, "Lamp", "Engraving for bob@example.com") for who in ("bob", "cyd")])
    for who in ("ada", "dan"):
        assert "@" not in str(await told(shop, who, kind="item", limit=25))


async def test_what_somebodys_event_tells_of_an_item_is_masked(shop: httpx.AsyncClient) -> None:
    told_of = {"feature": "Export", "description": "Ask bob@example.com for it"}
    await send(shop, [item("Feature Used", "2026-03-06", "bob", properties=told_of)])
    [export] = (await get(shop, "/catalogue", query="export"))["items"]
    assert export["text"] == "Ask [email] for it"


async def test_what_is_alike_by_its_name_says_what_its_score_is(shop: httpx.AsyncClient) -> None:
    viewed = {"product_id": "sku-new", "name": "Lamp Shade, oak"}
    await send(shop, [item("Product Viewed", "2026-03-07", "bob", properties=viewed)])
    every = (await told(shop, kind="item", limit=25))["recommendations"]
    [oak] = [each for each in every if each["title"] == viewed["name"]]
    assert "nobody has bought it yet" in oak["why"]
    scores = [each["score"] for each in every]
    # On the scale of the others, among whom it is ranked.
    assert scores == sorted(scores, reverse=True)
    assert oak["score_meaning"].startswith("standard deviations above the usual item")


async def test_what_is_bought_once_can_be_left_out(shop: httpx.AsyncClient) -> None:
    every = titles(await told(shop, kind="item", limit=25))
    assert {"Lamp", "Wire"} <= set(every)
    assert titles(await told(shop, kind="item", limit=25, exclude_owned=True)) == ["Wire"]


async def test_either_kind_can_be_asked_for_and_how_many(shop: httpx.AsyncClient) -> None:
    assert {each["kind"] for each in (await told(shop, kind="action"))["recommendations"]} == {"action"}
    assert len((await told(shop, limit=1))["recommendations"]) == 1
    for params, field in (({"limit": 0}, "limit"), ({"limit": 26}, "limit"), ({"kind": "wish"}, "kind")):
        refused(await shop.get("/clients/ada/recommendations", params=params), 422, field)


async def test_an_id_is_the_same_on_the_same_day_and_another_on_the_next(shop: httpx.AsyncClient) -> None:
    first = [each["id"] for each in (await told(shop))["recommendations"]]
    assert [each["id"] for each in (await told(shop))["recommendations"]] == first
    next_day = [each["id"] for each in (await told(shop, as_of="2026-03-12T00:00:00Z"))["recommendations"]]
    assert set(first).isdisjoint(next_day)


async def test_they_are_the_same_as_on_the_customers_page(shop: httpx.AsyncClient) -> None:
    assert (await get(shop, "/clients/ada"))["recommendations"] == (await told(shop))["recommendations"]


async def test_an_unknown_customer_is_not_found(shop: httpx.AsyncClient) -> None:
    problem = refused(await shop.get("/clients/nobody/recommendations"), 404, "client_id")
    assert problem["type"] == "/problems/unknown-client"
    refused(await shop.post("/recommendations", json={"client_ids": ["ada", "nobody"]}), 404, "/client_ids/1")


async def test_where_no_item_is_known_that_is_said(client: httpx.AsyncClient) -> None:
    await send(client, [item("", "2026-01-02", "ada", type="identify", traits={"name": "Ada"})])
    reply = await told(client, as_of=AS_OF)
    assert reply["recommendations"] == []
    assert "no item is known" in reply["reason"]


async def test_what_comes_later_changes_nothing_of_the_past(shop: httpx.AsyncClient) -> None:
    before = await told(shop, as_of="2026-02-01", limit=25)
    assert before["recommendations"]
    await send(shop, [bought("2026-02-03", who, 900, "Poison") for who in ("ada", "bob", "cyd", "dan", "zoe")])
    assert await told(shop, as_of="2026-02-01", limit=25) == before


async def test_what_arrives_late_counts_as_if_it_had_been_there(shop: httpx.AsyncClient) -> None:
    await told(shop)
    late = [bought("2026-01-25", who, 5, "Rug") for who in ("bob", "cyd", "dan", "eve")]
    await send(shop, late)
    there = {each["title"]: each for each in (await told(shop, kind="item", limit=25))["recommendations"]}
    assert there["Rug"]["support"] == 4


async def test_what_was_rejected_is_not_repeated_before_it_has_rested(shop: httpx.AsyncClient) -> None:
    reply = await told(shop, kind="item", exclude_owned=True)
    [wire] = [each for each in reply["recommendations"] if each["title"] == "Wire"]
    (await shop.post(f"/recommendations/{wire['id']}/feedback", json=FEEDBACK)).raise_for_status()
    (await shop.put("/workspace", json={"now": "2026-03-11T00:00:00Z"})).raise_for_status()
    assert "Wire" not in titles(await told(shop, kind="item", limit=25))
    assert "Wire" in titles(await told(shop, kind="item", limit=25, as_of="2026-03-08"))
    (await shop.put("/workspace", json={"now": "2026-06-30T00:00:00Z"})).raise_for_status()
    assert "Wire" in titles(await told(shop, kind="item", limit=25))


async def test_what_was_asked_about_the_past_was_given_to_nobody(shop: httpx.AsyncClient) -> None:
    [first, *_] = (await told(shop, as_of="2026-03-08"))["recommendations"]
    refused(await shop.post(f"/recommendations/{first['id']}/feedback", json=FEEDBACK), 404, "recommendation_id")


async def test_a_cohort_is_told_in_pages(shop: httpx.AsyncClient) -> None:
    body: dict[str, Any] = {"filter": {}, "each": 2, "limit": 2}
    seen: list[str] = []
    while True:
        reply = (await shop.post("/recommendations", json=body)).raise_for_status().json()
        assert reply["total"] == 5
        assert all(len(each["recommendations"]) <= 2 for each in reply["results"])
        seen += [each["client_id"] for each in reply["results"]]
        if reply["next_cursor"] is None:
            break
        body["cursor"] = reply["next_cursor"]
    assert sorted(seen) == ["ada", "bob", "cyd", "dan", "eve"]
    assert len(seen) == 5


async def test_of_a_cohort_each_is_told_what_they_would_be_told_alone(shop: httpx.AsyncClient) -> None:
    reply = (await shop.post("/recommendations", json={"client_ids": ["eve", "ada"]})).raise_for_status().json()
    assert [each["client_id"] for each in reply["results"]] == ["eve", "ada"]
    for each in reply["results"]:
        assert each["recommendations"] == (await told(shop, each["client_id"]))["recommendations"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, ""),
        ({"filter": {}, "client_ids": ["ada"]}, ""),
        ({"filter": {"stages": ["lost"]}}, "/filter/stages"),
        ({"filter": {"bands": ["dire"]}}, "/filter/bands"),
        ({"filter": {}, "cursor": "nobody"}, "/cursor"),
        ({"filter": {}, "each": 26}, "/each"),
        ({"filter": {}, "as_of": "someday"}, "/as_of"),
        ({"filter": {}, "colour": 1}, "/colour"),
    ],
)
async def test_a_cohort_that_cannot_be_read_is_refused(
    shop: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    refused(await shop.post("/recommendations", json=body), 422, field)


PLAYBOOK = """
name: test
currency: EUR
opt_out:
  - {trait: unsubscribed, is: true}
explore: %s
horizon_days: 30
outcome: [Order Completed]
actions:
  - id: call
    title: Call them
    says: We would like to hear how it goes.
    when: {stages: [lead, customer, engaged]}
  - id: write
    title: Write to them
    when: {stages: [lead, customer, engaged]}
"""


async def test_nobody_who_opted_out_is_recommended_anything(serve_app: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "playbooks"
    folder.mkdir()
    (folder / "default.yaml").write_text(PLAYBOOK % 0)
    async with serve_app(playbooks=folder) as client:
        await send(client, [*LIFE, *OTHERS])
        (await client.put("/workspace", json={"now": AS_OF})).raise_for_status()
        assert titles(await told(client, kind="action")) == ["Call them", "Write to them"]
        gone = item("", "2026-03-02", "ada", type="identify", traits={"unsubscribed": True})
        await send(client, [gone])
        reply = await told(client)
        assert reply["recommendations"] == []
        assert "no recommendations" in reply["reason"]
        # As of before they said so.
        assert titles(await told(client, as_of="2026-03-01", kind="action"))


async def test_the_agent_says_that_nothing_is_wanted_and_where_that_was_said(serve_app: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "playbooks"
    folder.mkdir()
    (folder / "default.yaml").write_text(PLAYBOOK % 0)
    gone = item("", "2026-02-02", "ada", type="identify", traits={"unsubscribed": True})
    async with serve_app(playbooks=folder) as client:
        await send(client, [*LIFE, *OTHERS, gone])
        asked = {"message": "What should we recommend to ada?", "as_of": AS_OF}
        reply = (await client.post("/chat", json=asked)).json()
    assert "they want no recommendations" in reply["answer"]
    assert [each["message_id"] for each in reply["citations"]] == [gone["messageId"]]


async def test_the_agent_speaks_of_one_other_customer_as_of_one(shop: httpx.AsyncClient) -> None:
    await send(shop, [bought("2026-03-07", "fay", 9, "Vase")])
    asked = {"message": "Which 9 products might ada buy next?", "as_of": AS_OF}
    answer = (await shop.post("/chat", json=asked)).json()["answer"]
    assert "1 other customer bought it in the last 28 days" in answer


async def test_a_broken_playbook_leaves_the_old_one_in_force(serve_app: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "playbooks"
    folder.mkdir()
    file = folder / "default.yaml"
    file.write_text(PLAYBOOK % 0)
    async with serve_app(playbooks=folder) as client:
        await send(client, [*LIFE, *OTHERS])
        (await client.put("/workspace", json={"now": AS_OF})).raise_for_status()
        before = await told(client, kind="action")
        file.write_text((PLAYBOOK % 0).replace("title: Write to them", "titel: Write to them"))
        after = await told(client, kind="action")
    assert titles(after) == titles(before) == ["Call them", "Write to them"]
    assert before["playbook"]["problem"] is None
    assert "titel" in after["playbook"]["problem"]
    assert "line 15" in after["playbook"]["problem"]


async def test_where_it_explores_each_has_one_action_or_none_and_keeps_it(serve_app: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "playbooks"
    folder.mkdir()
    (folder / "default.yaml").write_text(PLAYBOOK % 0.5)
    people = [f"p{n}" for n in range(200)]
    async with serve_app(playbooks=folder) as client:
        await send(client, [bought("2026-01-05", who, 9, "Lamp") for who in people])
        (await client.put("/workspace", json={"now": AS_OF})).raise_for_status()
        body = {"filter": {}, "kind": "action", "limit": 200}
        reply = (await client.post("/recommendations", json=body)).raise_for_status().json()
        chosen = {each["client_id"]: titles(each) for each in reply["results"]}
        again = (await client.post("/recommendations", json=body)).raise_for_status().json()
        assert {each["client_id"]: titles(each) for each in again["results"]} == chosen
        report = await get(client, "/recommendations/effects")
    kinds = sorted(map(tuple, chosen.values()))
    # A sixth each of 200 explores into doing nothing and into writing; all the rest are called.
    counted = {kind: kinds.count(kind) for kind in set(kinds)}
    assert set(counted) == {(), ("Call them",), ("Write to them",)}
    assert counted["Call them",] > 100
    assert counted[()] > 10
    assert report["decisions"] == 200


async def test_an_arm_is_kept_when_a_visitor_is_named_and_a_title_is_retouched(
    serve_app: Serve, tmp_path: Path
) -> None:
    folder = tmp_path / "playbooks"
    folder.mkdir()
    file = folder / "default.yaml"
    file.write_text((PLAYBOOK % 0.5).replace("stages: [", "stages: [visitor, "))
    visits = [item("Pricing", "2026-03-01", None, type="page", anonymousId=f"v{n}") for n in range(40)]
    named = [
        item("", "2026-03-02", f"u{n}", type="identify", anonymousId=f"v{n}", traits={"name": "Ann"}) for n in range(40)
    ]

    async def arms(client: httpx.AsyncClient) -> list[list[str]]:
        replies = [await told(client, f"v{n}", kind="action") for n in range(40)]
        return [[each["action"] for each in reply["recommendations"]] for reply in replies]

    async with serve_app(playbooks=folder) as client:
        await send(client, visits)
        (await client.put("/workspace", json={"now": AS_OF})).raise_for_status()
        before = await arms(client)
        await send(client, named)
        assert await arms(client) == before
        file.write_text(file.read_text().replace("title: Write to them", "title: Write them a letter"))
        assert await arms(client) == before
    assert {tuple(arm) for arm in before} == {(), ("call",), ("write",)}


async def test_recommendations_of_two_workspaces_do_not_meet(serve_app: Serve) -> None:
    async with serve_app() as client:
        await send(client, [*LIFE, *OTHERS])
        client.headers["X-Workspace"] = "other"
        await send(client, [bought("2026-01-03", "ada", 20, "Lamp"), bought("2026-01-04", "ben", 20, "Sofa")])
        every = titles(await told(client, kind="item", limit=25, as_of=AS_OF))
    assert set(every) <= {"Lamp", "Sofa"}


async def test_the_catalogue_fills_itself(shop: httpx.AsyncClient) -> None:
    reply = await get(shop, "/catalogue")
    assert [each["name"] for each in reply["items"]] == ["Lamp", "Wire", "Bulb", "Shade"]
    [lamp] = (await get(shop, "/catalogue", query="lAm"))["items"]
    assert (lamp["kind"], lamp["item_id"], lamp["takers"], lamp["currency"]) == ("product", "sku-Lamp", 5, "EUR")
    assert (lamp["first_seen"][:10], lamp["last_seen"][:10]) == ("2026-01-03", "2026-01-20")
    first = await get(shop, "/catalogue", limit=3)
    rest = await get(shop, "/catalogue", limit=3, cursor=first["next_cursor"])
    assert [each["name"] for each in rest["items"]] == ["Shade"]
    refused(await shop.get("/catalogue", params={"cursor": "Sofa"}), 422, "cursor")
    assert (await get(shop, "/catalogue", as_of="2026-01-10"))["total"] == 1


async def test_before_the_first_event_there_is_no_item_in_any_year(shop: httpx.AsyncClient) -> None:
    for year in ("0001-01-01", "1970-01-01"):
        assert (await get(shop, "/catalogue", as_of=year))["total"] == 0
