"""A server that is told to end lets the answers in the making come."""

from __future__ import annotations

import signal
from pathlib import Path

import httpx

from tests.builders import item
from tests.fakes import ScriptedModel, calls, results, says
from tests.service.conftest import Launch
from tests.talk import Json, stream_events


def slow_answer(messages: list[Json]) -> Json:
    if not results(messages):
        return calls(("timeline", {"client_id": "ada"}))
    return says("[1]")


def test_an_open_stream_ends_with_its_answer(launch: Launch, tmp_path: Path) -> None:
    with ScriptedModel(delay_s=0.7) as model:
        model.script = slow_answer
        server = launch(tmp_path, llm_base_url=model.base_url, llm_model="scripted", llm_probe=False)
        with httpx.Client(base_url=server.url, timeout=30) as client:
            client.post("/events", json=item("Lamp Bought", "2026-01-01", "ada")).raise_for_status()
            body = {"message": "What did ada do?", "stream": True}
            with client.stream("POST", "/chat", json=body) as reply:
                told = ""
                for piece in reply.iter_text():
                    if "tool.started" in piece and "tool.started" not in told:
                        server.process.send_signal(signal.SIGTERM)
                    told += piece
    name, last = stream_events(told)[-1]
    assert (name, last["answer"]["mode"]) == ("answer.final", "model")
    assert server.ended()[0] == 0
