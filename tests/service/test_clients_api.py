"""GET /clients and what is below: one customer, many, their history and their memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from memory.embedder import Vectors
from tests.builders import item
from tests.fakes import HashedWords
from tests.talk import get, pages, refused, send, settle

AS_OF = "2026-03-10T00:00:00Z"


def bought(when: str, user: str, revenue: float, *names: str) -> dict[str, Any]:
    products = [{"name": name, "quantity": 1} for name in names]
    return item("Order Completed", when, user, properties={"revenue": revenue, "currency": "EUR", "products": products})


LIFE = [
    item("Home", "2026-01-01", None, type="page", anonymousId="a1"),
    item(
        "", "2026-01-02", "ada", type="identify", anonymousId="a1", traits={"name": "Ada Byron", "email": "a@b.example"}
    ),
    bought("2026-01-03", "ada", 20, "Lamp"),
    bought("2026-01-20", "ada", 30, "Lamp", "Bulb"),
    bought("2026-02-20", "ada", 5.5, "Shade"),
    item("Support Ticket Opened", "2026-03-01", "ada", properties={"message": "The shade arrived broken"}),
]
OTHERS = [
    event
    for user in ("bob", "cyd", "dan")
    for event in (bought("2026-01-05", user, 9, "Lamp"), bought("2026-03-05", user, 9, "Wire"))
]


@pytest.fixture
async def shop(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await send(client, [*LIFE, *OTHERS])
    return client


async def test_a_customer_is_told_whole_and_every_part_names_its_events(shop: httpx.AsyncClient) -> None:
    found = await get(shop, "/clients/ada", as_of=AS_OF)
    assert list(found) == [
        "client_id", "as_of", "profile", "stage", "stage_history", "signals", "recommendations", "recent",
    ]  # fmt: skip
    assert (found["client_id"], found["as_of"], found["stage"]) == ("ada", AS_OF, "engaged")
    profile = found["profile"]
    assert (profile["name"], profile["email"], profile["joined_ids"]) == ("Ada Byron", "a@b.example", ["a1"])
    assert (profile["events"], profile["purchases"], profile["value"]) == (6, 3, [{"currency": "EUR", "amount": 55.5}])
    assert profile["top_items"][0] == {"name": "Lamp", "events": 2}
    assert profile["evidence"]["purchases"] == [event["messageId"] for event in LIFE[2:5]]
    assert [change["stage"] for change in found["stage_history"]] == ["visitor", "lead", "customer", "engaged"]
    assert all(change["evidence"] for change in found["stage_history"])
    assert [entry["message_id"] for entry in found["recent"]] == [event["messageId"] for event in LIFE[::-1]]


async def test_the_signal_of_a_customer_explains_itself(shop: httpx.AsyncClient) -> None:
    signal = (await get(shop, "/clients/ada", as_of=AS_OF))["signals"]["churn"]
    assert (signal["status"], signal["horizon_days"]) == ("prior", 60)
    assert 0 < signal["probability"] < 1
    assert signal["band"] in ("low", "medium", "high")
    assert 0 <= signal["percentile"] <= 100
    assert "silence" in [driver["name"] for driver in signal["drivers"]]
    assert all(driver["sentence"] and driver["evidence"] for driver in signal["drivers"])


async def test_recommendations_say_why_and_claim_no_effect(shop: httpx.AsyncClient) -> None:
    found = (await get(shop, "/clients/ada", as_of=AS_OF))["recommendations"]
    assert [(each["kind"], each["title"]) for each in found[:2]] == [
        ("action", "Answer the open support ticket"),
        ("item", "Lamp"),
    ]
    assert found[1]["why"] == "bought 2 times so far"
    assert all(each["evidence"] and each["expected_effect"] == "unknown" for each in found)


async def test_an_anonymous_id_leads_to_whom_it_belongs(shop: httpx.AsyncClient) -> None:
    assert await get(shop, "/clients/a1", as_of=AS_OF) == await get(shop, "/clients/ada", as_of=AS_OF)
    assert (await get(shop, "/clients/a1/timeline", as_of=AS_OF))["client_id"] == "ada"


async def test_the_past_is_as_it_was(shop: httpx.AsyncClient) -> None:
    before = await get(shop, "/clients/a1", as_of="2026-01-01")
    assert (before["client_id"], before["stage"], before["profile"]["name"]) == ("a1", "visitor", None)
    refused(await shop.get("/clients/ada", params={"as_of": "2026-01-01"}), 404, "client_id")


@pytest.mark.parametrize("path", ["", "/timeline", "/memory?query=lamp"])
async def test_an_unknown_customer_is_not_found(shop: httpx.AsyncClient, path: str) -> None:
    problem = refused(await shop.get(f"/clients/nobody{path}"), 404, "client_id")
    assert problem["type"] == "/problems/unknown-client"
    assert "'nobody'" in problem["detail"]


async def test_ids_of_any_shape_have_a_page(client: httpx.AsyncClient) -> None:
    ids = ["a b", "ünï@x.example", "50%", "q?x=1#y", "a/b", "org/7/user", "a/b/", "/a", "timeline", "memory/timeline/x"]
    await send(client, [bought("2026-01-05", user, 1) for user in ids])
    for user in ids:
        address = f"/clients/{quote(user, safe='')}"
        assert (await get(client, address))["client_id"] == user
        assert (await get(client, f"{address}/timeline"))["client_id"] == user
        assert (await get(client, f"{address}/memory", query="lamp"))["client_id"] == user


async def test_an_id_that_ends_like_a_list_means_the_list(client: httpx.AsyncClient) -> None:
    await send(client, [bought("2026-01-05", user, 1) for user in ("ada", "ada/timeline")])
    assert (await get(client, f"/clients/{quote('ada/timeline', safe='')}"))["client_id"] == "ada"
    asked = {"client_id": "ada/timeline"}
    assert (await client.post("/signals/churn", json=asked)).json()["results"][0]["client_id"] == "ada/timeline"


async def test_an_empty_id_is_refused(client: httpx.AsyncClient) -> None:
    for path in ("/clients/", "/clients//timeline"):
        refused(await client.get(path), 422, "client_id")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/clients/ada?as_of=soon", "as_of"),
        ("/clients/ada?as_of=2026-02-30", "as_of"),
        ("/clients/ada?as_of=9999-12-31T23:00:00Z", "as_of"),
        ("/clients?as_of=9999-12-31", "as_of"),
        ("/clients/ada/timeline?as_of=", "as_of"),
        ("/clients/ada/timeline?stage=happy", "stage"),
        ("/clients/ada/timeline?order=random", "order"),
        ("/clients/ada/timeline?limit=0", "limit"),
        ("/clients/ada/timeline?limit=many", "limit"),
        ("/clients/ada/timeline?cursor=nothing", "cursor"),
        ("/clients/ada/memory", "query"),
        ("/clients/ada/memory?query=", "query"),
        ("/clients/ada/memory?query=lamp&stage=happy", "stage"),
        ("/clients/ada/memory?query=lamp&limit=101", "limit"),
        ("/clients?stage=happy", "stage"),
        ("/clients?stage=customer&stage=happy", "stage"),
        ("/clients?band=extreme", "band"),
        ("/clients?sort=beauty", "sort"),
        ("/clients?order=up", "order"),
        ("/clients?silent_days_min=-1", "silent_days_min"),
        ("/clients?silent_days_min=99999999999", "silent_days_min"),
        ("/clients?value_min=lots", "value_min"),
        ("/clients?value_min=nan", "value_min"),
        ("/clients?limit=501", "limit"),
        ("/clients?cursor=nobody", "cursor"),
    ],
)
async def test_what_cannot_be_asked_is_refused_by_name(shop: httpx.AsyncClient, path: str, field: str) -> None:
    refused(await shop.get(path), 422, field)


async def test_a_timeline_pages_through_everything_once_in_either_order(client: httpx.AsyncClient) -> None:
    same_time = [bought("2026-01-05", "ada", n, f"item{n}") | {"messageId": f"m{n:02}"} for n in range(10)]
    await send(client, [*same_time, bought("2026-01-04", "ada", 1)])
    newest = await pages(client, "/clients/ada/timeline", "events", limit=3)
    oldest = await pages(client, "/clients/ada/timeline", "events", limit=4, order="oldest")
    assert [event["message_id"] for event in newest] == [event["message_id"] for event in oldest[::-1]]
    assert len({event["message_id"] for event in newest}) == 11


async def test_a_timeline_is_filtered_by_event_and_stage(shop: httpx.AsyncClient) -> None:
    orders = await get(shop, "/clients/ada/timeline", event="order_completed", as_of=AS_OF)
    assert (orders["total"], {event["title"] for event in orders["events"]}) == (3, {"Order Completed"})
    visits = await get(shop, "/clients/ada/timeline", stage="visitor", as_of=AS_OF)
    assert [(event["title"], event["stage"]) for event in visits["events"]] == [("Page Viewed: Home", "visitor")]


async def test_events_of_a_timeline_are_told_in_words(shop: httpx.AsyncClient) -> None:
    newest = (await get(shop, "/clients/ada/timeline", limit=1, as_of=AS_OF))["events"][0]
    assert newest == {
        "message_id": LIFE[-1]["messageId"],
        "client_id": "ada",
        "occurred_at": "2026-03-01T12:00:00Z",
        "title": "Support Ticket Opened",
        "text": "Support Ticket Opened. message: The shade arrived broken",
        "said": "The shade arrived broken",
        "items": [],
        "stage": "engaged",
        "details": [{"label": "message", "value": "The shade arrived broken"}],
    }


async def test_memories_come_best_first_with_their_scores(shop: httpx.AsyncClient) -> None:
    await settle(shop)
    found = await get(shop, "/clients/ada/memory", query="shade arrived broken", as_of=AS_OF)
    assert (found["client_id"], found["as_of"]) == ("ada", AS_OF)
    memories = found["memories"]
    assert memories[0]["message_id"] == LIFE[-1]["messageId"]
    assert memories[0]["score"] == 1.0
    assert [m["score"] for m in memories] == sorted((m["score"] for m in memories), reverse=True)
    assert {"message_id", "occurred_at", "text", "score", "similarity", "words", "coverage", "stage"} <= set(
        memories[0]
    )
    assert {m["client_id"] for m in memories} == {"ada"}


async def test_memories_are_filtered_by_stage_and_bounded(shop: httpx.AsyncClient) -> None:
    found = await get(shop, "/clients/ada/memory", query="lamp order", stage="customer", limit=1, as_of=AS_OF)
    assert [m["stage"] for m in found["memories"]] == ["customer"]


@pytest.mark.parametrize("sort", ["value", "recency", "activity", "risk", "name"])
@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_all_customers_are_paged_through_once(shop: httpx.AsyncClient, sort: str, order: str) -> None:
    found = await pages(shop, "/clients", "clients", limit=1, sort=sort, order=order, as_of=AS_OF)
    assert sorted(row["client_id"] for row in found) == ["ada", "bob", "cyd", "dan"]
    whole = await get(shop, "/clients", sort=sort, order=order, as_of=AS_OF)
    assert whole["clients"] == found


async def test_customers_are_sorted_and_ties_go_by_id(shop: httpx.AsyncClient) -> None:
    found = await get(shop, "/clients", as_of=AS_OF)
    assert [row["client_id"] for row in found["clients"]] == ["ada", "bob", "cyd", "dan"]
    upwards = await get(shop, "/clients", order="asc", as_of=AS_OF)
    assert [row["client_id"] for row in upwards["clients"]] == ["bob", "cyd", "dan", "ada"]


async def test_customers_are_found_by_what_is_known_of_them(shop: httpx.AsyncClient) -> None:
    async def found(**params: Any) -> list[str]:
        return [row["client_id"] for row in (await get(shop, "/clients", as_of=AS_OF, **params))["clients"]]

    assert await found(stage="engaged") == ["ada"]
    assert await found(stage=["engaged", "customer"]) == ["ada", "bob", "cyd", "dan"]
    assert await found(silent_days_min=6) == ["ada"]
    assert await found(active_days_max=6) == ["bob", "cyd", "dan"]
    assert await found(value_min=50) == ["ada"]
    assert await found(value_min=1, currency="USD") == []
    assert await found(band=["low", "medium", "high"], value_min=50) == ["ada"]


async def test_an_empty_workspace_has_no_customers(client: httpx.AsyncClient) -> None:
    assert await get(client, "/clients", as_of=AS_OF) == {
        "as_of": AS_OF, "clients": [], "total": 0, "next_cursor": None,
    }  # fmt: skip


async def test_what_was_just_sent_is_there_at_once(client: httpx.AsyncClient) -> None:
    for number in range(1, 4):
        await send(client, [bought(f"2026-01-0{number}", "ada", number)])
        assert (await get(client, "/clients/ada/timeline"))["total"] == number
        assert (await get(client, "/clients/ada"))["profile"]["purchases"] == number
        (row,) = (await get(client, "/clients"))["clients"]
        assert row["events"] == number


class Hanging(HashedWords):
    """`Embedder` that never answers."""

    async def embed(self, texts: Sequence[str]) -> Vectors:
        await asyncio.Event().wait()
        raise AssertionError


async def test_a_customer_is_told_while_the_embedder_hangs(serve_app: Any) -> None:
    async with serve_app(embedder=Hanging()) as client, asyncio.timeout(10):
        await send(client, LIFE)
        assert (await get(client, "/clients/ada", as_of=AS_OF))["profile"]["events"] == 6
        assert (await get(client, "/clients/ada/timeline", as_of=AS_OF))["total"] == 6
        assert (await get(client, "/clients", as_of=AS_OF))["total"] == 1
