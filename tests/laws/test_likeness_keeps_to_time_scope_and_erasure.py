"""Laws 2, 3, 4, 5 and 7 for who is like whom: for T, for a scope, after an erasure, and with evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from memory.scope import Scope
from server.times import Moment
from tests.builders import at, item
from tests.talk import Json, ask, send
from tools.alike import SimilarArgs, run
from tools.tool import ToolContext, ToolError

EXAMPLES = count()
#: At noon: the customer in question is seen up to here, the others up to midnight.
T = at("2026-03-01T12:00")
PEOPLE = ("ada", "bob", "cyd", "dee")
ITEMS = ("lamp", "sofa", "rug", "harp")


def event(number: int, draw: Json, moment: datetime) -> Json:
    """An order, a refund, a visit on a shared device, or what somebody says of themselves."""
    named: Json = {"messageId": f"{draw['prefix']}{number}"}
    when, user, kind = moment.isoformat(), draw["user"], draw["kind"]
    if kind == "visit":
        return item("Prices", when, None, type="page", anonymousId="v1", **named)
    if kind == "identify":
        return item("", when, user, type="identify", anonymousId="v1", traits={"plan": draw["plan"]}, **named)
    products = [{"name": each} for each in draw["items"]]
    properties = {"revenue": draw["fee"], "currency": draw["currency"], "products": products}
    return item(kind, when, user, properties=properties, **named)


DRAWS = st.fixed_dictionaries({
    "kind": st.sampled_from(["Order Completed", "Order Completed", "Order Refunded", "visit", "identify"]),
    "user": st.sampled_from(PEOPLE),
    "items": st.lists(st.sampled_from(ITEMS), min_size=1, max_size=3),
    "plan": st.sampled_from(["pro", "free"]),
    "fee": st.integers(1, 50),
    "currency": st.sampled_from(["EUR", "EUR", "GBP"]),
    "prefix": st.sampled_from(["0", "m", "z"]),
})  # fmt: skip
BEFORE = st.integers(0, 2_000).map(lambda hours: T - timedelta(hours=hours, microseconds=1))
AFTER = st.integers(0, 2_000).map(lambda hours: T + timedelta(hours=hours))
Arrival = tuple[Json, datetime]
#: Everybody is there from the beginning, so that anybody can be asked about.
START = [
    (item("Order Completed", "2025-12-01", who, properties={"products": [{"name": ITEMS[n]}]}), at("2025-12-01"))
    for n, who in enumerate(PEOPLE)
]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Arrival], list[Arrival], list[Arrival]]:
    """What happened before T and came in at once; what happened or came in later; and all in another order."""
    numbers = count()

    def arrivals(times: st.SearchStrategy[datetime], size: int) -> list[Arrival]:
        chosen = draw(st.lists(st.tuples(DRAWS, times), min_size=3, max_size=size))
        return [(event(next(numbers), *each), each[1]) for each in chosen]

    before, after = [*START, *arrivals(BEFORE, 20)], arrivals(AFTER, 12)
    after += [(sent, T + timedelta(days=1)) for sent, _ in arrivals(BEFORE, 6)]
    return before, after, draw(st.permutations([*before, *after]))


async def arrive(app: FastAPI, workspace: str, arrived: Sequence[Arrival]) -> None:
    for what, moment in arrived:
        (result,) = await app.state.services.intake.receive(Scope(workspace), [what], moment)
        assert result.verdict == "accepted", result


async def context_of(
    app: FastAPI, workspace: str, as_of: datetime = T, known_at: datetime | None = None
) -> ToolContext:
    services, scope = app.state.services, Scope(workspace)
    moment = Moment(as_of, await services.workspaces.settings(scope), known_at)
    found: ToolContext = services.desk.context(scope, moment)
    return found


async def found_by(context: ToolContext) -> list[Any]:
    """Who is like each of them, in every way."""
    asked = [SimilarArgs(client_id=who, by=by) for who in PEOPLE for by in ("behaviour", "profile", "both")]
    return [(await run(context, args)).model_dump(mode="json") for args in asked]


@given(history=histories())
@settings(max_examples=10, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
async def test_likeness_does_not_change_with_what_happens_or_is_told_later_or_in_which_order_it_arrives(
    shared_app: FastAPI, history: tuple[list[Arrival], list[Arrival], list[Arrival]]
) -> None:
    before, after, mixed = history
    number = next(EXAMPLES)
    here, shuffled = f"alike-{number}", f"alike-mixed-{number}"
    await arrive(shared_app, here, before)
    expected = await found_by(await context_of(shared_app, here, known_at=T))
    assert await found_by(await context_of(shared_app, here)) == expected

    await arrive(shared_app, here, after)
    assert await found_by(await context_of(shared_app, here, known_at=T)) == expected
    await arrive(shared_app, shuffled, mixed)
    assert await found_by(await context_of(shared_app, shuffled, known_at=T)) == expected
    later = T + timedelta(days=90)
    everything = await found_by(await context_of(shared_app, here, later))
    assert await found_by(await context_of(shared_app, shuffled, later)) == everything


async def test_every_event_that_is_named_lies_before_its_time_and_belongs_to_one_of_the_two(
    shared_app: FastAPI,
) -> None:
    workspace = f"alike-{uuid4().hex}"
    later = [(item("Order Completed", "2026-03-01T13:00:00Z", who), T) for who in PEOPLE]
    same = [(item("Signed In", "2026-02-01", who), at("2026-02-01")) for who in PEOPLE]
    await arrive(shared_app, workspace, [*START, *same, *later])
    context = await context_of(shared_app, workspace)
    found = await run(context, SimilarArgs(client_id="ada"))
    assert len(found.customers) == len(PEOPLE) - 1
    for row in found.customers:
        owners = {record.customer_id for record in await context.store.get(context.scope, row.evidence)}
        assert owners == {"ada", row.client_id}
    named = {key for fact in found.facts for key in fact.evidence} | {each.message_id for each in found.passages}
    records = await context.store.get(context.scope, list(named))
    assert len(records) == len(named)
    assert all(record.occurred_at < T for record in records)
    assert {each.message_id: each.client_id for each in found.passages} == {
        record.message_id: record.customer_id for record in records
        if record.message_id in {each.message_id for each in found.passages}
    }  # fmt: skip


async def test_nobody_of_another_workspace_is_similar(shared_app: FastAPI) -> None:
    names = [f"alike-{uuid4().hex}" for _ in range(2)]
    for name, other in zip(names, ("marrow", "quince"), strict=True):
        lives = [item("Signed In", "2026-01-01", who) for who in ("ada", other)]
        await arrive(shared_app, name, [(each, at("2026-01-05")) for each in lives])
    told = str(await run(await context_of(shared_app, names[0]), SimilarArgs(client_id="ada")))
    assert "marrow" in told
    assert "quince" not in told


async def test_an_erased_customer_is_like_nobody_and_counts_nowhere(
    shared_app: FastAPI, client: httpx.AsyncClient
) -> None:
    await send(client, [item("Signed In", "2026-01-01", who) for who in PEOPLE])
    workspace = client.headers["X-Workspace"]
    before = await run(await context_of(shared_app, workspace), SimilarArgs(client_id="ada"))
    assert "bob" in {row.client_id for row in before.customers}
    assert (await client.delete("/clients/bob")).status_code == 200
    after = await run(await context_of(shared_app, workspace), SimilarArgs(client_id="ada"))
    assert "bob" not in after.model_dump_json()
    never = await run(await context_of(shared_app, await without_bob(shared_app)), SimilarArgs(client_id="ada"))
    assert after.model_dump() == never.model_dump()


async def without_bob(app: FastAPI) -> str:
    workspace = f"alike-{uuid4().hex}"
    lives = [(item("Signed In", "2026-01-01", who), at("2026-01-05")) for who in PEOPLE if who != "bob"]
    await arrive(app, workspace, lives)
    return workspace


async def test_a_question_bound_to_one_customer_names_no_other(shared_app: FastAPI, client: httpx.AsyncClient) -> None:
    await send(client, [item("Signed In", "2026-01-01", who) for who in PEOPLE])
    bound = replace(await context_of(shared_app, client.headers["X-Workspace"]), bound_to="ada")
    for args in (SimilarArgs(), SimilarArgs(client_id="ada"), SimilarArgs(client_id="bob")):
        with pytest.raises(ToolError):
            await run(bound, args)
    for question in ("Who is similar to me?", "Which customers are similar to ada?", "Who else is like this customer?"):
        found = await ask(client, question, customer_id="ada", as_of="2026-03-01")
        assert not {"bob", "cyd", "dee"} & {each["customer_id"] for each in found["citations"]}
        assert "bob" not in found["answer"]
        assert found["abstained"]
