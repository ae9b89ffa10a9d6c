"""Law 7, where it is easily missed: broken items, crashes half-way, shared ids, accounts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.builders import item
from tests.fakes import DyingStore
from tests.service.conftest import Serve
from tests.talk import Json, send, settle


async def held(client: httpx.AsyncClient) -> int:
    return int((await client.get("/quarantine")).json()["total"])


async def verdict(client: httpx.AsyncClient, event: Any) -> str:
    return str((await client.post("/events", json=[event])).json()["results"][0]["verdict"])


BROKEN: dict[str, Any] = {
    "too large, the id behind the head": {
        "event": "X", "context": {"filler": "x" * 300_000}, "userId": "ada-9", "timestamp": "2026-01-01T00:00:00Z"
    },
    "hidden behind thousands of values": {
        "event": "X", "properties": {f"k{n}": f"v{n}" for n in range(3_000)}, "userId": "ada-9", "timestamp": "soon"
    },
    "with control characters": {"event": "X", "userId": "ada-9\u0000", "timestamp": "soon"},
    "misspelt": {"event": "X", "usreId": "ada-9"},
    "a text": "2026-01-01,ada-9,Order Completed",
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_item_of_hers_goes_with_her_and_stays_away(client: httpx.AsyncClient, name: str) -> None:
    await send(client, [item("Signed In", "2026-01-01", "ada-9")])
    assert await verdict(client, BROKEN[name]) == "quarantined"
    assert (await client.delete("/clients/ada-9")).json()["erased"]["quarantine"] == 1
    assert await held(client) == 0
    assert await verdict(client, BROKEN[name]) == "suppressed"
    assert await held(client) == 0


async def test_a_customer_called_1_takes_nobodys_items_along(client: httpx.AsyncClient) -> None:
    await send(client, [item("Signed In", "2026-01-01", "1")])
    bobs = {"event": "X", "userId": "bob", "timestamp": "soon", "properties": {"quantity": 1, "size": "1"}}
    assert await verdict(client, bobs) == "quarantined"
    assert "bob" not in (await client.get("/clients/1/export")).text
    await client.delete("/clients/1")
    assert await held(client) == 1
    assert await verdict(client, {**bobs, "event": "Y"}) == "quarantined"


async def test_an_operators_word_without_events_is_suppressed_with_her(client: httpx.AsyncClient) -> None:
    await send(client, [item("Signed In", "2026-01-01", "ada")])
    await client.put("/clients/ada/aliases/ada-old")
    assert (await client.delete("/clients/ada")).json()["suppressed_ids"] == 2
    assert await verdict(client, item("Signed In", "2026-01-02", "ada-old")) == "suppressed"


async def test_a_user_goes_without_the_visitor_of_the_same_id(client: httpx.AsyncClient) -> None:
    await send(client, [
        item("Signed In", "2026-01-01", "17"),
        item("Pricing", "2026-01-01", None, type="page", anonymousId="17", messageId="visit"),
        item("", "2026-01-02", "mallory", type="identify", anonymousId="17"),
    ])  # fmt: skip
    assert (await client.delete("/clients/17")).json()["erased"]["events"] == 1
    assert (await client.get("/clients/mallory/timeline")).json()["total"] == 2


async def test_erasing_an_account_leaves_its_users_to_other_accounts(client: httpx.AsyncClient) -> None:
    await client.put("/workspace", json={"customer": "group"})
    mine = {"type": "group", "userId": "ada", "groupId": "acme", "timestamp": "2026-01-01T00:00:00Z"}
    await send(client, [mine, item("Signed In", "2026-01-02", "ada", context={"groupId": "beta"})])
    await client.delete("/clients/acme")
    await send(client, [item("Signed In", "2026-01-03", "ada", context={"groupId": "beta"})])
    assert (await client.get("/clients/beta/timeline")).json()["total"] == 2
    assert await verdict(client, item("Signed In", "2026-01-03", "bob", context={"groupId": "acme"})) == "suppressed"


async def test_what_is_stripped_of_an_erased_id_can_still_be_restored(client: httpx.AsyncClient) -> None:
    await send(client, [item("Pricing", "2026-01-01", None, type="page", anonymousId="v1")])
    await client.delete("/clients/v1")
    await send(client, [item("Signed In", "2026-01-02", "bob", anonymousId="v1", messageId="b1")])
    copy = (await client.get("/export")).content
    client.headers["X-Workspace"] += "-copy"
    assert (await client.post("/import", content=copy)).status_code == 200
    assert (await client.get("/clients/bob/timeline")).json()["total"] == 1


async def test_a_crash_between_two_holders_is_finished_with_all_of_them(serve_app: Serve, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    # As if the process had ended when her events were gone, and nothing else.
    async with serve_app(store=DyingStore(data_dir, deletions=1)) as client:
        await send(client, [item("Signed In", "2026-01-01", "ada-9")])
        await verdict(client, BROKEN["misspelt"])
        await client.put("/clients/ada-9/aliases/ada-old")
        await settle(client)
        assert (await client.delete("/clients/ada-9")).status_code == 500
    async with serve_app(data_dir=data_dir) as client:
        for _ in range(300):
            if (await client.get("/erasures")).json()["receipts"]:
                break
            await asyncio.sleep(0.02)
        assert await held(client) == 0
        assert "ada-old" not in (await client.get("/export")).text
        receipt = (await client.delete("/clients/ada-9")).json()
        assert receipt["customer"] is not None
        assert {name: receipt["erased"][name] for name in ("quarantine", "aliases")} == {"quarantine": 1, "aliases": 1}


async def test_what_came_back_by_another_way_is_erased_again(client: httpx.AsyncClient, shared_app: Any) -> None:
    await send(client, [item("Signed In", "2026-01-01", "ada-9")])
    copy = [line for line in (await client.get("/export")).content.splitlines() if b'"event"' in line]
    await client.delete("/clients/ada-9")
    await put_back(shared_app, client.headers["X-Workspace"], copy)
    assert (await client.get("/clients/ada-9")).status_code == 200
    assert (await client.delete("/clients/ada-9")).json()["erased"]["events"] == 2
    assert (await client.get("/clients/ada-9")).status_code == 404


async def put_back(app: Any, workspace: str, lines: list[bytes]) -> None:
    """Points written past every check, as a restored disk would have them."""
    import orjson

    from memory.points import rebuild
    from memory.scope import Scope

    scope = Scope(workspace)
    payloads: list[Json] = [orjson.loads(line) for line in lines]
    await app.state.services.store.restore(scope, [rebuild(scope, payload) for payload in payloads])
    app.state.services.ledger.forget(scope)


async def test_what_was_quarantined_is_forgotten_by_age_too(serve_app: Serve, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    async with serve_app(data_dir=data_dir) as client:
        await verdict(client, {"event": "X", "usreId": "ada-9"})
        await client.put("/workspace", json={"retention_days": 1, "now": "2040-01-01"})
    async with serve_app(data_dir=data_dir) as client:
        for _ in range(300):
            if (await client.get("/erasures")).json()["receipts"]:
                break
            await asyncio.sleep(0.02)
        assert await held(client) == 0
