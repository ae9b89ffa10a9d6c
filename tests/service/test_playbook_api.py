"""GET /playbook and `throughline playbook`: what is in force, where from, and what is wrong with the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from server.cli.main import app
from tests.builders import item
from tests.service.conftest import Launched, Serve
from tests.talk import Json, get, send
from tools.playbook.starters import STARTERS, Starter, starter_text

GOOD = """\
name: Lamps
currency: EUR
opt_out: [{trait: unsubscribed, is: true}]
actions:
  - {id: call, title: Call them, channel: phone, cost: 2.50, when: {stages: [at_risk], value_min: 50}}
"""
BROKEN = GOOD.replace("at_risk", "vip")
TOLD = {
    "line": 5,
    "field": "actions[0].when.stages[0]",
    "reason": "'vip' is no stage: there are visitor, lead, trial, customer, engaged, at_risk, churned, won_back",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "playbooks"
    made.mkdir()
    return made


def cli(*args: str) -> Any:
    return CliRunner().invoke(app, ["playbook", *args], env={"COLUMNS": "200"})


async def test_a_workspace_without_a_file_has_the_starter_that_fits_its_events(client: httpx.AsyncClient) -> None:
    before = await get(client, "/playbook")
    assert (before["source"], before["file"], before["problem"], before["read_at"]) == ("starter", None, None, None)
    assert before["playbook"]["name"] == "Starter for shops"
    await send(client, [item("Trial Started", "2026-03-01"), item("Signed In", "2026-03-02")])
    assert (await get(client, "/playbook"))["playbook"]["name"] == "Starter for software"


async def test_the_file_in_the_data_directory_is_in_force_and_shown_as_it_is_written(
    serve_app: Serve, tmp_path: Path
) -> None:
    (tmp_path / "data" / "playbooks").mkdir(parents=True)
    (tmp_path / "data" / "playbooks" / "default.yaml").write_text(GOOD)
    async with serve_app(data_dir=tmp_path / "data") as client:
        found = await get(client, "/playbook")
    assert (found["source"], found["file"], found["problem"]) == ("file", "default.yaml", None)
    assert found["playbook"]["opt_out"] == [{"trait": "unsubscribed", "is": True}]
    only = found["playbook"]["actions"][0]
    assert (only["id"], only["cost"], only["when"]["value_min"]) == ("call", 2.5, 50)
    assert str(tmp_path) not in str(found)


async def test_a_broken_file_is_told_with_its_line_and_the_old_one_stays_over_a_restart(
    serve_app: Serve, folder: Path, tmp_path: Path
) -> None:
    given: Json = {"data_dir": tmp_path / "data", "playbooks": folder}
    (folder / "default.yaml").write_text(GOOD)
    async with serve_app(**given) as client:
        digest = (await get(client, "/playbook"))["digest"]
        (folder / "default.yaml").write_text(BROKEN)
        running = await get(client, "/playbook")
    async with serve_app(**given) as client:
        restarted = await get(client, "/playbook")
    assert restarted == running
    assert (running["source"], running["digest"]) == ("kept", digest)
    assert running["problem"] == {"file": "default.yaml", "errors": [TOLD]}


async def test_each_workspace_goes_by_its_own_file(serve_app: Serve, folder: Path) -> None:
    (folder / "lamps.yaml").write_text(GOOD)
    async with serve_app(playbooks=folder) as client:
        own = await get(within(client, "lamps"), "/playbook")
        other = await get(within(client, "shoes"), "/playbook")
    assert (own["source"], other["source"]) == ("file", "starter")


def within(client: httpx.AsyncClient, workspace: str) -> httpx.AsyncClient:
    client.headers["X-Workspace"] = workspace
    return client


async def test_an_export_does_not_carry_the_copy_of_the_file(serve_app: Serve, folder: Path) -> None:
    (folder / "default.yaml").write_text(GOOD)
    async with serve_app(playbooks=folder) as client:
        await get(client, "/playbook")
        assert "Call them" not in (await client.get("/export")).text


def test_a_file_is_checked_without_a_server(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    good = cli("check", str(tmp_path / "good.yaml"))
    assert good.exit_code == 0
    assert good.output.startswith("Lamps: 1 action, nothing left to chance; digest ")


def test_a_check_fails_with_each_line_and_reason(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(BROKEN.replace("id: call", "id: Call"))
    bad = cli("check", str(file))
    assert bad.exit_code == 1
    assert bad.stderr.splitlines() == [
        f"{file}: line 5: actions[0].id: it has to be lower case letters, digits, - and _",
        f"{file}: line 5: {TOLD['field']}: {TOLD['reason']}",
    ]


@pytest.mark.parametrize("file", [".", "not-there.yaml"])
def test_a_file_that_cannot_be_read_fails_the_check_in_one_sentence(file: str) -> None:
    told = cli("check", file)
    assert told.exit_code == 1
    assert len(told.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", STARTERS)
def test_a_starter_is_printed_as_it_is_so_that_it_can_be_saved_and_checked(name: Starter, tmp_path: Path) -> None:
    printed = cli("starter", name)
    assert printed.stdout_bytes == starter_text(name)
    (tmp_path / "saved.yaml").write_bytes(printed.stdout_bytes)
    assert cli("check", str(tmp_path / "saved.yaml")).exit_code == 0


def test_the_playbook_in_force_is_shown(live_server: Launched) -> None:
    shown = cli("show", "--url", live_server.url, "-w", "shown")
    assert shown.exit_code == 0
    assert "Starter for shops · a starter" in shown.output
    assert "Help to settle the failed payment" in shown.output
    assert "troubles payment" in shown.output


def test_what_is_wrong_with_the_file_is_shown_too(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THROUGHLINE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("THROUGHLINE_PLAYBOOKS", str(folder))
    (folder / "default.yaml").write_text(BROKEN)
    shown = cli("show")
    assert f"default.yaml: line 5: {TOLD['field']}: {TOLD['reason']}" in shown.output
