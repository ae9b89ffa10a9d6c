"""`throughline load`: CSV files, loads that were interrupted, and servers that have too much to do."""

from __future__ import annotations

import io
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from server.cli.load_jobs import LoadJob, open_job
from server.cli.loading import BATCH, load, report, source_of
from server.cli.main import app
from server.cli.sending import retry_after_s
from server.settings import ENV_PREFIX
from tests.builders import item

ROOT = Path(__file__).parents[2]
ORDERS = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID
536365,85123A,WHITE HANGING HEART,6,2010-12-01 08:26:00,2.55,17850
536365,71053,"LANTERN, WHITE",8,2010-12-01 08:26:00,3.39,17850
536366,22633,HAND WARMER,6,2010-12-01 08:28:00,1.85,13047
536367,22632,HAND WARMER RED,6,no time at all,1.85,13047
"""
AS_ORDERS = [
    "--map", "userId=CustomerID", "--map", "timestamp=InvoiceDate", "--map", 'event=="Order Completed"',
    "--map", "properties.currency==GBP", "--group-by", "InvoiceNo", "--item", "name=Description",
    "--item", "quantity=Quantity", "--item", "price=UnitPrice", "--sum", "properties.revenue=Quantity*UnitPrice",
]  # fmt: skip


@pytest.fixture
def workspace(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """A workspace of its own, on the server of the data directory that the command is told of."""
    monkeypatch.setenv(f"{ENV_PREFIX}DATA_DIR", str(live_server.data_dir))
    return f"load-{uuid4().hex}"


class SlowServer:
    """What the command sends, and an answer to each request: by default that all was accepted."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers = list(answers)
        self.sent: list[list[Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        batch = json.loads(request.content)
        self.sent.append(batch)
        if self.answers:
            return self.answers.pop(0)
        result = {"message_id": None, "verdict": "accepted", "reason": None, "field": None, "detail": None}
        return httpx.Response(
            200, json={"results": [result] * len(batch), "counts": {"accepted": len(batch), "quarantined": 0}}
        )

    @property
    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url="http://127.0.0.1", transport=httpx.MockTransport(self))


def run(*arguments: Any) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


def done(*arguments: Any) -> str:
    """What a command prints that goes well, on one line."""
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def get(server: Any, workspace: str, path: str, **params: Any) -> Any:
    answer = httpx.get(f"{server.url}{path}", headers={"X-Workspace": workspace}, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def exported(server: Any, workspace: str) -> list[dict[str, Any]]:
    """The kept events of a workspace."""
    answer = httpx.get(f"{server.url}/export", headers={"X-Workspace": workspace})
    return [line for line in map(json.loads, answer.text.splitlines()) if line.get("kind") == "event"]


def jsonl(file: Path, count: int, **fields: Any) -> Path:
    events = [item("Signed In", "2026-01-05", f"c{n % 7}", messageId=f"m{n}", **fields) for n in range(count)]
    file.write_text("".join(json.dumps(event) + "\n" for event in events))
    return file


def jobs(data_dir: Path) -> list[Path]:
    return list((data_dir / "loads").glob("*"))


def quiet() -> Console:
    return Console(file=io.StringIO())


def test_orders_of_one_row_a_product_become_events_with_products(
    live_server: Any, workspace: str, tmp_path: Path
) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS)
    said = done("load", file, "-w", workspace, *AS_ORDERS)
    assert "2 accepted, 1 quarantined" in said
    assert "line 5: unparsable_time /timestamp: 'no time at all' is not a time" in said
    assert "columns not loaded: StockCode" in said
    client = get(live_server, workspace, "/clients/17850", as_of="2011-01-01")
    assert [(value["amount"], value["currency"]) for value in client["profile"]["value"]] == [(42.42, "GBP")]
    bodies = [json.loads(event["body"]) for event in exported(live_server, workspace)]
    assert sorted(len(body["properties"]["products"]) for body in bodies) == [1, 2]


def test_a_csv_file_that_is_loaded_again_changes_nothing(live_server: Any, workspace: str, tmp_path: Path) -> None:
    file = tmp_path / "e.csv"
    file.write_text("userId,event,timestamp\n1,A,2026-01-01\n1,A,2026-01-01\n2,B,2026-01-02\n")
    assert "3 accepted" in done("load", file, "-w", workspace)
    before = httpx.get(f"{live_server.url}/export", headers={"X-Workspace": workspace}).text
    assert "3 duplicate" in done("load", file, "-w", workspace)
    assert httpx.get(f"{live_server.url}/export", headers={"X-Workspace": workspace}).text == before


def test_a_mapping_file_says_what_the_options_say(workspace: str, tmp_path: Path) -> None:
    file, mapping = tmp_path / "e.txt", tmp_path / "m.json"
    file.write_text("who;what\n1;A\n")
    mapping.write_text('{"map": {"userId": "who", "event": "what"}}')
    assert "1 accepted" in done("load", file, "-w", workspace, "--mapping", mapping)


def test_a_missing_mapping_names_the_columns(workspace: str, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS)
    result = run("load", file, "-w", workspace)
    assert result.exit_code == 1
    assert "the file has the columns InvoiceNo, StockCode" in " ".join(result.stderr.split())


def test_a_row_that_does_not_fit_is_kept_in_quarantine_and_named_by_its_line(
    live_server: Any, workspace: str, tmp_path: Path
) -> None:
    file = tmp_path / "e.csv"
    file.write_text("userId,event\n1,A\n2\n3,C\n")
    said = done("load", file, "-w", workspace)
    assert "2 accepted, 1 quarantined line 3: 1 cells, the header has 2" in said
    (kept,) = get(live_server, workspace, "/quarantine")["items"]
    assert kept["item"] == '"2"'


def test_only_the_first_quarantined_lines_are_listed(workspace: str, tmp_path: Path) -> None:
    file = tmp_path / "e.jsonl"
    file.write_text("\n".join(f'{{"event": "A", "n": {n}}}' for n in range(9)))
    result = run("load", file, "-w", workspace)
    said = " ".join(result.output.split())
    assert "line 1: missing_customer /userId" in said
    assert "line 5: missing_customer" in said
    assert "line 6" not in said
    assert "and 4 more" in said


async def load_with(server: SlowServer, file: Path, job: LoadJob) -> Any:
    async with server.client as client:
        return await load(client, source_of(file), quiet(), "f", job)


def job_of(tmp_path: Path, file: Path, *, restart: bool = False, workspace: str = "w", options: str = "") -> LoadJob:
    return open_job(tmp_path / "data", file, ("", workspace), options, restart=restart)


async def interrupted(tmp_path: Path, file: Path, batches: int) -> None:
    """Load some batches of a file, until the server refuses one."""
    server = SlowServer()
    sent = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal sent
        sent += 1
        return server(request) if sent <= batches else httpx.Response(413, json={"title": "Too large", "detail": "x"})

    async with httpx.AsyncClient(base_url="http://127.0.0.1", transport=httpx.MockTransport(answer)) as client:
        with pytest.raises(Exception, match="Too large"):
            await load(client, source_of(file), quiet(), "f", job_of(tmp_path, file))


async def test_an_interrupted_load_sends_only_the_rest(tmp_path: Path) -> None:
    file = jsonl(tmp_path / "e.jsonl", 3 * BATCH + 50)
    await interrupted(tmp_path, file, 2)
    server = SlowServer()
    loaded = await load_with(server, file, job_of(tmp_path, file))
    assert [event["messageId"] for batch in server.sent for event in batch] == [f"m{n}" for n in range(2 * BATCH, 350)]
    assert loaded.skipped == 2 * BATCH
    assert str(report(loaded)).startswith("150 accepted, 200 skipped: acknowledged by an earlier load")


async def test_a_load_that_went_through_leaves_no_job(tmp_path: Path) -> None:
    file = jsonl(tmp_path / "e.jsonl", BATCH)
    await load_with(SlowServer(), file, job_of(tmp_path, file))
    assert jobs(tmp_path / "data") == []
    assert job_of(tmp_path, file).acknowledged == 0


@pytest.mark.parametrize("change", ["content", "time", "options"])
async def test_a_changed_file_or_mapping_starts_from_the_beginning(tmp_path: Path, change: str) -> None:
    file = jsonl(tmp_path / "e.jsonl", 2 * BATCH)
    await interrupted(tmp_path, file, 1)
    if change == "content":
        jsonl(file, 2 * BATCH, anonymousId="a")
    if change == "time":
        os.utime(file, (1, 1))
    job = job_of(tmp_path, file, options="other" if change == "options" else "")
    assert (job.changed, job.acknowledged) == (True, 0)


async def test_another_workspace_and_a_restart_start_from_the_beginning(tmp_path: Path) -> None:
    file = jsonl(tmp_path / "e.jsonl", 2 * BATCH)
    await interrupted(tmp_path, file, 1)
    assert job_of(tmp_path, file).acknowledged == BATCH
    for other in (job_of(tmp_path, file, workspace="v"), job_of(tmp_path, file, restart=True)):
        assert (other.changed, other.acknowledged) == (False, 0)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"acknowledged": "x"}', "5"])
