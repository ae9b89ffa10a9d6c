"""Law 8: with no model, or with its provider down, every address answers, with the same shape and citations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from llmock.scenarios import Fail
from llmock.testing import LLMockServer

from server.app import create_app
from server.settings import Settings
from tests.builders import item
from tests.fakes import HashedWords, Json, ScriptedModel, calls, results, says
from tests.talk import ask, lasting, send, settle, stream_events, talk

AS_OF = "2026-04-01T00:00:00Z"


def paid(when: str, user: str, revenue: float, *names: str) -> Json:
    products = [{"name": name, "quantity": 1} for name in names]
    return item("Order Completed", when, user, properties={"revenue": revenue, "currency": "EUR", "products": products})


EVENTS = [
    item("Pricing", "2025-12-30", None, type="page", anonymousId="v1"),
    item("", "2026-01-01", "ada", type="identify", anonymousId="v1", traits={"name": "Ada Byron"}),
    item("", "2026-01-01", "bob", type="identify", traits={"name": "Bob Stone"}),
    item("", "2026-01-01", "cyd", type="identify", traits={"name": "Cyd Stone"}),
    *(paid(f"2026-0{month}-0{day}", "ada", 10 * day, "Lamp") for month in (1, 2) for day in (2, 9)),
    *(
        event
        for user in ("bob", "cyd")
        for event in (paid("2026-01-05", user, 5, "Lamp"), paid("2026-03-28", user, 5, "Wire"))
    ),
    item("Support Ticket Opened", "2026-03-01", "ada", properties={"message": "The shade arrived broken"}),
]
QUESTIONS = [
    "Tell me the story of Ada Byron", "Why may Ada leave?", "Who needs attention?", "How many orders did Ada place?",
    "How much was spent in February?", "Top 3 customers", "Which customers are engaged?", "When did Bob last order?",
    "What should we recommend to Ada?", "What arrived broken?", "How many refunds did Ada get?", "What did Stone say?",
    "What did Roberta Nkemelu say?", "What about the weather in Paris?",
]  # fmt: skip
READS = [
    "/clients", "/clients/ada", "/clients/ada/timeline", "/clients/ada/memory?query=broken+shade", "/export",
    "/workspace", "/quarantine", "/health/live",
]  # fmt: skip


@dataclass
class Both:
    """The same events in an application without a model, and in one whose provider refuses every request."""

    without: httpx.AsyncClient
    down: httpx.AsyncClient


@pytest.fixture(scope="module")
async def both(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Both]:
    async with AsyncExitStack() as stack:
        provider = stack.enter_context(LLMockServer())
        provider.state.scenarios.add(Fail(401, times=None))
        asked: Json = {"llm_base_url": provider.base_url(), "llm_api_key": "k", "llm_model": "gpt"}
        asked |= {"llm_rest_s": 0, "llm_probe": False}
        clients = []
        for name, settings in (("without", {}), ("down", asked)):
            app = create_app(
                Settings(data_dir=tmp_path_factory.mktemp(name) / "data", **settings), embedder=HashedWords()
            )
            clients.append(await _client(stack, app))
        yield Both(*clients)


async def _client(stack: AsyncExitStack, app: FastAPI) -> httpx.AsyncClient:
    await stack.enter_async_context(app.router.lifespan_context(app))
    client = await stack.enter_async_context(talk(app, "default"))
    await send(client, EVENTS)
    await settle(client)
    return client


#: What tells how an answer was made.
_MADE: Json = {"mode": "", "mode_reason": "", "usage": {}}


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_question_is_answered_the_same_with_the_provider_down(both: Both, question: str) -> None:
    without = lasting(await ask(both.without, question, as_of=AS_OF))
    down = lasting(await ask(both.down, question, as_of=AS_OF))
    assert (without["mode"], without["mode_reason"]) == ("deterministic", None)
    if down["tools"][1:]:
        assert (down["mode"], down["mode_reason"]) == ("fallback", "the model's provider answered 401")
    assert without | _MADE == down | _MADE


@pytest.mark.parametrize("path", READS)
async def test_every_other_address_answers_the_same(both: Both, path: str) -> None:
    given = {**httpx.URL(path).params, **({"as_of": AS_OF} if path.startswith("/clients") else {})}
    without, down = await both.without.get(path, params=given), await both.down.get(path, params=given)
    assert (without.status_code, down.status_code) == (200, 200)
    assert _without_arrival(without) == _without_arrival(down)


def _without_arrival(reply: httpx.Response) -> Any:
    lines = [httpx.Response(200, content=line).json() for line in reply.text.splitlines()]
    return [{key: value for key, value in line.items() if key not in ("received_at",)} for line in lines]


async def test_signals_answer_the_same(both: Both) -> None:
    asked = {"all": True, "as_of": AS_OF}
    without = await both.without.post("/signals/churn", json=asked)
    down = await both.down.post("/signals/churn", json=asked)
    assert lasting(without.json()) == lasting(down.json())
    assert without.json()["results"]


async def test_a_stream_has_the_same_events_and_ends_with_the_same_answer(both: Both) -> None:
    asked = {"message": "Why may Ada leave?", "as_of": AS_OF, "stream": True}
    without = stream_events((await both.without.post("/chat", json=asked)).text)
    down = stream_events((await both.down.post("/chat", json=asked)).text)
    assert [name for name, _ in without] == [name for name, _ in down]
    for told in ("answer", "citations", "facts"):
        assert without[-1][1]["answer"][told] == down[-1][1]["answer"][told]


@pytest.mark.parametrize(
    "settings",
    [
        {"llm_api_key": "k"},
        {"llm_model": "gpt"},
        {"llm_base_url": "http://127.0.0.1:9"},
        {"llm_api_key": "", "llm_model": "gpt"},
    ],
    ids=lambda settings: "+".join(settings),
)
async def test_half_a_configuration_is_no_model_and_no_error(serve_app: Any, settings: Json) -> None:
    async with serve_app(**settings) as client:
        await send(client, EVENTS)
        found = await ask(client, "How many orders did Ada place?", as_of=AS_OF)
        assert (found["mode"], found["mode_reason"]) == ("deterministic", None)
        assert "(ada): 4." in found["answer"]


async def test_an_answer_of_a_model_has_the_same_shape(both: Both, serve_app: Any) -> None:
    def tell(messages: list[Json]) -> Json:
        told = results(messages)
        if not told:
            return calls(("measure", {"client_ids": ["ada"], "kind": "purchase"}))
        return says(f"Ada placed 4 orders. [{told[0]['events'][0]['ref']}]")

    question = "How many orders did Ada place?"
    with ScriptedModel() as model:
        model.script = tell
        async with serve_app(llm_base_url=model.base_url, llm_model="scripted") as client:
            await send(client, EVENTS)
            told = await ask(client, question, as_of=AS_OF)
    plain = await ask(both.without, question, as_of=AS_OF)
    assert (told["mode"], plain["mode"]) == ("model", "deterministic")
    assert _shape(told) == _shape(plain)
    assert {c["message_id"] for c in told["citations"]} <= {event["messageId"] for event in EVENTS}


def _shape(value: Any) -> Any:
    """The keys of an answer, and of the rows in it."""
    if isinstance(value, dict):
        return {key: _shape(item) if key != "args" else None for key, item in value.items()}
    return [_shape(value[0])] if isinstance(value, list) and value and isinstance(value[0], dict) else None
