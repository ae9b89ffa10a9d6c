"""Webhooks: what is published arrives, signed and at least once, and nowhere that it must not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from memory.data_dir import open_data_dir
from memory.outbox import Outbox
from memory.qdrant_store import open_local
from memory.scope import Scope
from memory.store import Store
from memory.subscriptions import MAX_SUBSCRIPTIONS, Subscriptions
from memory.suppression import Suppressions
from memory.webhooks import (
    MAX_BODY_BYTES,
    DeadReason,
    Delivery,
    EventTooLarge,
    EventType,
    WebhookEvent,
    new_delivery,
    new_subscription,
)
from memory.workspace import WorkspaceSettings
from memory.workspaces import Workspaces
from server.bootstrap import Services
from server.cli.main import app as commands
from server.settings import ENV_PREFIX
from server.webhooks.courier import CLAIM, Courier
from server.webhooks.guard import Guard
from server.webhooks.sender import Sender
from server.webhooks.signing import new_secret
from tests.builders import at, item
from tests.receiver import Receiver
from tests.service.conftest import Serve
from tests.talk import get, refused, send

HERE, ELSEWHERE = Scope("here"), Scope("elsewhere")
START = at("2026-03-01")
BAND_CHANGED = EventType.CHURN_BAND_CHANGED

pytestmark = [
    pytest.mark.filterwarnings("ignore:Local mode performs exact:UserWarning"),
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning"),
]


def crossing(number: int = 1, who: str = "ada", **data: Any) -> WebhookEvent:
    """A customer who crossed a band."""
    told = {"from": "low", "to": "high", **data}
    return WebhookEvent(BAND_CHANGED, f"{who}:{number}", who, at("2026-02-28"), told)


class Office:
    """An outbox and its courier on a store, at a time that a test sets; nothing is sent but by `after`."""

    def __init__(self, store: Store, guard: Guard | None = None, most: int = 100) -> None:
        self.now = START
        self.store = store
        self.workspaces = Workspaces(store)
        self.subscriptions = Subscriptions(store)
        self.outbox = Outbox(store, self.subscriptions, Suppressions(store), most, self._clock)
        sender = Sender(guard or Guard(allow_private=True))
        self.courier = Courier(
            self.outbox, self.subscriptions, self.workspaces, sender, alone=False, clock=self._clock, luck=lambda: 0.0
        )

    def _clock(self) -> datetime:
        return self.now

    async def subscribe(self, url: str, scope: Scope = HERE) -> str:
        """The id of a webhook of this URL."""
        made = new_subscription(url, (BAND_CHANGED,), "", new_secret(), self.now)
        await self.workspaces.register(scope)
        await self.subscriptions.add(scope, made)
        return made.id

    async def publish(self, *events: WebhookEvent, scope: Scope = HERE) -> int:
        return sum([await self.outbox.publish(scope, event) for event in events])

    async def after(self, seconds: float = 0) -> datetime | None:
        """Let time pass, and then everything that is due be tried; when there is more."""
        self.now += timedelta(seconds=seconds)
        return await self.courier.round()

    async def kept(self, scope: Scope = HERE) -> list[Delivery]:
        """All deliveries, oldest first."""
        ids = [each.id async for each in self.outbox.briefs(scope)]
        return sorted(await self.outbox.find(scope, ids), key=lambda each: (each.queued_at, each.id))

    async def states(self, scope: Scope = HERE) -> list[str]:
        return sorted(each.reason or each.state for each in await self.kept(scope))


BOTH_FORMS = pytest.mark.parametrize("store", ["embedded", "server"], indirect=True)


@pytest.fixture
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """In the server's form, which is quicker to open, unless a test asks for the embedded one."""
    embedded = getattr(request, "param", "server") == "embedded"
    opened: Store = open_data_dir(tmp_path / "data", 64) if embedded else await open_local(64)
    yield opened
    await opened.close()


@pytest.fixture
async def office(store: Store) -> Office:
    return Office(store)


@pytest.fixture
def receiver() -> Any:
    with Receiver() as opened:
        yield opened


# --- Arriving ---


