"""A server in a process of its own on loopback, to be measured from outside."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from server.address import read_address
from server.settings import ENV_PREFIX

_TIMEOUT_S = 120.0
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class BenchServer:
    """A running server, and a client of it."""

    pid: int
    client: httpx.Client

    def memory_bytes(self) -> int:
        """Resident memory of the server's own process, the embedder's not; 0 where the system does not tell."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return 0
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))


@contextmanager
def bench_server(**settings: str) -> Iterator[BenchServer]:
    """A server on a data directory of its own, its model loaded; it is ended with the block."""
    with TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
        given = {"data_dir": str(data_dir), "port": "0", "log_level": "error", **settings}
        process = subprocess.Popen(
            [sys.executable, "-m", "server.serve"],
            env={**kept, **{f"{ENV_PREFIX}{name.upper()}": value for name, value in given.items()}},
            cwd=Path(__file__).parents[1],
        )
        try:
            with httpx.Client(base_url=_url_of(process, data_dir), timeout=_TIMEOUT_S) as client:
                _wait_for_model(client)
                yield BenchServer(process.pid, client)
        finally:
            process.terminate()
            process.wait()


def _url_of(process: subprocess.Popen[bytes], data_dir: Path) -> str:
    deadline = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        address = read_address(data_dir)
        if address:
            return address.url
        time.sleep(_POLL_S)
    raise RuntimeError("the server did not start")


def _wait_for_model(client: httpx.Client) -> None:
    deadline = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < deadline:
        if client.get("/health/ready").raise_for_status().json()["embedder"] == "loaded":
            return
        time.sleep(_POLL_S)
    raise RuntimeError("the embedding model did not load")
