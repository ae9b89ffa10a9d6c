"""The embedded store against qdrant-client's local mode: the same points, the same calls, the same answers."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import count, islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from evals.sources import read_lines
from memory.bm25 import document_words, query_words
from memory.data_dir import open_data_dir
from memory.event import content_hash, parse_event
from memory.indexer import WRITE_EVENTS
from memory.narration import narrate
from memory.qdrant_store import open_local
from memory.record import Record, make_record
from memory.scope import Scope
from memory.store import Hit, SparseVector, Store, Where
from server.routes.events import SLICE

DIMENSIONS = 384
PARTS = 4
#: As many as the agent reads in one search.
LIMIT = 10
_SCOPE = Scope("bench")
_SEED = 7
#: Called with the number of points written or queries run.
Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Points:
    """Events of as many customers as it takes: the records, their words, and a seed for their vectors."""

    records: list[Record]
    words: list[SparseVector]

    def vectors(self) -> Iterator[list[list[float]]]:
        """One multi-vector of random unit vectors an event; the same on every call."""
        draw = np.random.default_rng(_SEED)
        while True:
            parts = draw.standard_normal((PARTS, DIMENSIONS), dtype=np.float32)
            yield (parts / np.linalg.norm(parts, axis=1, keepdims=True)).tolist()


@dataclass(frozen=True, slots=True)
class Searched:
    """What to look for in one customer's memory."""

    scope: Scope
    words: SparseVector
    vector: list[float]


@dataclass(frozen=True, slots=True)
class Timing:
    """Points a second, written with their words and then given vectors; median milliseconds a search; the answers."""

    write_per_s: float
    vectors_per_s: float
    words_ms: float
    meaning_ms: float
    answers: list[frozenset[str]]


def make_points(file: Path, number: int) -> Points:
    """Events of the file, again and again under other customers and ids until there are enough."""
    events = [parse_event(line) for line in read_lines(file)]
    now = datetime.now(UTC)
    records: list[Record] = []
    words: list[SparseVector] = []
    for copy, event in islice(((copy, event) for copy in count() for event in events), number):
        renamed = replace(event, message_id=f"{event.message_id}/{copy}", user_id=f"{event.customer_id}/{copy}")
        records.append(make_record(renamed, content_hash(renamed), now))
        words.append(document_words(narrate(renamed).words))
    return Points(records, words)


def make_searches(points: Points, number: int) -> list[Searched]:
    """Items of random customers, each with a random direction in the space of meaning."""
    draw, directions = random.Random(_SEED), np.random.default_rng(_SEED + 1)
    chosen = draw.choices([record for record in points.records if record.items], k=number)
    return [
        Searched(
            _SCOPE.of(record.customer_id),
            query_words(draw.choice(record.items)),
            directions.standard_normal(DIMENSIONS).tolist(),
        )
        for record in chosen
    ]


async def time_embedded(points: Points, searches: Sequence[Searched], tell: Tell) -> Timing:
    with TemporaryDirectory() as folder:
        return await _time(open_data_dir(Path(folder), DIMENSIONS), points, searches, tell)


async def time_local(points: Points, searches: Sequence[Searched], tell: Tell) -> Timing:
    with warnings.catch_warnings():
        # It says of itself that it is slow and ignores payload indexes.
        warnings.simplefilter("ignore", UserWarning)
        return await _time(await open_local(DIMENSIONS), points, searches, tell)


async def _time(store: Store, points: Points, searches: Sequence[Searched], tell: Tell) -> Timing:
    written = await _write(store, points, tell)
    given = await _give_vectors(store, points, tell)
    answers: list[frozenset[str]] = []
    words_s, meaning_s = [], []
    for search in searches:
        started = perf_counter()
        by_words = await store.search_words(search.scope, search.words, Where(), LIMIT)
        between = perf_counter()
        by_meaning = await store.search_meaning(search.scope, search.vector, Where(), LIMIT)
        words_s.append(between - started)
        meaning_s.append(perf_counter() - between)
        answers += [_ids(by_words), _ids(by_meaning)]
        tell(1)
    await store.close()
    number = len(points.records)
    return Timing(number / written, number / given, median(words_s) * 1000, median(meaning_s) * 1000, answers)


async def _write(store: Store, points: Points, tell: Tell) -> float:
    """Seconds to write all points, in slices as the server writes them."""
    spent = 0.0
    for start in range(0, len(points.records), SLICE):
        records = points.records[start : start + SLICE]
        words = {r.message_id: w for r, w in zip(records, points.words[start : start + SLICE], strict=True)}
        started = perf_counter()
        await store.insert(_SCOPE, records, partial(_words_of, words))
        spent += perf_counter() - started
        tell(len(records))
    return spent


def _words_of(words: Mapping[str, SparseVector], record: Record) -> SparseVector:
    return words[record.message_id]


async def _give_vectors(store: Store, points: Points, tell: Tell) -> float:
    """Seconds to give all points their vectors, in slices as the indexer does."""
    spent = 0.0
    vectors = points.vectors()
    for start in range(0, len(points.records), WRITE_EVENTS):
        given = {r.message_id: next(vectors) for r in points.records[start : start + WRITE_EVENTS]}
        started = perf_counter()
        await store.set_vectors(_SCOPE, given)
        spent += perf_counter() - started
        tell(len(given))
    return spent


def _ids(hits: Sequence[Hit]) -> frozenset[str]:
    return frozenset(hit.record.message_id for hit in hits)
