"""A chat model's answers are kept by content: what was asked once is not asked again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest

from evals.judge.calibration import may_gate
from evals.judge.judge import PROMPT_HASH
from evals.judge.labelled import LABELLED
from evals.judge.opinion import calibrate_judge, open_judge
from evals.loopback import LoopbackServer
from evals.model_cache import ModelCache
from evals.sample import Gold, Sample
from server.app import create_app
from server.settings import Settings
from tests.builders import item
from tests.fakes import HashedWords, Json, ScriptedModel, calls, results, says
from tests.talk import ask, lasting, send, settle, talk

KEY = "sk-secret-of-the-operator"
QUESTION = "How much has Ada Byron spent?"
EVENTS = [
    item("", "2026-01-01", "ada", type="identify", traits={"name": "Ada Byron"}),
    item("Order Completed", "2026-02-01", "ada", properties={"revenue": 55.5, "currency": "EUR"}),
]
AS_OF = "2026-04-01T00:00:00Z"
ASKED: Json = {"model": "scripted", "messages": [{"role": "user", "content": "Hello"}], "temperature": 0}


class Provider(LoopbackServer):
    """Answers every request with what its test set, and remembers what it was sent."""

    def __init__(self) -> None:
        self.status = 200
        self.headers: dict[str, str] = {"content-type": "application/json"}
        self.body: bytes = json.dumps(completion("Hello to you")).encode()
        self.announced: int | None = None
        self.seen: list[tuple[str, dict[str, str]]] = []
        super().__init__(self._handler())

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                sent = {name.lower(): value for name, value in self.headers.items()}
                provider.seen.append((f"{self.command} {self.path}", sent))
                self.send_response(provider.status)
                for name, value in provider.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(provider.announced or len(provider.body)))
                self.end_headers()
                self.wfile.write(provider.body)

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def completion(text: str, **choice: Any) -> Json:
    said = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop", **choice}
    return {"id": "c", "object": "chat.completion", "choices": [said], "usage": {"total_tokens": 7}}


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as server:
        yield server


@pytest.fixture
def cache(provider: Provider, tmp_path: Path) -> Iterator[ModelCache]:
    with ModelCache(f"{provider.url}/v1", tmp_path / "kept") as opened:
        yield opened


def post(cache: ModelCache, body: Json = ASKED, path: str = "/chat/completions") -> httpx.Response:
    return httpx.post(f"{cache.base_url}{path}", json=body, headers={"Authorization": f"Bearer {KEY}"})


def kept(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


@asynccontextmanager
async def product(cache: ModelCache, data_dir: Path) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(
        data_dir=data_dir,
        llm_base_url=cache.base_url,
        llm_api_key=KEY,
        llm_model="scripted",
        llm_timeout_s=5,
        llm_probe=False,
    )
    app = create_app(settings, embedder=HashedWords())
    async with app.router.lifespan_context(app), talk(app, "default") as client:
        await send(client, EVENTS)
        await settle(client)
        yield client


def analyst(messages: list[Json]) -> Json:
    """A model that looks up what Ada spent, and tells it."""
    told = results(messages)
    if not told:
        return calls(("measure", {"client_ids": ["ada"], "kind": "money", "measure": "sum"}))
    return says(f"Ada Byron (ada) has spent 55.5 EUR. [{told[0]['events'][0]['ref']}]")


async def test_a_second_run_of_the_product_asks_no_model_and_gives_the_same_answer(tmp_path: Path) -> None:
    answers = []
    with ScriptedModel() as model:
        model.script = analyst
        for run in ("first", "second"):
            with ModelCache(model.base_url, tmp_path / "kept") as cache:
                async with product(cache, tmp_path / run) as client:
                    answers.append(lasting(await ask(client, QUESTION, as_of=AS_OF)))
        assert (answers[0]["mode"], answers[0]["answer"]) == ("model", "Ada Byron (ada) has spent 55.5 EUR. [1]")
        assert answers[1] == answers[0]
        assert (len(model.requests), cache.hits, cache.misses) == (2, 2, 0)


async def test_another_epoch_asks_the_model_again(tmp_path: Path) -> None:
    with ScriptedModel() as model:
        model.script = analyst
        with ModelCache(model.base_url, tmp_path / "kept") as cache:
            async with product(cache, tmp_path / "data") as client:
                await ask(client, QUESTION, as_of=AS_OF)
                cache.epoch = 1
                await ask(client, QUESTION, as_of=AS_OF)
        assert (len(model.requests), cache.misses) == (4, 4)


async def test_the_product_falls_back_where_the_provider_fails_and_nothing_is_kept(
    provider: Provider, cache: ModelCache, tmp_path: Path
) -> None:
    provider.status, provider.body = 503, b"{}"
    async with product(cache, tmp_path / "data") as client:
        found = await ask(client, QUESTION, as_of=AS_OF)
    assert (found["mode"], found["mode_reason"]) == ("fallback", "the model's provider answered 503")
    assert kept(tmp_path / "kept") == []


def test_the_key_reaches_the_provider_and_no_file(provider: Provider, cache: ModelCache, tmp_path: Path) -> None:
    post(cache)
    ((line, headers),) = provider.seen
    assert (line, headers["authorization"]) == ("POST /v1/chat/completions", f"Bearer {KEY}")
    (file,) = kept(tmp_path / "kept")
    assert KEY not in file.read_text() + file.name


def test_the_order_of_fields_makes_no_other_request(provider: Provider, cache: ModelCache) -> None:
    first, second = post(cache), post(cache, dict(reversed(ASKED.items())))
    assert (second.json(), len(provider.seen)) == (first.json(), 1)


@pytest.mark.parametrize("change", [{"model": "other"}, {"temperature": 1}, {"messages": []}])
def test_a_request_that_differs_goes_out(provider: Provider, cache: ModelCache, change: Json) -> None:
    post(cache)
    post(cache, {**ASKED, **change})
    assert len(provider.seen) == 2


def test_another_provider_with_the_same_folder_is_asked_itself(tmp_path: Path) -> None:
    with Provider() as one, Provider() as two:
        for provider in (one, two):
            with ModelCache(f"{provider.url}/v1", tmp_path) as cache:
                post(cache)
        assert (len(one.seen), len(two.seen)) == (1, 1)


def test_a_refusal_is_passed_on_with_its_wait_and_not_kept(provider: Provider, cache: ModelCache) -> None:
    provider.status, provider.body = 429, b'{"error": {"message": "slow down"}}'
    provider.headers["retry-after"] = "7"
    first, _ = post(cache), post(cache)
    assert (first.status_code, first.headers["retry-after"]) == (429, "7")
    assert first.json()["error"]["message"] == "slow down"
    assert len(provider.seen) == 2


def streamed(*pieces: Json, done: bool = True) -> bytes:
    """A completion in chunks, one a choice, and what a stream ends with."""
    chunks = [json.dumps({"id": "c", "choices": [{"index": 0, "delta": {}, **piece}]}) for piece in pieces]
    counted = json.dumps({"id": "c", "choices": [], "usage": {"total_tokens": 7}})
    return "".join(f"data: {each}\n\n" for each in [*chunks, counted, *(["[DONE]"] if done else [])]).encode()


ENDED = {"finish_reason": "stop"}
HALVES = {
    "no JSON": b"<html>busy</html>",
    "an error in disguise": b'{"error": {"message": "overloaded"}}',
    "no choice": b'{"choices": []}',
    "no end": json.dumps(completion("Hel", finish_reason=None)).encode(),
    "a stream without its end": streamed({"delta": {"content": "Hel"}}, ENDED, done=False),
    "a stream that gives no reason for its end": streamed({"delta": {"content": "Hel"}}),
}


@pytest.mark.parametrize("body", HALVES.values(), ids=HALVES)
def test_what_is_no_whole_answer_is_passed_on_but_not_kept(provider: Provider, cache: ModelCache, body: bytes) -> None:
    provider.body = body
    assert [post(cache).content, post(cache).content] == [body, body]
    assert (len(provider.seen), cache.hits) == (2, 0)


def test_a_streamed_answer_is_kept_as_a_stream_with_its_tokens(provider: Provider, cache: ModelCache) -> None:
    provider.headers["content-type"] = "text/event-stream"
    provider.body = b": one moment\n\n" + streamed({"delta": {"content": "Hello"}}, ENDED)
    first, second = post(cache), post(cache)
    assert (second.content, second.headers["content-type"]) == (first.content, "text/event-stream")
    assert (len(provider.seen), cache.tokens) == (1, 14)


def test_an_answer_that_broke_off_is_an_error_and_not_kept(
    provider: Provider, cache: ModelCache, tmp_path: Path
) -> None:
    provider.announced = len(provider.body) + 10
    assert post(cache).status_code == 502
    assert kept(tmp_path / "kept") == []


def test_a_provider_that_is_not_there_is_told_as_one_that_cannot_be_reached(tmp_path: Path) -> None:
    with Provider() as gone:
        url = gone.url
    with ModelCache(url, tmp_path) as cache:
        found = post(cache)
    assert found.status_code == 502
    assert "cannot be reached" in found.json()["error"]["message"]


def test_a_provider_that_is_too_slow_is_told_as_such(tmp_path: Path) -> None:
    with ScriptedModel(delay_s=0.5) as slow, ModelCache(slow.base_url, tmp_path, timeout_s=0.05) as cache:
        assert post(cache).status_code == 504


def test_equal_requests_at_the_same_time_go_out_once(tmp_path: Path) -> None:
    with ScriptedModel(delay_s=0.3) as model, ModelCache(model.base_url, tmp_path) as cache:
        model.script = lambda messages: says("Hello")
        with ThreadPoolExecutor(8) as pool:
            found = [reply.json() for reply in pool.map(lambda _: post(cache), range(8))]
        assert len(model.requests) == 1
    assert found == [found[0]] * 8
    assert (cache.hits, cache.misses) == (7, 1)


def test_a_file_that_was_damaged_is_fetched_again(provider: Provider, cache: ModelCache, tmp_path: Path) -> None:
    first = post(cache).json()
    (file,) = kept(tmp_path / "kept")
    file.write_bytes(file.read_bytes()[:20])
    assert post(cache).json() == first
    assert len(provider.seen) == 2
    assert json.loads(file.read_bytes()) == first


def test_the_least_recently_used_answers_go_when_the_folder_is_full(provider: Provider, tmp_path: Path) -> None:
    room_for_two = 2 * len(provider.body)
    with ModelCache(f"{provider.url}/v1", tmp_path, max_bytes=room_for_two) as cache:
        for model in ("a", "b", "a", "c"):
            post(cache, {**ASKED, "model": model})
        assert sum(file.stat().st_size for file in kept(tmp_path)) <= room_for_two
        asked = len(provider.seen)
        post(cache, {**ASKED, "model": "a"})
        assert len(provider.seen) == asked
        post(cache, {**ASKED, "model": "b"})
        assert len(provider.seen) == asked + 1


def test_what_is_no_completion_passes_through(provider: Provider, cache: ModelCache, tmp_path: Path) -> None:
    provider.body = b'{"data": []}'
    for _ in range(2):
        assert httpx.get(f"{cache.base_url}/models").json() == {"data": []}
    assert [line for line, _ in provider.seen] == ["GET /v1/models"] * 2
    assert kept(tmp_path / "kept") == []


def test_a_program_that_does_not_know_the_address_gets_nothing(provider: Provider, cache: ModelCache) -> None:
    guessed = cache.base_url.rpartition("/")[0]
    assert httpx.post(f"{guessed}/chat/completions", json=ASKED).status_code == 404
    assert provider.seen == []


def test_tokens_are_counted_for_kept_answers_too(provider: Provider, cache: ModelCache) -> None:
    post(cache)
    post(cache)
    assert (cache.tokens, len(provider.seen)) == (14, 1)


async def test_a_judge_is_calibrated_again_without_asking_its_model_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled = tmp_path / "labelled.jsonl"
    labelled.write_text("".join(LABELLED.read_text().splitlines(keepends=True)[:12]))
    with ScriptedModel() as model:
        model.script = lambda messages: says('{"verdict": "right", "reason": "it always is"}')
        monkeypatch.setenv("THROUGHLINE_LLM_BASE_URL", model.base_url)
        monkeypatch.setenv("THROUGHLINE_LLM_API_KEY", KEY)
        first = await calibrate_judge("judge", labelled, tmp_path / "kept")
        assert len(model.requests) == first.n
        assert await calibrate_judge("judge", labelled, tmp_path / "kept") == first
        assert len(model.requests) == first.n
    assert (first.true_positive_rate.value, first.false_positive_rate.value) == (1, 1)
    assert first.kappa.value == pytest.approx(0)
    assert not may_gate(first, "judge", PROMPT_HASH)


async def test_a_judge_puts_its_opinion_into_the_output_of_answers_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = Sample(id="s", category="c", question="How many?", gold=Gold(kind="count", value=18))
    answered, searched = {"reply": {"answer": "18 orders."}}, {"found": ["m1"]}
    with ScriptedModel() as model:
        model.script = lambda messages: says('{"verdict": "right", "reason": "18"}')
        monkeypatch.setenv("THROUGHLINE_LLM_BASE_URL", model.base_url)
        async with open_judge("judge", tmp_path) as judge:
            await judge(sample, answered)
            await judge(sample, searched)
    opinion: Json = {"score": 1.0, "verdict": "right", "reason": None, "model": "judge", "prompt_hash": PROMPT_HASH}
    assert answered == {"reply": {"answer": "18 orders."}, "judge": opinion}
    assert searched == {"found": ["m1"]}
