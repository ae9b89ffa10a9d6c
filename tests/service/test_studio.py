"""langgraph.json: what it names can be loaded, and answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from server import bootstrap
from server.settings import ENV_PREFIX
from tests.builders import item
from tests.fakes import HashedWords
from tests.service.conftest import Serve
from tests.talk import send

ROOT = Path(__file__).parents[2]
CONFIG = json.loads((ROOT / "langgraph.json").read_text())


def load(path: Path) -> ModuleType:
    """A module of a file, as LangGraph's server loads it."""
    spec = spec_from_file_location("graph_of_langgraph_json", path)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
async def studio(serve_app: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ModuleType]:
    """The module that is named, on a data directory with two customers."""
    async with serve_app(data_dir=tmp_path / "data") as client:
        await send(
            client, [item("Order Completed", f"2026-01-0{day}", who) for day in (1, 2) for who in ("ada", "bob")]
        )
    monkeypatch.setenv(f"{ENV_PREFIX}DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(bootstrap, "make_embedder", lambda settings: HashedWords())
    path, _ = CONFIG["graphs"]["throughline"].split(":")
    module = load(ROOT / path)
    yield module
    await module.studio.close()


def asked(*questions: str, **fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question} for question in questions], **fields}


async def test_the_graph_that_is_named_answers_a_question_with_its_evidence(studio: ModuleType) -> None:
    graph = getattr(studio, CONFIG["graphs"]["throughline"].partition(":")[2])
    found = await graph.ainvoke(asked("How many orders has customer ada placed?"))
    assert "2" in found["messages"][-1].text
    assert found["messages"][-1].text == found["answer"]["answer"]
    assert {each["customer_id"] for each in found["answer"]["citations"]} == {"ada"}


async def test_it_goes_on_from_the_questions_before_as_of_a_time(studio: ModuleType) -> None:
    questions = ["How many orders has customer ada placed?", "And bob?"]
    found = await studio.graph.ainvoke(asked(*questions, as_of="2026-01-01"))
    assert "1" in found["answer"]["answer"]
    assert {each["customer_id"] for each in found["answer"]["citations"]} == {"bob"}


async def test_held_to_a_customer_it_sees_nobody_else(studio: ModuleType) -> None:
    found = await studio.graph.ainvoke(asked("How many orders has customer bob placed?", customer_id="ada"))
    assert "bob" not in json.dumps([found["answer"]["citations"], found["answer"]["facts"]])


async def test_what_comes_in_is_described_for_a_form(studio: ModuleType) -> None:
    assert studio.graph.get_input_jsonschema()["properties"].keys() == {"messages", "customer_id", "as_of"}
