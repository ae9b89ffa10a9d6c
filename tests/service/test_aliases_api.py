"""/clients/{id}/aliases: joins are listed with their reason, made and undone, and hold from their time on."""

from __future__ import annotations

from datetime import timedelta

import httpx
from fastapi import FastAPI

from memory.aliases import read_corrections
from memory.kinds import JOIN
from memory.scope import Scope
from memory.store import Control
from tests.builders import RECEIVED, item
from tests.talk import send

JOINED_ON = "2026-01-10"


async def visitor_becomes_ada(client: httpx.AsyncClient) -> None:
    await send(
        client,
        [
            item("Pricing", "2026-01-05", None, type="page", anonymousId="v1"),
            item("Order Completed", "2026-01-12", "ada", properties={"revenue": 20, "currency": "EUR"}),
            item("", JOINED_ON, "ada", type="identify", anonymousId="v1"),
        ],
    )


async def ids_of(client: httpx.AsyncClient, who: str, **params: str) -> list[str]:
    reply = await client.get(f"/clients/{who}/timeline", params={"order": "oldest", **params})
    return [event["message_id"] for event in reply.json()["events"]] if reply.is_success else []


async def aliases(client: httpx.AsyncClient, who: str) -> list[tuple[str, str, str, str | None]]:
    listed = (await client.get(f"/clients/{who}/aliases")).raise_for_status().json()["aliases"]
    return [(each["alias"], each["client_id"], each["status"], each["reason"]) for each in listed]


async def test_an_identify_joins_the_life_before_it(client: httpx.AsyncClient) -> None:
    await visitor_becomes_ada(client)
    assert await ids_of(client, "ada") == await ids_of(client, "v1")
    assert len(await ids_of(client, "ada")) == 3
    assert await aliases(client, "v1") == [("v1", "ada", "joined", None)]


async def test_before_the_join_there_are_two_people(client: httpx.AsyncClient) -> None:
    await visitor_becomes_ada(client)
    assert len(await ids_of(client, "v1", as_of="2026-01-09")) == 1
    assert await ids_of(client, "ada", as_of="2026-01-09") == []
    assert (await client.get("/clients", params={"as_of": "2026-01-09"})).json()["total"] == 1


async def test_undoing_a_join_restores_both_histories_exactly(client: httpx.AsyncClient) -> None:
    visit = item("Pricing", "2026-01-05", None, type="page", anonymousId="v1")
    order = item("Order Completed", "2026-01-12", "ada", properties={"revenue": 20, "currency": "EUR"})
    await send(client, [visit, order])
    now = {"as_of": "2026-02-01"}
    before = {who: (await client.get(f"/clients/{who}", params=now)).json() for who in ("v1", "ada")}
    await client.put("/clients/ada/aliases/v1")
    assert len(await ids_of(client, "ada")) == 2
    undone = await client.delete("/clients/ada/aliases/v1")
    assert undone.json()["client_id"] is None
    assert {who: (await client.get(f"/clients/{who}", params=now)).json() for who in ("v1", "ada")} == before


async def test_an_undone_join_does_not_come_back_with_the_next_event(client: httpx.AsyncClient) -> None:
    await visitor_becomes_ada(client)
    await client.delete("/clients/ada/aliases/v1")
    await send(client, [item("Signed In", "2026-01-20", "ada", anonymousId="v1")])
    assert len(await ids_of(client, "v1")) == 1
    assert ("v1", "ada", "undone", "operator") in await aliases(client, "ada")
    assert (await client.delete("/clients/ada/aliases/v1")).status_code == 404


async def test_an_operator_joins_it_again(client: httpx.AsyncClient) -> None:
    await visitor_becomes_ada(client)
    await client.delete("/clients/ada/aliases/v1")
    await client.put("/clients/ada/aliases/v1")
    assert len(await ids_of(client, "v1")) == 3


async def test_a_correction_is_not_known_before_it_was_made(client: httpx.AsyncClient) -> None:
    await visitor_becomes_ada(client)
    undone = (await client.delete("/clients/ada/aliases/v1")).json()
    assert len(await ids_of(client, "ada", known_at=undone["received_at"])) == 3
    assert len(await ids_of(client, "ada")) == 2


async def test_an_alias_call_renames_a_customer_and_chains_hold(client: httpx.AsyncClient) -> None:
    await visitor_becomes_ada(client)
    await send(client, [{"type": "alias", "previousId": "ada", "userId": "ada-2", "timestamp": "2026-01-15T00:00:00Z"}])
    assert len(await ids_of(client, "v1")) == 4
    assert (await client.get("/clients/v1")).json()["client_id"] == "ada-2"
    assert (await client.get("/clients")).json()["total"] == 1


