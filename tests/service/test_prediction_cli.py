"""`throughline train`, `signals` and `model`: through a running server, as people at a terminal use them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from server.address import read_address
from server.settings import ENV_PREFIX
from tests.builders import item
from tests.service.conftest import Launch

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def command(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """The command, on the data directory of a server that holds a few buyers."""
    data_dir = tmp_path_factory.mktemp("cli") / "data"
    server = launch(data_dir, scoring_every_s=0)
    assert server.url
    address = read_address(data_dir)
    assert address
    headers = {"Authorization": f"Bearer {address.token}", "X-Workspace": "default"}
    bought = {"revenue": 10, "currency": "EUR"}
    events = [
        item("Order Completed", f"2026-{month:02}-05", who, properties=bought)
        for who, last in (("ada", 3), ("bob", 2)) for month in range(1, last + 1)
    ]  # fmt: skip
    with httpx.Client(base_url=server.url, headers=headers) as client:
        assert client.post("/events", content=json.dumps(events)).json()["counts"]["accepted"] == len(events)
        assert client.put("/workspace", json={"now": "2026-03-20"}).status_code == 200

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
        return subprocess.run(
            [sys.executable, "-m", "server.cli.main", *arguments],
            env={**kept, f"{ENV_PREFIX}DATA_DIR": str(data_dir), "COLUMNS": "200"},
            cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return run


def test_the_riskiest_are_listed_with_their_reasons(command: Command) -> None:
    done = command("signals", "--limit", "5")
    assert done.returncode == 0, done.stderr
    _, first, second, told = done.stdout.strip().splitlines()
    assert (first.split()[0], second.split()[0]) == ("bob", "ada")
    assert "without activity" in first
    assert "prior, uncalibrated" in told


def test_training_tells_what_became_of_it(command: Command) -> None:
    done = command("train", "--wait")
    assert done.returncode == 0, done.stderr
    assert "answers from now on" in done.stdout


def test_the_card_is_shown(command: Command) -> None:
    done = command("model")
    assert done.returncode == 0, done.stderr
    assert "Model card" in done.stdout
    assert "uncalibrated" in done.stdout


def test_what_cannot_be_shown_is_one_sentence(command: Command) -> None:
    done = command("model", "none")
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no model 'none' here" in done.stderr
