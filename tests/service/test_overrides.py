"""Churn bands set by hand: seen wherever bands are, exact in time, and the customer's own."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from memory.cleaning import parse_time
from memory.scope import Scope
from memory.store import Control, Store
from tests.builders import item
from tests.service.conftest import Serve
from tests.talk import Json, get, post, refused, send

NOW = "2026-04-01T12:00:00Z"
SET = {"band": "high", "author": "Eve", "reason": "They told me on the phone", "expires_at": "2026-05-01T00:00:00Z"}


def path(client_id: str) -> str:
    return f"/signals/churn/overrides/{client_id}"


async def clock(client: httpx.AsyncClient, now: str) -> None:
    assert (await client.put("/workspace", json={"now": now})).status_code == 200


@pytest.fixture
async def shop(client: httpx.AsyncClient) -> httpx.AsyncClient:
    days = ["2026-03-10", "2026-03-17", "2026-03-24", "2026-03-31"]
    await send(client, [
        item("Order Completed", day, who, properties={"revenue": 10, "currency": "EUR"})
        for who in ("ada", "bob") for day in days
    ])  # fmt: skip
    await clock(client, NOW)
    return client


async def signal(client: httpx.AsyncClient, client_id: str = "ada", **params: Any) -> Json:
    found: Json = (await get(client, f"/clients/{client_id}", **params))["signals"]["churn"]
    return found


async def test_an_override_is_the_band_everywhere_and_leaves_the_probability(shop: httpx.AsyncClient) -> None:
    before = await signal(shop)
    assert before["band"] == "low"
    reply = await shop.put(path("ada"), json=SET)
    assert (reply.status_code, reply.json()["made_at"]) == (200, NOW)
    after = await signal(shop)
    assert (after["band"], after["probability"]) == ("high", before["probability"])
    assert after["override"] == SET
    assert [row["client_id"] for row in (await get(shop, "/clients", band="high"))["clients"]] == ["ada"]
    cohort = await post(shop, "/signals/churn", filter={"bands": ["high"]})
    assert [result["client_id"] for result in cohort["results"]] == ["ada"]
    assert [r["client_id"] for r in (await get(shop, "/signals/churn", band="high"))["results"]] == ["ada"]
    assert (await get(shop, "/clients/ada"))["stage"] == "at_risk"
    assert (await signal(shop, "bob"))["override"] is None


async def test_an_override_changes_no_instant_before_it_and_ends_with_its_expiry(shop: httpx.AsyncClient) -> None:
    then = {"as_of": "2026-04-01T11:59:59Z"}
    before = await get(shop, "/clients/ada", **then)
    await shop.put(path("ada"), json=SET)
    assert await get(shop, "/clients/ada", **then) == before
    assert (await signal(shop, as_of="2026-04-30"))["override"] is None
    assert (await signal(shop, as_of="2026-04-29"))["override"] == SET


async def test_lifting_it_leaves_the_time_for_which_it_held(shop: httpx.AsyncClient) -> None:
    await shop.put(path("ada"), json=SET)
    await clock(shop, "2026-04-03T00:00:00Z")
    assert (await shop.delete(path("ada"))).json()["band"] is None
    assert (await signal(shop))["override"] is None
    assert (await signal(shop, as_of="2026-04-02T00:00:00Z"))["override"] == SET
    assert refused(await shop.delete(path("ada")), 404, "client_id")["type"] == "/problems/no-override"


async def test_another_word_takes_the_place_of_the_first(shop: httpx.AsyncClient) -> None:
    await shop.put(path("ada"), json=SET)
    await clock(shop, "2026-04-03T00:00:00Z")
    await shop.put(path("ada"), json={**SET, "band": "medium"})
    assert (await signal(shop))["band"] == "medium"
    assert (await signal(shop, as_of="2026-04-02T00:00:00Z"))["band"] == "high"


async def test_what_was_not_known_yet_is_not_told(shop: httpx.AsyncClient) -> None:
    known_at = datetime.now(UTC).isoformat()
    await shop.put(path("ada"), json=SET)
    assert (await signal(shop, as_of=NOW, known_at=known_at))["override"] is None
    assert (await signal(shop, as_of=NOW, known_at="2100-01-01"))["override"] == SET


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"band": "extreme"}, "/band"), ({"author": ""}, "/author"), ({"author": "  "}, "/author"),
        ({"reason": ""}, "/reason"), ({"expires_at": "soon"}, "/expires_at"),
        ({"expires_at": "2026-03-31"}, "/expires_at"), ({"expires_at": None}, "/expires_at"), ({"mood": 1}, "/mood"),
    ],
)  # fmt: skip
async def test_what_cannot_be_set_is_refused_by_pointer(shop: httpx.AsyncClient, changed: Json, field: str) -> None:
    refused(await shop.put(path("ada"), json={**SET, **changed}), 422, field)
    assert (await signal(shop))["override"] is None


async def test_an_unknown_customer_has_no_override(shop: httpx.AsyncClient) -> None:
    refused(await shop.put(path("nobody"), json=SET), 404, "client_id")
    refused(await shop.delete(path("nobody")), 404, "client_id")


async def test_an_override_travels_with_an_export_and_is_part_of_the_customers_own_copy(
    shop: httpx.AsyncClient,
) -> None:
    await shop.put(path("ada"), json=SET)
    copy = [orjson.loads(line) for line in (await shop.get("/clients/ada/export")).content.splitlines()]
    assert [each["key"] for each in copy if each["kind"] == "override"] == ["ada"]
    exported = (await shop.get("/export")).content
    shop.headers["X-Workspace"] += "-copy"
    assert (await shop.post("/import", content=exported)).status_code == 200
    assert (await signal(shop))["override"] == SET


async def test_a_line_that_is_no_override_is_refused(shop: httpx.AsyncClient) -> None:
    await shop.put(path("ada"), json=SET)
    header, *lines = (await shop.get("/export")).content.splitlines()
    line = next(orjson.loads(each) for each in lines if b'"override"' in each)
    for wrong in ({"key": "bob"}, {"data": "{}"}, {"data": line["data"].replace("high", "extreme")}):
        shop.headers["X-Workspace"] += "x"
        refused(await shop.post("/import", content=header + b"\n" + orjson.dumps({**line, **wrong})), 422, "line 2")


async def test_an_erased_customers_override_is_gone_and_comes_back_by_no_import(shop: httpx.AsyncClient) -> None:
    await shop.put(path("ada"), json=SET)
    exported = (await shop.get("/export")).content
    receipt = (await shop.delete("/clients/ada")).json()
    assert receipt["erased"]["overrides"] == 1
    assert b'"kind":"override"' not in (await shop.get("/export")).content
    await shop.post("/import", content=exported)
    assert b'"kind":"override"' not in (await shop.get("/export")).content
    assert [r["client_id"] for r in (await get(shop, "/signals/churn"))["results"]] == ["bob"]


async def test_an_override_is_there_after_a_restart(serve_app: Serve, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    async with serve_app(data_dir=data_dir) as client:
        await send(client, [item("Order Completed", "2026-03-31", "ada", properties={"revenue": 10})])
        await clock(client, NOW)
        await client.put(path("ada"), json=SET)
    async with serve_app(data_dir=data_dir) as client:
        assert (await signal(client))["override"] == SET


async def test_who_asks_while_they_are_read_hears_of_them_too(serve_app: Serve) -> None:
    async with serve_app() as client:
        await send(client, [item("Signed In", "2026-03-30", "ada")])
        await clock(client, NOW)
        assert (await client.put(path("ada"), json=SET)).status_code == 200
        overrides = client._transport.app.state.services.overrides  # type: ignore[attr-defined]
        overrides._kept.clear()
        overrides._store = _Slow(overrides._store)
        told = await asyncio.gather(*(overrides.in_force(Scope("default"), parse_time(NOW)) for _ in range(3)))
        assert [set(each) for each in told] == [{"ada"}] * 3


class _Slow:
    """A store that others get their turn before."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def controls(self, *asked: Any) -> list[Control]:
        await asyncio.sleep(0.01)
        return await self._store.controls(*asked)
