"""Intake over HTTP against the raw encoding speed of the model: the same texts, in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx
import orjson

from evals.bench_server import BenchServer, bench_server
from evals.sources import read_lines
from memory.embedder import BATCH, packaged_model
from memory.event import parse_event
from memory.narration import narrate

#: Events a request.
_BATCH_EVENTS = 100
_POLL_S = 0.2
#: Called with the number of events accepted or searchable.
Tell = Callable[[int], None]
Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Intake:
    """Seconds until all events were accepted and until all could be found by meaning; bytes of the server's memory.

    `lag_p50_s`, `lag_p99_s`: from acceptance to vectors.
    """

    events: int
    accepted_s: float
    searchable_s: float
    lag_p50_s: float
    lag_p99_s: float
    payload_bytes: int
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Encoding:
    """Seconds that the bare model takes for texts."""

    texts: int
    seconds: float


def time_intake(lines: Sequence[Line], tell: Tell, *, pace: float | None = None, **settings: str) -> Intake:
    """Send events to a server of its own on loopback, whose model is loaded; with `pace`, so many a second at most."""
    bodies = [orjson.dumps(lines[start : start + _BATCH_EVENTS]) for start in range(0, len(lines), _BATCH_EVENTS)]
    with bench_server(**settings) as server:
        before = server.memory_bytes()
        started = perf_counter()
        _send(server.client, bodies, started, pace)
        accepted = perf_counter() - started
        tell(len(lines))
        _wait(server, len(lines), tell)
        searchable = perf_counter() - started
        lag = server.client.get("/events/stats").raise_for_status().json()["lag"]
        grown = server.memory_bytes() - before
    size = sum(map(len, bodies))
    return Intake(len(lines), accepted, searchable, lag["p50_s"] or 0.0, lag["p99_s"] or 0.0, size, grown)


def notes_of(texts: Sequence[str]) -> list[Line]:
    """One event a text, so that each has words of its own and nothing is embedded twice."""
    return [
        {"event": "Note Left", "userId": f"c{n % 300}", "messageId": f"note-{n}", "timestamp": 1_700_000_000 + n,
         "properties": {"text": text}}
        for n, text in enumerate(texts)
    ]  # fmt: skip


def texts_of(lines: Sequence[Line]) -> list[str]:
    """Every distinct text that has to be embedded for these events."""
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


def read_events(file: Path, limit: int | None) -> list[Line]:
    return read_lines(file)[:limit]


def _send(client: httpx.Client, bodies: Sequence[bytes], started: float, pace: float | None) -> None:
    for number, body in enumerate(bodies):
        if pace:
            time.sleep(max(0.0, started + number * _BATCH_EVENTS / pace - perf_counter()))
        client.post("/events", content=body, headers={"Content-Type": "application/json"}).raise_for_status()


def _wait(server: BenchServer, left: int, tell: Tell) -> None:
    """Until no event waits for its vectors."""
    while left:
        time.sleep(_POLL_S)
        before, left = left, int(server.client.get("/health/ready").raise_for_status().json()["pending"])
        tell(before - left)