async def test_an_id_belongs_to_whom_it_was_first_joined_with(client: httpx.AsyncClient) -> None:
    await visitor_becomes_ada(client)
    await send(client, [item("Signed In", "2026-01-15", "bob", anonymousId="v1")])
    assert len(await ids_of(client, "bob")) == 1
    assert ("v1", "bob", "refused", "already_joined") in await aliases(client, "bob")


async def test_two_aliases_that_point_at_each_other_are_refused(client: httpx.AsyncClient) -> None:
    await send(
        client,
        [
            {"type": "alias", "previousId": "a", "userId": "b", "timestamp": "2026-01-01T00:00:00Z"},
            {"type": "alias", "previousId": "b", "userId": "a", "timestamp": "2026-01-02T00:00:00Z"},
        ],
    )
    assert (await client.get("/clients/a")).json()["client_id"] == "b"
    assert ("b", "a", "refused", "circle") in await aliases(client, "b")


async def test_an_id_joined_by_too_many_takes_no_more(client: httpx.AsyncClient) -> None:
    many = [
        item("", f"2026-01-01T{n // 60:02}:{n % 60:02}:00Z", "shared", type="identify", anonymousId=f"v{n}")
        for n in range(210)
    ]
    await send(client, many)
    assert (await client.get("/clients/v0")).json()["client_id"] == "shared"
    listed = await aliases(client, "shared")
    assert sum(status == "joined" for _, _, status, _ in listed) == 200
    assert sum(reason == "too_many_ids" for *_, reason in listed) == 10


async def test_an_id_that_names_nobody_is_no_alias(client: httpx.AsyncClient) -> None:
    await send(client, [item("", JOINED_ON, "ada", type="identify", anonymousId="anonymous")])
    assert await aliases(client, "ada") == []
    refused = await client.put("/clients/ada/aliases/null")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["reason"] == "unusable_id"


async def test_who_is_not_joined_cannot_be_undone(client: httpx.AsyncClient) -> None:
    await visitor_becomes_ada(client)
    for path in ("/clients/ada/aliases/ada", "/clients/ada/aliases/bob", "/clients/nobody/aliases/v1"):
        assert (await client.delete(path)).status_code == 404


async def test_where_accounts_are_the_customers_users_lead_to_them(client: httpx.AsyncClient) -> None:
    await client.put("/workspace", json={"customer": "group"})
    await send(
        client,
        [
            item("Signed In", "2026-01-01", "ada"),
            {
                "type": "group",
                "userId": "ada",
                "groupId": "acme",
                "traits": {"name": "Acme"},
                "timestamp": "2026-01-02",
            },
            item("Order Completed", "2026-01-03", "bob", context={"groupId": "acme"}),
        ],
    )
    listed = (await client.get("/clients")).json()
    assert [row["client_id"] for row in listed["clients"]] == ["acme"]
    assert len(await ids_of(client, "ada")) == 3
    assert (await client.get("/clients/acme")).json()["profile"]["company"] == "Acme"


