"""`throughline effects` through a running server, as people at a terminal use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from memory.given import NOTHING
from server.address import read_address
from server.settings import ENV_PREFIX
from tests.builders import at, item
from tests.decisions import decided
from tests.service.conftest import Launch

Command = Callable[..., subprocess.CompletedProcess[str]]
PEOPLE = 180


@pytest.fixture(scope="module")
def command(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """The command, on the data directory of a server in which calls were tried: every second one was followed by an
    order, and every sixth case of nothing."""
    data_dir = tmp_path_factory.mktemp("cli") / "data"
    server = launch(data_dir, scoring_every_s=0)
    assert server.url
    address = read_address(data_dir)
    assert address
    headers = {"Authorization": f"Bearer {address.token}", "X-Workspace": "default"}
    people = [f"c{number:03}" for number in range(PEOPLE)]
    events = [
        item("Order Completed" if n // 2 % (6 if n % 2 else 2) == 0 else "Signed In", "2026-02-10", who)
        for n, who in enumerate(people)
    ]
    given = [
        decided(who, NOTHING if n % 2 else "call", at("2026-02-01"), eligible=("call", NOTHING), propensity=0.5)
        for n, who in enumerate(people)
    ]
    with httpx.Client(base_url=server.url, headers=headers) as client:
        assert client.post("/events", content=json.dumps(events)).json()["counts"]["accepted"] == PEOPLE
        assert client.put("/workspace", json={"now": "2026-03-20"}).status_code == 200
        head = client.get("/export").text.split("\n")[0]
        lines = [{"kind": "given", "key": each.id, "data": json.dumps(each.control.data)} for each in given]
        sent = client.post("/import", content="\n".join([head, *map(json.dumps, lines)]))
        assert sent.json()["added"] == PEOPLE, sent.text

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
        return subprocess.run(
            [sys.executable, "-m", "server.cli.main", *arguments],
            env={**kept, f"{ENV_PREFIX}DATA_DIR": str(data_dir), "COLUMNS": "200"},
            cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return run


def test_effects_are_listed_by_action_and_by_policy(command: Command) -> None:
    done = command("effects")
    assert done.returncode == 0, done.stderr
    rows = {line.split("  ")[0].strip(): line.split() for line in done.stdout.splitlines()}
    assert rows["call"][1:5] == ["90", "50.0", "%", "50.0"]
    assert "+33.3" in rows["call"]
    assert rows["nothing"][1:4] == ["90", "16.7", "%"]
    assert "nothing for anybody" in rows
    assert "propensity is known" in done.stdout
    assert "180 decisions, 180 with a known outcome, 0 waiting for theirs" in done.stdout
    assert "success: Order Completed within 30 days" in done.stdout


def test_of_an_earlier_day_it_says_why_there_are_none(command: Command) -> None:
    done = command("effects", "--as-of", "2026-02-15")
    assert done.returncode == 0, done.stderr
    assert "No decision's outcome is known yet." in done.stdout
    assert "180 waiting for theirs" in done.stdout
    assert "call" not in done.stdout
