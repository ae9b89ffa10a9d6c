"""The real application on a real embedded store: in this process, or as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, TextIO
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from memory.embedder import Embedder
from memory.reranking import Reranker
from memory.store import Store
from server.address import read_address
from server.app import create_app
from server.settings import ENV_PREFIX, Settings
from tests.fakes import HashedWords

TIMEOUT_S = 30
_SERVE = """
from server.serve import serve
from server.settings import Settings
from tests.fakes import HashedWords
serve(Settings(_env_file=None), embedder=HashedWords())
"""

#: Settings by name -> a client of an application with these settings.
Serve = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
#: A data directory and settings by name -> a server of its own; `script` starts it in another way.
Launch = Callable[..., "Launched"]


@pytest.fixture(autouse=True, scope="session")
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No setting and no .env file of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(ENV_PREFIX)]:
            patch.delenv(name)
        patch.chdir(tmp_path_factory.mktemp("cwd"))
        yield


@pytest.fixture
def serve_app(tmp_path: Path) -> Serve:
    """Applications in this process; each on its own directory, unless `data_dir` names one."""
    made = 0

    @asynccontextmanager
    async def serve(
        *,
        embedder: Embedder | None = None,
        store: Store | None = None,
        reranker: Reranker | None = None,
        **settings: Any,
    ) -> AsyncIterator[httpx.AsyncClient]:
        nonlocal made
        made += 1
        settings.setdefault("data_dir", tmp_path / f"data-{made}")
        # Rounds are done where a test is about them.
        settings.setdefault("scoring_every_s", 0)
        app = create_app(Settings(**settings), embedder=embedder or HashedWords(), store=store, reranker=reranker)
        async with app.router.lifespan_context(app), _client_of(app) as client:
            yield client

    return serve


@pytest.fixture(scope="session")
async def shared_app(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    """One application for all tests that need no settings of their own."""
    data_dir = tmp_path_factory.mktemp("shared") / "data"
    app = create_app(Settings(data_dir=data_dir, scoring_every_s=0), embedder=HashedWords())
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(shared_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the shared application, in a workspace of its own."""
    async with _client_of(shared_app) as opened:
        opened.headers["X-Workspace"] = f"test-{uuid4().hex}"
        yield opened


def _client_of(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")


class Launched:
    """A server as a process of its own, or one that has refused to start."""

    def __init__(self, process: subprocess.Popen[str], data_dir: Path, stderr: TextIO) -> None:
        self.process = process
        self.data_dir = data_dir
        self._stderr = stderr

    @property
    def url(self) -> str:
        """Where it is, once it is; fails when it ended instead."""
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            address = read_address(self.data_dir)
            if address and address.pid == self.process.pid:
                return address.url
            assert self.process.poll() is None, self._said()
            time.sleep(0.02)
        raise TimeoutError("the server did not start")

    def ended(self) -> tuple[int, str]:
        """Its exit status and what it said on stderr, once it has ended."""
        return self.process.wait(timeout=TIMEOUT_S), self._said()

    def _said(self) -> str:
        self._stderr.seek(0)
        return self._stderr.read()

    def let_go(self) -> None:
        """End it, if it has not ended."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(timeout=TIMEOUT_S)
        self._stderr.close()


@pytest.fixture(scope="session")
def launch() -> Iterator[Launch]:
    """Servers as processes of their own, without torch; all are ended with the session."""
    started: list[Launched] = []

    def start(data_dir: Path, *, script: str = _SERVE, **settings: Any) -> Launched:
        given = {f"{ENV_PREFIX}{name.upper()}": str(value) for name, value in {"port": 0, **settings}.items()}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
        # A file and no pipe: one that nobody reads is full after 64 KB of log, and its writer waits for ever.
        said = TemporaryFile("w+")  # noqa: SIM115
        process = subprocess.Popen(
            [sys.executable, "-c", script],
            env={**kept, f"{ENV_PREFIX}DATA_DIR": str(data_dir), **given},
            cwd=Path(__file__).parents[2],
            stdout=subprocess.DEVNULL,
            stderr=said,
            text=True,
        )
        started.append(Launched(process, data_dir, said))
        return started[-1]

    yield start
    for server in started:
        server.let_go()


@pytest.fixture(scope="session")
def live_server(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Launched:
    """One server for the whole session."""
    server = launch(tmp_path_factory.mktemp("live") / "data")
    assert server.url
    return server