@BOTH_FORMS
async def test_what_is_published_arrives_signed(office: Office, receiver: Receiver) -> None:
    webhook = await office.subscriptions.find(HERE, await office.subscribe(f"{receiver.url}/hook?token=1"))
    assert await office.publish(crossing(to="high")) == 1
    assert await office.after() is None
    (got,) = receiver.received
    assert got.is_signed_with(webhook.secret)
    assert not got.is_signed_with(new_secret())
    assert got.path == "/hook?token=1"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["webhook-timestamp"] == str(int(START.timestamp()))
    assert got.told == {
        "type": "churn.band_changed", "timestamp": "2026-02-28T00:00:00Z", "workspace": "here",
        "data": {"from": "low", "to": "high", "client_id": "ada"},
    }  # fmt: skip
    assert await office.states() == ["delivered"]


@BOTH_FORMS
async def test_a_receiver_that_fails_is_tried_again_under_the_same_id_and_with_the_same_body(
    office: Office, receiver: Receiver
) -> None:
    webhook = await office.subscriptions.find(HERE, await office.subscribe(receiver.url))
    receiver.script = [500, 404]
    await office.publish(crossing())
    assert await office.after() == START + timedelta(seconds=5)
    await office.after(4)
    assert len(receiver.received) == 1
    await office.after(1)
    await office.after(29)
    assert len(receiver.received) == 2
    await office.after(1)
    await office.after(24 * 3600)
    first, *_, last = receiver.received
    assert len(receiver.received) == 3
    assert len(set(receiver.ids)) == 1
    assert first.body == last.body
    assert first.headers["webhook-timestamp"] < last.headers["webhook-timestamp"]
    assert last.is_signed_with(webhook.secret)
    assert [(each.state, each.attempts, each.body) for each in await office.kept()] == [("delivered", 3, "")]


async def test_what_fails_each_time_ends_among_the_dead_after_seven_attempts(
    office: Office, receiver: Receiver
) -> None:
    await office.subscribe(receiver.url)
    receiver.script = [503] * 20
    await office.publish(crossing())
    for pause in (0, 5, 30, 120, 600, 3600, 6 * 3600, 24 * 3600, 24 * 3600):
        await office.after(pause)
    assert len(receiver.received) == 7
    (dead,) = await office.kept()
    assert (dead.reason, dead.status, dead.error) == (DeadReason.ATTEMPTS_EXHAUSTED, 503, "it answered 503")


async def test_a_receiver_that_nobody_answers_at_is_tried_again(office: Office, receiver: Receiver) -> None:
    with Receiver() as closed:
        pass
    await office.subscribe(closed.url)
    await office.publish(crossing())
    assert await office.after() == START + timedelta(seconds=5)
    assert [(each.status, each.error) for each in await office.kept()] == [(None, "the connection failed")]


@BOTH_FORMS
async def test_what_is_replayed_arrives_under_its_id(office: Office, receiver: Receiver) -> None:
    await office.subscribe(receiver.url)
    receiver.script = [503] * 7
    await office.publish(crossing())
    for pause in (0, 5, 30, 120, 600, 3600, 6 * 3600):
        await office.after(pause)
    (dead,) = await office.kept()
    assert await office.outbox.replay(HERE, [dead.id, "nobody"]) == 1
    await office.after(200)
    assert set(receiver.ids) == {dead.id}
    assert await office.states() == ["delivered"]


async def test_a_receiver_is_waited_for_as_long_as_it_asks(office: Office, receiver: Receiver) -> None:
    await office.subscribe(receiver.url)
    receiver.script = [(429, {"Retry-After": "300"})]
    await office.publish(crossing(1), crossing(2))
    assert await office.after() == START + timedelta(seconds=300)
    await office.after(299)
    assert len(receiver.received) == 1
    await office.after(1)
    assert await office.states() == ["delivered", "delivered"]


async def test_a_receiver_that_is_gone_is_disabled_and_what_was_for_it_is_dead(
    office: Office, receiver: Receiver
) -> None:
    webhook_id = await office.subscribe(receiver.url)
    receiver.script = [410]
    await office.publish(crossing(1), crossing(2))
    await office.after()
    await office.after()
    assert len(receiver.received) == 1
    assert await office.states() == ["gone", "webhook_disabled"]
    found = await office.subscriptions.find(HERE, webhook_id)
    assert (found.disabled_at, found.disabled_reason) == (START, "it answered 410 Gone")
    assert await office.publish(crossing(3)) == 0


