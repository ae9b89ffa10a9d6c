"""A provider of chat models that fails, fault by fault: the answer still comes, cited, in time, and says why."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from llmock.scenarios import Delay, Fail, Match, Reply, RequestInfo, SlowFirstToken, StreamFault, ToolCall, ToolFault
from llmock.testing import LLMockServer

from evals.loopback import LoopbackServer
from server.app import create_app
from server.settings import Settings
from tests.builders import item
from tests.fakes import HashedWords, Json, ScriptedModel, calls
from tests.talk import ask, get, send, settle, talk

QUESTION = "How much has Ada Byron spent?"
TRUE = "Ada Byron has spent 55.5 EUR. [1]"
EVENTS = [
    item("", "2026-01-01", "ada", type="identify", traits={"name": "Ada Byron"}),
    item("Order Completed", "2026-02-01", "ada", properties={"revenue": 55.5, "currency": "EUR"}),
]
TOOL = Reply(tool_calls=(ToolCall("measure", {"client_ids": ["ada"], "kind": "money", "measure": "sum"}),))
TEXT = Reply(text=TRUE)
TIMEOUT_S = 2.0
SILENCE = Delay(TIMEOUT_S + 0.6, times=None)
#: What the model can do is found out first, however slow the machine is.
PROBING: Json = {"llm_probe": True, "llm_timeout_s": 20}
#: Of a busy machine; no wait of the product is as long.
SLACK_S = 4.0


class Later(Match):
    """Every request but the first of those that come."""

    def __init__(self) -> None:
        super().__init__()
        object.__setattr__(self, "_seen", 0)

    def accepts(self, info: RequestInfo) -> bool:
        object.__setattr__(self, "_seen", self._seen + 1)
        return self._seen > 1


class Shop:
    """An application whose model comes from a provider that can be made to fail."""

    def __init__(self, provider: LLMockServer, client: httpx.AsyncClient) -> None:
        self.client = client
        self._provider = provider

    def fail(self, *behaviours: Any) -> None:
        """From now on the provider behaves so, in this order."""
        self._provider.state.scenarios.clear()
        self._provider.state.journal.clear()
        self._provider.state.scenarios.add(*behaviours)

    async def ask(self, *behaviours: Any) -> tuple[Json, float]:
        """The answer when the provider behaves so, and the seconds it took."""
        self.fail(*behaviours)
        started = time.monotonic()
        found = await ask(self.client, QUESTION)
        return found, time.monotonic() - started

    @property
    def requests(self) -> int:
        return len(self._provider.state.journal.records(wait=2))

    async def model(self) -> Json:
        """What is told of the model."""
        found: Json = (await get(self.client, "/health/ready"))["model"]
        return found


@asynccontextmanager
async def opened(data_dir: Path, base_url: str, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application with that provider, whose requests are those of its questions alone."""
    secret = {"llm_api_key": "sk-secret-of-the-operator", "llm_model": "gpt"}
    given = {**secret, "llm_timeout_s": TIMEOUT_S, "llm_probe": False, **settings}
    app = create_app(Settings(data_dir=data_dir, llm_base_url=base_url, **given), embedder=HashedWords())
    async with app.router.lifespan_context(app), talk(app, "default") as client:
        await send(client, EVENTS)
        await settle(client)
        # The agent's libraries are imported with the first question, which needs no model.
        await ask(client, "What did Roberta Nkemelu say?")
        yield client


async def probed(client: httpx.AsyncClient) -> Json:
    """What is told of the model once it was tried, well or not."""
    for _ in range(1000):
        told: Json = (await get(client, "/health/ready"))["model"]
        if told["structured_output"] is not None or told["state"] == "resting":
            return told
        await asyncio.sleep(0.01)
    raise TimeoutError("the model was not tried")


@pytest.fixture(scope="module")
def provider() -> Iterator[LLMockServer]:
    with LLMockServer() as server:
        yield server


