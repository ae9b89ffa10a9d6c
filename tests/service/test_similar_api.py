"""Similar customers over HTTP, and in answers."""

from __future__ import annotations

import json
from urllib.parse import quote

import httpx
import pytest

from tests.builders import item
from tests.talk import Json, ask, get, send

AS_OF = "2026-03-01"
#: By first name: their id, their plan, and what they bought.
PEOPLE = {
    "Ada Stone": ("ada", "pro", ["Brass Lamp", "Oak Sextant", "Blue Rug"]),
    "Bob Reed": ("bob", "pro", ["Brass Lamp", "Oak Sextant", "Blue Rug"]),
    "Cyd Marsh": ("cyd", "free", ["Brass Lamp"]),
    "Dee Holt": ("dee", "free", ["Tin Whistle"]),
    "Eli Frost": ("eli", "free", ["Tin Whistle", "Brass Lamp"]),
}


def life(who: str, name: str, plan: str, bought: list[str]) -> list[Json]:
    traits = {"name": name, "email": f"{who}@stone.example", "phone": "+44 20 7946 0958", "plan": plan}
    products = [{"name": each} for each in bought]
    return [
        item("", "2026-01-01", who, type="identify", traits=traits),
        item("Order Completed", "2026-02-01", who, properties={"revenue": 10, "currency": "EUR", "products": products}),
    ]


