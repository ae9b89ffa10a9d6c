"""Laws 2, 3, 5 and 7 for the tools that count over everyone: what they return for T, for a scope, after an erasure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from memory.scope import Scope
from server.times import Moment
from tests.builders import at, item
from tests.talk import Json, ask, send
from tools.catalogue import catalogue
from tools.registry import BY_NAME
from tools.tool import ToolContext

EXAMPLES = count()
T = at("2026-03-01")
BOOKED, FED = "Kennel Booked", "Meal Served"
PEOPLE = ["ada", "bob", "cyd"]
SIZES = ["small", "Large", "LARGE"]
#: Every figure and cohort that has an order, a fill or a fallback of its own.
CALLS: list[tuple[str, Json]] = [
    ("measure", {"titles": [BOOKED]}),
    ("measure", {"titles": [BOOKED], "measure": "sum", "of": "fee", "by": "customer"}),
    ("measure", {"measure": "average", "of": "nights", "by": "size"}),
    ("measure", {"measure": "largest", "of": "fee"}),
    ("measure", {"measure": "median", "of": "fee", "by": "month"}),
    ("measure", {"by": "event", "order": "key"}),
    ("measure", {"by": "weekday", "titles": [BOOKED]}),
    ("measure", {"by": "breed"}),
    ("measure", {"measure": "distinct", "of": "size"}),
    ("measure", {"measure": "sum", "by": "week"}),
    ("measure", {"titles": ["Order Completed"], "by": "item"}),
    ("search_events", {"where": [{"label": "nights", "op": "at_least", "value": 2}], "order": "oldest"}),
    ("search_events", {"having": ["size"], "limit": 3}),
    ("cohort", {"deeds": [{"titles": [BOOKED], "times_min": 2}]}),
    ("cohort", {"deeds": [{"titles": [BOOKED], "of": "fee", "sum_min": 40}], "sort": "name"}),
    ("cohort", {"deeds": [{"titles": [FED], "times_max": 0}]}),
    ("cohort", {"deeds": [{"titles": [BOOKED], "first": True, "since": "2026-02-01T00:00:00Z"}]}),
    ("cohort", {"traits": [{"label": "breed", "value": "collie"}]}),
    ("cohort", {"among": ["ada", "v1"], "sort": "activity"}),
]


def event(number: int, draw: Json, moment: datetime) -> Json:
    """A booking, a meal, an order, a visit without a name, or what somebody says of themselves."""
    named: Json = {"messageId": f"{draw['prefix']}{number}"}
    when, user, kind = moment.isoformat(), draw["user"], draw["kind"]
    if kind == "visit":
        return item("Prices", when, None, type="page", anonymousId="v1", **named)
    if kind == "join":
        traits = {"name": f"{user.capitalize()} Stone", "breed": draw["breed"]}
        return item("", when, user, type="identify", anonymousId="v1", traits=traits, **named)
    properties: Json = {"size": draw["size"]}
    if kind == BOOKED:
        properties |= {"fee": draw["fee"], "nights": draw["fee"] % 4, "currency": draw["currency"]}
    elif kind == "Order Completed":
        products = [{"name": f"{draw['size']} bowl"}]
        properties = {"revenue": draw["fee"], "currency": draw["currency"], "products": products}
    return item(kind, when, user, properties=properties, **named)


DRAWS = st.fixed_dictionaries({
    "kind": st.sampled_from([BOOKED, BOOKED, BOOKED, FED, "Order Completed", "visit", "join"]),
    "user": st.sampled_from(PEOPLE),
    "size": st.sampled_from(SIZES),
    "breed": st.sampled_from(["collie", "pug"]),
    "fee": st.integers(1, 50),
    "currency": st.sampled_from(["EUR", "EUR", "GBP"]),
    "prefix": st.sampled_from(["0", "a", "m", "z"]),
})  # fmt: skip
BEFORE = st.one_of(
    st.integers(1, 90).map(lambda days: T - timedelta(days=days)), st.just(T - timedelta(microseconds=1))
)
AFTER = st.one_of(st.just(T), st.integers(0, 60).map(lambda days: T + timedelta(days=days)))
Arrival = tuple[Json, datetime]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Arrival], list[Arrival], list[Arrival]]:
    """What happened before T and came in at once; what happened or came in later; and all in another order."""
    numbers = count()

    def arrivals(times: st.SearchStrategy[datetime], size: int) -> list[Arrival]:
        chosen = draw(st.lists(st.tuples(DRAWS, times), min_size=4, max_size=size))
        return [(event(next(numbers), *each), each[1]) for each in chosen]

    before, after = arrivals(BEFORE, 25), arrivals(AFTER, 15)
    # Of before T, but told of after: seen by `as_of` alone, not where `known_at` is T.
    late = [(sent, T + timedelta(days=1)) for sent, _ in arrivals(BEFORE, 8)]
    after += late
    return before, after, draw(st.permutations([*before, *after]))


async def arrive(app: FastAPI, workspace: str, arrived: Sequence[Arrival]) -> None:
    for what, moment in arrived:
        (result,) = await app.state.services.intake.receive(Scope(workspace), [what], moment)
        assert result.verdict == "accepted", result


async def context_of(
    app: FastAPI, workspace: str, as_of: datetime = T, known_at: datetime | None = None
) -> ToolContext:
    services, scope = app.state.services, Scope(workspace)
    found: ToolContext = services.desk.context(
        scope, Moment(as_of, await services.workspaces.settings(scope), known_at)
    )
    return found


async def found_by(context: ToolContext) -> list[Any]:
    """What every call returns, and the vocabulary of what is seen."""
    found: list[Any] = [await catalogue(context)]
    for name, args in CALLS:
        tool = BY_NAME[name]
        found.append((await tool.run(context, tool.args.model_validate(args))).model_dump(mode="json"))
    return found


@given(history=histories())
@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
async def test_no_figure_changes_with_what_happens_or_is_told_later_or_in_which_order_it_arrives(
    shared_app: FastAPI, history: tuple[list[Arrival], list[Arrival], list[Arrival]]
) -> None:
    before, after, mixed = history
    number = next(EXAMPLES)
    here, shuffled = f"figures-{number}", f"figures-mixed-{number}"
    await arrive(shared_app, here, before)
    expected = await found_by(await context_of(shared_app, here, known_at=T))
    assert await found_by(await context_of(shared_app, here)) == expected

    await arrive(shared_app, here, after)
    assert await found_by(await context_of(shared_app, here, known_at=T)) == expected
    await arrive(shared_app, shuffled, mixed)
    assert await found_by(await context_of(shared_app, shuffled, known_at=T)) == expected
    everything = await found_by(await context_of(shared_app, here, T + timedelta(days=90)))
    assert await found_by(await context_of(shared_app, shuffled, T + timedelta(days=90))) == everything


async def test_no_figure_of_one_workspace_holds_anything_of_another(shared_app: FastAPI) -> None:
    names = [f"scope-{uuid4().hex}" for _ in range(2)]
    for name, secret, fee in zip(names, ("marrow", "quince"), (10, 77_777), strict=True):
        sent = [
            item("", "2026-01-01", "ada", type="identify", traits={"name": f"Ada {secret}", "breed": secret}),
            item(BOOKED, "2026-01-02", "ada", properties={"fee": fee, "nights": 2, "size": secret, "currency": "EUR"}),
            item(f"{secret} Fed", "2026-01-03", "ada", properties={secret: secret}),
        ]
        await arrive(shared_app, name, [(each, at("2026-01-05")) for each in sent])
    told = str(await found_by(await context_of(shared_app, names[0])))
    assert "marrow" in told
    assert "quince" not in told
    assert "77777" not in told


async def test_a_bound_context_knows_no_words_of_others(shared_app: FastAPI, client: httpx.AsyncClient) -> None:
    await send(client, [
        item(BOOKED, "2026-01-02", "ada", properties={"size": "small"}),
        item("Quince Fed", "2026-01-03", "bob", properties={"quince": "yellow"}),
    ])  # fmt: skip
    workspace = client.headers["X-Workspace"]
    whole = await context_of(shared_app, workspace)
    assert "quince" in (await catalogue(whole)).labels
    known = await catalogue(replace(whole, bound_to="ada"))
    assert (set(known.titles), set(known.labels)) == ({BOOKED}, {"size"})


async def test_words_of_an_erased_customer_are_no_longer_understood(
    shared_app: FastAPI, client: httpx.AsyncClient
) -> None:
    await send(client, [
        item(BOOKED, "2026-01-02", "ada", properties={"size": "small"}),
        item("Quince Fed", "2026-01-03", "bob", properties={"variety": "champion", "order_id": "Q-7712"}),
        item("", "2026-01-03", "bob", type="identify", traits={"name": "Bob Champion", "company": "Medlar Works"}),
    ])  # fmt: skip
    asked = "How many Quince Fed events with variety champion do we have?"
    assert "1" in (await ask(client, asked))["answer"]
    kept = (await (await context_of(shared_app, client.headers["X-Workspace"])).survey()).notes
    assert (await client.delete("/clients/bob")).status_code == 200
    survey = await (await context_of(shared_app, client.headers["X-Workspace"])).survey()
    assert survey.notes is not kept
    found = await catalogue(await context_of(shared_app, client.headers["X-Workspace"]))
    assert (set(found.titles), set(found.labels)) == ({BOOKED}, {"size"})
    for question in (asked, "What did Bob Champion do?", "What did Medlar Works do?", "Who has order Q-7712?"):
        reply = await ask(client, question)
        assert (reply["abstained"], reply["citations"]) == (True, []), reply


async def test_words_of_an_event_that_has_just_arrived_are_understood(client: httpx.AsyncClient) -> None:
    await send(client, [item(BOOKED, "2026-01-02", "ada", properties={"size": "small"})])
    asked = "How many events with variety champion are there?"
    assert (await ask(client, asked))["abstained"]
    await send(client, [item("Quince Fed", "2026-01-03", "bob", properties={"variety": "champion"})])
    assert ": 1" in (await ask(client, asked))["answer"]