async def test_who_a_customer_is_cannot_change_under_events(client: httpx.AsyncClient) -> None:
    await send(client, [item("Signed In", "2026-01-01", "ada")])
    refused = await client.put("/workspace", json={"customer": "group"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/customer-fixed")


async def test_visitors_whom_an_operator_joined_become_one_customer(client: httpx.AsyncClient) -> None:
    await send(
        client, [item("Pricing", "2026-01-05", None, type="page", anonymousId=visitor) for visitor in ("v1", "v2")]
    )
    await client.put("/clients/v2/aliases/v1")
    await send(client, [item("", JOINED_ON, "ada", type="identify", anonymousId="v2")])
    assert [len(await ids_of(client, who)) for who in ("v1", "v2", "ada")] == [3] * 3
    assert (await client.get("/clients")).json()["total"] == 1


async def test_a_chain_through_a_visitor_belongs_to_whom_it_leads_to(client: httpx.AsyncClient) -> None:
    alias = {"type": "alias", "previousId": "a1", "anonymousId": "a2", "timestamp": "2026-01-06T00:00:00Z"}
    visit = item("Pricing", "2026-01-05", None, type="page", anonymousId="a1")
    await send(client, [visit, alias, item("", JOINED_ON, "ada", type="identify", anonymousId="a2")])
    assert [len(await ids_of(client, who)) for who in ("a1", "a2", "ada")] == [3] * 3
    assert (await client.get("/clients")).json()["total"] == 1


async def test_joining_with_a_user_does_not_reach_the_visitor_of_that_name(client: httpx.AsyncClient) -> None:
    identify = item("", JOINED_ON, "mallory", type="identify", anonymousId="17")
    await send(client, [item("Signed In", "2026-01-05", "17"), item("Signed In", "2026-01-05", "x"), identify])
    await client.put("/clients/17/aliases/x")
    assert [len(await ids_of(client, who)) for who in ("x", "17", "mallory")] == [2, 2, 1]
    assert (await client.get("/clients")).json()["total"] == 2


async def test_a_late_alias_does_not_beat_the_operator(client: httpx.AsyncClient) -> None:
    await send(client, [item("Signed In", "2026-01-05", user) for user in ("a", "b")])
    await client.put("/clients/a/aliases/b")
    await send(client, [{"type": "alias", "previousId": "a", "userId": "b", "timestamp": "2026-01-02T00:00:00Z"}])
    assert (await client.get("/clients/b")).json()["client_id"] == "a"


async def test_an_account_keeps_all_of_its_many_users(client: httpx.AsyncClient) -> None:
    await client.put("/workspace", json={"customer": "group"})
    users = range(210)
    await send(client, [item("Signed In", "2026-01-05", f"u{n}", context={"groupId": "acme"}) for n in users])
    await send(client, [item("Signed In", "2026-02-05", f"u{n}") for n in users])
    assert [row["client_id"] for row in (await client.get("/clients")).json()["clients"]] == ["acme"]


async def test_ids_in_an_operators_word_are_cleaned_as_those_of_events(client: httpx.AsyncClient) -> None:
    await visitor_becomes_ada(client)
    joined = await client.put("/clients/%20ada/aliases/%20v2%20%00")
    assert (joined.json()["client_id"], joined.json()["alias"]) == ("ada", "v2")
    assert (await client.delete("/clients/ada%20/aliases/%20v2")).json()["alias"] == "v2"


async def test_an_alias_of_nothing_or_too_much_is_refused(client: httpx.AsyncClient) -> None:
    await visitor_becomes_ada(client)
    # NFC writes this character as two.
    for alias, reason in (("%20", "missing_id"), ("%E2%80%8B", "missing_id"), ("%E0%A5%98" * 200, "too_long")):
        refused = await client.put(f"/clients/ada/aliases/{alias}")
        assert refused.status_code == 422
        assert [(each["field"], each["reason"]) for each in refused.json()["errors"]] == [("alias", reason)]


async def test_who_was_erased_cannot_be_joined(client: httpx.AsyncClient) -> None:
    await visitor_becomes_ada(client)
    await send(client, [item("Signed In", "2026-01-12", "bob")])
    await client.delete("/clients/ada")
    for alias in ("ada", "v1", "%20ada"):
        refused = await client.put(f"/clients/bob/aliases/{alias}")
        assert (refused.status_code, refused.json()["errors"][0]["reason"]) == (422, "erased")
    assert b"v1" not in (await client.get("/export")).content


async def test_all_that_was_said_at_one_instant_is_kept_in_its_order(
    shared_app: FastAPI, client: httpx.AsyncClient
) -> None:
    await send(client, [item("Signed In", "2026-01-12", user) for user in ("ada", "bob")])
    joining, scope = shared_app.state.services.joining, Scope(client.headers["X-Workspace"])
    for who in ("bob", "ada", "bob"):
        await joining.join(scope, who, "v1", RECEIVED, RECEIVED)
    kept = await read_corrections(shared_app.state.services.store, scope)
    assert [(each.client_id, each.received_at - RECEIVED) for each in kept] == [
        (who, timedelta(microseconds=number)) for number, who in enumerate(("bob", "ada", "bob"))
    ]


async def test_a_stored_correction_without_a_zone_is_read_as_utc(
    shared_app: FastAPI, client: httpx.AsyncClient
) -> None:
    await visitor_becomes_ada(client)
    await client.put("/clients/ada/aliases/v2")
    naive = {"alias": "v3", "client_id": "ada", "occurred_at": "2026-01-01T00:00:00", "received_at": "2026-01-02"}
    services, scope = shared_app.state.services, Scope(client.headers["X-Workspace"])
    await services.store.put(scope, [Control(JOIN, "naive", naive)])
    assert ("v3", "ada", "joined", None) in await aliases(client, "ada")