async def test_a_damaged_job_is_no_job(tmp_path: Path, text: str) -> None:
    file = jsonl(tmp_path / "e.jsonl", 2 * BATCH)
    await interrupted(tmp_path, file, 1)
    (kept,) = jobs(tmp_path / "data")
    kept.write_text(text)
    assert job_of(tmp_path, file).acknowledged == 0


async def test_a_job_tells_nothing_of_the_file_nor_its_name(tmp_path: Path) -> None:
    file = jsonl(tmp_path / "ada-byron.jsonl", 2 * BATCH)
    await interrupted(tmp_path, file, 1)
    (kept,) = jobs(tmp_path / "data")
    # Not the first name: "ada" may stand in any digest.
    assert "byron" not in kept.name
    assert set(json.loads(kept.read_text())) == {"size", "mtime_ns", "head_sha256", "options_sha256", "acknowledged"}


async def test_a_job_that_cannot_be_written_does_not_stop_the_load(tmp_path: Path) -> None:
    file = jsonl(tmp_path / "e.jsonl", BATCH)
    (tmp_path / "data").write_text("a file where the directory should be")
    assert (await load_with(SlowServer(), file, job_of(tmp_path, file))).verdicts["accepted"] == BATCH


async def test_a_draft_that_a_killed_load_left_goes_with_the_job(tmp_path: Path) -> None:
    file = jsonl(tmp_path / "e.jsonl", 2 * BATCH)
    await interrupted(tmp_path, file, 1)
    (kept,) = jobs(tmp_path / "data")
    kept.with_suffix(".4711").write_text("{")
    await load_with(SlowServer(), file, job_of(tmp_path, file))
    assert jobs(tmp_path / "data") == []


