"""Law 4 for churn signals: the events that a driver cites really show its numbers, recounted from them alone."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any

import httpx
import pytest

from evals.sources import SOURCES
from memory.record import Record
from memory.scope import Scope
from tests.service.conftest import Serve
from tests.talk import Json, send, until_done

SAMPLED = 50


async def signals_of(client: httpx.AsyncClient, name: str) -> list[Json]:
    """The signals of the demo's customers, once their model is trained."""
    client.headers["X-Workspace"] = name
    await client.put("/workspace", json=SOURCES[name].settings)
    await send(client, SOURCES[name].lines())
    clients = (await client.get("/clients", params={"limit": 500})).json()["clients"]
    asked = {"client_ids": [each["client_id"] for each in clients], "limit": 500}
    reply = await until_done(lambda: client.post("/signals/churn", json=asked))
    found: list[Json] = reply.json()["results"]
    return found


def days_of(records: list[Record]) -> list[Any]:
    return sorted({record.occurred_at.date() for record in records})


def recounted(driver: Json, cited: list[Record], at: datetime) -> dict[str, float]:
    """The numbers of a driver as far as the cited events tell them, counted without the product's code."""
    values = driver["values"]
    window = values.get("window_days")
    recent = [r for r in cited if window is None or 0 <= (at - r.occurred_at).total_seconds() < window * 86_400 + 1]
    found: dict[str, float] = {}
    last = max(record.occurred_at for record in cited)
    for name in values:
        if name in ("days_silent", "days_since"):
            found[name] = (at - last).days
        elif name == "usual_gap_days":
            gaps = [(later - earlier).days for earlier, later in pairwise(days_of(cited))]
            found[name] = round(float(median(gaps)), 1)
        elif name == "gap_mean_days":
            gaps = [(later - earlier).days for earlier, later in pairwise(days_of(cited))]
            found[name] = round(sum(gaps) / len(gaps), 1)
        elif name == "tenure_days":
            found[name] = (at - min(record.occurred_at for record in cited)).days
        elif name == "active_days" and "active_days_before" not in values:
            found[name] = len(days_of(recent))
        elif name == "paid":
            found[name] = round(float(sum(r.amount or 0 for r in recent)), 2)
        elif name in ("events", "title_events", "other_events", "purchases"):
            found[name] = len(recent)
    return found


@pytest.mark.parametrize("name", ["shop", "software"])
async def test_the_cited_events_give_the_numbers_of_every_driver(serve_app: Serve, name: str) -> None:
    checked = 0
    async with serve_app(train_wait_s=60) as client:
        found = [each for each in await signals_of(client, name) if each["drivers"]]
        services = client._transport.app.state.services  # type: ignore[attr-defined]
        for signal in found[:: max(1, len(found) // SAMPLED)]:
            at = datetime.fromisoformat(signal["scored_at"])
            for driver in signal["drivers"]:
                assert driver["evidence"], (signal["client_id"], driver)
                if driver["name"] == "churned" or driver["evidence_total"] > len(driver["evidence"]):
                    continue
                cited = await services.store.get(Scope(name), driver["evidence"])
                assert len(cited) == len(driver["evidence"])
                assert all(record.occurred_at < at for record in cited)
                told = recounted(driver, cited, at)
                assert told == {key: pytest.approx(driver["values"][key]) for key in told}, signal["client_id"]
                checked += len(told)
    assert checked > len(found)


async def test_intercept_and_drivers_add_up_to_the_score(serve_app: Serve) -> None:
    async with serve_app(train_wait_s=60) as client:
        for signal in await signals_of(client, "shop"):
            if signal["score"] is not None:
                total = signal["intercept"] + sum(driver["contribution"] for driver in signal["drivers"])
                assert total == pytest.approx(signal["score"], abs=1e-6)
