"""The commands: what they send, what they print, and how they fail."""

from __future__ import annotations

import gzip
import json
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from typer.testing import CliRunner, Result

from server.app import create_app
from server.cli import connection
from server.cli.loading import BATCH
from server.cli.main import app
from server.settings import ENV_PREFIX
from tests.builders import item
from tests.fakes import HashedWords

EVENTS = [
    item("Order Completed", f"2026-01-0{day}", "ada", properties={"revenue": 10, "currency": "EUR"})
    for day in range(1, 4)
] + [item("Signed In", "2026-01-05", "bob")]
QUESTION = "How many orders has customer ada placed?"


@pytest.fixture
def workspace(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """A workspace of its own, on the server of the data directory that the commands are told of."""
    monkeypatch.setenv(f"{ENV_PREFIX}DATA_DIR", str(live_server.data_dir))
    return f"cli-{uuid4().hex}"


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory that no server serves; opened by a command itself, without torch."""
    monkeypatch.setenv(f"{ENV_PREFIX}DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(connection, "create_app", partial(create_app, embedder=HashedWords()))
    return tmp_path / "data"


def write(file: Path, *lines: Any) -> Path:
    """A file of these lines; text and bytes as they are, anything else as JSON."""
    raw = [line.encode() if isinstance(line, str) else line for line in lines]
    text = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in raw)
    file.write_bytes(gzip.compress(text) if file.suffix == ".gz" else text)
    return file


def run(*arguments: Any) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


def done(*arguments: Any) -> str:
    """What a command prints that goes well, on one line."""
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def failed(*arguments: Any) -> str:
    """The sentence of a command that fails; it is no traceback and not on standard output."""
    result = run(*arguments)
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.stderr
    return " ".join(result.stderr.split())


def quarantined(server: Any, workspace: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{server.url}/quarantine", headers={"X-Workspace": workspace}, params={"limit": 500})
    return list(answer.json()["items"])


@pytest.mark.parametrize("name", ["events.jsonl", "events.jsonl.gz"])
def test_a_file_is_loaded_once_however_often_it_is_sent(workspace: str, tmp_path: Path, name: str) -> None:
    file = write(tmp_path / name, *EVENTS)
    assert "4 accepted" in done("load", file, "-w", workspace)
    again = done("load", file, "-w", workspace)
    assert "4 duplicate" in again
    assert "accepted" not in again


def test_an_empty_file_is_nothing_to_load(workspace: str, tmp_path: Path) -> None:
    assert "nothing to load" in done("load", write(tmp_path / "empty.jsonl", "", "  "), "-w", workspace)


def test_bad_lines_are_quarantined_beside_good_ones(live_server: Any, workspace: str, tmp_path: Path) -> None:
    bad = ["{not json", '"text"', b"\xff\xfe", b"[" * 5_000]
    said = done("load", write(tmp_path / "e.jsonl", EVENTS[0], *bad, EVENTS[3]), "-w", workspace)
    assert "4 quarantined, 2 accepted" in said
    kept = [json.loads(each["item"]) for each in quarantined(live_server, workspace)]
    assert sorted(kept) == sorted(["{not json", "text", "\ufffd\ufffd", "[" * 5_000])


def test_lines_that_are_nearly_json_are_left_to_the_server(workspace: str, tmp_path: Path) -> None:
    lines = [
        json.dumps(item("A", "2026-01-01", properties={"revenue": float("nan")})),
        json.dumps(item("B \ud83d", "2026-01-01")),
        json.dumps(item("C", "2026-01-01", properties={"n": 0})).replace('"n": 0', '"n": ' + "9" * 5_000),
        json.dumps(item("D", "2026-01-01")).replace('"D"', '"Caf\xe9"').encode("latin-1"),
    ]
    assert "4 accepted" in done("load", write(tmp_path / "nearly.jsonl", *lines), "-w", workspace)


def test_large_events_are_sent_in_requests_that_the_server_takes(
    live_server: Any, workspace: str, tmp_path: Path
) -> None:
    large = [
        item("Note Left", "2026-01-01", messageId=f"m{n}", properties={"text": "x" * 240_000}) for n in range(BATCH)
    ]
    assert "100 accepted" in done("load", write(tmp_path / "large.jsonl", *large), "-w", workspace)


def test_a_file_that_is_missing_is_told_in_a_sentence(workspace: str, tmp_path: Path) -> None:
    for command in ("load", "import"):
        assert failed(command, tmp_path / "none.jsonl", "-w", workspace).startswith("There is no file")


@pytest.mark.parametrize("damage", ["no gzip", "cut short", "overwritten"])
def test_a_damaged_archive_is_told_in_a_sentence_and_nothing_is_sent(
    live_server: Any, workspace: str, tmp_path: Path, damage: str
) -> None:
    file = write(tmp_path / "events.jsonl.gz", *EVENTS * 50)
    packed = file.read_bytes()
    damaged = {
        "no gzip": b"plain text",
        "cut short": packed[: len(packed) // 2],
        "overwritten": packed[:20] + b"\xff" * 20 + packed[40:],
    }
    file.write_bytes(damaged[damage])
    assert "cannot be read: " in failed("load", file, "-w", workspace)
    assert quarantined(live_server, workspace) == []


def test_an_answer_is_printed_with_its_citations(workspace: str, tmp_path: Path) -> None:
    done("load", write(tmp_path / "events.jsonl", *EVENTS), "-w", workspace)
    said = done("ask", QUESTION, "-w", workspace, "--as-of", "2026-02-01")
    assert "3" in said.split("[1]")[0]
    for number in (1, 2, 3):
        assert f"[{number}] 2026-01-0" in said
    assert "mode deterministic" in said


def test_a_customer_fits_a_screen(workspace: str, tmp_path: Path) -> None:
    done("load", write(tmp_path / "events.jsonl", *EVENTS), "-w", workspace)
    said = done("client", "ada", "-w", workspace, "--as-of", "2026-02-01")
    assert "3 events" in said
    assert "30.00 EUR (3 payments, 0 refunds)" in said


def test_an_unknown_customer_is_told_in_a_sentence(workspace: str) -> None:
    assert "no event of a customer 'nobody/x'" in failed("client", "nobody/x", "-w", workspace)
    assert "Unknown client" in failed("ask", QUESTION, "-c", "nobody", "-w", workspace)


def test_what_is_exported_is_imported_again(workspace: str, tmp_path: Path) -> None:
    done("load", write(tmp_path / "events.jsonl", *EVENTS, "bad"), "-w", workspace)
    file, copy = tmp_path / "out.jsonl", f"{workspace}-copy"
    done("export", file, "-w", workspace)
    assert run("export", "-w", workspace).stdout_bytes == file.read_bytes()
    assert done("import", file, "-w", copy) == "6 lines, 5 new"
    assert done("import", file, "-w", copy) == "6 lines, 0 new"


def test_a_file_that_is_no_export_is_told_in_a_sentence(workspace: str, tmp_path: Path) -> None:
    said = failed("import", write(tmp_path / "events.jsonl", *EVENTS), "-w", workspace)
    assert "line 1: " in said


def test_without_a_server_a_command_opens_the_data_directory_itself(offline: Path, tmp_path: Path) -> None:
    assert "4 accepted" in done("load", write(tmp_path / "events.jsonl", *EVENTS))
    assert (offline / "schema.json").is_file()
    assert "[3] 2026-01-0" in done("ask", QUESTION, "--as-of", "2026-02-01")
    assert "ada" in done("client", "ada", "--as-of", "2026-02-01")
    assert len(run("export").stdout_bytes.splitlines()) == 5


def test_a_server_that_is_not_there_is_told_in_a_sentence(offline: Path) -> None:
    assert "The server did not answer" in failed("client", "ada", "--url", "http://127.0.0.1:9")


def test_recommendations_are_told_with_why_and_where_there_are_none_that_is_said(
    workspace: str, tmp_path: Path
) -> None:
    lamp = {"revenue": 10, "currency": "EUR", "products": [{"name": "Lamp", "price": 10}]}
    events = [item("Order Completed", f"2026-01-0{day}", "ada", properties=lamp) for day in (1, 2)]
    done("load", write(tmp_path / "e.jsonl", *events, EVENTS[3]), "-w", workspace)
    told = done("recommend", "ada", "-w", workspace, "--as-of", "2026-01-10", "--kind", "item")
    assert "Lamp 10.00" in told
    assert "bought 2 times" in told
    assert "no other item" in done("recommend", "ada", "-w", workspace, "--kind", "item", "--new")
    assert "nobody" in failed("recommend", "nobody", "-w", workspace)