def test_after_kill_9_the_rest_is_sent_and_everything_is_there_once(
    live_server: Any, workspace: str, tmp_path: Path
) -> None:
    file = jsonl(tmp_path / "e.jsonl", 6_000, properties={"text": "x" * 500})
    command = [sys.executable, "-c", "from server.cli.main import main; main()", "load", str(file), "-w", workspace]
    started = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while (
        not list((live_server.data_dir / "loads").glob("*.json"))
        and started.poll() is None
        and time.monotonic() < deadline
    ):
        time.sleep(0.005)
    started.send_signal(signal.SIGKILL)
    assert started.wait() == -signal.SIGKILL
    said = done("load", file, "-w", workspace)
    assert "skipped: acknowledged by an earlier load that was interrupted" in said
    assert sorted(event["message_id"] for event in exported(live_server, workspace)) == sorted(
        f"m{n}" for n in range(6_000)
    )
    assert jobs(live_server.data_dir) == []


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_server_is_asked_again_when_it_says(tmp_path: Path, status: int) -> None:
    file = jsonl(tmp_path / "e.jsonl", 10)
    server = SlowServer(httpx.Response(status, headers={"Retry-After": "1"}))
    started = time.monotonic()
    loaded = await load_with(server, file, job_of(tmp_path, file))
    assert time.monotonic() - started >= 1
    assert loaded.verdicts["accepted"] == 10
    assert server.sent[0] == server.sent[1]


