"""Law 7: an erased customer is unreachable at once, comes back by no road, and everyone else stays as they were."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.kinds import KINDS
from memory.scope import Scope
from memory.score_history import DayScore
from memory.webhooks import DeadReason, EventType, WebhookEvent, new_delivery, new_subscription
from memory.workspace import WorkspaceSettings
from server.times import Moment
from server.webhooks.signing import new_secret
from tests.builders import at, item
from tests.decisions import decided
from tests.fakes import DyingStore
from tests.service.conftest import Serve
from tests.talk import Json, ask, send, settle

#: Words of Ada's that nobody else's data hold.
MARKS = (b"ada-7f3", b"visitor-ada-91", b"former-ada-55", b"zebra-sofa", b"ada@private.example", b"+442079460958")
EVERYBODY = 30


def life_of_ada() -> list[Json]:
    """Every way in which a customer leaves traces."""
    return [
        item("Zebra page", "2026-01-01", None, type="page", anonymousId="visitor-ada-91"),
        item("", "2026-01-02", "ada-7f3", type="identify", anonymousId="visitor-ada-91",
             traits={"name": "Ada Zebra", "email": "ada@private.example", "phone": "+442079460958"}),
        {"type": "alias", "previousId": "former-ada-55", "userId": "ada-7f3", "timestamp": "2026-01-03T00:00:00Z"},
        item("Signed In", "2025-12-01", "former-ada-55", messageId="former-ada-55/1"),
        item("Order Completed", "2026-01-04", "ada-7f3", messageId="order-of-ada-7f3",
             properties={"revenue": 10, "currency": "EUR", "products": [{"name": "zebra-sofa"}]}),
    ]  # fmt: skip


def others() -> list[Json]:
    return [
        item("Order Completed", f"2026-01-{n % 27 + 1:02}", f"c{n}", messageId=f"o{n}",
             properties={"revenue": n + 1, "currency": "EUR", "products": [{"name": f"Lamp {n % 7}"}]})
        for n in range(EVERYBODY)
    ]  # fmt: skip


async def give_up_a_delivery(client: httpx.AsyncClient, client_id: str) -> None:
    """Leave something in the outbox that tells of a customer and could not be sent."""
    services = client._transport.app.state.services  # type: ignore[attr-defined]
    scope, now = Scope(client.headers.get("X-Workspace", "default")), datetime.now(UTC)
    receiver = new_subscription("https://receiver.example/", (EventType.CHURN_BAND_CHANGED,), "", new_secret(), now)
    await services.subscriptions.add(scope, receiver)
    told = {"evidence": [f"order-of-{client_id}"]}
    event = WebhookEvent(EventType.CHURN_BAND_CHANGED, client_id, client_id, now, told)
    dead = new_delivery(scope, receiver, event, now).buried(DeadReason.EXPIRED, now)
    await services.store.put(scope, [dead.control])


async def bring_in(client: httpx.AsyncClient) -> None:
    """Ada among others, with a conflict, two quarantined items, operators' words, a delivery, a score of hers, and what
    was recommended to her and to the visitor that she was."""
    await send(client, [*others(), *life_of_ada()])
    odd = [
        {**life_of_ada()[4], "properties": {"revenue": 11}},
        {"event": "Broken", "userId": "ada-7f3", "timestamp": "zebra-sofa o'clock"},
        {"event": "Misspelt", "usreId": "ada-7f3"},
    ]
    counts = (await client.post("/events", json=odd)).json()["counts"]
    assert (counts["conflict"], counts["quarantined"]) == (1, 2)
    await client.put("/clients/ada-7f3/aliases/visitor-ada-91")
    await give_up_a_delivery(client, "ada-7f3")
    await judge(client, "ada-7f3")
    for who in ("ada-7f3", "visitor-ada-91"):
        await recommend(client, who)
    await settle(client)


async def judge(client: httpx.AsyncClient, client_id: str) -> None:
    """A band that an operator set for a customer, and a score of theirs."""
    word = {"band": "high", "author": "Eve", "reason": "sent the zebra-sofa back", "expires_at": "2100-01-01"}
    assert (await client.put(f"/signals/churn/overrides/{client_id}", json=word)).status_code == 200
    services = client._transport.app.state.services  # type: ignore[attr-defined]
    scope = Scope(client.headers.get("X-Workspace", "default"))
    scored = DayScore(date(2026, 2, 1), at("2026-02-01"), at("2026-02-01"), 0.5, "low", "v1")
    assert await services.history.write(scope, {client_id: [scored]}) == set()


async def recommend(client: httpx.AsyncClient, client_id: str) -> None:
    """An action that was chosen for a customer, and what they said to it."""
    services = client._transport.app.state.services  # type: ignore[attr-defined]
    scope = Scope(client.headers.get("X-Workspace", "default"))
    chosen = decided(client_id, made=at("2026-02-01"), features={"traits.likes=zebra-sofa": 1.0})
    assert await services.given.put(scope, [chosen]) == set()
    told = {"verdict": "rejected", "note": "wants no zebra-sofa"}
    assert (await client.post(f"/recommendations/{chosen.id}/feedback", json=told)).status_code == 200


async def lines(client: httpx.AsyncClient, *without: str) -> list[bytes]:
    """The export, without the points of these kinds."""
    found = (await client.get("/export")).content.splitlines()[1:]
    return [line for line in found if orjson.loads(line)["kind"] not in without]


NAMELESS = ("receipt", "suppression", "suppression_key")


def holding(folder: Path) -> list[str]:
    """Files of a directory that hold any of Ada's words."""
    return [
        f"{path.name}: {mark.decode()}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for mark in MARKS
        if mark in path.read_bytes()
    ]


