"""The daily round: scores are kept, bands that were crossed told once, models trained when due; by one process."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest

from memory.rounds import Round, Rounds
from memory.scope import Scope
from memory.store import Control
from memory.webhooks import Delivery, read_delivery
from server.scoring_rounds import ScoringRounds
from tests.builders import at, item
from tests.service.conftest import Serve
from tests.talk import Json, get, send

HOOK = {"url": "http://127.0.0.1:1/", "events": ["churn.band_changed"]}
REAL = datetime(2027, 1, 1, tzinfo=UTC)


def weekly(user: str, first: str, weeks: int) -> list[Json]:
    days = [at(first) + timedelta(days=7 * n) for n in range(weeks)]
    return [
        item("Order Completed", day.strftime("%Y-%m-%d"), user, properties={"revenue": 10, "currency": "EUR"})
        for day in days
    ]


@pytest.fixture
async def shop(serve_app: Serve) -> Any:
    """A workspace whose clock stands, with a subscriber that nothing reaches."""
    async with serve_app(webhook_allow_private=True) as client:
        await send(client, [*weekly("quiet", "2026-01-05", 8), *weekly("busy", "2026-01-05", 20)])
        assert (await client.post("/webhooks", json=HOOK)).status_code == 201
        yield client


def services_of(client: httpx.AsyncClient) -> Any:
    return client._transport.app.state.services  # type: ignore[attr-defined]


async def round_of(client: httpx.AsyncClient, day: str, rounds: ScoringRounds | None = None) -> int | None:
    """The round of a day on which the workspace's clock stands; how many were scored."""
    bands = {"medium": 0.3, "high": 0.6}
    settings = {"now": f"{day}T08:00:00Z", "churn": {"bands": bands, "inactive_days": None}}
    assert (await client.put("/workspace", json=settings)).status_code == 200
    done = await (rounds or services_of(client).rounds).round(REAL)
    return done.get(Scope("default"))


async def history(client: httpx.AsyncClient, client_id: str, **params: Any) -> list[Json]:
    found: list[Json] = (await get(client, "/signals/churn/history", client_id=client_id, **params))["days"]
    return found


async def deliveries(client: httpx.AsyncClient) -> list[Delivery]:
    controls = await services_of(client).store.controls(Scope("default"), "delivery")
    return sorted(map(read_delivery, controls), key=lambda each: each.occurred_at)


async def test_a_round_keeps_the_score_of_the_start_of_the_day(shop: httpx.AsyncClient) -> None:
    assert await round_of(shop, "2026-03-10") == 2
    (kept,) = await history(shop, "quiet")
    then = (await get(shop, "/clients/quiet", as_of="2026-03-09"))["signals"]["churn"]
    assert kept["day"] == "2026-03-10"
    assert kept["probability"] == pytest.approx(then["probability"], abs=1e-6)
    assert kept["band"] == then["band"]
    assert (await get(shop, "/signals/churn/models"))["in_force"] == kept["model"]


async def test_a_day_is_scored_once(shop: httpx.AsyncClient) -> None:
    assert [await round_of(shop, day) for day in ("2026-03-10", "2026-03-10", "2026-03-11")] == [2, None, 2]
    assert [each["day"] for each in await history(shop, "quiet")] == ["2026-03-10", "2026-03-11"]


async def test_of_several_processes_one_does_the_round(shop: httpx.AsyncClient) -> None:
    services = services_of(shop)
    other = ScoringRounds(
        services.workspaces, Rounds(services.store), services.desk.surveyor, services.desk.shelf,
        services.rounds._retrainer, services.history, services.outbox, 0,
    )  # fmt: skip
    await round_of(shop, "2026-03-10")
    await shop.put("/workspace", json={"now": "2026-03-11T08:00:00Z", "churn": {"inactive_days": None}})
    done = await asyncio.gather(other.round(REAL), services.rounds.round(REAL))
    assert sorted(len(each) for each in done) in ([0, 1], [1, 1])
    assert [each["day"] for each in await history(shop, "quiet")] == ["2026-03-10", "2026-03-11"]
    assert await other.round(REAL) == {}


async def test_what_a_process_that_died_had_claimed_is_done_by_another_later(shop: httpx.AsyncClient) -> None:
    store, scope = services_of(shop).store, Scope("default")
    dead = Round(day=date(2026, 3, 10), token="dead", claimed_until=REAL + timedelta(seconds=1))
    await store.put(scope, [dead.control])
    assert await round_of(shop, "2026-03-10") is None
    assert await services_of(shop).rounds.round(REAL + timedelta(seconds=2)) == {scope: 2}


async def test_who_crosses_a_band_is_told_once_with_what_explains_it(shop: httpx.AsyncClient) -> None:
    rows = []
    for day in ("2026-03-03", "2026-04-20", "2026-06-10"):
        await round_of(shop, day)
        rows.append((await history(shop, "quiet"))[-1]["band"])
    assert rows[0] != rows[-1] == "high"
    told = [each for each in await deliveries(shop) if each.client_id == "quiet"]
    assert len(told) == len({*rows}) - 1
    body = orjson.loads(told[-1].body)
    assert (body["type"], body["timestamp"]) == ("churn.band_changed", f"{body['data']['as_of']}")
    data = body["data"]
    assert (data["client_id"], data["band"], data["band_before"]) == (
        "quiet",
        "high",
        [b for b in rows if b != "high"][-1],
    )
    assert data["probability"] > data["probability_before"]
    assert data["drivers"][0]["sentence"]
    assert "evidence" not in told[-1].body


