"""The demo: real data are loaded, and three questions answered with what the answers rest on."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from rich.console import Console

from server.cli.demo import QUESTIONS, run_demo


async def shown(url: str, data_dir: Path) -> str:
    console = Console(file=io.StringIO(), width=200)
    await run_demo(url, console, data_dir)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


async def test_the_demo_answers_with_citations_and_loads_nothing_twice(launch: Any, tmp_path: Path) -> None:
    server = launch(tmp_path / "data")
    first = await shown(server.url, server.data_dir)
    answers = [first.index(question) for _, question in QUESTIONS]
    for start, end in zip(answers, [*answers[1:], first.index("Serving at")], strict=True):
        assert "[1] " in first[start:end], first[start:end]
    assert f"{server.url}/docs" in first
    assert str(server.data_dir) in first
    assert first.count(" accepted") == 2
    assert "quarantined" not in first

    second = await shown(server.url, server.data_dir)
    assert second.count(" duplicate") == 2
    assert "accepted" not in second
    assert second[second.index(QUESTIONS[0][1]) : second.index("Serving at")].count("[1] ") >= len(QUESTIONS)