async def test_an_erased_customer_is_gone_by_every_road(client: httpx.AsyncClient) -> None:
    await send(client, others())
    before = await lines(client)
    ada = [*life_of_ada()]
    await send(client, ada)
    receipt = (await client.delete("/clients/visitor-ada-91")).raise_for_status().json()
    assert (receipt["erased"]["events"], receipt["suppressed_ids"]) == (5, 3)
    assert (receipt["found_by_id"], receipt["found_by_search"], receipt["purge_pending"]) == (0, 0, True)
    for who in ("ada-7f3", "visitor-ada-91", "former-ada-55"):
        for what in ("", "/timeline", "/memory?query=zebra", "/aliases", "/export"):
            assert (await client.get(f"/clients/{who}{what}")).status_code == 404, (who, what)
    assert await lines(client, *NAMELESS) == before
    everything = (await client.get("/export")).content
    assert not [mark for mark in MARKS if mark in everything]
    answer = await ask(client, "Who bought the zebra-sofa?")
    assert not [each for each in answer["citations"] if each["customer_id"] not in {f"c{n}" for n in range(EVERYBODY)}]


async def test_conflicts_quarantine_and_an_operators_word_go_too(client: httpx.AsyncClient) -> None:
    await bring_in(client)
    seen = (await client.delete("/clients/ada-7f3?dry_run=true")).json()["would_erase"]
    assert {name: seen[name] for name in ("events", "conflicts", "quarantine", "aliases", "deliveries")} == {
        "events": 5, "conflicts": 1, "quarantine": 2, "aliases": 1, "deliveries": 1
    }  # fmt: skip
    erased = (await client.delete("/clients/ada-7f3")).json()["erased"]
    assert {name: erased[name] for name in seen} == seen
    assert (await client.get("/quarantine")).json()["total"] == 0
    assert len(await lines(client, *NAMELESS)) == EVERYBODY


