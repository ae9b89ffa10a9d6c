"""Law 5, road by road: every address and tool, tried with two workspaces whose ids, texts and aliases are the same."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from memory.scope import Scope
from memory.webhooks import DeadReason, WebhookEvent, new_delivery
from server.app import create_app
from server.settings import Settings
from server.times import Moment
from tests.builders import at, item
from tests.decisions import decided
from tests.fakes import HashedWords
from tests.talk import Json, lasting, settle, stream_events, talk
from tools.registry import TOOLS

#: Stands in the second workspace alone, wherever a text can stand.
SECRET = "quince"
AS_OF = {"as_of": "2025-06-01T00:00:00Z"}
#: As of a time: about the present a customer's page keeps what it recommends.
PAGE = f"/clients/ada?{urlencode(AS_OF)}"
#: About no workspace.
OPEN = {"/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc", "/health/live", "/health/ready"}


@dataclass(frozen=True)
class Road:
    """A request to the first workspace. `{names}` in it are ids of the second one, and 404 is then the answer."""

    path: str
    sent: Json = field(default_factory=dict)
    status: int = 200


def body(*items: Any, **fields: Any) -> Json:
    return {"json": items[0] if items else fields}


def asked(*questions: str) -> list[Json]:
    return [{"role": "user", "content": each} for each in questions]


SIGNED_IN = item("Signed In", "2025-05-02", "ada")
CAPTURE = {"event": "Signed In", "distinct_id": "ada", "timestamp": "2025-05-02T00:00:00Z"}
MCP_HEADERS = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}
OVERRIDE = {"band": "high", "author": "Eve", "reason": "told me", "expires_at": "2100-01-01"}
ELSEWHERE = {"event": "Back", "userId": "gone-there", "timestamp": "2025-05-03T00:00:00Z", "messageId": "back"}


def of_customer(after: str = "", **params: Any) -> list[Road]:
    """The reads of a customer of both, and of one that only the second workspace has."""
    sent = {"params": {**AS_OF, **params}}
    return [
        Road(f"/clients/ada{after}", sent), Road(f"/clients/v1{after}", sent),
        Road(f"/clients/only-there{after}", sent, 404),
    ]  # fmt: skip


def called(name: str, **arguments: Any) -> Road:
    """A call of a tool by the Model Context Protocol, which answers 200 whatever becomes of it."""
    asked = {"name": name, "arguments": {**AS_OF, **arguments}}
    sent = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": asked}
    return Road("/mcp", {"json": sent, "headers": MCP_HEADERS})


#: What is asked of each route; a new one has to join.
ROADS: dict[str, list[Road]] = {
    "POST /events": [Road("/events", body([SIGNED_IN, ELSEWHERE]))],
    "GET /events": [
        Road("/events", {"params": {"message_id": "ada:Order Completed:2025-02-01"}}),
        Road("/events", {"params": {"message_id": "only-there"}}, 404),
    ],
    "GET /events/stats": [Road("/events/stats")],
    "GET /metrics": [Road("/metrics")],
    "GET /clients": [Road("/clients", {"params": {**AS_OF, "sort": sort}}) for sort in ("value", "risk", "name")],
    "GET /clients/{client_id:path}": of_customer(),
    "GET /clients/{client_id:path}/timeline": of_customer("/timeline"),
    "GET /clients/{client_id:path}/memory": of_customer("/memory", query=f"{SECRET} lamp is broken"),
    "GET /clients/{client_id:path}/similar": of_customer("/similar"),
    "GET /clients/{client_id:path}/aliases": of_customer("/aliases"),
    "GET /clients/{client_id:path}/export": [
        Road("/clients/ada/export"), Road("/clients/only-there/export", status=404)
    ],
    "PUT /clients/{client_id:path}/aliases/{alias:path}": [
        Road("/clients/bob/aliases/v7"), Road("/clients/only-there/aliases/v7", status=404)
    ],
    "DELETE /clients/{client_id:path}/aliases/{alias:path}": [
        Road("/clients/ada/aliases/v1"), Road("/clients/ada/aliases/v-there", status=404)
    ],
    "DELETE /clients/{client_id:path}": [
        Road("/clients/ada", {"params": {"dry_run": True}}), Road("/clients/ada"),
        Road("/clients/only-there", status=404),
    ],
    "DELETE /clients/{client_id:path}/suppression": [
        Road("/clients/gone/suppression"), Road("/clients/gone-there/suppression", status=404)
    ],
    "GET /erasures": [Road("/erasures")],
    "POST /erasures": [
        Road("/erasures", body(client_id="ada", dry_run=True)), Road("/erasures", body(client_id="ada")),
        Road("/erasures", body(client_id="only-there"), 404),
    ],
    "GET /erasures/{receipt_id}": [Road("/erasures/{receipt}", status=404)],
    "POST /compact": [Road("/compact")],
    "POST /signals/churn": [
        Road("/signals/churn", body(all=True, **AS_OF)), Road("/signals/churn", body(client_id="ada", **AS_OF)),
        Road("/signals/churn", body(client_id="only-there"), 404),
    ],
    "GET /signals/churn": [
        Road("/signals/churn", {"params": {**AS_OF, "sort": sort}}) for sort in ("change", "probability")
    ],
    "GET /signals/churn/{job}": [
        Road("/signals/churn/{job}", status=404), Road("/signals/churn/{version}", status=404)
    ],
    "GET /signals/churn/history": [
        Road("/signals/churn/history", {"params": {"client_id": "ada"}}),
        Road("/signals/churn/history", {"params": {"client_id": "only-there"}}, 404),
    ],
    "GET /signals/churn/model": [
        Road("/signals/churn/model"), Road("/signals/churn/model", {"params": {**AS_OF, "format": "markdown"}}),
        Road("/signals/churn/model", {"params": {"version": "{version}"}}, 404),
    ],
    "GET /signals/churn/models": [Road("/signals/churn/models")],
    "POST /signals/churn/model/train": [Road("/signals/churn/model/train", status=202)],
    "POST /signals/churn/model/roll-back": [Road("/signals/churn/model/roll-back", status=409)],
    "PUT /signals/churn/overrides/{client_id:path}": [
        Road("/signals/churn/overrides/ada", body(**OVERRIDE)),
        Road("/signals/churn/overrides/only-there", body(**OVERRIDE), 404),
    ],
    "DELETE /signals/churn/overrides/{client_id:path}": [
        Road("/signals/churn/overrides/ada"), Road("/signals/churn/overrides/only-there", status=404)
    ],
    **{
        f"POST /signals/{outcome}": [
            Road(f"/signals/{outcome}", body(all=True, **AS_OF)),
            Road(f"/signals/{outcome}", body(client_id="only-there"), 404),
        ]
        for outcome in ("conversion", "repeat_purchase")
    },
    "GET /clients/{client_id:path}/recommendations": of_customer("/recommendations", limit=25),
    "POST /recommendations": [
        Road("/recommendations", body(filter={}, **AS_OF)), Road("/recommendations", body(filter={})),
        Road("/recommendations", body(client_ids=["only-there"]), 404),
    ],
    "GET /catalogue": [Road("/catalogue", {"params": AS_OF})],
    "POST /recommendations/{recommendation_id}/feedback": [
        Road("/recommendations/given-bob/feedback", body(verdict="ignored")),
        Road("/recommendations/given-bob/feedback", body(verdict="ignored", client_id="only-there"), 404),
        Road("/recommendations/given-only-there/feedback", body(verdict="ignored"), 404),
    ],
    "GET /recommendations/{recommendation_id}": [
        Road("/recommendations/given-ada"), Road("/recommendations/given-only-there", status=404)
    ],
    "GET /recommendations/effects": [
        Road("/recommendations/effects"), Road("/recommendations/effects", {"params": AS_OF})
    ],
    "GET /threads": [Road("/threads")],
    "GET /threads/{thread_id}": [Road("/threads/both"), Road("/threads/only-there", status=404)],
    "DELETE /threads/{thread_id}": [Road("/threads/both"), Road("/threads/only-there", status=404)],
    "POST /chat": [
        Road("/chat", body(message="Who complained about the lamp?", **AS_OF)),
        Road("/chat", body(message="What did only there do?", **AS_OF)),
        Road("/chat", body(message="Tell me the story of ada", stream=True, **AS_OF)),
        Road("/chat", body(message="What happened?", customer_id="only-there"), 404),
    ],
    "POST /v1/chat/completions": [
        Road("/v1/chat/completions", body(messages=asked("Who complained about the lamp?"), **AS_OF)),
        Road("/v1/chat/completions", body(messages=asked("Who is it?", "What did only there do?"), **AS_OF)),
        Road("/v1/chat/completions", body(messages=asked("Tell me the story of ada"), stream=True, **AS_OF)),
        Road("/v1/chat/completions", body(messages=asked("And when?"), thread_id="both", **AS_OF)),
        Road("/v1/chat/completions", body(messages=asked("What happened?"), customer_id="only-there"), 404),
    ],
    "GET /v1/models": [Road("/v1/models")],
    "GET /v1/models/{model:path}": [Road("/v1/models/throughline"), Road("/v1/models/other", status=404)],
    "POST /mcp": [
        called("recall", query=f"{SECRET} lamp is broken"), called("timeline", client_id="ada"),
        called("timeline", client_id="only-there"), called("profile", client_id="v1"), called("churn"),
        called("search_events"), called("measure", by="customer"), called("cohort", sort="name"),
        called("recommend", client_id="ada"), called("similar", client_id="ada"),
        called("ask", question="Who complained about the lamp?"),
        called("ask", question="What happened?", client_id="only-there"),
    ],
    "GET /playbook": [Road("/playbook")],
    "GET /workspace": [Road("/workspace")],
    "PUT /workspace": [Road("/workspace", body(week_start="sunday", retention_days=1))],
    "GET /quarantine": [Road("/quarantine")],
    "GET /quarantine/resolutions": [Road("/quarantine/resolutions")],
    "GET /quarantine/{id}": [Road("/quarantine/{both}"), Road("/quarantine/{there}", status=404)],
    "POST /quarantine/replay": [
        Road("/quarantine/replay", body(ids=["{both}", "{there}"])),
        Road("/quarantine/replay", body(reason="unparsable_time", set={"/timestamp": "2025-05-04T00:00:00Z"})),
    ],
    "POST /quarantine/discard": [
        Road("/quarantine/discard", body(ids=["{both}", "{there}"])),
        Road("/quarantine/discard", body(reason="unparsable_time")),
    ],
    "POST /quarantine/{id}/replay": [
        Road("/quarantine/{both}/replay", body(item=SIGNED_IN)), Road("/quarantine/{there}/replay", body(), 404)
    ],
    "DELETE /quarantine/{id}": [Road("/quarantine/{both}"), Road("/quarantine/{there}", status=404)],
    "GET /export": [Road("/export")],
    "POST /import": [Road("/import", {"content": "{copy}"})],
    "GET /keys": [Road("/keys")],
    "POST /keys": [Road("/keys", body(scopes=["read"]), 201)],
    "POST /keys/{key_id}/rotate": [Road("/keys/{key}/rotate", status=404)],
    "DELETE /keys/{key_id}": [Road("/keys/{key}", status=404)],
    "GET /webhooks": [Road("/webhooks")],
    "POST /webhooks": [Road("/webhooks", body(url="http://127.0.0.1:1/", events=["churn.band_changed"]), 201)],
    "DELETE /webhooks/{webhook_id}": [Road("/webhooks/{webhook}", status=404)],
    "POST /webhooks/{webhook_id}/test": [Road("/webhooks/{webhook}/test", status=404)],
    "GET /webhooks/{webhook_id}/deliveries": [Road("/webhooks/{webhook}/deliveries", status=404)],
    "GET /webhooks/dead": [Road("/webhooks/dead")],
    "POST /webhooks/dead/replay": [
        Road("/webhooks/dead/replay", body(all=True)), Road("/webhooks/dead/replay", body(ids=["{delivery}"]))
    ],
    **{
        f"POST /v1/{name}{end}": [Road(f"/v1/{name}{end}", body({**SIGNED_IN, "type": kind, "writeKey": "second"}))]
        for kind in ("track", "identify", "page", "screen") for name in (kind, kind[0]) for end in ("", "/")
    },
    **{
        f"POST /v1/{name}": [Road(f"/v1/{name}", body(userId="ada", groupId="acme", writeKey="second"))]
        for name in ("group", "g", "group/", "g/")
    },
    **{
        f"POST /v1/{name}": [Road(f"/v1/{name}", body(userId="ada", previousId="v7", writeKey="second"))]
        for name in ("alias", "a", "alias/", "a/")
    },
    **{
        f"POST /v1/{name}": [Road(f"/v1/{name}", body(batch=[SIGNED_IN, ELSEWHERE], writeKey="second"))]
        for name in ("batch", "import", "b", "batch/", "import/", "b/")
    },
    **{
        f"POST {path}": [Road(path, body(api_key="second", batch=[CAPTURE]))]
        for name in ("/batch", "/capture", "/i/v0/e", "/e") for path in (name, f"{name}/")
    },
}  # fmt: skip


def life(name: str, secret: str) -> list[Json]:
    """The same people, devices, ids and times in both; `secret` is said, bought and named in one."""
    bought = {"revenue": 77_777, "currency": "EUR", "products": [{"name": f"{secret} lamp", "quantity": 1}]}
    return [
        item("Pricing", "2025-01-01", None, type="page", anonymousId="v1", properties={"note": f"{secret} visit"}),
        item("Pricing", "2025-01-01", None, type="page", anonymousId="v7", properties={"note": secret}),
        item("", "2025-01-02", "ada", type="identify", anonymousId="v1", traits={"name": "Ada", "company": secret}),
        item("Order Completed", "2025-02-01", "ada", properties=bought),
        item("Support Ticket Opened", "2025-03-01", "ada", properties={"message": f"the {secret} lamp is broken"}),
        item("Subscription Cancelled", "2025-04-01", "bob", properties={"reason": f"{secret} was too dear"}),
        item("Signed In", "2025-04-01", "gone"),
        item("Signed In", "2025-05-01", f"gone-{name}", messageId=f"gone-{name}"),
        item("Signed In", "2025-05-01", f"only-{name}", anonymousId=f"v-{name}", messageId=f"only-{name}"),
        # Kept beside the first of its id, and quarantined: the one as it is in both, the other not.
        item("Order Completed", "2025-02-01", "ada", properties={"note": f"{secret} again"}),
        {"event": "Broken", "userId": "ada", "timestamp": "soon"},
        {"event": "Broken", "userId": "ada", "timestamp": f"{secret} o'clock"},
    ]


async def fill(client: httpx.AsyncClient, name: str, secret: str) -> Json:
    """Something of every kind in a workspace; the ids that it gave to it."""

    async def done(method: str, path: str, **sent: Any) -> Any:
        reply = await client.request(method, path, **sent)
        assert reply.is_success, reply.text
        return reply

    counts = (await done("POST", "/events", json=life(name, secret))).json()["counts"]
    assert (counts["accepted"], counts["conflict"], counts["quarantined"]) == (9, 1, 2)
    await done("PUT", "/clients/bob/aliases/v-of-bob")
    receipts = [(await done("DELETE", f"/clients/{who}")).json()["receipt_id"] for who in ("gone", f"gone-{name}")]
    await done("POST", "/events", json=[{"event": "Broken", "userId": "bob", "timestamp": secret}])
    for each in (await done("GET", "/quarantine")).json()["items"]:
        if each["item"].count("bob"):
            await done("DELETE", f"/quarantine/{each['sha256']}", params={"why": secret})
    items = {secret in each["item"]: each["sha256"] for each in (await done("GET", "/quarantine")).json()["items"]}
    key = (await done("POST", "/keys", json={"scopes": ["read"], "label": secret})).json()["id"]
    hook = {"url": "http://127.0.0.1:1/", "events": ["churn.band_changed"], "description": secret}
    webhook = (await done("POST", "/webhooks", json=hook)).json()["id"]
    for who in ("ada", f"only-{name}"):
        word = {**OVERRIDE, "reason": f"the {secret} lamp"}
        await done("PUT", f"/signals/churn/overrides/{who}", json=word)
    for who in ("ada", "bob", f"only-{name}"):
        await recommend(client, who, secret)
    for who in ("ada", f"only-{name}"):
        told = {"verdict": "rejected", "note": f"the {secret} lamp"}
        await done("POST", f"/recommendations/given-{who}/feedback", json=told)
    job = (await done("POST", "/signals/churn", json={"all": True, **AS_OF})).json()
    asked = f"Who complained about the {secret} lamp?"
    for thread_id in ("both", f"only-{name}"):
        await done("POST", "/chat", json={"message": asked, "thread_id": thread_id})
    return {
        "receipt": receipts[0], "both": items[False], "there": items[True], "key": key, "webhook": webhook,
        "job": job["job"], "version": job["model"],
    }  # fmt: skip


async def recommend(client: httpx.AsyncClient, client_id: str, secret: str) -> None:
    """An action chosen for a customer, by what is known of them."""
    services = client._transport.app.state.services  # type: ignore[attr-defined]
    scope = Scope(client.headers["X-Workspace"])
    chosen = decided(
        client_id, f"{secret} lamp", at("2025-04-01"), eligible=(f"{secret} lamp", "nothing"), id=f"given-{client_id}",
        features={f"traits.company={secret}": 1.0}, playbook=secret,
    )  # fmt: skip
    assert await services.given.put(scope, [chosen]) == set()


async def give_up(app: FastAPI, scope: Scope, client_id: str) -> str:
    """A dead delivery about a customer; its id."""
    services = app.state.services
    (webhook,) = await services.subscriptions.list(scope)
    event = WebhookEvent("churn.band_changed", "k", client_id, at("2025-05-01"), {"note": SECRET})
    dead = new_delivery(scope, webhook, event, at("2025-05-01")).buried(DeadReason.EXPIRED, datetime.now(UTC))
    await services.store.put(scope, [dead.control])
    return dead.id


@dataclass
class Two:
    """An application, a client of the second workspace, and what that has of its own."""

    app: FastAPI
    second: httpx.AsyncClient
    theirs: Json


@pytest.fixture(scope="module")
async def two(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Two]:
    # A key opens the workspace of its own name.
    keys = {name: name for name in ("second", "bound", "named", *(f"first-{n}" for n in range(len(ROADS))))}
    data_dir = tmp_path_factory.mktemp("two")
    (data_dir / "playbooks").mkdir()
    (data_dir / "playbooks" / "second.yaml").write_text(f"name: {SECRET}\nactions: []\n")
    settings = Settings(data_dir=data_dir, keys=keys, webhook_allow_private=True, scoring_every_s=0)
    app = create_app(settings, embedder=HashedWords())
    async with app.router.lifespan_context(app), talk(app, "second") as second:
        second.headers["Authorization"] = "Bearer second"
        theirs = await fill(second, "there", SECRET)
        theirs["delivery"] = await give_up(app, Scope("second"), "only-there")
        # Else the first purge of anybody would close receipts here.
        await second.post("/compact")
        await settle(second)
        yield Two(app, second, theirs)


@asynccontextmanager
async def opened(two: Two, name: str) -> AsyncIterator[httpx.AsyncClient]:
    async with talk(two.app, name) as client:
        client.headers["Authorization"] = f"Bearer {name}"
        yield client


async def everything(client: httpx.AsyncClient) -> dict[str, Any]:
    """All that a workspace can show of itself."""
    paths = ("/export", "/keys", "/workspace", "/erasures", "/quarantine", "/quarantine/resolutions",
             PAGE, "/threads", "/threads/both", "/webhooks", "/webhooks/dead",
             "/playbook")  # fmt: skip
    found: dict[str, Any] = {path: (await client.get(path)).content for path in paths}
    stats = (await client.get("/events/stats")).json()
    return {**found, "stats": {name: stats[name] for name in ("received", "verdicts", "kept")}}


def about(road: Road, ids: Json, copy: str) -> tuple[str, Json]:
    """The address and the body of a road, with ids in the place of their names."""

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: filled(each) for name, each in value.items()}
        if isinstance(value, list):
            return [filled(each) for each in value]
        return {f"{{{name}}}": text for name, text in {**ids, "copy": copy}.items()}.get(value, value)

    return road.path.format(**ids), filled(road.sent)


def test_every_route_is_tried(shared_app: FastAPI) -> None:
    routes = [route for route in iter_route_contexts(shared_app.routes) if route.path not in OPEN]
    assert {f"{method} {route.path}" for route in routes for method in route.methods or ()} == set(ROADS)


@pytest.mark.parametrize("route", ROADS)
async def test_no_road_shows_or_changes_anything_of_the_other_workspace(two: Two, route: str) -> None:
    async with opened(two, f"first-{list(ROADS).index(route)}") as first:
        mine = await fill(first, "here", "marrow")
        await settle(first)
        before = await everything(two.second)
        copy = (await first.get("/export")).text
        ids = {**two.theirs, "both": mine["both"]}
        for road in ROADS[route]:
            path, sent = about(road, ids, copy)
            reply = await first.request(route.split()[0], path, **sent)
            assert reply.status_code == road.status, (road, reply.text)
            asked = json.dumps(sent).lower() + path
            assert SECRET not in reply.text.lower().replace(f"{SECRET} lamp is broken", ""), road
            for name in ("only-there", "gone-there", "v-there"):
                assert name in asked or name not in reply.text, road
        assert await everything(two.second) == before


@pytest.mark.parametrize("route", ROADS)
async def test_a_key_of_one_workspace_opens_no_other_that_is_named(two: Two, route: str) -> None:
    before = await everything(two.second)
    async with opened(two, "named") as client:
        client.headers["X-Workspace"] = "second"
        for road in ROADS[route]:
            path, sent = about(road, two.theirs, "")
            reply = await client.request(route.split()[0], path, **sent)
            assert reply.status_code == 403, reply.text
            assert SECRET not in reply.text
    assert await everything(two.second) == before


async def test_the_second_workspace_shows_all_that_the_first_must_not(two: Two) -> None:
    shown = await everything(two.second)
    assert b"only-there" in shown["/webhooks/dead"]
    for path in ("/export", "/keys", "/quarantine", "/quarantine/resolutions", "/webhooks", "/playbook"):
        assert SECRET.encode() in shown[path], path
    assert SECRET.encode() in shown[PAGE]


@pytest.fixture(scope="module")
async def bound(two: Two) -> AsyncIterator[httpx.AsyncClient]:
    """A first workspace that stays as it is."""
    async with opened(two, "bound") as client:
        await fill(client, "here", "marrow")
        await settle(client)
        yield client


@pytest.mark.parametrize("headers", [
    {}, {"X-Workspace": "bound"}, {"Authorization": "Basic Ym91bmQ6"}, {"Authorization": "Basic Ym91bmQ6c2Vjb25k"},
    {"Authorization": "bearer bound"}, {"X-Workspace-Id": "second", "Workspace": "second"},
    {"X-Forwarded-Host": "second", "Cookie": "workspace=second; Authorization=second"}, {"AnonymousId": "second"},
])  # fmt: skip
async def test_a_key_reads_its_own_workspace_whatever_else_is_sent(bound: httpx.AsyncClient, headers: Json) -> None:
    for path in ("/export", "/clients", "/quarantine", "/keys"):
        reply = await bound.get(path, headers=headers)
        assert reply.status_code == 200
        assert SECRET not in reply.text
        assert "marrow" in reply.text or path == "/clients"


@pytest.mark.parametrize("headers", [
    {"Authorization": "Bearer bound second"}, {"Authorization": "Basic c2Vjb25kOmJvdW5k", "X-Workspace": "bound"},
    {"X-Workspace": "BOUND"}, {"X-Workspace": "bound,second"}, {"X-Workspace": "second, bound"}, {"X-Workspace": ""},
])  # fmt: skip
async def test_a_key_and_a_name_that_do_not_agree_are_refused(bound: httpx.AsyncClient, headers: Json) -> None:
    reply = await bound.get("/export", headers=headers)
    assert reply.status_code in (401, 403, 422), reply.text
    assert SECRET not in reply.text


async def test_who_was_erased_in_one_workspace_is_taken_in_by_the_other(two: Two, bound: httpx.AsyncClient) -> None:
    back = {"event": "Back", "timestamp": "2025-05-03T00:00:00Z"}
    for client, erased, other in ((bound, "gone-here", "gone-there"), (two.second, "gone-there", "gone-here")):
        sent = [{**back, "userId": who, "messageId": f"back-{who}"} for who in (erased, other)]
        results = (await client.post("/events", json=sent)).json()["results"]
        assert [result["verdict"] for result in results] == ["suppressed", "accepted"]


async def test_an_operators_word_on_an_alias_holds_in_one_workspace(two: Two, bound: httpx.AsyncClient) -> None:
    assert (await bound.delete("/clients/ada/aliases/v1")).status_code == 200
    alone, joined = [(await each.get("/clients/v1")).json()["client_id"] for each in (bound, two.second)]
    assert (alone, joined) == ("v1", "ada")


@pytest.mark.parametrize("stream", [False, True])
async def test_a_thread_of_the_same_name_carries_nothing_across(
    two: Two, bound: httpx.AsyncClient, stream: bool
) -> None:
    async def said(client: httpx.AsyncClient, message: str, thread_id: str) -> Any:
        asked = {"message": message, "thread_id": thread_id, "stream": stream, **AS_OF}
        reply = await client.post("/chat", json=asked)
        return lasting([list(each) for each in stream_events(reply.text)] if stream else reply.json())

    await said(two.second, "Why did bob leave?", "shared")
    after = await said(bound, "And what did they complain about?", "shared")
    assert after == await said(bound, "And what did they complain about?", "of-its-own")
    assert SECRET not in json.dumps(after)


#: For tools that need more than a customer.
ARGUMENTS: dict[str, Json] = {"recall": {"query": f"{SECRET} lamp is broken"}, "cohort": {"sort": "name"}}


def _about(tool: Any, who: str | None) -> list[Json]:
    """The arguments by which a tool is asked about one customer, or about everybody where it can be."""
    if "client_id" in tool.args.model_fields:
        return [{"client_id": who}] if who else []
    listed = "client_ids" if "client_ids" in tool.args.model_fields else "among"
    return [{listed: [who] if who else []}]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
async def test_no_tool_sees_the_other_workspace(two: Two, bound: httpx.AsyncClient, tool: Any) -> None:
    services = two.app.state.services
    seen: dict[str, list[str]] = {}
    for name in ("bound", "second"):
        scope = Scope(name)
        moment = Moment(at("2025-06-01"), await services.workspaces.settings(scope))
        context = services.desk.context(scope, moment)
        asked = [each for who in ("ada", "bob", None) for each in _about(tool, who)]
        found = [await tool.run(context, tool.args(**ARGUMENTS.get(tool.name, {}), **each)) for each in asked]
        seen[name] = [each.model_dump_json() for each in found]
    assert not [text for text in seen["bound"] if SECRET in text or "only-there" in text]
    assert not [text for text in seen["second"] if "marrow" in text or "only-here" in text]
    # Of two people in each nobody is alike enough for a recommendation.
    assert seen["bound"] != seen["second"] or tool.name == "recommend"