async def test_no_redirect_is_followed(office: Office, receiver: Receiver) -> None:
    with Receiver() as other:
        await office.subscribe(receiver.url)
        receiver.script = [(307, {"Location": other.url})]
        await office.publish(crossing())
        await office.after()
        assert (len(receiver.received), other.received) == (1, [])
    assert [each.error for each in await office.kept()] == ["it answered 307; redirects are not followed"]


async def test_no_proxy_of_the_environment_is_used(
    office: Office, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Receiver() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        await office.subscribe(receiver.url)
        await office.publish(crossing())
        await office.after()
        assert (len(receiver.received), proxy.received) == (1, [])


async def test_one_receiver_that_fails_holds_up_no_other_and_its_own_are_not_all_tried(
    office: Office, receiver: Receiver
) -> None:
    with Receiver() as failing:
        failing.script = [500] * 10
        await office.subscribe(failing.url)
        await office.subscribe(receiver.url)
        assert await office.publish(*map(crossing, range(5))) == 10
        await office.after()
        assert (len(receiver.received), len(failing.received)) == (5, 1)


async def test_each_receiver_gets_an_id_of_its_own(office: Office, receiver: Receiver) -> None:
    await office.subscribe(f"{receiver.url}/a")
    await office.subscribe(f"{receiver.url}/b")
    await office.publish(crossing())
    await office.after()
    assert {each.path for each in receiver.received} == {"/a", "/b"}
    assert len(set(receiver.ids)) == 2


# --- Once, and not lost ---


@BOTH_FORMS
async def test_the_same_event_from_several_processes_is_sent_once(store: Store, receiver: Receiver) -> None:
    one, other = Office(store), Office(store)
    await one.subscribe(receiver.url)
    assert await one.publish(crossing()) == 1
    assert await other.publish(crossing()) == 0
    await one.after()
    assert await other.publish(crossing()) == 0
    await other.after()
    assert len(receiver.received) == 1


@BOTH_FORMS
async def test_what_one_process_sends_no_other_does_until_the_claim_is_over(store: Store, receiver: Receiver) -> None:
    one, other = Office(store), Office(store)
    await one.subscribe(receiver.url)
    await one.publish(crossing())
    (waiting,) = await one.kept()
    # As if the process had ended after this.
    assert await one.outbox.take(HERE, waiting.id, "one", one.now + CLAIM)
    assert await other.outbox.take(HERE, waiting.id, "other", other.now + CLAIM) is None
    assert await other.after(1) == START + CLAIM
    assert receiver.received == []
    await other.after(59)
    assert receiver.ids == [waiting.id]


async def test_what_waits_is_sent_after_a_restart(tmp_path: Path, receiver: Receiver) -> None:
    first = open_data_dir(tmp_path / "data", 64)
    office = Office(first)
    await office.subscribe(receiver.url)
    receiver.script = [500]
    await office.publish(crossing(1))
    await office.after()
    await office.publish(crossing(2))
    before = {each.id for each in await office.kept()}
    await first.close()
    again = open_data_dir(tmp_path / "data", 64)
    await Office(again).after(60)
    assert set(receiver.ids) == before
    assert len(receiver.received) == 3
    await again.close()


@BOTH_FORMS
async def test_the_oldest_make_way_where_too_many_wait(store: Store, receiver: Receiver) -> None:
    office = Office(store, most=3)
    await office.subscribe(receiver.url)
    for number in range(5):
        await office.publish(crossing(number))
        office.now += timedelta(seconds=1)
    kept = await office.kept()
    assert [each.reason for each in kept] == [DeadReason.OUTBOX_FULL] * 2 + [None] * 3
    await office.after()
    assert receiver.ids == [each.id for each in kept[2:]]


async def test_what_arrives_frees_its_place(store: Store, receiver: Receiver) -> None:
    office = Office(store, most=3)
    await office.subscribe(receiver.url)
    for number in range(9):
        await office.publish(crossing(number))
        await office.after(1)
    assert await office.states() == ["delivered"] * 9


async def test_what_waited_for_a_day_is_given_up_when_its_receiver_fails(office: Office, receiver: Receiver) -> None:
    await office.subscribe(receiver.url)
    await office.publish(*map(crossing, range(3)))
    receiver.script = [500]
    await office.after(25 * 3600)
    assert await office.states() == ["expired"] * 3
    assert len(receiver.received) == 1


async def test_what_waited_while_the_server_was_away_arrives(office: Office, receiver: Receiver) -> None:
    await office.subscribe(receiver.url)
    await office.publish(*map(crossing, range(3)))
    await office.after(72 * 3600)
    assert await office.states() == ["delivered"] * 3


async def test_an_event_that_no_receiver_would_take_is_not_kept(office: Office, receiver: Receiver) -> None:
    await office.subscribe(receiver.url)
    with pytest.raises(EventTooLarge):
        await office.publish(crossing(note="é" * (MAX_BODY_BYTES // 2)))
    assert await office.kept() == []
    assert await office.publish(crossing(note="x" * (MAX_BODY_BYTES - 500))) == 1


async def test_nobody_is_told_what_they_did_not_subscribe_to(office: Office, receiver: Receiver) -> None:
    await office.subscribe(receiver.url)
    assert await office.publish(WebhookEvent("other.event", "k", "ada", START, {})) == 0
    assert await office.publish(crossing(), scope=ELSEWHERE) == 0


@BOTH_FORMS
async def test_what_is_on_its_way_to_a_receiver_goes_with_it(office: Office, receiver: Receiver) -> None:
    webhook_id = await office.subscribe(receiver.url)
    await office.publish(*map(crossing, range(3)))
    await office.subscriptions.remove(HERE, webhook_id)
    assert await office.kept() == []


async def test_what_was_written_after_its_receiver_went_is_removed(office: Office, receiver: Receiver) -> None:
    webhook_id = await office.subscribe(receiver.url)
    await office.publish(crossing())
    (waiting,) = await office.kept()
    await office.subscriptions.remove(HERE, webhook_id)
    await office.store.put(HERE, [waiting.control])
    await office.after()
    assert await office.kept() == []
    assert receiver.received == []


async def test_what_a_workspace_forgets_is_not_kept_here_either(office: Office, receiver: Receiver) -> None:
    await office.subscribe(receiver.url)
    await office.publish(crossing())
    await office.after()
    await office.workspaces.configure(HERE, WorkspaceSettings(retention_days=7, now="2026-06-01"))
    await office.after()
    assert await office.kept() == []


# --- Where nothing may be sent ---


async def test_a_name_that_turns_inward_after_it_was_checked_is_not_connected_to(
    store: Store, receiver: Receiver
) -> None:
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["93.184.215.14"] if len(asked) == 1 else ["127.0.0.1"]

    guard = Guard(resolve=resolve)
    port = receiver.url.rpartition(":")[2]
    office = Office(store, guard)
    assert await guard.addresses("rebinding.example", int(port)) == ["93.184.215.14"]
    await office.subscribe(f"http://rebinding.example:{port}/")
    await office.publish(crossing())
    await office.after()
    assert receiver.received == []
    assert [each.error for each in await office.kept()] == ["its host leads to a loopback address, which is refused"]
    assert asked == ["rebinding.example"] * 2


async def test_a_host_is_connected_to_at_the_address_that_was_checked_and_told_its_name(
    store: Store, receiver: Receiver
) -> None:
    asked = 0

    async def resolve(host: str, port: int) -> list[str]:
        nonlocal asked
        asked += 1
        return ["127.0.0.1"]

    port = receiver.url.rpartition(":")[2]
    office = Office(store, Guard(allow_private=True, resolve=resolve))
    await office.subscribe(f"http://known-to-nobody.example:{port}/")
    await office.publish(crossing())
    await office.after()
    assert [each.headers["host"] for each in receiver.received] == [f"known-to-nobody.example:{port}"]
    assert asked == 1


async def test_the_next_address_of_a_host_is_tried_where_one_does_not_answer(store: Store, receiver: Receiver) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["::1", "127.0.0.1"]

    port = receiver.url.rpartition(":")[2]
    office = Office(store, Guard(allow_private=True, resolve=resolve))
    await office.subscribe(f"http://two.example:{port}/")
    await office.publish(crossing())
    await office.after()
    assert len(receiver.received) == 1


async def test_a_log_names_neither_a_customer_nor_a_url_nor_a_secret(office: Office, receiver: Receiver) -> None:
    webhook = await office.subscriptions.find(HERE, await office.subscribe(f"{receiver.url}/path?token=sesame"))
    receiver.script = [500, 410]
    with capture_logs() as logs:
        await office.publish(crossing(who="zebra"))
        await office.after()
        await office.after(5)
    assert [each["event"] for each in logs] == [
        "webhooks.attempt_failed", "webhooks.attempt_failed", "webhooks.disabled",
    ]  # fmt: skip
    assert not [word for word in ("zebra", "sesame", "path", webhook.secret[6:]) if word in str(logs)]
    assert "zebra" not in receiver.ids[0]


# --- By HTTP ---


@dataclass
class Open:
    """An application that may send to this machine, and a client of it."""

    client: httpx.AsyncClient
    services: Services
    scope: Scope = field(default_factory=lambda: Scope("default"))

    async def subscribe(self, url: str, **fields: Any) -> dict[str, Any]:
        reply = await self.client.post("/webhooks", json={"url": url, "events": [BAND_CHANGED], **fields})
        assert reply.status_code == 201, reply.text
        made: dict[str, Any] = reply.json()
        return made

    async def publish(self, *events: WebhookEvent) -> None:
        for event in events:
            await self.services.outbox.publish(self.scope, event)


@pytest.fixture
async def opened(serve_app: Serve) -> AsyncIterator[Open]:
    async with opening(serve_app) as found:
        yield found


@asynccontextmanager
async def opening(serve_app: Serve, **settings: Any) -> AsyncIterator[Open]:
    async with serve_app(webhook_allow_private=True, **settings) as client:
        yield Open(client, client._transport.app.state.services)  # type: ignore[attr-defined]


async def until(holds: Callable[[], Any]) -> None:
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError("it did not come to that")


async def test_a_secret_is_told_once_and_proves_what_is_sent(opened: Open, receiver: Receiver) -> None:
    made = await opened.subscribe(receiver.url, description="the desk")
    assert made["secret"].startswith("whsec_")
    listed = await get(opened.client, "/webhooks")
    assert listed == {"webhooks": [{name: value for name, value in made.items() if name != "secret"}]}
    await opened.publish(crossing())
    await until(lambda: receiver.received)
    assert receiver.received[0].is_signed_with(made["secret"])


async def test_a_test_is_signed_and_tells_how_it_went(opened: Open, receiver: Receiver) -> None:
    made = await opened.subscribe(receiver.url)
    told = (await opened.client.post(f"/webhooks/{made['id']}/test")).json()
    (got,) = receiver.received
    assert got.is_signed_with(made["secret"])
    assert (got.told["type"], got.id) == ("webhook.test", told["message_id"])
    assert (told["delivered"], told["status"], told["error"]) == (True, 204, None)
    receiver.script = [500]
    told = (await opened.client.post(f"/webhooks/{made['id']}/test")).json()
    assert (told["delivered"], told["status"], told["error"]) == (False, 500, "it answered 500")


async def test_a_receiver_that_was_gone_is_told_again_once_a_test_reaches_it(opened: Open, receiver: Receiver) -> None:
    made = await opened.subscribe(receiver.url)
    receiver.script = [410]
    await opened.publish(crossing())
    await until(lambda: receiver.received)
    for _ in range(500):
        (shown,) = (await get(opened.client, "/webhooks"))["webhooks"]
        if shown["state"] == "disabled":
            break
        await asyncio.sleep(0.01)
    assert (shown["state"], shown["disabled_reason"]) == ("disabled", "it answered 410 Gone")
    (dead,) = (await get(opened.client, "/webhooks/dead"))["deliveries"]
    left = (await opened.client.post("/webhooks/dead/replay", json={"all": True})).json()
    assert left == {"replayed": 0, "unknown": [], "disabled": [dead["id"]]}
    assert (await opened.client.post(f"/webhooks/{made['id']}/test")).json()["delivered"]
    assert (await get(opened.client, "/webhooks"))["webhooks"][0]["state"] == "active"
    assert (await opened.client.post("/webhooks/dead/replay", json={"all": True})).json()["replayed"] == 1
    await until(lambda: receiver.ids.count(dead["id"]) == 2)


async def bury(opened: Open, *events: WebhookEvent) -> None:
    """Let these be dead, without a chance that the courier sends them first."""
    services, scope, now = opened.services, opened.scope, datetime.now(UTC)
    for subscription in await services.subscriptions.list(scope):
        made = [new_delivery(scope, subscription, event, now) for event in events]
        await services.store.put(scope, [each.buried(DeadReason.EXPIRED, now).control for each in made])


async def test_the_dead_are_read_page_by_page_and_replayed_one_by_one(opened: Open, receiver: Receiver) -> None:
    await opened.subscribe(receiver.url)
    await bury(opened, *map(crossing, range(5)))
    first = await get(opened.client, "/webhooks/dead", limit=3)
    rest = await get(opened.client, "/webhooks/dead", limit=3, cursor=first["next_cursor"])
    ids = [each["id"] for each in [*first["deliveries"], *rest["deliveries"]]]
    assert (first["total"], len(set(ids)), rest["next_cursor"]) == (5, 5, None)
    told = (await opened.client.post("/webhooks/dead/replay", json={"ids": [ids[0], "nobody"]})).json()
    assert told == {"replayed": 1, "unknown": ["nobody"], "disabled": []}
    await until(lambda: receiver.received)
    assert receiver.ids == [ids[0]]
    assert (await get(opened.client, "/webhooks/dead"))["total"] == 4


async def test_what_became_of_deliveries_can_be_seen(opened: Open, receiver: Receiver) -> None:
    made = await opened.subscribe(receiver.url)
    await opened.publish(crossing())
    for _ in range(500):
        (shown,) = (await get(opened.client, f"/webhooks/{made['id']}/deliveries"))["deliveries"]
        if shown["state"] == "delivered":
            break
        await asyncio.sleep(0.01)
    assert (shown["state"], shown["attempts"], shown["status"]) == ("delivered", 1, 204)
    assert (shown["client_id"], shown["next_at"], shown["id"]) == ("ada", None, receiver.ids[0])


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://localhost/", "http://169.254.169.254/latest/meta-data", "http://[::1]/",
            "http://10.0.0.1/", "http://[::ffff:192.168.0.1]/", "http://2130706433/", "http://100.64.0.1/"],
)  # fmt: skip
async def test_an_inner_address_cannot_be_subscribed(client: httpx.AsyncClient, url: str) -> None:
    reply = await client.post("/webhooks", json={"url": url, "events": [BAND_CHANGED]})
    assert refused(reply, 422, "/url")["errors"][0]["reason"] == "private_address"
    assert (await get(client, "/webhooks"))["webhooks"] == []


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"url": "https://user:secret@a.example/"}, "/url"), ({"url": "ftp://8.8.8.8/"}, "/url"), ({"url": 5}, "/url"),
        ({"events": []}, "/events"), ({"events": ["other.event"]}, "/events/0"), ({"sekret": "x"}, "/sekret"),
        ({"description": "x" * 201}, "/description"),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_subscription_is_named(
    client: httpx.AsyncClient, fields: dict[str, Any], wrong: str
) -> None:
    body = {"url": "https://8.8.8.8/hook", "events": [BAND_CHANGED], **fields}
    problem = refused(await client.post("/webhooks", json=body), 422, wrong)
    assert "secret@" not in str(problem)


