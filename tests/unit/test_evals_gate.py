"""One broken rule of trust, in one sample of hundreds, stops a change."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from evals.commands import Folders, run_command
from evals.oracle import read_world
from evals.runs import Manifest
from evals.session import Opened, Targets, Wanted
from evals.target import Json

TRUST = Wanted(suites=("trust",))


class Silent:
    """Answers nothing: it can break no rule."""

    async def prepare(self, workspaces: Collection[str], console: Console, *, by_meaning: bool = True) -> None:
        pass

    async def ask(
        self,
        workspace: str,
        question: str,
        *,
        customer_id: str | None = None,
        as_of: str | None = None,
        thread_id: str | None = None,
    ) -> Json:
        first = read_world(workspace).happenings[0].at
        return {
            "thread_id": thread_id or "t", "answer": "Nothing.", "citations": [], "facts": [], "tools": [],
            "abstained": True, "mode": "deterministic", "mode_reason": None, "as_of": first.isoformat(),
        }  # fmt: skip

    async def search(
        self, workspace: str, customer_id: str | None, query: str, *, as_of: str | None = None, limit: int = 20
    ) -> list[str]:
        return []

    async def churn(self, workspace: str, as_of: str) -> list[Json]:
        return []

    async def recommend(
        self,
        workspace: str,
        customer_id: str,
        as_of: str,
        limit: int,
        *,
        kind: str | None = None,
        exclude_owned: bool = False,
    ) -> list[Json]:
        return []


class Once(Silent):
    """Breaks a rule in its hundredth answer."""

    def __init__(self, breaks: Callable[[Json], Json]) -> None:
        self._breaks, self._asked = breaks, 0

    async def ask(self, workspace: str, question: str, **given: str | None) -> Json:
        self._asked += 1
        reply = await super().ask(workspace, question, **given)
        return self._breaks(reply) if self._asked == 100 else reply


def invented(reply: Json) -> Json:
    cited = {"n": 1, "message_id": "nobody-sent-this", "customer_id": "x", "occurred_at": reply["as_of"], "text": ""}
    return {**reply, "answer": "They called us. [1]", "abstained": False, "citations": [cited]}


def guessed(reply: Json) -> Json:
    return {**reply, "answer": "About 4711 of them.", "abstained": False}


def later(reply: Json) -> Json:
    return {**reply, "as_of": "2999-01-01T00:00:00+00:00"}


def linked(reply: Json) -> Json:
    return {**reply, "answer": "See [this](http://evil.example/x)."}


def opened_with(target: Any) -> Targets:
    @asynccontextmanager
    async def opened(wanted: Wanted, manifest: Manifest) -> AsyncIterator[Opened]:
        yield target, None

    return opened


def trust_run(tmp_path: Path, target: Any) -> int:
    folders = Folders(tmp_path / "runs", tmp_path / "baselines")
    return run_command(TRUST, None, None, folders, opened_with(target))


def test_silence_breaks_no_rule(tmp_path: Path) -> None:
    assert trust_run(tmp_path, Silent()) == 0


@pytest.mark.parametrize("breaks", [invented, guessed, later, linked])
def test_one_broken_rule_is_a_regression_even_without_a_baseline(
    tmp_path: Path, breaks: Callable[[Json], Json], capsys: pytest.CaptureFixture[str]
) -> None:
    assert trust_run(tmp_path, Once(breaks)) == 1
    assert "not to fail once" in " ".join(capsys.readouterr().out.split())