async def test_her_own_copy_holds_all_that_is_erased(client: httpx.AsyncClient) -> None:
    await bring_in(client)
    copy = [orjson.loads(line) for line in (await client.get("/clients/former-ada-55/export")).content.splitlines()]
    erased = (await client.delete("/clients/ada-7f3")).json()["erased"]
    kinds = {
        "events": "event", "conflicts": "conflict", "quarantine": "quarantine", "aliases": "join",
        "deliveries": "delivery", "overrides": "override", "scores": "scores",
        "recommendations": "given", "feedback": "feedback",
    }  # fmt: skip
    assert {name: sum(p["kind"] == kind for p in copy) for name, kind in kinds.items()} == {
        name: erased[name] for name in kinds
    }


async def test_later_events_of_hers_are_counted_and_not_kept(client: httpx.AsyncClient) -> None:
    await bring_in(client)
    await client.delete("/clients/ada-7f3")
    before = await lines(client)
    on_her_device = item("Back", "2026-02-01", None, anonymousId="visitor-ada-91")
    again = [*life_of_ada(), on_her_device, {"event": 5, "userId": "ada-7f3"}]
    results = (await client.post("/events", json=again)).json()["results"]
    assert {(result["verdict"], result["reason"]) for result in results} == {("suppressed", "erased_customer")}
    assert await lines(client) == before
    assert (await client.delete("/clients/ada-7f3/suppression")).json() == {"lifted_ids": 3}
    await send(client, life_of_ada())


async def test_somebody_else_on_her_device_keeps_their_event_but_not_her_id(client: httpx.AsyncClient) -> None:
    await bring_in(client)
    await client.delete("/clients/ada-7f3")
    await send(client, [item("Signed In", "2026-02-01", "bob", anonymousId="visitor-ada-91", messageId="b1")])
    assert (await client.get("/clients/bob/timeline")).json()["total"] == 1
    assert b"visitor-ada-91" not in (await client.get("/export")).content


async def test_erasing_her_takes_nobody_along_who_shared_an_id(client: httpx.AsyncClient) -> None:
    await bring_in(client)
    await send(client, [item("Signed In", "2026-02-01", "bob", anonymousId="visitor-ada-91", messageId="b1")])
    first = (await client.delete("/clients/visitor-ada-91")).json()
    assert (await client.delete("/clients/visitor-ada-91")).json() == first
    assert (await client.get("/clients/bob/timeline")).json()["total"] == 1


async def test_a_user_whose_id_was_her_device_is_somebody_else(client: httpx.AsyncClient) -> None:
    await send(client, [*life_of_ada(), item("Signed In", "2026-02-01", "visitor-ada-91", messageId="other-1")])
    await client.delete("/clients/ada-7f3")
    assert (await client.get("/clients/visitor-ada-91/timeline")).json()["total"] == 1
    await send(client, [item("Signed In", "2026-02-02", "visitor-ada-91", messageId="other-2")])
    assert (await client.delete("/clients/visitor-ada-91")).json()["erased"]["events"] == 2


