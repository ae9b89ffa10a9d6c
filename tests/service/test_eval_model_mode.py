"""The suites with a scripted model, which sees only what goes over HTTP: held against the same without a model."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from evals.commands import Folders, run_command
from evals.product import Product, client_of
from evals.runs import Manifest
from evals.scripted.accompanied import Accompanied, without_model
from evals.scripted.actor import Actor, Character
from evals.scripted.model_server import ModelServer
from evals.session import Opened, Wanted
from server.app import create_app
from server.settings import Settings
from tests.builders import item
from tests.fakes import HashedWords, Json
from tests.talk import send, settle

WORKSPACE = "software"
EVENTS = [
    item("", "2026-01-01", "ada", type="identify", traits={"name": "Ada Byron"}),
    item("", "2026-01-02", "bob", type="identify", traits={"name": "Bob Stone"}),
    item("Support Ticket Opened", "2026-02-01", "ada", properties={"message": "The shade arrived broken"}),
    item("Support Ticket Opened", "2026-02-15", "ada", properties={"message": "The lamp hums at night"}),
    item("Support Ticket Opened", "2026-02-20", "bob", properties={"message": "My invoice is wrong"}),
]
TOLD = "What did Ada Byron complain about?"


class Overheard(Actor):
    """A scripted model that keeps what it was asked and what it said."""

    def __init__(self, character: Character) -> None:
        super().__init__(character)
        self.heard: list[tuple[Json, Json]] = []

    def __call__(self, request: Json) -> Json:
        said = super().__call__(request)
        self.heard.append((request, said))
        return said


class Asked:
    """The product with a scripted model of this character, and what the model heard."""

    def __init__(self, target: Accompanied, actor: Overheard) -> None:
        self.target = target
        self.actor = actor

    async def ask(self, question: str, **more: Any) -> Json:
        self.actor.heard.clear()
        return await self.target.ask(WORKSPACE, question, **more)


@pytest.fixture(scope="module", params=["scripted", "scripted-liar"])
async def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Asked]:
    actor = Overheard(request.param)
    with ModelServer(actor) as model:
        data_dir: Path = tmp_path_factory.mktemp("scripted") / "data"
        settings = Settings(
            data_dir=data_dir, llm_model=request.param, llm_base_url=model.base_url, log_level="error", llm_probe=False
        )
        app = create_app(settings, embedder=HashedWords())
        async with app.router.lifespan_context(app), client_of(app) as client:
            client.headers["X-Workspace"] = WORKSPACE
            await send(client, EVENTS)
            await settle(client)
            del client.headers["X-Workspace"]
            product = Product(client, app.state.services)
            async with without_model(product) as alone:
                yield Asked(Accompanied(product, alone, actor), actor)


async def test_each_reply_comes_with_the_one_without_a_model(asked: Asked) -> None:
    reply = await asked.ask(TOLD)
    assert reply["scripted"]["without"]["mode"] == "deterministic"
    assert "The shade arrived broken" in reply["scripted"]["without"]["answer"]
    assert reply["scripted"]["wrote"]


async def test_the_model_calls_the_tools_that_the_answer_without_it_used(asked: Asked) -> None:
    reply = await asked.ask(TOLD)
    said = [call["function"] for _, message in asked.actor.heard for call in message.get("tool_calls", [])]
    used = [(tool["name"], tool["args"]) for tool in reply["scripted"]["without"]["tools"][1:] if tool["ok"]]
    assert [(call["name"], json.loads(call["arguments"])) for call in said] == used


async def test_what_an_honest_model_cites_it_was_shown(asked: Asked) -> None:
    if asked.actor.lies:
        return
    (wrote,) = (await asked.ask(TOLD))["scripted"]["wrote"]
    told = [m for request, _ in asked.actor.heard for m in request["messages"] if m["role"] == "tool"]
    shown = {event["ref"]: event["text"] for m in told for event in json.loads(m["content"])["events"]}
    for line in wrote.splitlines():
        cited = [shown[int(ref)] for ref in re.findall(r"\[(\d+)\]", line)]
        assert cited
        assert any(words in text for words in ("arrived broken", "hums at night") if words in line for text in cited)


async def test_an_honest_answer_stands_and_a_lie_does_not(asked: Asked) -> None:
    reply = await asked.ask(TOLD)
    without = reply["scripted"]["without"]["answer"]
    assert reply["mode"] == ("fallback" if asked.actor.lies else "model")
    assert {each["customer_id"] for each in reply["citations"]} == {"ada"}
    assert sorted(_words(reply["answer"])) == sorted(_words(without))


async def test_a_follow_up_is_asked_in_both_threads(asked: Asked) -> None:
    first = await asked.ask(TOLD)
    then = await asked.ask("And Bob Stone?", thread_id=first["thread_id"])
    assert "My invoice is wrong" in then["scripted"]["without"]["answer"]
    assert "My invoice is wrong" in then["answer"]


def _words(answer: str) -> list[str]:
    return [word for word in answer.split() if not word.startswith("[")]


class Pair:
    """`Target` that answers one way without a model and another with it."""

    def __init__(self, said: str, without: str, mode: str) -> None:
        self._said, self._without, self._mode = said, without, mode

    async def prepare(self, workspaces: Collection[str], console: Console, *, by_meaning: bool = True) -> None:
        pass

    async def ask(self, workspace: str, question: str, **_: str | None) -> Json:
        beside = {"without": _reply(self._without, "deterministic"), "wrote": [self._said]}
        fallen = [{"sentence": "Ada is gone.", "reason": "a statement without evidence"}]
        return {**_reply(self._said, self._mode), "scripted": {**beside, "fallen": fallen}}


def _reply(text: str, mode: str) -> Json:
    reason = "the model's answer did not hold to the evidence" if mode == "fallback" else None
    return {
        "thread_id": "t", "answer": text, "citations": [], "facts": [], "tools": [], "abstained": "not know" in text,
        "mode": mode, "mode_reason": reason, "as_of": "2026-01-01T00:00:00Z",
    }  # fmt: skip


OPEN = "priya-phone"
WANTED = Wanted(suites=("answers",), ids=(OPEN,), model="scripted")
KNOWS_NOT, KNOWS = "I do not know.", "It is on record."


def judged(folder: Path, said: str, without: str, mode: str = "model") -> tuple[int, Json]:
    """The exit status of a run of one question that nothing on record answers, and its report."""

    @asynccontextmanager
    async def opened(wanted: Wanted, manifest: Manifest) -> AsyncIterator[Opened]:
        yield Pair(said, without, mode), None  # type: ignore[misc]

    status = run_command(WANTED, None, None, Folders(folder), opened)
    report: Json = json.loads((max(folder.iterdir()) / "report.json").read_text())
    return status, report


def test_a_run_is_compared_with_what_was_answered_without_the_model(tmp_path: Path) -> None:
    _, better = judged(tmp_path / "better", KNOWS_NOT, KNOWS)
    _, worse = judged(tmp_path / "worse", KNOWS, KNOWS_NOT)
    assert better["comparison"]["baseline_id"].endswith("without a model")
    assert [each["changed"] for each in (better["comparison"], worse["comparison"])] == [
        [{"id": OPEN, "was": "missed", "now": "passed"}],
        [{"id": OPEN, "was": "passed", "now": "missed"}],
    ]


def test_each_sample_that_got_worse_is_told_with_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judged(tmp_path, KNOWS, KNOWS_NOT)
    told = " ".join(capsys.readouterr().out.split())
    assert f"▼ answers/{OPEN} (model)" in told
    assert "1 sample worse than without a model" in told


def test_modes_reasons_of_fallbacks_and_sentences_that_fell_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judged(tmp_path, KNOWS_NOT, KNOWS_NOT, "fallback")
    told = " ".join(capsys.readouterr().out.split())
    assert "1 x the model's answer did not hold to the evidence" in told
    assert "1 x a statement without evidence" in told
    assert "0 samples worse than without a model" in told