async def test_a_server_whose_store_stays_away_is_told_in_a_sentence(tmp_path: Path) -> None:
    file = jsonl(tmp_path / "e.jsonl", 10)
    server = SlowServer(*[httpx.Response(503, headers={"Retry-After": "0"}) for _ in range(20)])
    with pytest.raises(Exception, match="stayed too busy"):
        await load_with(server, file, job_of(tmp_path, file))
    assert len(server.sent) == 6


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("5", 5.0), ("0", 0.0), ("3600", 60.0), ("Thu, 01 Jan 2026 00:00:07 GMT", 7.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0), ("soon", None), ("-1", None), (None, None),
    ],
)  # fmt: skip
def test_a_wait_is_a_number_of_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, datetime(2026, 1, 1, tzinfo=UTC)) == seconds


UCI = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE HANGING HEART,6,12/1/2010 8:26,2.55,17850,United Kingdom
536365,71053,WHITE METAL LANTERN,6,12/1/2010 8:26,3.39,17850,United Kingdom
536366,22633,HAND WARMER,6,12/1/2010 8:28,1.85,17850,United Kingdom
536367,84879,BIRD ORNAMENT,32,12/1/2010 8:34,1.69,13047,United Kingdom
"""


def of_readme(file: Path) -> list[str]:
    """The arguments of the README's example, with another file."""
    text = (ROOT / "README.md").read_text()
    command = text[text.index("load orders.csv") :].split("\n```")[0].replace("\\\n", " ")
    return ["load", str(file), *shlex.split(command)[2:]]


def test_the_readmes_example_loads_orders(live_server: Any, workspace: str, tmp_path: Path) -> None:
    (file := tmp_path / "orders.csv").write_text(UCI)
    assert "3 accepted" in done(*of_readme(file), "--workspace", workspace)
    bodies = [json.loads(event["body"]) for event in exported(live_server, workspace)]
    assert sorted(body["properties"]["revenue"] for body in bodies) == [11.1, 35.64, 54.08]


def test_a_file_of_which_nothing_is_kept_fails_and_says_how_times_are_named(workspace: str, tmp_path: Path) -> None:
    (file := tmp_path / "orders.csv").write_text(UCI)
    result = run("load", file, *AS_ORDERS, "--workspace", workspace)
    assert result.exit_code == 1
    assert "--time-format" in result.output


@pytest.mark.parametrize("bad", ['"' + "x" * (17 * 1024 * 1024) + '"', "[" * 1_024 + "]" * 1_024])
def test_a_line_that_is_refused_is_quarantined_and_the_load_goes_on(workspace: str, tmp_path: Path, bad: str) -> None:
    good = [json.dumps(item("Signed In", "2026-01-05", "c1", messageId=f"m{n}")) for n in range(3)]
    (file := tmp_path / "events.jsonl").write_text("\n".join([good[0], bad, *good[1:]]) + "\n")
    told = done("load", file, "--workspace", workspace)
    assert "3 accepted, 1 quarantined" in told
    assert "line 2:" in told


def test_an_export_that_fails_leaves_the_earlier_one(workspace: str, tmp_path: Path) -> None:
    (file := tmp_path / "backup.jsonl").write_text("kept")
    assert run("export", file, "--url", "http://127.0.0.1:9", "--workspace", workspace).exit_code == 1
    assert (file.read_text(), list(tmp_path.iterdir())) == ("kept", [file])
