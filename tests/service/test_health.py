"""Starting, being watched, refusing to start, and stopping."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from memory.data_dir import open_data_dir
from memory.embedder import EmbeddingFailed
from memory.scope import Scope
from memory.store import StoreUnavailable
from tests.fakes import HashedWords

EVENT = {"type": "page", "userId": "c1", "messageId": "m1", "timestamp": "2026-03-01T09:30:00Z"}


async def ready(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/health/ready")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def until(client: httpx.AsyncClient, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    for _ in range(200):
        if wanted(found := await ready(client)):
            return found
    raise AssertionError(found)


async def test_a_server_is_live_and_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/live")).json() == {"status": "live"}
    found = await until(client, lambda found: found["embedder"] == "loaded")
    assert found == {"status": "ready", "embedder": "loaded", "pending": found["pending"], "model": found["model"]}


async def test_what_is_accepted_is_embedded_in_the_background(client: httpx.AsyncClient) -> None:
    await client.post("/events", json=EVENT)
    await until(client, lambda found: found["pending"] == 0)


async def test_without_an_embedding_model_a_server_is_ready_and_keeps_events(serve_app: Any) -> None:
    class Broken(HashedWords):
        async def embed(self, texts: Any) -> Any:
            raise EmbeddingFailed("no model")

    async with serve_app(embedder=Broken()) as client:
        await client.post("/events", json=EVENT)
        assert (await until(client, lambda found: found["embedder"] == "not_loaded"))["status"] == "ready"


async def test_a_server_whose_store_is_away_is_not_ready(serve_app: Any, tmp_path: Path) -> None:
    store = open_data_dir(tmp_path / "store", 64)
    async with serve_app(store=store) as client:
        await until(client, lambda found: found["embedder"] == "loaded")

        async def away(*asked: object) -> Any:
            raise StoreUnavailable("the engine at 10.0.0.7 failed")

        store.controls = store.control = away  # type: ignore[method-assign]
        for method, path in (("GET", "/health/ready"), ("POST", "/events"), ("GET", "/export"), ("GET", "/workspace")):
            answer = await client.request(method, path, json=EVENT if method == "POST" else None)
            assert answer.status_code == 503, path
            assert answer.headers["retry-after"] == "5"
            assert answer.json()["type"] == "/problems/store-unavailable"
            assert "10.0.0.7" not in answer.text
        assert (await client.get("/health/live")).status_code == 200


async def test_health_needs_no_key(serve_app: Any) -> None:
    async with serve_app(keys="k=shop") as client:
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.get("/health/ready")).status_code == 200


async def test_a_second_server_on_a_directory_says_where_the_first_one_is(live_server: Any, launch: Any) -> None:
    status, said = launch(live_server.data_dir).ended()
    assert status == 1
    assert said.count("\n") == 1
    assert f"is already served at {live_server.url} (process {live_server.process.pid})" in said


async def test_a_directory_that_another_program_holds_is_refused_in_one_sentence(launch: Any, tmp_path: Path) -> None:
    store = open_data_dir(tmp_path / "held", 64)
    status, said = launch(tmp_path / "held").ended()
    await store.close()
    assert status == 1
    assert said == f"Cannot start: the data directory {tmp_path / 'held'} is in use by another process.\n"


async def test_a_port_in_use_is_refused_in_one_sentence(live_server: Any, launch: Any, tmp_path: Path) -> None:
    port = httpx.URL(live_server.url).port
    status, said = launch(tmp_path / "other", port=port).ended()
    assert status == 1
    assert said == f"Cannot listen on 127.0.0.1 port {port}: Address already in use; set another THROUGHLINE_PORT.\n"


async def test_a_directory_of_another_model_is_refused_in_one_sentence(launch: Any, tmp_path: Path) -> None:
    await open_data_dir(tmp_path / "other", 32).close()
    status, said = launch(tmp_path / "other").ended()
    assert status == 1
    assert said.count("\n") == 1
    assert "32 dimensions" in said


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [("HOST", "0.0.0.0", "set THROUGHLINE_KEYS"), ("PORT", "many", "THROUGHLINE_PORT: ")],  # noqa: S104
)
def test_unsafe_or_wrong_settings_are_refused_in_one_sentence(
    variable: str, value: str, told: str, tmp_path: Path
) -> None:
    env = {**os.environ, f"THROUGHLINE_{variable}": value, "PYTHONPATH": str(Path(__file__).parents[2])}
    ended = subprocess.run(
        [sys.executable, "-m", "server.serve"], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=30
    )
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert told in ended.stderr


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
async def test_a_stopped_server_takes_its_address_away_and_keeps_what_it_acknowledged(
    launch: Any, tmp_path: Path, sent: signal.Signals
) -> None:
    server = launch(tmp_path / "data")
    async with httpx.AsyncClient(base_url=server.url) as client:
        assert (await client.post("/events", json=EVENT)).status_code == 200
    server.process.send_signal(sent)
    _, said = server.ended()
    assert "Traceback" not in said
    assert not (tmp_path / "data" / "server.json").exists()
    store = open_data_dir(tmp_path / "data", 64)
    assert [record.message_id for record in await store.get(Scope("default"), ["m1"])] == ["m1"]
    await store.close()


async def test_a_killed_server_leaves_an_address_that_is_not_believed(launch: Any, tmp_path: Path) -> None:
    server = launch(tmp_path / "data")
    assert server.url
    server.process.kill()
    server.ended()
    assert (tmp_path / "data" / "server.json").exists()
    again = launch(tmp_path / "data")
    async with httpx.AsyncClient(base_url=again.url) as client:
        assert (await ready(client))["status"] == "ready"
