"""Law 3: what is answered for T is the same whatever happens at or after T, here or elsewhere, and in any order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
from fastapi import FastAPI
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from memory.aliases import write_correction
from memory.identity import Correction
from memory.scope import Scope
from tests.builders import at, item
from tests.talk import Json, lasting, settle, talk

EXAMPLES = count()
T = at("2025-03-01")
AS_OF = "2025-03-01T00:00:00Z"
WORKSPACE = {"time_zone": "Europe/Madrid", "churn": {"inactive_days": 60}}
PEOPLE = ["ada", "bob", "cyd"]
VISITORS = ["v1", "v2"]
ITEMS = ["Lamp", "Bulb", "Shade", "Wire"]

QUESTIONS = [
    "Tell me the story of ada",
    "Why may bob leave?",
    "Who needs attention?",
    "How many orders?",
    "How much did ada spend in February?",
    "Top 3 customers",
    "Which customers churned?",
    "What should we recommend to ada?",
    "How many support tickets are still open?",
    "What is broken or missing?",
    "What did v1 look at?",
    "Tell me about Ada Byron",
    "Did anybody mention the Wire?",
    "Who was at risk last month?",
]
READS = [
    "/clients",
    "/clients?sort=risk",
    "/clients?sort=recency&order=asc&limit=2",
    "/signals/churn",
    "/signals/churn?sort=value_at_stake",
    "/signals/churn?sort=change&horizon_days=30",
    "/signals/churn/model",
    "/signals/churn/history?client_id=ada",
    *(f"/clients/{who}{what}" for who in (*PEOPLE, "v1") for what in ("", "/timeline", "/memory?query=lamp+is+broken")),
]


def event(number: int, draw: Json, moment: datetime) -> Json:
    """An event of one of the kinds that folds and rankings look at; its id sorts anywhere."""
    user, visitor, kind = draw["user"], draw["visitor"], draw["kind"]
    named: dict[str, Any] = {"messageId": f"{draw['prefix']}{number}"}
    when = moment.isoformat()
    if kind == "visit":
        return item("Pricing", when, None, type="page", anonymousId=visitor, **named)
    if kind == "join":
        traits = {"name": f"{user.capitalize()} {draw['surname']}"}
        return item("", when, user, type="identify", anonymousId=visitor, traits=traits, **named)
    if kind == "Order Completed":
        products = [{"name": name, "quantity": 1} for name in draw["items"]]
        named["properties"] = {"revenue": draw["amount"], "currency": draw["currency"], "products": products}
    elif kind.startswith("Support"):
        named["properties"] = {"message": f"the {draw['items'][0]} is broken", "ticket_id": f"t{draw['amount'] % 3}"}
    return item(kind, when, user, **named)


DRAWS = st.fixed_dictionaries({
    "kind": st.sampled_from([
        "visit", "visit", "join", "Order Completed", "Order Completed", "Order Refunded", "Signed In", "Signed In",
        "Support Ticket Opened", "Support Ticket Resolved", "Payment Failed", "Payment Succeeded", "Trial Started",
        "Subscription Started", "Subscription Cancelled", "Plan Downgraded",
    ]),
    "user": st.sampled_from(PEOPLE),
    "visitor": st.sampled_from(VISITORS),
    "surname": st.sampled_from(["Byron", "Stone", "Bob"]),
    "items": st.lists(st.sampled_from(ITEMS), min_size=1, max_size=3),
    "amount": st.integers(1, 50),
    "currency": st.sampled_from(["EUR", "EUR", "GBP"]),
    "prefix": st.sampled_from(["0", "a", "m", "z", "ü"]),
})  # fmt: skip
#: Many days before, to show rhythms; close together, to make ties; and up to the last microsecond.
BEFORE = st.one_of(
    st.integers(1, 250).map(lambda days: T - timedelta(days=days)),
    st.integers(1, 3).map(lambda seconds: T - timedelta(seconds=seconds)),
    st.just(T - timedelta(microseconds=1)),
)
AFTER = st.one_of(st.just(T), st.integers(0, 90).map(lambda days: T + timedelta(days=days, microseconds=1)))


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Json], list[Json], list[Json]]:
    """Events before T, events from T on, and all of them in another order."""
    numbers = count()
    chosen = draw(st.lists(st.tuples(DRAWS, BEFORE), min_size=5, max_size=40))
    # One tablet, two people: whose its visits are depends on who came first.
    for user, kind in (("ada", "join"), ("bob", "join"), ("cyd", "visit")):
        chosen.append(({**draw(DRAWS), "kind": kind, "user": user, "visitor": "v1"}, draw(BEFORE)))
    before = [event(next(numbers), *each) for each in chosen]
    after = [event(next(numbers), *each) for each in draw(st.lists(st.tuples(DRAWS, AFTER), min_size=1, max_size=30))]
    known = draw(st.sampled_from(before))
    # Said again with other words: kept aside, and no part of any answer.
    after.append({**known, "properties": {"message": "something else", "revenue": 1_000}})
    mixed = draw(st.permutations([*before, *after[:-1]]))
    return before, after, mixed


async def keep(client: httpx.AsyncClient, items: list[Json], size: int = 100) -> None:
    for start in range(0, len(items), size):
        reply = await client.post("/events", json=items[start : start + size])
        assert reply.json()["counts"]["quarantined"] == 0, reply.text
    await settle(client)


async def answers(client: httpx.AsyncClient, reads: Sequence[str] = READS, **known: str) -> dict[str, Any]:
    """Every answer for T, by what was asked."""
    found: dict[str, Any] = {}
    times = {"as_of": AS_OF, **known}
    for path in reads:
        found[path] = await client.get(path, params={**httpx.URL(path).params, **times})
    for outcome in ("churn", "conversion", "repeat_purchase"):
        found[outcome] = await client.post(f"/signals/{outcome}", json={"all": True, **times})
    for message in QUESTIONS:
        found[message] = await client.post("/chat", json={"message": message, **times})
    assert not [asked for asked, reply in found.items() if reply.status_code not in (200, 404)]
    return {asked: lasting(reply.json()) for asked, reply in found.items()}


@given(history=histories())
# Without shrinking: a smaller example would cost minutes; add Phase.shrink to look for one.
@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
async def test_no_answer_for_a_time_changes_with_what_happens_later_or_in_which_order_it_arrives(
    shared_app: FastAPI, history: tuple[list[Json], list[Json], list[Json]]
) -> None:
    before, after, mixed = history
    number = next(EXAMPLES)
    async with (
        talk(shared_app, f"past-{number}") as here,
        talk(shared_app, f"elsewhere-{number}") as elsewhere,
        talk(shared_app, f"mixed-{number}") as shuffled,
    ):
        for client in (here, elsewhere, shuffled):
            assert (await client.put("/workspace", json=WORKSPACE)).status_code == 200
        await keep(here, before)
        expected = await answers(here)

        await keep(elsewhere, [*after, *before])
        await keep(here, after, size=7)
        assert await answers(here) == expected

        await keep(shuffled, mixed, size=5)
        assert await answers(shuffled) == expected


async def test_a_visit_joined_later_still_belongs_to_nobody_before(client: httpx.AsyncClient) -> None:
    await keep(
        client,
        [item("Pricing", "2025-02-01", None, type="page", anonymousId="v1"), item("Signed In", "2025-02-02", "ada")],
    )
    expected = await answers(client)
    assert expected["/clients/v1"]["stage"] == "visitor"
    await keep(client, [item("", "2025-03-02", "ada", type="identify", anonymousId="v1", traits={"name": "Ada Byron"})])
    assert await answers(client) == expected
    assert (await client.get("/clients/v1", params={"as_of": "2025-03-02"})).json()["client_id"] == "ada"


async def test_the_present_of_a_pinned_clock_is_that_time(client: httpx.AsyncClient) -> None:
    await client.put("/workspace", json={**WORKSPACE, "now": AS_OF})
    await keep(client, [item("Signed In", "2025-02-02", "ada"), item("Signed In", "2025-03-02", "ada")])
    for path in ("/clients/ada", "/clients/ada/timeline", "/clients"):
        assert (await client.get(path)).json() == (await client.get(path, params={"as_of": AS_OF})).json()
    assert (await client.get("/clients/ada")).json()["profile"]["events"] == 1


# --- What was not received yet was not known ---

#: Everything that is known was received before; T lies after it.
K = T - timedelta(days=30)
KNOWN_AT = "2025-01-30T00:00:00Z"
SOON = timedelta(hours=20)
#: When something was received: up to the last microsecond before K, and from K itself on.
RECEIVED_BEFORE = st.one_of(
    st.integers(1, 200).map(lambda days: K - timedelta(days=days)), st.just(K - timedelta(microseconds=1))
)
RECEIVED_AFTER = st.one_of(st.just(K), st.integers(0, 60).map(lambda days: K + timedelta(days=days, microseconds=1)))
#: How long ago it had happened by then; a device's clock may be ahead.
AGES = st.one_of(st.integers(0, 200).map(lambda days: timedelta(days=days)), st.just(-SOON), st.just(timedelta(0)))
LOG = [f"/clients/{who}/aliases" for who in (*PEOPLE, *VISITORS)]

Arrival = tuple[Json | Correction, datetime]


@st.composite
def arrivals(draw: st.DrawFn, numbers: count[int], received: st.SearchStrategy[datetime], size: int) -> list[Arrival]:
    """Events, and what operators said, each with the time it came in."""
    found: list[Arrival] = []
    said: set[tuple[str, datetime]] = set()
    for _ in range(draw(st.integers(3, size))):
        at_hand, moment = draw(DRAWS), draw(received)
        # Of two words on one id at one instant the later would be kept.
        if draw(st.integers(0, 9)) == 0 and (at_hand["visitor"], moment) not in said:
            said.add((at_hand["visitor"], moment))
            owner = draw(st.sampled_from([None, *PEOPLE]))
            found.append((Correction(at_hand["visitor"], owner, moment - timedelta(days=1), moment), moment))
        else:
            found.append((event(next(numbers), at_hand, moment - draw(AGES)), moment))
    return sorted(found, key=lambda arrival: arrival[1])


@st.composite
def learned(draw: st.DrawFn) -> tuple[list[Arrival], list[Arrival], list[Arrival]]:
    """What came in before K, what came in from K on, and both in another order."""
    numbers = count()
    before = draw(arrivals(numbers, RECEIVED_BEFORE, 30))
    joined = {**draw(DRAWS), "kind": "join", "user": "ada", "visitor": "v1"}
    before.append((event(next(numbers), joined, K - timedelta(days=3)), K - timedelta(hours=1)))
    after = draw(arrivals(numbers, RECEIVED_AFTER, 30))
    undone = Correction("v1", None, K + timedelta(hours=2), K + timedelta(hours=2))
    after.append((undone, K + timedelta(hours=2)))
    return before, after, draw(st.permutations([*before, *after]))


async def arrive(app: FastAPI, client: httpx.AsyncClient, arrived: Sequence[Arrival]) -> None:
    """Take in each at its own time, as a service that ran then did."""
    services, scope = app.state.services, Scope(client.headers["X-Workspace"])
    for what, moment in arrived:
        if isinstance(what, Correction):
            await write_correction(services.store, scope, what)
            services.ledger.rejoined(scope)
        else:
            (result,) = await services.intake.receive(scope, [what], moment)
            assert result.verdict == "accepted", result
    await settle(client)


@given(history=learned())
@settings(max_examples=10, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
async def test_an_answer_with_known_at_is_the_one_that_was_given_then(
    shared_app: FastAPI, history: tuple[list[Arrival], list[Arrival], list[Arrival]]
) -> None:
    before, after, mixed = history
    number = next(EXAMPLES)
    async with talk(shared_app, f"known-{number}") as here, talk(shared_app, f"known-mixed-{number}") as shuffled:
        for client in (here, shuffled):
            assert (await client.put("/workspace", json=WORKSPACE)).status_code == 200
        await arrive(shared_app, here, before)
        reads = [*READS, *LOG]
        given_then = await answers(here, reads)
        assert await answers(here, reads, known_at=KNOWN_AT) == given_then

        await arrive(shared_app, here, after)
        assert await answers(here, reads, known_at=KNOWN_AT) == given_then
        await arrive(shared_app, shuffled, mixed)
        assert await answers(shuffled, reads, known_at=KNOWN_AT) == given_then


async def test_a_late_event_is_seen_by_as_of_and_not_before_it_was_received(
    shared_app: FastAPI, client: httpx.AsyncClient
) -> None:
    early = item("Pricing", "2025-01-02", "ada", messageId="early")
    await arrive(shared_app, client, [(early, at("2025-01-03"))])
    late = item("Order Completed", "2025-01-05", "ada", messageId="late", properties={"revenue": 10, "currency": "EUR"})
    await arrive(shared_app, client, [(late, at("2025-02-10T10:00"))])

    async def seen(**times: str) -> tuple[list[str], list[str], str]:
        timeline = (await client.get("/clients/ada/timeline", params=times)).json()["events"]
        memory = (await client.get("/clients/ada/memory", params={"query": "order", **times})).json()["memories"]
        answer = (await client.post("/chat", json={"message": "How many orders?", **times})).json()["answer"]
        return sorted(e["message_id"] for e in timeline), sorted(m["message_id"] for m in memory), answer

    everything, orders = ["early", "late"], "Purchases of all customers: 1"
    found = await seen(as_of="2025-01-10")
    assert (found[0], found[1]) == (everything, everything)
    assert orders in found[2]
    for known_at in ("2025-01-10", "2025-02-10T10:00:00Z"):
        found = await seen(as_of="2025-01-10", known_at=known_at)
        assert (found[0], found[1]) == (["early"], ["early"])
        assert orders not in found[2]
    assert (await seen(as_of="2025-01-10", known_at="2025-02-10T10:00:00.000001Z"))[0] == everything


async def test_an_undone_join_still_held_before_it_was_undone(client: httpx.AsyncClient) -> None:
    joined = item("", "2025-01-05", "ada", type="identify", anonymousId="v1", traits={"plan": "pro"})
    await keep(client, [item("Pricing", "2025-01-02", None, type="page", anonymousId="v1"), joined])
    known_then = datetime.now(UTC).isoformat()
    before = await answers(client, [*READS, *LOG], known_at=known_then)
    assert before["/clients/v1"]["client_id"] == "ada"
    assert (await client.delete("/clients/ada/aliases/v1")).status_code == 200
    assert (await client.get("/clients/v1", params={"as_of": AS_OF})).json()["client_id"] == "v1"
    assert await answers(client, [*READS, *LOG], known_at=known_then) == before


async def test_a_follow_up_for_a_time_is_the_same_whenever_its_thread_was_begun(client: httpx.AsyncClient) -> None:
    """A turn hands on what it was about, and nothing that it saw."""
    named = {"type": "identify", "traits": {"name": "Ada Byron"}}
    await keep(client, [
        item("", "2025-01-01", "ada", **named),
        item("Order Completed", "2025-02-01", "ada", properties={"revenue": 10, "currency": "EUR"}),
        item("Order Completed", "2025-04-01", "ada", properties={"revenue": 70, "currency": "EUR"}),
    ])  # fmt: skip
    found = []
    for thread_id, begun in (("then", AS_OF), ("later", "2025-06-01T00:00:00Z")):
        for message, as_of in (("How much has Ada Byron spent?", begun), ("How many orders did she place?", AS_OF)):
            asked = {"message": message, "as_of": as_of, "thread_id": thread_id}
            reply = await client.post("/chat", json=asked)
        found.append(lasting(reply.json()))
    assert found[0] == found[1]
    assert {citation["customer_id"] for citation in found[0]["citations"]} == {"ada"}
