"""Clients that others wrote send here once their host is changed: each event is kept once, whose it is is known."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sdks.flaky import FlakyWay
from tests.sdks.plan import CALLS, CUSTOMERS, Call, plan, user
from tests.service.conftest import Launch, Launched

HERE = Path(__file__).parent
KEY = "key-of-the-shop"
TIMEOUT_S = 120
#: What follows "way in": the command of each SDK.
SENDERS = {
    "segment": [sys.executable, str(HERE / "senders" / "segment_style.py"), "segment.analytics.client"],
    "rudder": [sys.executable, str(HERE / "senders" / "segment_style.py"), "rudderstack.analytics.client"],
    "posthog": [sys.executable, str(HERE / "senders" / "posthog_python.py")],
    "node": ["node", str(HERE / "node" / "send.mjs")],
}


@pytest.fixture(scope="module")
def server(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Launched:
    return launch(tmp_path_factory.mktemp("sdks") / "data", keys=f"{KEY}=shop")


@pytest.fixture(scope="module")
def reader(server: Launched) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {KEY}"}, timeout=30) as opened:
        yield opened


@pytest.fixture(params=SENDERS)
def sdk(request: pytest.FixtureRequest) -> str:
    """Each SDK in turn; the one for Node where it is installed."""
    name = str(request.param)
    if name == "node":
        if not shutil.which("node"):
            pytest.skip("node is not installed")
        if not (HERE / "node" / "node_modules").is_dir():
            pytest.skip("its packages are not installed: npm ci --prefix tests/sdks/node")
    return name


def send(sdk: str, url: str, key: str, calls: Sequence[Call], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the SDK on these calls, until it has given all of them away."""
    told = folder / "plan.json"
    told.write_text(json.dumps(calls), encoding="utf-8")
    direct = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    command = [*SENDERS[sdk], url, key, str(told)]
    return subprocess.run(command, env=direct, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)


def kept_events(reader: httpx.Client, sdk: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in reader.get("/export").text.splitlines()[1:]]
    events = [line for line in lines if line["kind"] == "event"]
    ids = {call["id"] for call in plan(sdk)}
    return [event for event in events if event["message_id"] in ids]


def test_each_event_of_an_sdk_that_retries_and_repeats_is_kept_once_and_of_its_customer(
    sdk: str, server: Launched, reader: httpx.Client, tmp_path: Path
) -> None:
    calls = plan(sdk)
    with FlakyWay(server.url, ["replaced", "passed", "lost"]) as way:
        for _ in range(2):
            done = send(sdk, way.url, KEY, calls, tmp_path)
            assert done.returncode == 0, done.stderr
        # Answers were lost of events that had been kept, and the SDK sent these again.
        assert way.spoiled == 2
        assert way.refused == []
        assert set(+way.verdicts) == {"accepted", "duplicate"}
        assert way.verdicts["accepted"] == len(calls)
        assert way.verdicts["duplicate"] > len(calls)

    assert_kept_once(kept_events(reader, sdk), calls)
    assert_whose(reader, sdk)


def assert_kept_once(events: Sequence[dict[str, Any]], calls: Sequence[Call]) -> None:
    by_id = {event["message_id"]: event for event in events}
    assert len(by_id) == len(events) == len(calls)
    for call in calls:
        event = by_id[call["id"]]
        body = json.loads(event["body"])
        assert body["type"] == call["call"], call
        assert event.get("user_id") == call["user"], call
        assert event.get("anonymous_id") == call.get("anonymous"), call
        assert event.get("group_id") == call.get("group"), call
        assert event.get("previous_id") == call.get("previous"), call
        # All of what was said; libraries add what they know of themselves.
        said = {name: call[name] for name in ("properties", "traits") if name in call}
        for name, given in said.items():
            assert given.items() <= body[name].items(), call


def assert_whose(reader: httpx.Client, sdk: str) -> None:
    names = Counter(CALLS)
    for number in range(CUSTOMERS):
        client_id = user(sdk, number)
        found = reader.get(f"/clients/{client_id}", params={"as_of": "2026-03-01"}).json()
        assert found["client_id"] == client_id
        profile = found["profile"]
        assert (profile["name"], profile["email"]) == (f"Zoë Nº {number}", f"zoe{number}@shop.test")
        assert profile["purchases"] == names["order"]
        history = reader.get(f"/clients/{client_id}/timeline", params={"as_of": "2026-03-01", "limit": 100}).json()
        # With what they did as a visitor, and under the id that an alias replaced.
        ids = {call["id"] for call in plan(sdk)[number * len(CALLS) : (number + 1) * len(CALLS)]}
        assert {event["message_id"] for event in history["events"]} == ids, client_id


def test_a_key_that_is_not_known_is_a_final_answer_for_an_sdk(sdk: str, server: Launched, tmp_path: Path) -> None:
    with FlakyWay(server.url, []) as way:
        done = send(sdk, way.url, "another-key", plan(sdk)[:3], tmp_path)
        assert done.returncode != 0
        assert "not delivered" in done.stderr
        # One request, no more: it was not taken for a fault that passes.
        assert [json.loads(answer)["type"] for answer in way.refused] == ["/problems/unauthorised"]
        assert not way.verdicts
