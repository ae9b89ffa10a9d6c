"""A provider of chat models that fails: every fault ends in an answer, in time, and with its reason."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from llmock.scenarios import Delay, Fail, Reply, ToolCall, ToolFault
from llmock.testing import LLMockServer

from server.app import create_app
from server.settings import Settings
from tests.builders import item
from tests.fakes import HashedWords, Json
from tests.talk import ask, send, settle, talk

QUESTION = "How much has Ada Byron spent?"
EVENTS = [
    item("", "2026-01-01", "ada", type="identify", traits={"name": "Ada Byron"}),
    item("Order Completed", "2026-02-01", "ada", properties={"revenue": 55.5, "currency": "EUR"}),
]
TOOL = Reply(tool_calls=(ToolCall("measure", {"client_ids": ["ada"], "kind": "money", "measure": "sum"}),))
TEXT = Reply(text="Ada Byron has spent 55.5 EUR. [1]")


@pytest.fixture(scope="module")
def provider() -> Iterator[LLMockServer]:
    with LLMockServer() as server:
        yield server


@pytest.fixture(scope="module")
async def shop(provider: LLMockServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("faults") / "data",
        llm_base_url=provider.base_url(),
        llm_api_key="sk-secret-of-the-operator",
        llm_model="gpt",
        llm_timeout_s=1,
    )
    app = create_app(settings, embedder=HashedWords())
    async with app.router.lifespan_context(app), talk(app, "default") as client:
        await send(client, EVENTS)
        await settle(client)
        # The agent's libraries are imported with the first question.
        await ask(client, "What did Roberta Nkemelu say?")
        yield client


@pytest.fixture(autouse=True)
def _well_again(provider: LLMockServer) -> None:
    provider.state.scenarios.clear()
    provider.state.journal.clear()


async def answer(provider: LLMockServer, shop: httpx.AsyncClient, *behaviours: Any) -> tuple[Json, float]:
    """The answer when the provider behaves so, and the seconds it took."""
    provider.state.scenarios.add(*behaviours)
    started = time.monotonic()
    found = await ask(shop, QUESTION)
    return found, time.monotonic() - started


def requests(provider: LLMockServer) -> int:
    return len(provider.state.journal.records(wait=2))


async def test_a_rate_limit_that_passes_is_waited_out(provider: LLMockServer, shop: httpx.AsyncClient) -> None:
    found, seconds = await answer(provider, shop, Fail(429, retry_after=1), TOOL, TEXT)
    assert (found["mode"], found["mode_reason"]) == ("model", None)
    assert found["answer"] == "Ada Byron has spent 55.5 EUR. [1]"
    assert requests(provider) == 3
    assert 1 <= seconds < 10


async def test_two_hiccups_are_retried(provider: LLMockServer, shop: httpx.AsyncClient) -> None:
    found, _ = await answer(provider, shop, Fail(500), Fail(503), TOOL, TEXT)
    assert (found["mode"], requests(provider)) == ("model", 4)


@pytest.mark.parametrize(
    ("behaviour", "reason", "seen"),
    [
        (Fail(500, times=None), "the model's provider answered 500", 3),
        (Fail(503, times=None), "the model's provider answered 503", 3),
        (Fail(429, retry_after=60, times=None), "the model's provider answered 429", 1),
        (Fail(401, times=None), "the model's provider answered 401", 1),
        (Fail(404, times=None), "the model's provider answered 404", 1),
        (Fail(400, times=None, code="context_length_exceeded"), "the model's provider answered 400", 1),
        (Reply(text="Ada Byron has spent", finish_reason="length"), "the model's answer was cut short", 1),
        (ToolFault("malformed_arguments"), "the model called a tool with arguments that are not JSON", 1),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else value,
)
async def test_a_fault_that_lasts_falls_back_soon_and_says_why(
    provider: LLMockServer, shop: httpx.AsyncClient, behaviour: Any, reason: str, seen: int
) -> None:
    found, seconds = await answer(provider, shop, behaviour)
    assert (found["mode"], found["mode_reason"]) == ("fallback", reason)
    assert "The total value for Ada Byron (ada) is 55.50 EUR" in found["answer"]
    assert [citation["message_id"] for citation in found["citations"]] == [EVENTS[1]["messageId"]]
    assert requests(provider) == seen
    assert seconds < 10


async def test_a_provider_that_fails_after_the_tools_ran_falls_back(
    provider: LLMockServer, shop: httpx.AsyncClient
) -> None:
    found, _ = await answer(provider, shop, TOOL, Reply(text="", finish_reason="stop"))
    assert (found["mode"], found["mode_reason"]) == ("fallback", "the model answered nothing")
    assert "55.50 EUR" in found["answer"]


async def test_a_model_that_is_too_slow_falls_back_within_its_time(
    provider: LLMockServer, shop: httpx.AsyncClient
) -> None:
    found, seconds = await answer(provider, shop, Delay(1.5, times=None))
    assert (found["mode"], found["mode_reason"]) == ("fallback", "the model did not answer in time")
    # Three tries of a second each, and the waits between them.
    assert 3 <= seconds < 12
    assert requests(provider) == 3


async def test_a_tool_that_does_not_exist_is_a_failed_tool(provider: LLMockServer, shop: httpx.AsyncClient) -> None:
    found, _ = await answer(provider, shop, ToolFault("unknown_tool"))
    assert found["mode"] == "fallback"
    assert [(tool["name"], tool["ok"]) for tool in found["tools"]][2:] == [("measure", True)]
    assert not found["tools"][1]["ok"]
    assert found["tools"][1]["error"].startswith("there is no tool")


async def test_no_reason_tells_the_key_or_the_address(provider: LLMockServer, shop: httpx.AsyncClient) -> None:
    found, _ = await answer(provider, shop, Fail(401, message="Incorrect API key: sk-secret-of-the-operator"))
    assert "sk-secret" not in str(found)
    assert "127.0.0.1" not in str(found)


async def test_a_provider_that_is_not_there_falls_back(serve_app: Any) -> None:
    with LLMockServer() as server:
        gone = server.base_url()
    async with serve_app(llm_base_url=gone, llm_model="gpt") as client:
        await send(client, EVENTS)
        started = time.monotonic()
        found = await ask(client, QUESTION)
    assert (found["mode"], found["mode_reason"]) == ("fallback", "the model's provider cannot be reached")
    assert "55.50 EUR" in found["answer"]
    assert time.monotonic() - started < 10