@pytest.fixture(scope="module")
async def shop(provider: LLMockServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """One for all faults: a provider that failed is tried again with the next question."""
    async with opened(tmp_path_factory.mktemp("faults") / "data", provider.base_url(), llm_rest_s=0) as client:
        yield Shop(provider, client)


@pytest.fixture
async def fresh(provider: LLMockServer, tmp_path: Path) -> AsyncIterator[Shop]:
    """One that leaves a provider alone which has failed."""
    provider.state.scenarios.clear()
    async with opened(tmp_path / "data", provider.base_url()) as client:
        yield Shop(provider, client)


def is_cited(found: Json) -> bool:
    return [citation["message_id"] for citation in found["citations"]] == [EVENTS[1]["messageId"]]


#: Fault -> what the provider does; the answer is the model's all the same; requests; least seconds.
PASSING: dict[str, tuple[list[Any], int, float]] = {
    "none": ([TOOL, TEXT], 2, 0),
    "429 that asks for a little patience": ([Fail(429, retry_after=0.4), TOOL, TEXT], 3, 0.4),
    "429 that asks for none": ([Fail(429, retry_after=0), TOOL, TEXT], 3, 0.2),
    "two hiccups": ([Fail(500), Fail(503, retry_after=0), TOOL, TEXT], 4, 0.4),
    "slow, but in time": ([Delay(0.3, times=None), TOOL, TEXT], 2, 0.6),
    "a first word that takes its time": ([SlowFirstToken(0.3), TOOL, TEXT], 2, 0.3),
    "a connection that breaks": ([StreamFault("disconnect"), TOOL, TOOL, TEXT], 3, 0.2),
    "a stream that ends early": ([StreamFault("truncate"), TOOL, TOOL, TEXT], 3, 0.2),
    "a corrupt piece": ([StreamFault("malformed"), TOOL, TOOL, TEXT], 3, 0.2),
    "a stream that stops for a while": ([StreamFault("stall", stall_seconds=0.4), TOOL, TEXT], 2, 0.4),
    "hiccups after the tools ran": ([Fail(500, match=Later()), TOOL, TEXT], 3, 0.2),
    "an answer that ends early after the tools ran": (
        [StreamFault("truncate", after_chunks=4, match=Later()), TOOL, TEXT, TEXT], 3, 0.2,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("behaviours", "requests", "least_s"), PASSING.values(), ids=PASSING)
async def test_a_fault_that_passes_is_waited_out(
    shop: Shop, behaviours: list[Any], requests: int, least_s: float
) -> None:
    found, seconds = await shop.ask(*behaviours)
    assert (found["mode"], found["mode_reason"], found["answer"]) == ("model", None, TRUE)
    assert is_cited(found)
    assert shop.requests == requests
    assert least_s <= seconds < least_s + SLACK_S


_ANSWERED = "the model's provider answered"
_LATE = "the model did not answer in time"
_GONE = "the model's provider cannot be reached"
_CORRUPT = "the model's answer could not be read"
_BROKEN_OFF = "the model's answer broke off"
_CUT = "the model's answer was cut short"
_WITHHELD = "the model's provider withheld the answer"
_NOTHING = "the model answered nothing"
_BAD_ARGUMENTS = "the model called a tool with arguments that are not JSON"
#: Fault -> what the provider does for ever, the reason that is given, requests before the tools ran, least seconds.
LASTING: dict[str, tuple[Any, str, int, float]] = {
    "429": (Fail(429, retry_after=0, times=None), f"{_ANSWERED} 429", 3, 0.4),
    "500": (Fail(500, times=None), f"{_ANSWERED} 500", 3, 0.4),
    "503": (Fail(503, retry_after=0, times=None), f"{_ANSWERED} 503", 3, 0.4),
    "400, too long a prompt": (
        Fail(400, code="context_length_exceeded", times=None),
        "the question with what was found is longer than the model can read",
        1,
        0,
    ),
    "401": (Fail(401, times=None), f"{_ANSWERED} 401", 1, 0),
    "403": (Fail(403, times=None), f"{_ANSWERED} 403", 1, 0),
    "404": (Fail(404, times=None), f"{_ANSWERED} 404", 1, 0),
    "413": (Fail(413, times=None), f"{_ANSWERED} 413", 1, 0),
    "422": (Fail(422, times=None), f"{_ANSWERED} 422", 1, 0),
    "delay": (SILENCE, _LATE, 1, TIMEOUT_S),
    "no first word": (SlowFirstToken(SILENCE.seconds, times=None), _LATE, 1, TIMEOUT_S),
    "stall": (StreamFault("stall", stall_seconds=SILENCE.seconds, times=None), _LATE, 1, TIMEOUT_S),
    "disconnect": (StreamFault("disconnect", times=None), _GONE, 3, 0.4),
    "disconnect at once": (StreamFault("disconnect", after_chunks=0, times=None), _GONE, 3, 0.4),
    "truncate": (StreamFault("truncate", times=None), _BROKEN_OFF, 3, 0.4),
    "truncate at once": (StreamFault("truncate", after_chunks=0, times=None), _CORRUPT, 3, 0.4),
    "corrupt": (StreamFault("malformed", times=None), _CORRUPT, 3, 0.4),
    "empty": (Reply(text="", times=None), _NOTHING, 1, 0),
    "cut at its length": (Reply(text="Ada Byron has spent", finish_reason="length", times=None), _CUT, 1, 0),
    "withheld": (Reply(text="Ada Byron", finish_reason="content_filter", times=None), _WITHHELD, 1, 0),
    "malformed arguments": (ToolFault("malformed_arguments", times=None), _BAD_ARGUMENTS, 1, 0),
}


@pytest.mark.parametrize("after_tools", [False, True], ids=["before the tools ran", "after the tools ran"])
@pytest.mark.parametrize(("behaviour", "reason", "requests", "least_s"), LASTING.values(), ids=LASTING)
async def test_a_fault_that_lasts_falls_back_soon_and_says_why(
    shop: Shop, behaviour: Any, reason: str, requests: int, least_s: float, after_tools: bool
) -> None:
    said = [TOOL, *[TEXT] * 9] if not isinstance(behaviour, Reply) else [TOOL][: int(after_tools)]
    fault = _from_the_second(behaviour) if after_tools and not isinstance(behaviour, Reply) else behaviour
    found, seconds = await shop.ask(*said, fault)
    assert (found["mode"], found["mode_reason"]) == ("fallback", reason)
    assert "The total value for Ada Byron (ada) is 55.50 EUR" in found["answer"]
    assert is_cited(found)
    assert shop.requests == requests + after_tools
    assert least_s <= seconds < least_s + SLACK_S


def _from_the_second(behaviour: Any) -> Any:
    fields = {name: value for name, value in vars(behaviour).items() if name != "match"}
    return type(behaviour)(**fields, match=Later())


async def test_a_tool_that_does_not_exist_is_a_failed_tool(shop: Shop) -> None:
    found, _ = await shop.ask(ToolFault("unknown_tool"), TOOL, TEXT)
    assert found["mode"] == "fallback"
    assert not found["tools"][1]["ok"]
    assert found["tools"][1]["error"].startswith("there is no tool")
    assert is_cited(found)


async def test_what_the_tools_found_before_the_fault_is_used_and_not_asked_for_twice(shop: Shop) -> None:
    found, _ = await shop.ask(TOOL, Fail(401, times=None, match=Later()))
    assert [(tool["name"], tool["ok"]) for tool in found["tools"]][1] == ("measure", True)
    assert is_cited(found)


async def test_no_reason_tells_the_key_or_the_address(shop: Shop) -> None:
    found, _ = await shop.ask(Fail(401, message="Incorrect API key: sk-secret-of-the-operator"))
    told = f"{found} {await shop.model()}"
    assert "sk-secret" not in told
    assert "127.0.0.1" not in told


@pytest.mark.parametrize("status", [429, 503])
async def test_a_provider_that_keeps_asking_for_patience_gets_it(fresh: Shop, status: int) -> None:
    found, seconds = await fresh.ask(Fail(status, retry_after=0.5, times=None))
    assert (found["mode"], found["mode_reason"]) == ("fallback", f"{_ANSWERED} {status}")
    assert fresh.requests == 3
    assert 1.0 <= seconds < 1.0 + SLACK_S


async def test_a_provider_that_asks_for_more_patience_than_is_left_is_not_waited_for(fresh: Shop) -> None:
    found, seconds = await fresh.ask(Fail(429, retry_after=90, times=None))
    assert (found["mode"], found["mode_reason"]) == ("fallback", f"{_ANSWERED} 429")
    assert fresh.requests == 1
    assert seconds < SLACK_S


async def test_a_wait_until_a_date_is_kept_to(tmp_path: Path) -> None:
    at: list[float] = []

    class Busy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            at.append(time.time())
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(429)
            until = datetime.now(UTC) + timedelta(seconds=2)
            self.send_header("retry-after", format_datetime(until, usegmt=True))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with LoopbackServer(Busy) as busy:
        async with opened(tmp_path / "data", busy.url, **PROBING) as client:
            assert (await probed(client))["reason"] == f"{_ANSWERED} 429"
    assert len(at) == 3
    # A date has whole seconds, so that two of them are at least one.
    assert all(later - earlier >= 1 for earlier, later in pairwise(at))


async def test_a_provider_that_is_not_there_falls_back(tmp_path: Path) -> None:
    with LLMockServer() as server:
        gone = server.base_url()
    async with opened(tmp_path / "data", gone) as client:
        started = time.monotonic()
        found = await ask(client, QUESTION)
    assert found["mode"] == "fallback"
    assert _GONE in found["mode_reason"]
    assert is_cited(found)
    assert time.monotonic() - started < SLACK_S


async def test_ten_questions_to_a_dead_provider_cost_one_timeout(fresh: Shop) -> None:
    first, first_s = await fresh.ask(SILENCE)
    started = time.monotonic()
    rest = [await ask(fresh.client, QUESTION) for _ in range(9)]
    assert TIMEOUT_S <= first_s < TIMEOUT_S + SLACK_S
    assert time.monotonic() - started < SLACK_S
    assert first["mode_reason"] == _LATE
    assert {found["mode_reason"] for found in rest} == {
        f"the model was not asked, because it failed a moment ago: {_LATE}"
    }
    assert all(is_cited(found) for found in [first, *rest])
    assert (await fresh.model())["state"] == "resting"


async def test_ten_questions_at_once_to_a_dead_provider_each_end_in_their_own_time(fresh: Shop) -> None:
    fresh.fail(SILENCE)
    started = time.monotonic()
    found = await asyncio.gather(*[ask(fresh.client, QUESTION) for _ in range(10)])
    assert time.monotonic() - started < TIMEOUT_S + SLACK_S
    assert all(each["mode"] == "fallback" and is_cited(each) for each in found)


@pytest.mark.parametrize("status", [401, 403, 404, 503])
async def test_a_provider_that_refuses_is_left_alone(fresh: Shop, status: int) -> None:
    await fresh.ask(Fail(status, times=None))
    found, _ = await fresh.ask()
    assert found["mode_reason"] == f"the model was not asked, because it failed a moment ago: {_ANSWERED} {status}"
    assert fresh.requests == 0


@pytest.mark.parametrize("behaviour", [Fail(400), Fail(413), Fail(422), Reply(text="")], ids=lambda each: repr(each))
async def test_a_request_that_fails_by_itself_does_not_keep_others_from_the_model(fresh: Shop, behaviour: Any) -> None:
    assert (await fresh.ask(behaviour))[0]["mode"] == "fallback"
    assert (await fresh.ask(TOOL, TEXT))[0]["mode"] == "model"


async def test_a_provider_that_comes_back_is_asked_again(provider: LLMockServer, tmp_path: Path) -> None:
    provider.state.scenarios.clear()
    async with opened(tmp_path / "data", provider.base_url(), llm_rest_s=0.5) as client:
        shop = Shop(provider, client)
        await shop.ask(Fail(401, times=None))
        assert (await shop.model())["reason"] == f"{_ANSWERED} 401"
        await asyncio.sleep(0.5)
        assert (await shop.ask(TOOL, TEXT))[0]["mode"] == "model"
        assert (await shop.model())["state"] == "working"


async def test_a_provider_that_is_tried_again_is_tried_by_one_question_alone(
    provider: LLMockServer, tmp_path: Path
) -> None:
    provider.state.scenarios.clear()
    async with opened(tmp_path / "data", provider.base_url(), llm_rest_s=0.2) as client:
        shop = Shop(provider, client)
        await shop.ask(Fail(401, times=None))
        await asyncio.sleep(0.2)
        shop.fail(Delay(0.5), TOOL, TEXT)
        found = await asyncio.gather(*[ask(client, QUESTION) for _ in range(5)])
        assert sorted(each["mode"] for each in found) == ["fallback"] * 4 + ["model"]


async def test_a_client_that_goes_away_leaves_the_provider_to_be_tried(provider: LLMockServer, tmp_path: Path) -> None:
    provider.state.scenarios.clear()
    async with opened(tmp_path / "data", provider.base_url(), llm_rest_s=0.2) as client:
        shop = Shop(provider, client)
        await shop.ask(Fail(401, times=None))
        await asyncio.sleep(0.2)
        shop.fail(SILENCE)
        asking = asyncio.create_task(ask(client, QUESTION))
        await asyncio.sleep(0.3)
        asking.cancel()
        await asyncio.wait([asking])
        assert (await shop.ask(TOOL, TEXT))[0]["mode"] == "model"


async def test_a_provider_that_failed_at_the_start_is_probed_once_it_is_back(
    provider: LLMockServer, tmp_path: Path
) -> None:
    provider.state.scenarios.clear()
    provider.state.scenarios.add(Fail(401, times=None))
    async with opened(tmp_path / "data", provider.base_url(), llm_rest_s=0, **PROBING) as client:
        assert (await probed(client))["tool_calling"] is None
        await Shop(provider, client).ask()
        told = await probed(client)
    assert (told["tool_calling"], told["structured_output"], told["reason"]) == (True, True, None)


async def test_a_model_that_calls_no_tools_is_not_asked(tmp_path: Path) -> None:
    model = ScriptedModel()
    model.abilities = set()
    with model:
        async with opened(tmp_path / "data", model.base_url, **PROBING) as client:
            told = await probed(client)
            found = await ask(client, QUESTION)
    assert told == {
        "configured": True, "name": "gpt", "tool_calling": False, "structured_output": False, "state": "unable",
        "reason": "the model cannot call tools",
    }  # fmt: skip
    assert (found["mode"], found["mode_reason"], model.requests) == ("fallback", "the model cannot call tools", [])
    assert is_cited(found)


async def test_a_model_that_keeps_to_no_schema_is_asked_all_the_same(tmp_path: Path) -> None:
    model = ScriptedModel()
    model.refuses = {"response_format"}
    with model:
        async with opened(tmp_path / "data", model.base_url, **PROBING) as client:
            told = await probed(client)
    assert (told["tool_calling"], told["structured_output"], told["state"]) == (True, False, "working")


@pytest.mark.parametrize("field", ["temperature", "stream_options"])
async def test_an_endpoint_that_does_not_take_an_option_is_asked_without_it(tmp_path: Path, field: str) -> None:
    model = ScriptedModel()
    model.refuses = {field}
    with model:
        async with opened(tmp_path / "data", model.base_url, **PROBING) as client:
            told = await probed(client)
    assert (told["tool_calling"], told["structured_output"], told["reason"]) == (True, True, None)
    assert all(field not in request for request in model.probes)


async def test_without_a_model_its_state_is_told_in_the_same_shape(client: httpx.AsyncClient) -> None:
    told = (await get(client, "/health/ready"))["model"]
    assert told == {
        "configured": False, "name": None, "tool_calling": None, "structured_output": None, "state": "off",
        "reason": None,
    }  # fmt: skip


async def test_metrics_count_what_was_asked_of_the_model_and_what_came_of_it(tmp_path: Path) -> None:
    with ScriptedModel() as model:
        async with opened(
            tmp_path / "data", model.base_url, llm_input_price=1, llm_output_price=2, **PROBING
        ) as client:
            await probed(client)
            model.script = lambda messages: calls(("measure", {"client_ids": ["ada"]})) if len(messages) < 4 else {
                "choices": []
            }  # fmt: skip
            found = await ask(client, QUESTION)
            told = dict(line.rsplit(" ", 1) for line in (await client.get("/metrics")).text.splitlines())
    assert found["usage"]["input_tokens"] > 0
    assert float(told['throughline_model_requests_total{outcome="replied"}']) == 3
    assert float(told['throughline_model_requests_total{outcome="provider_failed"}']) == 3
    assert float(told['throughline_model_request_seconds_bucket{le="+Inf"}']) == 6
    assert float(told['throughline_model_tokens_total{direction="input"}']) >= found["usage"]["input_tokens"]
    assert float(told["throughline_model_cost_total"]) >= found["usage"]["cost"] > 0
    assert float(told[f'throughline_answers_total{{mode="fallback",reason="{_BROKEN_OFF}"}}']) == 1
    assert float(told["throughline_model_resting"]) == 1
    assert float(told["throughline_model_tool_calling"]) == 1


def test_a_second_event_loop_of_the_process_has_a_model_too(provider: LLMockServer, tmp_path: Path) -> None:
    async def one_question() -> Json:
        provider.state.scenarios.clear()
        async with opened(tmp_path / uuid4().hex, provider.base_url()) as client:
            return (await Shop(provider, client).ask(TOOL, TEXT))[0]

    assert [asyncio.run(one_question())["mode"] for _ in range(2)] == ["model", "model"]