@pytest.mark.parametrize("body", [{}, {"all": False}, {"ids": ["a"], "all": True}, {"ids": []}])
async def test_a_replay_says_which_or_all(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await client.post("/webhooks/dead/replay", json=body)).status_code == 422


async def test_a_workspace_has_only_so_many_webhooks(client: httpx.AsyncClient) -> None:
    body = {"url": "https://8.8.8.8/hook", "events": [BAND_CHANGED]}
    for _ in range(MAX_SUBSCRIPTIONS):
        assert (await client.post("/webhooks", json=body)).status_code == 201
    assert (await client.post("/webhooks", json=body)).status_code == 409


async def test_an_unknown_webhook_is_said_to_be_one(client: httpx.AsyncClient) -> None:
    for method, path in (("DELETE", ""), ("POST", "/test"), ("GET", "/deliveries")):
        refused(await client.request(method, f"/webhooks/nobody{path}"), 404, "webhook_id")


async def test_another_workspace_sees_and_changes_none(opened: Open, receiver: Receiver) -> None:
    made = await opened.subscribe(receiver.url)
    await bury(opened, crossing())
    (dead,) = (await get(opened.client, "/webhooks/dead"))["deliveries"]
    opened.client.headers["X-Workspace"] = "other"
    assert (await get(opened.client, "/webhooks"))["webhooks"] == []
    assert (await get(opened.client, "/webhooks/dead"))["total"] == 0
    for method, path in (("DELETE", ""), ("POST", "/test"), ("GET", "/deliveries")):
        assert (await opened.client.request(method, f"/webhooks/{made['id']}{path}")).status_code == 404
    told = (await opened.client.post("/webhooks/dead/replay", json={"ids": [dead["id"]]})).json()
    assert told == {"replayed": 0, "unknown": [dead["id"]], "disabled": []}
    assert receiver.received == []