@pytest.fixture
async def shop(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await send(client, [each for name, row in PEOPLE.items() for each in life(row[0], name, *row[1:])])
    return client


async def similar(client: httpx.AsyncClient, who: str = "ada", **params: str | int) -> Json:
    return await get(client, f"/clients/{quote(who, safe='')}/similar", **{"as_of": AS_OF, **params})


def ids(found: Json) -> list[str]:
    return [each["client_id"] for each in found["similar"]]


async def test_the_most_alike_comes_first_with_what_connects_them(shop: httpx.AsyncClient) -> None:
    found = await similar(shop)
    assert (found["client_id"], found["by"], found["compared"]) == ("ada", "both", 4)
    first = found["similar"][0]
    assert (first["client_id"], first["name"], first["shared_items"]) == ("bob", "Bob Reed", 3)
    assert {"item", "trait", "stage"} <= {each["kind"] for each in first["in_common"]}
    assert {"ada:Order Completed:2026-02-01", "bob:Order Completed:2026-02-01"} <= set(first["evidence"])


async def test_by_behaviour_what_customers_are_is_left_aside_and_by_profile_what_they_did(
    shop: httpx.AsyncClient,
) -> None:
    did, are = [await similar(shop, by=by) for by in ("behaviour", "profile")]
    assert {each["kind"] for row in did["similar"] for each in row["in_common"]} <= {"item", "event"}
    assert not {"item", "event"} & {each["kind"] for row in are["similar"] for each in row["in_common"]}
    assert [row["score"] for row in did["similar"]] == [row["behaviour"] for row in did["similar"]]
    assert [row["score"] for row in are["similar"]] == [row["profile"] for row in are["similar"]]


async def test_addresses_and_numbers_that_customers_share_are_not_in_common(shop: httpx.AsyncClient) -> None:
    told = json.dumps([await similar(shop, by=by) for by in ("behaviour", "profile", "both")])
    assert "7946" not in told
    assert "@" not in told


async def test_no_more_than_asked_for_are_given(shop: httpx.AsyncClient) -> None:
    assert ids(await similar(shop, limit=2)) == ids(await similar(shop))[:2]


async def test_an_id_may_have_slashes(shop: httpx.AsyncClient) -> None:
    await send(shop, life("team/7", "Fay Ward", "pro", ["Brass Lamp", "Oak Sextant"]))
    assert (await similar(shop, "team/7"))["client_id"] == "team/7"
    assert "team/7" in ids(await similar(shop))


async def test_an_anonymous_id_leads_to_whom_it_belongs_who_is_not_like_themselves(shop: httpx.AsyncClient) -> None:
    visit = item("Pricing", "2026-02-02", None, type="page", anonymousId="v1")
    signed_in = item("Signed In", "2026-03-01T09:00:00Z", "ada", anonymousId="v1")
    await send(shop, [visit, signed_in])
    found = await similar(shop, "v1", as_of="2026-03-01T10:00:00Z", limit=25)
    assert found["client_id"] == "ada"
    assert not {"ada", "v1"} & set(ids(found))


async def test_others_are_as_of_the_start_of_the_day(shop: httpx.AsyncClient) -> None:
    await send(shop, life("fay", "Fay Ward", "pro", ["Brass Lamp"])[1:])
    today = item("Order Completed", "2026-02-20T08:00:00Z", "gus", properties={"products": [{"name": "Brass Lamp"}]})
    await send(shop, [today])
    assert "gus" not in ids(await similar(shop, as_of="2026-02-20T12:00:00Z", limit=25))
    assert "gus" in ids(await similar(shop, as_of="2026-02-20", limit=25))


async def test_alone_nobody_is_similar(client: httpx.AsyncClient) -> None:
    await send(client, life("ada", "Ada Stone", "pro", ["Brass Lamp"]))
    found = await similar(client)
    assert (found["compared"], found["similar"]) == (0, [])


@pytest.mark.parametrize(("who", "params", "status", "field"), [
    ("nobody", {}, 404, "client_id"),
    ("ada", {"by": "looks"}, 422, "by"),
    ("ada", {"limit": 26}, 422, "limit"),
    ("ada", {"limit": 0}, 422, "limit"),
    ("ada", {"as_of": "soon"}, 422, "as_of"),
    ("ada", {"count": 3}, 422, "count"),
])  # fmt: skip
async def test_what_is_wrong_is_named(shop: httpx.AsyncClient, who: str, params: Json, status: int, field: str) -> None:
    reply = await shop.get(f"/clients/{who}/similar", params=params)
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert [each["field"] for each in reply.json()["errors"]] == [field]


QUESTIONS = [
    "Which customers are similar to Ada Stone?",
    "Who else is like ada?",
    "Find look-alikes of Ada Stone",
    "Is there anybody like Ada Stone?",
    "Show me customers similar to ada@stone.example",
    "Which customer is Ada Stone most similar to?",
    "Who are the nearest neighbours of Ada Stone?",
    "Customers with a profile similar to Ada Stone",
    "Who shops like Ada Stone?",
]


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_question_for_similar_customers_is_answered_with_names_and_citations_of_both(
    shop: httpx.AsyncClient, question: str
) -> None:
    found = await ask(shop, question, as_of=AS_OF)
    assert [tool["name"] for tool in found["tools"][1:]] == ["similar"]
    lines = found["answer"].split("\n")
    assert lines[0].startswith("Most like Ada Stone (ada)")
    assert lines[1].startswith("1. **Bob Reed (bob)**: ")
    assert {"ada", "bob"} <= {each["customer_id"] for each in found["citations"]}
    assert not found["abstained"]


async def test_the_answer_tells_how_many_items_are_shared_and_what_both_are(shop: httpx.AsyncClient) -> None:
    found = await ask(shop, "Which customers are similar to Ada Stone?", as_of=AS_OF)
    assert "3 items in common, such as" in found["answer"]
    assert "plan (pro)" in found["answer"]
    assert "of 4 other customers" in found["answer"]


@pytest.mark.parametrize(("question", "number"), [("Show me 2 customers similar to Ada Stone", 2), (QUESTIONS[0], 4)])
async def test_as_many_are_told_as_asked_for(shop: httpx.AsyncClient, question: str, number: int) -> None:
    lines = (await ask(shop, question, as_of=AS_OF))["answer"].split("\n")
    assert len([line for line in lines if line[:1].isdigit()]) == number


@pytest.mark.parametrize("question", [
    "Which churned customers are similar to Ada Stone?",
    "Which customers who bought a Tin Whistle are similar to Ada Stone?",
    "Which customers were similar to Ada Stone in January 2026?",
])  # fmt: skip
async def test_a_condition_that_would_be_left_out_of_account_is_not(shop: httpx.AsyncClient, question: str) -> None:
    found = await ask(shop, question, as_of=AS_OF)
    assert found["abstained"]
    assert "Bob" not in found["answer"]


@pytest.mark.parametrize("question", [
    "What would Ada Stone like to buy next?",
    "What should we recommend to Ada Stone?",
    "Did Ada Stone complain about something similar?",
    "How many orders did Ada Stone place?",
    "What would somebody like Ada Stone want next?",
])  # fmt: skip
async def test_other_questions_stay_with_their_own_tools(shop: httpx.AsyncClient, question: str) -> None:
    found = await ask(shop, question, as_of=AS_OF)
    assert "similar" not in [tool["name"] for tool in found["tools"]]


async def test_who_is_alike_can_be_asked_after_them(shop: httpx.AsyncClient) -> None:
    first = await ask(shop, "How many orders did Ada Stone place?", as_of=AS_OF)
    found = await ask(shop, "And who is similar to her?", as_of=AS_OF, thread_id=first["thread_id"])
    assert "Bob Reed" in found["answer"]


async def test_who_shares_nothing_that_can_be_named_is_passed_over(client: httpx.AsyncClient) -> None:
    await send(client, life("ada", "Ada Stone", "pro", ["Brass Lamp"]))
    await send(client, [item("Pricing", "2026-02-01", None, type="page", anonymousId="v1")])
    found = await similar(client, "v1", by="profile")
    assert (found["compared"], found["similar"]) == (1, [])
    answer = await ask(client, "Customers with a profile similar to Ada Stone", as_of=AS_OF)
    assert answer["answer"].startswith("No customer has anything in common with Ada Stone")