async def test_a_round_that_is_done_twice_tells_nobody_twice(shop: httpx.AsyncClient) -> None:
    await round_of(shop, "2026-03-03")
    await round_of(shop, "2026-06-10")
    before = await deliveries(shop), await history(shop, "quiet")
    assert before[0]
    # As if the process had ended before it could say that it was done.
    store, scope = services_of(shop).store, Scope("default")
    kept = await Rounds(store).find(scope)
    assert kept
    await store.put(scope, [kept.model_copy(update={"finished_at": None, "claimed_until": REAL}).control])
    assert await round_of(shop, "2026-06-10") == 2
    assert ([e.id for e in await deliveries(shop)], await history(shop, "quiet")) == (
        [e.id for e in before[0]], before[1],
    )  # fmt: skip


async def test_an_override_that_changes_the_band_is_told_too(shop: httpx.AsyncClient) -> None:
    await round_of(shop, "2026-03-03")
    word = {"band": "high", "author": "Eve", "reason": "asked for the exit", "expires_at": "2026-05-01"}
    assert (await shop.put("/signals/churn/overrides/busy", json=word)).status_code == 200
    await round_of(shop, "2026-03-04")
    (told,) = [each for each in await deliveries(shop) if each.client_id == "busy"]
    assert orjson.loads(told.body)["data"]["set_by_hand"] is True


async def test_history_shows_what_had_been_scored_by_then(shop: httpx.AsyncClient) -> None:
    for day in ("2026-03-10", "2026-03-11", "2026-03-12"):
        await round_of(shop, day)
    assert [e["day"] for e in await history(shop, "quiet", as_of="2026-03-10")] == ["2026-03-10"]
    assert await history(shop, "quiet", as_of="2026-03-10T07:59:59Z") == []
    assert await history(shop, "quiet", known_at="2026-12-31") == []
    assert len(await history(shop, "quiet", known_at="2027-01-02")) == 3


async def test_an_erased_customers_scores_are_gone_and_no_round_brings_them_back(shop: httpx.AsyncClient) -> None:
    await round_of(shop, "2026-03-10")
    receipt = (await shop.delete("/clients/quiet")).json()
    assert receipt["erased"]["scores"] == 1
    services, scope = services_of(shop), Scope("default")
    assert await services.history.read(scope, ["quiet"]) == {}
    # A round that had read them before they were erased, and writes after it.
    (day,) = (await services.history.read(scope, ["busy"]))["busy"]
    assert await services.history.write(scope, {"quiet": [day], "busy": [day]}) == {"quiet"}
    assert set(await services.history.read(scope, ["quiet", "busy"])) == {"busy"}


async def test_scores_older_than_a_workspace_keeps_go(shop: httpx.AsyncClient) -> None:
    await round_of(shop, "2026-03-10")
    settings = {"now": "2026-06-01T08:00:00Z", "retention_days": 60, "churn": {"inactive_days": None}}
    await shop.put("/workspace", json=settings)
    await services_of(shop).rounds.round(REAL)
    assert {each["day"] for each in await history(shop, "busy")} == {"2026-06-01"}


async def test_a_month_that_has_begun_has_a_model_of_its_own(shop: httpx.AsyncClient) -> None:
    in_force = []
    for day in ("2026-03-10", "2026-03-20", "2026-04-02"):
        await round_of(shop, day)
        in_force.append((await get(shop, "/signals/churn/models"))["in_force"])
    assert in_force[0] == in_force[1] != in_force[2]
    card = await get(shop, "/signals/churn/model")
    assert (card["version"], card["in_force"], card["trained_until"]) == (in_force[2], True, "2026-04-01T00:00:00Z")


async def test_a_model_that_has_seen_an_erased_customer_is_trained_again(shop: httpx.AsyncClient) -> None:
    await round_of(shop, "2026-03-10")
    before = (await get(shop, "/signals/churn/models"))["in_force"]
    await shop.delete("/clients/quiet")
    assert (await get(shop, "/signals/churn/model", version=before))["retired"] is True
    await round_of(shop, "2026-03-11")
    assert (await get(shop, "/signals/churn/models"))["in_force"] != before


async def test_what_fails_in_one_workspace_holds_up_no_other(shop: httpx.AsyncClient) -> None:
    await services_of(shop).store.put(Scope("default"), [Control("round", "daily", {"day": "no day"})])
    shop.headers["X-Workspace"] = "another"
    await send(shop, weekly("cyd", "2026-01-05", 8))
    await shop.put("/workspace", json={"now": "2026-03-10", "churn": {"inactive_days": None}})
    assert await services_of(shop).rounds.round(REAL) == {Scope("another"): 1}
