"""Law 3 for churn signals: model, probability and reasons as of T are the same whatever happens after T."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import httpx
import pytest

from tests.builders import item
from tests.service.conftest import Serve
from tests.talk import Json, send, until_done

T = datetime(2026, 3, 15, tzinfo=UTC)
#: The present, from which T is a look back.
NOW = "2026-06-30"


def life(rng: Random, user: str) -> list[Json]:
    """Orders at a customer's own pace until they stop coming, some with a ticket."""
    when, gap = datetime(2025, 9, 1, tzinfo=UTC) + timedelta(days=rng.uniform(0, 90)), rng.uniform(4, 30)
    found = []
    while when < datetime(2026, 6, 1, tzinfo=UTC) and rng.random() > 0.06:
        stamp = when.strftime("%Y-%m-%dT%H:%M:%SZ")
        bought = {"revenue": round(rng.uniform(5, 90), 2), "currency": "EUR"}
        found.append(item("Order Completed", stamp, user, properties=bought))
        if rng.random() < 0.1:
            found.append(item("Support Ticket Opened", stamp, user))
        when += timedelta(days=rng.expovariate(1 / gap) + 0.1)
    return found


EVENTS = [event for number in range(60) for event in life(Random(number), f"c{number:02d}")]
BEFORE = [event for event in EVENTS if event["timestamp"] < T.strftime("%Y-%m-%dT%H:%M:%SZ")]
PEOPLE = sorted({event["userId"] for event in BEFORE})


def poison(count: int) -> list[Json]:
    """Later events made to mislead: everybody comes back, cancels, pays fortunes, in kinds of events never seen."""
    names = ("Order Completed", "Subscription Cancelled", "Never Seen", "Payment Failed")
    return [
        item(
            names[n % 4],
            (T + timedelta(minutes=n)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            f"c{n % 75:02d}",
            properties={"revenue": 10_000 + n, "currency": "EUR", "plan": f"p{n % 7}"},
            messageId=f"poison-{n}",
        )
        for n in range(count)
    ]


async def scores(client: httpx.AsyncClient, **asked: object) -> list[Json]:
    body = {"client_ids": PEOPLE, "as_of": T.isoformat(), "limit": 500, **asked}
    reply = await until_done(lambda: client.post("/signals/churn", json=body))
    assert reply.status_code == 200, reply.text
    found: list[Json] = reply.json()["results"]
    return found


@pytest.fixture
async def cut(serve_app: Serve) -> list[Json]:
    """Signals from a store that holds nothing after T."""
    async with serve_app(train_wait_s=60) as client:
        await client.put("/workspace", json={"now": NOW})
        await send(client, BEFORE)
        return await scores(client)


async def test_a_score_at_t_is_bit_for_bit_that_of_a_store_cut_at_t(serve_app: Serve, cut: list[Json]) -> None:
    assert {each["status"] for each in cut} >= {"scored"}
    assert all(each["model"]["form"] != "prior" for each in cut)
    async with serve_app(train_wait_s=60) as client:
        await client.put("/workspace", json={"now": NOW})
        shuffled = list(EVENTS)
        Random(7).shuffle(shuffled)
        await send(client, shuffled)
        assert await scores(client) == cut


async def test_ten_thousand_poisoned_later_events_change_nothing(serve_app: Serve, cut: list[Json]) -> None:
    async with serve_app(train_wait_s=60) as client:
        await client.put("/workspace", json={"now": NOW})
        await send(client, BEFORE)
        assert await scores(client) == cut
        await send(client, poison(10_000))
        assert await scores(client) == cut


async def test_a_late_event_from_before_the_training_time_makes_another_model(serve_app: Serve) -> None:
    async with serve_app(train_wait_s=60) as client:
        await client.put("/workspace", json={"now": NOW})
        await send(client, BEFORE)
        first = await scores(client)
        await send(client, [item("Order Completed", "2026-01-10", "c01", properties={"revenue": 5}, messageId="late")])
        second = await scores(client)
        assert {each["model"]["version"] for each in first} != {each["model"]["version"] for each in second}
        await send(client, [item("Order Completed", "2026-03-10", "c01", properties={"revenue": 5}, messageId="new")])
        third = await scores(client)
        assert {each["model"]["version"] for each in second} == {each["model"]["version"] for each in third}
        assert third != second


async def test_while_a_model_is_trained_nobody_gets_another_times_score(serve_app: Serve) -> None:
    async with serve_app(train_wait_s=0) as client:
        await client.put("/workspace", json={"now": NOW})
        await send(client, BEFORE)
        body = {"client_id": "c01", "as_of": T.isoformat()}
        reply = await client.post("/signals/churn", json=body)
        assert reply.status_code == httpx.codes.ACCEPTED
        (signal,) = reply.json()["results"]
        assert (signal["status"], signal["probability"], signal["band"]) == ("training", None, None)
        page = (await client.get("/clients/c01", params={"as_of": T.isoformat()})).json()
        assert page["signals"]["churn"]["status"] in ("training", "scored")
        assert (await scores(client))[1]["status"] == "scored"
