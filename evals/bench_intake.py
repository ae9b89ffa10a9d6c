"""Intake over HTTP against the raw encoding speed of the model: the same texts, in the same run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import httpx
import orjson

from evals.oracle import read_lines
from memory.embedder import BATCH, packaged_model
from memory.event import parse_event
from memory.narration import narrate
from server.address import read_address
from server.settings import ENV_PREFIX

#: Events a request.
_BATCH_EVENTS = 100
_START_TIMEOUT_S = 120.0
_POLL_S = 0.05
#: Called with the number of events accepted or searchable.
Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Intake:
    """Seconds until all events were accepted, and until all could be found by meaning."""

    events: int
    accepted_s: float
    searchable_s: float


@dataclass(frozen=True, slots=True)
class Encoding:
    """Seconds that the bare model takes for the distinct texts of the same events."""

    texts: int
    seconds: float


def time_intake(lines: Sequence[dict[str, Any]], tell: Tell) -> Intake:
    """Send events to a server of its own on loopback, whose model is loaded."""
    bodies = [orjson.dumps(lines[start : start + _BATCH_EVENTS]) for start in range(0, len(lines), _BATCH_EVENTS)]
    with _server() as url, httpx.Client(base_url=url, timeout=_START_TIMEOUT_S) as client:
        _wait_for_model(client)
        started = perf_counter()
        for body in bodies:
            client.post("/events", content=body, headers={"Content-Type": "application/json"}).raise_for_status()
        accepted = perf_counter() - started
        tell(len(lines))
        left = len(lines)
        while left:
            time.sleep(_POLL_S)
            before, left = left, int(client.get("/health/ready").raise_for_status().json()["pending"])
            tell(before - left)
        return Intake(len(lines), accepted, perf_counter() - started)


def distinct_texts(lines: Sequence[dict[str, Any]]) -> list[str]:
    """Every text that has to be embedded for these events, once."""
    return list(dict.fromkeys(part for line in lines for part in narrate(parse_event(line)).parts))


class Encoder:
    """The bare model, as its users call it: many texts in one call, which it sorts by length itself."""

    def __init__(self) -> None:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        self._model = SentenceTransformer(str(packaged_model()), device="cpu")
        self.seconds_for(["warm up"] * BATCH)

    def seconds_for(self, texts: Sequence[str]) -> float:
        started = perf_counter()
        self._model.encode(list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)
        return perf_counter() - started


def read_events(file: Path, limit: int | None) -> list[dict[str, Any]]:
    return read_lines(file)[:limit]


@contextmanager
def _server() -> Iterator[str]:
    """The URL of a server in a process of its own; it is ended with the block."""
    with TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
        given = {"DATA_DIR": str(data_dir), "PORT": "0", "LOG_LEVEL": "error"}
        process = subprocess.Popen(
            [sys.executable, "-m", "server.serve"],
            env={**kept, **{f"{ENV_PREFIX}{name}": value for name, value in given.items()}},
            cwd=Path(__file__).parents[1],
        )
        try:
            yield _url_of(process, data_dir)
        finally:
            process.terminate()
            process.wait()


def _url_of(process: subprocess.Popen[bytes], data_dir: Path) -> str:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        address = read_address(data_dir)
        if address:
            return address.url
        time.sleep(_POLL_S)
    raise RuntimeError("the server did not start")


def _wait_for_model(client: httpx.Client) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        if client.get("/health/ready").raise_for_status().json()["embedder"] == "loaded":
            return
        time.sleep(_POLL_S)
    raise RuntimeError("the embedding model did not load")