async def test_neither_secret_nor_delivery_travels_with_an_export(opened: Open, receiver: Receiver) -> None:
    made = await opened.subscribe(receiver.url)
    await bury(opened, crossing())
    exported = (await opened.client.get("/export")).text
    assert made["id"] not in exported
    assert made["secret"] not in exported
    assert "ada" not in exported


# --- Erased ---


async def test_what_is_about_an_erased_customer_is_gone_and_nothing_new_is_kept(
    opened: Open, receiver: Receiver
) -> None:
    await send(opened.client, [item("Signed In", "2026-01-01", who, anonymousId=f"v-{who}") for who in ("ada", "bob")])
    await opened.subscribe(receiver.url)
    await bury(opened, crossing(), crossing(who="v-ada"), crossing(who="bob"))
    copy = (await opened.client.get("/clients/ada/export")).text
    assert copy.count('"kind":"delivery"') == 2
    assert "whsec_" not in copy
    erased = (await opened.client.delete("/clients/ada")).json()["erased"]
    assert erased["deliveries"] == 2
    assert [each["client_id"] for each in (await get(opened.client, "/webhooks/dead"))["deliveries"]] == ["bob"]
    for who in ("ada", "v-ada"):
        assert await opened.services.outbox.publish(opened.scope, crossing(2, who)) == 0
    assert receiver.received == []