async def test_after_compaction_no_byte_is_left_and_everyone_else_is_the_same(serve_app: Serve, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    async with serve_app(data_dir=data_dir) as client:
        await bring_in(client)
        mine = {orjson.loads(line)["id"] for line in (await client.get("/clients/ada-7f3/export")).content.splitlines()}
        before = [line for line in await lines(client) if orjson.loads(line)["id"] not in mine]
        await client.delete("/clients/ada-7f3")
        assert holding(data_dir), "the search would find nothing anyway"
        assert (await client.post("/compact")).json() == {"purged_receipts": 1}
        assert holding(data_dir) == []
        assert await lines(client, *NAMELESS) == before
        receipt = (await client.get("/erasures")).json()["receipts"][0]
        assert (receipt["purge_pending"], receipt["purged_at"] is None) == (False, False)
    assert holding(data_dir) == []


async def test_an_older_copy_brings_nobody_back(client: httpx.AsyncClient) -> None:
    await bring_in(client)
    copy = (await client.get("/export")).content
    await client.delete("/clients/ada-7f3")
    before = await lines(client)
    assert (await client.post("/import", content=copy)).status_code == 200
    assert await lines(client) == before


async def test_suppression_travels_with_an_export(client: httpx.AsyncClient) -> None:
    await bring_in(client)
    older = (await client.get("/export")).content
    await client.delete("/clients/ada-7f3")
    newer = (await client.get("/export")).content
    client.headers["X-Workspace"] += "-b"
    await client.post("/import", content=older)
    assert (await client.get("/clients/ada-7f3")).status_code == 200
    await client.post("/import", content=newer)
    assert (await client.get("/clients/ada-7f3")).status_code == 404
    counts = (await client.post("/events", json=life_of_ada())).json()["counts"]
    assert counts["suppressed"] == len(life_of_ada())


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, 5), min_size=4, max_size=4))
async def test_an_erasure_that_races_with_intake_leaves_nothing(shared_app: Any, cuts: list[int]) -> None:
    transport = httpx.ASGITransport(shared_app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        client.headers["X-Workspace"] = f"race-{'-'.join(map(str, cuts))}-{id(cuts)}"
        await send(client, life_of_ada())

        async def keep_sending() -> None:
            for wave, pauses in enumerate(cuts):
                for _ in range(pauses):
                    await asyncio.sleep(0)
                await client.post("/events", json=[
                    item("Wave", "2026-02-01", "ada-7f3", messageId=f"w{wave}-{n}", properties={"note": f"n{wave}"})
                    for n in range(20)
                ])  # fmt: skip

        erasing = client.delete("/clients/ada-7f3")
        await asyncio.gather(keep_sending(), erasing, keep_sending())
        left = [orjson.loads(line) for line in await lines(client, *NAMELESS)]
        assert left == []


async def test_an_erasure_cut_short_is_finished_at_the_next_start(serve_app: Serve, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    # As if the process had ended between the suppression and the first deletion.
    async with serve_app(store=DyingStore(data_dir, deletions=0)) as client:
        await bring_in(client)
        assert (await client.delete("/clients/ada-7f3")).status_code == 500
    async with serve_app(data_dir=data_dir) as client:
        for _ in range(200):
            if (await client.get("/erasures")).json()["receipts"]:
                break
            await asyncio.sleep(0.02)
        assert (await client.get("/clients/ada-7f3")).status_code == 404
        receipt = (await client.delete("/clients/former-ada-55")).json()
        assert receipt["erased"]["events"] == 5


async def test_what_is_older_than_a_workspace_keeps_goes_and_stays_away(serve_app: Serve, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    async with serve_app(data_dir=data_dir) as client:
        await send(client, [item("Old", "2020-01-01", "ada-7f3"), item("New", "2026-01-01", "ada-7f3")])
        await client.put("/workspace", json={"retention_days": 365, "now": "2026-06-01"})
        refused = (await client.post("/events", json=[item("Older", "2019-01-01", "ada-7f3")])).json()["results"][0]
        assert (refused["verdict"], refused["reason"]) == ("suppressed", "retention")
    async with serve_app(data_dir=data_dir) as client:
        for _ in range(200):
            titles = [e["title"] for e in (await client.get("/clients/ada-7f3/timeline")).json()["events"]]
            if titles == ["New"]:
                break
            await asyncio.sleep(0.02)
        assert titles == ["New"]
        receipt = (await client.get("/erasures")).json()["receipts"][0]
        gone = {"events": 1, "conflicts": 0, "quarantine": 0, "recommendations": 0, "feedback": 0}
        assert (receipt["cause"], receipt["erased"]) == ("retention", gone)


#: Questions that leave something of Ada's in a thread: she is cited, named by an id that was joined, named at all.
OF_ADA = (
    "What did ada-7f3 buy?",
    "Tell me the story of former-ada-55",
    "Who wrote from Ada@private.example?",
    "Is ada zebra a friend of c3?",
)


async def test_every_thread_about_an_erased_customer_is_gone_at_once_and_the_others_stay(
    serve_app: Serve, tmp_path: Path
) -> None:
    async with serve_app(data_dir=tmp_path / "data") as client:
        await bring_in(client)
        for number, question in enumerate(OF_ADA):
            await ask(client, "What did c3 buy?", thread_id=f"hers-{number}")
            await ask(client, question, thread_id=f"hers-{number}")
        await ask(client, "What did c3 buy?", thread_id="of-c3")
        client.headers["X-Workspace"] = "other"
        await ask(client, "What did ada-7f3 buy?", thread_id="elsewhere")
        del client.headers["X-Workspace"]
        seen = (await client.delete("/clients/ada-7f3?dry_run=true")).json()["would_erase"]
        receipt = (await client.delete("/clients/ada-7f3")).json()
        assert (seen["threads"], receipt["erased"]["threads"]) == (len(OF_ADA), len(OF_ADA))
        assert [row["thread_id"] for row in (await client.get("/threads")).json()["threads"]] == ["of-c3"]
        for number in range(len(OF_ADA)):
            assert (await client.get(f"/threads/hers-{number}")).status_code == 404
        client.headers["X-Workspace"] = "other"
        assert (await client.get("/threads/elsewhere")).status_code == 200
        await client.delete("/threads/elsewhere")
        assert not [found for found in holding(tmp_path / "data") if found.startswith("threads")]
        await client.post("/compact")
        assert holding(tmp_path / "data") == []


async def test_an_answer_in_the_making_when_she_is_erased_is_not_kept(
    shared_app: Any, client: httpx.AsyncClient
) -> None:
    await bring_in(client)
    await ask(client, "What did c3 buy?", thread_id="in-the-making")
    services, scope = shared_app.state.services, Scope(client.headers["X-Workspace"])
    context = services.desk.context(scope, Moment(datetime(2026, 4, 1, tzinfo=UTC), WorkspaceSettings()))
    talk = (await services.desk.analyst()).talk(context, "What did ada-7f3 buy?", "in-the-making")
    told: Any = None
    async for told in talk:
        if told.event == "answer.delta":
            break
    assert "zebra-sofa" in told.text, "the answer has nothing of hers"
    await client.delete("/clients/ada-7f3")
    async for _ in talk:
        pass
    turns = (await client.get("/threads/in-the-making")).json()["turns"]
    assert [turn["question"] for turn in turns] == ["What did c3 buy?"]


async def test_a_thread_that_cites_what_is_older_than_a_workspace_keeps_goes_with_it(
    serve_app: Serve, tmp_path: Path
) -> None:
    async with serve_app() as client:
        await send(client, [item("Old", "2020-01-01", "ada-7f3"), item("New", "2026-01-01", "c3")])
        for who in ("ada-7f3", "c3"):
            assert (await ask(client, f"Tell me the story of {who}", thread_id=who))["citations"]
        services = client._transport.app.state.services  # type: ignore[attr-defined]
        before = datetime(2025, 1, 1, tzinfo=UTC)
        await services.eraser.forget_older(Scope("default"), before, datetime.now(UTC))
        assert [row["thread_id"] for row in (await client.get("/threads")).json()["threads"]] == ["c3"]


def test_every_kind_of_point_that_is_personal_has_a_holder(shared_app: Any) -> None:
    services = shared_app.state.services
    held = {getattr(holder, "kind", None) for holder in services.eraser.holders}
    assert {name for name, kind in KINDS.items() if kind.personal} == held - {None}


async def test_a_data_directory_holds_only_what_is_known(serve_app: Serve, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    async with serve_app(data_dir=data_dir) as client:
        await bring_in(client)
        await ask(client, "Who bought the zebra-sofa?")
    assert {path.name for path in data_dir.iterdir()} <= {
        "lock", "schema.json", "shard", "shard-1", "shard-2", "loads",
        "threads.sqlite", "threads.sqlite-wal", "threads.sqlite-shm",
    }  # fmt: skip
