"""Laws 2, 3, 5 and 7 for what is decided, told and learnt of actions: the same for T whatever comes after T."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import httpx
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.feedback import Feedback
from memory.given import Given
from memory.scope import Scope
from server.routes.effects import get_effects
from server.times import Moment
from tests.builders import at, item
from tests.decisions import ARMS, decided, experiment
from tests.talk import Json, send
from tools.experiment.outcomes import Trial

T = at("2026-04-01")
PEOPLE = ["ada", "bob", "v1"]
EXAMPLES = count()

Happening = tuple[str, datetime, Any]


def decision(number: int, draw: Json, moment: datetime) -> Given:
    features = {"traits.x": float(draw["number"])}
    return decided(
        draw["user"], draw["arm"], moment, id=f"{draw['prefix']}{number}", period=draw["number"], features=features
    )


def feedback(chosen: Given, verdict: Any, moment: datetime) -> Feedback:
    return Feedback(
        recommendation_id=chosen.id, client_id=chosen.client_id, what=chosen.what, kind="action", verdict=verdict,
        made_at=moment, received_at=moment, cool_down_days=chosen.cool_down_days,
    )  # fmt: skip


def event(number: int, draw: Json, moment: datetime) -> Json:
    """An order, a visit, or that the visitor is Ada."""
    named: Json = {"messageId": f"{draw['prefix']}{number}"}
    when = moment.isoformat()
    if draw["user"] == "v1":
        return item("Pricing", when, None, type="page", anonymousId="v1", **named)
    if draw["number"] == 0:
        return item("", when, draw["user"], type="identify", anonymousId="v1", traits={"x": 1}, **named)
    return item("Order Completed", when, draw["user"], properties={"revenue": 5, "currency": "EUR"}, **named)


DRAWS = st.fixed_dictionaries({
    "user": st.sampled_from(PEOPLE),
    "arm": st.sampled_from(ARMS),
    "number": st.integers(0, 3),
    "verdict": st.sampled_from([None, "accepted", "rejected", "ignored"]),
    "prefix": st.sampled_from(["a", "m", "z"]),
})  # fmt: skip
BEFORE = st.integers(0, 80).map(lambda days: T - timedelta(days=days))
AFTER = st.one_of(st.just(T + timedelta(microseconds=1)), st.integers(1, 60).map(lambda days: T + timedelta(days=days)))


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Happening], list[Happening]]:
    """What happened until T, itself included, and after it; feedback on a decision may come on the other side."""
    numbers = count()
    before: list[Happening] = []
    after: list[Happening] = []
    for times, size in ((BEFORE, 14), (AFTER, 10)):
        for chosen, moment in draw(st.lists(st.tuples(DRAWS, times), min_size=3, max_size=size)):
            (before if moment <= T else after).append(("event", moment, event(next(numbers), chosen, moment)))
        for chosen, moment in draw(st.lists(st.tuples(DRAWS, times), min_size=2, max_size=size)):
            made = decision(next(numbers), chosen, moment)
            (before if moment <= T else after).append(("given", moment, made))
            told = moment + timedelta(days=20)
            if chosen["verdict"]:
                (before if told <= T else after).append(("told", told, feedback(made, chosen["verdict"], told)))
    return before, after


async def arrive(app: FastAPI, workspace: str, happened: list[Happening]) -> None:
    services, scope = app.state.services, Scope(workspace)
    for kind, moment, what in happened:
        if kind == "event":
            await services.intake.receive(scope, [what], moment)
        elif kind == "given":
            await services.given.put(scope, [what])
        else:
            await services.feedback.give(scope, what)


async def seen(app: FastAPI, workspace: str, as_of: datetime = T, known_at: datetime | None = None) -> list[Any]:
    """All that is said of decisions at an instant."""
    services, scope = app.state.services, Scope(workspace)
    moment = Moment(as_of, await services.workspaces.settings(scope), known_at)
    at_once = (scope, as_of, known_at)
    return [
        await services.given.all(*at_once),
        await services.feedback.all(*at_once),
        await services.feedback.resting(scope, PEOPLE, as_of, known_at),
        await get_effects(scope, services, moment),
    ]


@settings(max_examples=40, deadline=None)
@given(lived=histories(), random=st.randoms(use_true_random=False))
async def test_what_comes_after_an_instant_changes_nothing_of_it(shared_app: FastAPI, lived: Any, random: Any) -> None:
    before, after = lived
    mixed = [*before, *after]
    random.shuffle(mixed)
    name = next(EXAMPLES)
    await arrive(shared_app, f"effects-cut-{name}", before)
    await arrive(shared_app, f"effects-all-{name}", mixed)
    cut = await seen(shared_app, f"effects-cut-{name}")
    assert await seen(shared_app, f"effects-all-{name}") == cut
    assert await seen(shared_app, f"effects-all-{name}", T + timedelta(days=90), known_at=T) == await seen(
        shared_app, f"effects-cut-{name}", T + timedelta(days=90), known_at=T
    )


async def fill(app: FastAPI, client: httpx.AsyncClient, trials: list[Trial]) -> None:
    """An experiment of decisions, each with what came of it."""
    scope = Scope(client.headers["X-Workspace"])
    chosen = [
        decided(each.client_id, each.arm, at("2026-02-01"), features=dict(each.decision.features)) for each in trials
    ]
    for start in range(0, len(chosen), 500):
        await app.state.services.given.put(scope, chosen[start : start + 500])
    await send(client, [
        item("Order Completed" if each.success else "Signed In", "2026-02-10", each.client_id) for each in trials
    ])  # fmt: skip


async def test_what_was_learnt_from_an_erased_customer_is_learnt_anew(
    shared_app: FastAPI, client: httpx.AsyncClient
) -> None:
    trials = experiment(3_300)
    await fill(shared_app, client, trials)
    services, scope = shared_app.state.services, Scope(client.headers["X-Workspace"])
    first = await services.effects.effects(scope, T)
    assert set(first.actions) == {"call", "discount"}
    assert (await client.delete(f"/clients/{trials[0].client_id}")).status_code == 200
    second = await services.effects.effects(scope, T)
    assert second.version not in (None, first.version)
    assert second.lift("call", {"traits.x": 1.0}) != first.lift("call", {"traits.x": 1.0})
    report = (await client.get("/recommendations/effects", params={"as_of": T.isoformat()})).json()
    assert (report["known"], report["model"]) == (len(trials) - 1, second.version)
    elsewhere = Scope(f"{scope.workspace}-elsewhere")
    assert (await services.effects.effects(elsewhere, T)).actions == ()