@BOTH_FORMS
async def test_what_is_erased_while_it_is_sent_does_not_come_back(store: Store, receiver: Receiver) -> None:
    office = Office(store)
    await office.subscribe(receiver.url)
    await office.publish(crossing())
    (waiting,) = await office.kept()
    await Suppressions(store).add(HERE, {"ada"}, set(), "receipt", "ada")
    # As if it had been read before the erasure, and were written after it.
    await office.outbox.change(HERE, waiting.id, lambda found: found.changed(attempts=1))
    assert await office.kept() == []


async def test_no_byte_of_an_erased_customers_delivery_is_left_after_compaction(
    serve_app: Serve, tmp_path: Path, receiver: Receiver
) -> None:
    data_dir = tmp_path / "data"

    def holding() -> list[str]:
        found = [path for path in data_dir.rglob("*") if path.is_file()]
        return [path.name for path in found if b"zebra-7" in path.read_bytes()]

    async with opening(serve_app, data_dir=data_dir) as opened:
        await opened.subscribe(receiver.url)
        await bury(opened, crossing(who="zebra-7"))
        await opened.client.delete("/clients/zebra-7")
        assert holding(), "the search would find nothing anyway"
        await opened.client.post("/compact")
        assert holding() == []


# --- By command ---


def test_the_commands_add_list_test_and_remove(
    live_server: Any, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{ENV_PREFIX}DATA_DIR", str(live_server.data_dir))
    monkeypatch.setenv(f"{ENV_PREFIX}DEFAULT_WORKSPACE", f"w-{uuid4().hex}")

    def told(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(commands, ["webhooks", *arguments], catch_exceptions=False)
        return result.exit_code, result.output

    code, said = told("add", receiver.url)
    assert (code, "private" in said or "loopback" in said) == (1, True)
    code, said = told("add", "https://8.8.8.8/hook", "--description", "the desk")
    assert code == 0
    secret = said.split()[0]
    assert secret.startswith("whsec_")
    webhook_id = said.split("The webhook ")[1].split()[0]
    code, said = told("list")
    assert webhook_id in said
    assert "the desk" in said
    assert secret not in said
    assert "0 dead" in told("dead")[1]
    assert "0 wait to be sent again" in told("replay")[1]
    assert told("replay", "nobody")[0] == 1
    assert told("remove", webhook_id)[0] == 0
    assert "no webhooks" in told("list")[1]
