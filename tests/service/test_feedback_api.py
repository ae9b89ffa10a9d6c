"""Feedback on recommendations, each by itself, and what came of them all."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from memory.given import NOTHING, Given
from memory.scope import Scope
from server.bootstrap import Services
from tests.builders import at, item
from tests.decisions import decided
from tests.service.conftest import Serve
from tests.talk import Json, get, refused, send

NOW = "2026-04-01T12:00:00Z"
MADE = at("2026-03-01")
ORDERED = item("Order Completed", "2026-03-20", "ada", properties={"revenue": 10, "currency": "EUR"}, messageId="o1")


def services_of(client: httpx.AsyncClient) -> Services:
    found: Services = client._transport.app.state.services  # type: ignore[attr-defined]
    return found


def scope_of(client: httpx.AsyncClient) -> Scope:
    return Scope(client.headers.get("X-Workspace", "default"))


async def give(client: httpx.AsyncClient, *given: Given) -> None:
    assert await services_of(client).given.put(scope_of(client), given) == set()


async def clock(client: httpx.AsyncClient, now: str) -> None:
    assert (await client.put("/workspace", json={"now": now})).status_code == 200


def feedback(client: httpx.AsyncClient, verdict: str = "rejected", name: str = "r1", **fields: Any) -> Any:
    return client.post(f"/recommendations/{name}/feedback", json={"verdict": verdict, **fields})


@pytest.fixture
async def shop(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """Ada, who visited as v1 before, was called; Bob was given nothing."""
    visit = item("Pricing", "2026-02-01", None, type="page", anonymousId="v1")
    named = item("", "2026-02-02", "ada", type="identify", anonymousId="v1", traits={"name": "Ada"})
    await send(client, [visit, named, ORDERED, item("Signed In", "2026-02-01", "bob")])
    await clock(client, NOW)
    await give(client, decided("ada", "call", MADE, id="r1"), decided("bob", NOTHING, MADE, id="r2"))
    return client


async def test_feedback_is_kept_and_what_was_rejected_rests(shop: httpx.AsyncClient) -> None:
    reply = await feedback(shop, note=" no more calls ", author="Eve")
    assert (reply.status_code, reply.json()) == (
        200,
        {
            "recommendation_id": "r1", "client_id": "ada", "kind": "action", "what": "call", "verdict": "rejected",
            "note": "no more calls", "author": "Eve", "made_at": NOW, "rests_until": "2026-05-01T12:00:00Z",
            "duplicate": False,
        },
    )  # fmt: skip
    log, scope = services_of(shop).feedback, scope_of(shop)
    assert set(await log.resting(scope, ["ada"], at("2026-04-30"))) == {("action", "call")}
    assert await log.resting(scope, ["ada"], at("2026-04-01")) == {}
    assert await log.resting(scope, ["bob"], at("2026-04-30")) == {}


async def test_the_same_feedback_again_is_a_duplicate_and_changes_nothing(shop: httpx.AsyncClient) -> None:
    first = (await feedback(shop, "accepted")).json()
    await clock(shop, "2026-04-05T00:00:00Z")
    assert (await feedback(shop, "accepted")).json() == {**first, "duplicate": True}


@pytest.mark.parametrize("changed", [{"verdict": "rejected"}, {"note": "they bought it"}])
async def test_other_feedback_on_the_same_recommendation_is_a_conflict(shop: httpx.AsyncClient, changed: Json) -> None:
    await feedback(shop, "accepted")
    problem = refused(await feedback(shop, **{"verdict": "accepted", **changed}), 409, "/verdict")
    assert problem["type"] == "/problems/feedback-given-otherwise"
    assert "before as accepted" in problem["detail"]
    assert (await get(shop, "/recommendations/r1"))["feedback"]["verdict"] == "accepted"


async def test_of_two_that_come_at_once_one_counts(shop: httpx.AsyncClient) -> None:
    verdicts = ("accepted", "rejected", "accepted")
    replies = await asyncio.gather(*(feedback(shop, verdict) for verdict in verdicts))
    kept = (await get(shop, "/recommendations/r1"))["feedback"]["verdict"]
    told = sorted((reply.status_code, reply.json().get("duplicate", "")) for reply in replies)
    assert told == ([(200, False), (200, True), (409, "")] if kept == "accepted" else [(200, False), *[(409, "")] * 2])
    assert {verdict for verdict, reply in zip(verdicts, replies, strict=True) if reply.is_success} == {kept}


async def test_whoever_may_send_events_may_send_feedback(serve_app: Serve) -> None:
    async with serve_app(keys={"all": "shop"}) as client:
        client.headers.update({"X-Workspace": "shop", "Authorization": "Bearer all"})
        await send(client, [ORDERED])
        await give(client, decided("ada", "call", MADE, id="r1"))
        for scope, feedback_status, read_status in (("read", 403, 200), ("ingest", 200, 403)):
            key = (await client.post("/keys", json={"scopes": [scope]})).json()["key"]
            theirs = {"Authorization": f"Bearer {key}"}
            sent = await client.post("/recommendations/r1/feedback", json={"verdict": "ignored"}, headers=theirs)
            assert (sent.status_code, (await client.get("/recommendations/r1", headers=theirs)).status_code) == (
                feedback_status, read_status
            )  # fmt: skip


async def test_feedback_on_an_unknown_recommendation_is_refused(shop: httpx.AsyncClient) -> None:
    problem = refused(await feedback(shop, name="r9"), 404, "recommendation_id")
    assert problem["type"] == "/problems/unknown-recommendation"


async def test_feedback_for_somebody_elses_recommendation_is_refused(shop: httpx.AsyncClient) -> None:
    problem = refused(await feedback(shop, client_id="bob"), 409, "/client_id")
    assert problem["type"] == "/problems/not-their-recommendation"
    assert (await feedback(shop, client_id="nobody")).json()["type"] == "/problems/unknown-client"
    assert (await get(shop, "/recommendations/r1"))["feedback"] is None


@pytest.mark.parametrize("client_id", ["ada", "v1"])
async def test_whose_it_is_may_be_named_by_any_of_their_ids(shop: httpx.AsyncClient, client_id: str) -> None:
    assert (await feedback(shop, client_id=client_id)).status_code == 200


async def test_a_recommendation_of_an_earlier_id_is_the_customers(shop: httpx.AsyncClient) -> None:
    await give(shop, decided("v1", "call", MADE, id="r3"))
    assert (await feedback(shop, name="r3", client_id="ada")).status_code == 200
    assert (await feedback(shop, name="r3", client_id="bob")).status_code == 409


async def test_doing_nothing_takes_no_feedback(shop: httpx.AsyncClient) -> None:
    problem = refused(await feedback(shop, name="r2"), 409, "recommendation_id")
    assert problem["type"] == "/problems/nothing-recommended"


async def test_an_item_that_is_called_nothing_takes_feedback(shop: httpx.AsyncClient) -> None:
    item = decided("ada", made=MADE, id="r4").model_copy(update={"kind": "item", "what": "nothing", "decision": None})
    await give(shop, item)
    assert (await feedback(shop, name="r4")).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"verdict": "liked"}, "/verdict"), ({}, "/verdict"), ({"verdict": "ignored", "client_id": ""}, "/client_id"),
        ({"verdict": "ignored", "score": 5}, "/score"), ({"verdict": "ignored", "note": "n" * 1_001}, "/note"),
    ],
)  # fmt: skip
async def test_unusable_feedback_names_the_field(shop: httpx.AsyncClient, body: Json, field: str) -> None:
    refused(await shop.post("/recommendations/r1/feedback", json=body), 422, field)


async def test_a_recommendation_shows_how_it_was_chosen_and_what_came_of_it(shop: httpx.AsyncClient) -> None:
    await feedback(shop, "accepted")
    found = await get(shop, "/recommendations/r1")
    assert (found["client_id"], found["what"], found["title"]) == ("ada", "call", "Call")
    assert (found["decision"]["propensity"], found["decision"]["eligible"]) == (1 / 3, ["call", "discount", NOTHING])
    assert found["feedback"]["verdict"] == "accepted"
    assert found["outcome"] == {
        "status": "happened", "events": ["Order Completed"], "until": "2026-03-31T00:00:00Z", "message_id": "o1"
    }  # fmt: skip
    assert (await get(shop, "/recommendations/r2"))["outcome"]["status"] == "did_not_happen"


async def test_of_an_earlier_instant_it_does_not_know_what_came_later(shop: httpx.AsyncClient) -> None:
    await feedback(shop, "accepted")
    then = await get(shop, "/recommendations/r1", as_of="2026-03-25T00:00:00Z")
    assert (then["feedback"], then["outcome"]["status"], then["outcome"]["message_id"]) == (None, "waiting", None)
    refused(await shop.get("/recommendations/r1", params={"as_of": "2026-02-27"}), 404, "recommendation_id")
    refused(await shop.get("/recommendations/r1", params={"known_at": "2026-02-27"}), 404, "recommendation_id")


async def test_the_log_keeps_the_first_of_an_id(shop: httpx.AsyncClient) -> None:
    await give(shop, decided("ada", "discount", MADE + timedelta(days=1), id="r1"))
    assert (await get(shop, "/recommendations/r1"))["what"] == "call"


async def test_the_log_of_a_customer_is_theirs_up_to_an_instant(shop: httpx.AsyncClient) -> None:
    await give(shop, decided("ada", "call", MADE + timedelta(days=1), id="r0"), decided("v1", "call", MADE, id="r3"))
    log, scope = services_of(shop).given, scope_of(shop)
    assert [each.id for each in await log.of(scope, ["ada", "v1"], at("2026-04-01"))] == ["r1", "r3", "r0"]
    assert [each.id for each in await log.of(scope, ["ada"], MADE)] == ["r1"]
    assert [each.id for each in await log.all(scope, MADE)] == ["r1", "r2", "r3"]
    assert await log.of(scope, [], at("2026-04-01")) == []
    assert await log.of(Scope("elsewhere"), ["ada"], at("2026-04-01")) == []


async def test_effects_tell_of_all_decisions_and_claim_none_from_too_few(shop: httpx.AsyncClient) -> None:
    report = await get(shop, "/recommendations/effects")
    assert (report["decisions"], report["known"], report["waiting"]) == (2, 2, 0)
    arms = {arm["arm"]: arm for arm in report["arms"]}
    assert set(arms) == {"call", "discount", NOTHING}
    assert (arms["call"]["observed"], arms[NOTHING]["observed"], arms["discount"]["observed"]) == (1.0, 0.0, None)
    assert {arm["effect"] for arm in report["arms"]} == {None}
    before = await get(shop, "/recommendations/effects", as_of="2026-03-30")
    assert (before["decisions"], before["known"], before["waiting"]) == (2, 0, 2)
    assert (await get(shop, "/recommendations/effects", as_of="2026-02-27"))["decisions"] == 0


async def test_effects_of_an_empty_workspace_are_none(client: httpx.AsyncClient) -> None:
    report = await get(client, "/recommendations/effects")
    assert (report["causal"], report["decisions"], report["arms"]) == (False, 0, [])


async def test_what_is_learnt_is_kept_until_something_earlier_arrives(shop: httpx.AsyncClient) -> None:
    keeper, scope, day = services_of(shop).effects, scope_of(shop), at("2026-04-01")
    first = await keeper.effects(scope, day)
    await send(shop, [item("Signed In", "2026-04-01", "bob")])
    assert await keeper.effects(scope, day) is first
    await send(shop, [item("Signed In", "2026-03-31", "bob")])
    assert await keeper.effects(scope, day) is not first


async def test_erasing_a_customer_takes_their_recommendations_and_feedback(shop: httpx.AsyncClient) -> None:
    await feedback(shop, note="zebra")
    erased = (await shop.delete("/clients/ada")).json()["erased"]
    assert (erased["recommendations"], erased["feedback"]) == (1, 1)
    refused(await shop.get("/recommendations/r1"), 404, "recommendation_id")
    assert (await get(shop, "/recommendations/effects"))["decisions"] == 1
    assert b"zebra" not in (await shop.get("/export")).content


async def test_what_is_written_of_somebody_being_erased_does_not_stay(shop: httpx.AsyncClient) -> None:
    await shop.delete("/clients/ada")
    services, scope = services_of(shop), scope_of(shop)
    lost, kept = decided("ada", "call", MADE, id="r5"), decided("bob", "call", MADE, id="r6")
    assert await services.given.put(scope, [lost, kept]) == {"ada"}
    assert [each.id for each in await services.given.all(scope, at("2026-04-01"))] == ["r2", "r6"]
    # As if the erasure had come between reading the recommendation and keeping the feedback.
    await give(shop, decided("bob", "call", MADE, id="r7"))
    await services.suppressions.add(scope, ["bob"], ["bob"], "receipt", "bob")
    assert (await feedback(shop, name="r7")).json()["type"] == "/problems/unknown-client"
    assert await services.feedback.get(scope, "r7") is None


async def test_what_is_older_than_the_workspace_keeps_goes(shop: httpx.AsyncClient) -> None:
    await give(shop, decided("bob", "call", at("2026-01-01"), id="old"))
    services, scope = services_of(shop), scope_of(shop)
    receipt = await services.eraser.forget_older(scope, at("2026-02-15"), at(NOW[:10]))
    assert receipt is not None
    assert (receipt.erased["recommendations"], receipt.erased["feedback"]) == (1, 0)
    assert {each.id for each in await services.given.all(scope, at("2026-04-02"))} == {"r1", "r2"}


async def test_recommendations_and_feedback_travel_with_an_export(shop: httpx.AsyncClient) -> None:
    await feedback(shop, "accepted")
    mine = await get(shop, "/recommendations/r1"), await get(shop, "/recommendations/effects")
    copy = (await shop.get("/export")).content
    shop.headers["X-Workspace"] += "-copy"
    assert (await shop.post("/import", content=copy)).status_code == 200
    assert (await get(shop, "/recommendations/r1"), await get(shop, "/recommendations/effects")) == mine


@pytest.mark.parametrize(
    ("was", "now"),
    [(b'\\"propensity\\":0.3', b'\\"propensity\\":1.3'), (b'"key":"r1"', b'"key":"r8"'), (b"made_at", b"maid_at")],
)
async def test_a_damaged_line_of_an_export_is_refused(shop: httpx.AsyncClient, was: bytes, now: bytes) -> None:
    copy = (await shop.get("/export")).content
    assert was in copy
    shop.headers["X-Workspace"] += "-copy"
    reply = await shop.post("/import", content=copy.replace(was, now))
    assert (reply.status_code, reply.json()["type"]) == (422, "/problems/invalid-import")


async def test_they_are_there_after_a_restart(serve_app: Serve, tmp_path: Path) -> None:
    async with serve_app(data_dir=tmp_path / "kept") as client:
        await send(client, [ORDERED])
        await clock(client, NOW)
        await give(client, decided("ada", "call", MADE, id="r1"))
        await feedback(client)
    async with serve_app(data_dir=tmp_path / "kept") as client:
        found = await get(client, "/recommendations/r1")
        assert (found["feedback"]["verdict"], found["outcome"]["status"]) == ("rejected", "happened")
