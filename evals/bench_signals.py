"""Signals on large numbers: features of many events, scores of many customers, training; each beside its goal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import numpy as np

from evals.sources import read_lines
from memory.event import content_hash, parse_event
from memory.record import Record, make_record
from tools.prediction.additive import Floats, StepModel, Steps, logits, probabilities
from tools.prediction.boosting import fit_steps
from tools.prediction.features import Rows, Spec, columns, make_features
from tools.prediction.table import make_table, seconds

SCORED_ROWS, TERMS, CUTS = 1_000_000, 40, 256
EVENTS = 300_000
TRAINING_ROWS, ROWS_A_CUSTOMER = 80_000, 20
#: Seconds, and events a second.
SCORE_GOAL_S, CONTRIBUTIONS_GOAL_S, TRAINING_GOAL_S, FEATURES_GOAL = 5.0, 15.0, 30.0, 300_000
_SEED = 20260331
#: Rows scored at a time: their contributions stay near the processor.
_SLICE = 20_000
#: Called with the number of steps done.
Tell = Callable[[int], None]
STEPS = 5
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Speeds:
    """Seconds of each part: `table_s` reads records into columns, `features_s` counts from them at one instant."""

    events: int
    customers: int
    features: int
    table_s: float
    features_s: float
    score_s: float
    contributions_s: float
    training_s: float


def time_signals(file: Path, tell: Tell) -> Speeds:
    """Features of the file's events, again and again under other names; the rest on drawn numbers, alike every time."""
    everyone = _customers(file, EVENTS)
    tell(1)
    latest = max(record.occurred_at for records in everyone.values() for record in records) + timedelta(seconds=1)
    table_s, known = _timed(lambda: columns(make_table(everyone), Spec()))
    rows = Rows(np.arange(len(everyone), dtype=np.int64), np.full(len(everyone), seconds(latest), dtype=np.int64))
    features_s, found = _timed(lambda: make_features(known, rows))
    tell(1)
    score_s, contributions_s = _score(tell)
    training_s = _train()
    tell(1)
    return Speeds(EVENTS, len(everyone), len(found), table_s, features_s, score_s, contributions_s, training_s)


def signals_rows(speeds: Speeds) -> list[tuple[str, str, str]]:
    """What was timed, how fast it was, and its goal."""
    whole_s = speeds.table_s + speeds.features_s
    return [
        (
            f"{SCORED_ROWS:,} rows scored, {TERMS} terms of {CUTS} cuts",
            f"{speeds.score_s:.1f} s",
            f"{SCORE_GOAL_S:.0f} s",
        ),
        ("the same with contributions", f"{speeds.contributions_s:.1f} s", f"{CONTRIBUTIONS_GOAL_S:.0f} s"),
        (f"training, {TRAINING_ROWS:,} x {TERMS} rows", f"{speeds.training_s:.1f} s", f"{TRAINING_GOAL_S:.0f} s"),
        ("features, events/s", f"{speeds.events / speeds.features_s:,.0f}", f"{FEATURES_GOAL:,}"),
        ("the same, with reading records into columns", f"{speeds.events / whole_s:,.0f}", ""),
    ]


def _customers(file: Path, number: int) -> Mapping[str, list[Record]]:
    """So many events by customer, in order, as a store gives them."""
    now = datetime.now(UTC)
    parsed = [parse_event(line) for line in read_lines(file)]
    records = sorted(
        (make_record(event, content_hash(event), now) for event in parsed),
        key=lambda record: (record.occurred_at, record.message_id),
    )
    everyone: dict[str, list[Record]] = {}
    for copy in count():
        for record in records:
            everyone.setdefault(f"{record.customer_id}/{copy}", []).append(record)
            number -= 1
            if not number:
                return everyone
    return everyone


def _score(tell: Tell) -> tuple[float, float]:
    """Seconds for the probabilities alone, and with what each term adds."""
    draw = np.random.default_rng(_SEED)
    model = StepModel(-1.0, tuple(_term(f"feature_{number}", draw) for number in range(TERMS)))
    features = {name: draw.standard_normal(SCORED_ROWS) for name in model.terms}
    # A twentieth is unknown, as with customers of one event.
    for values in features.values():
        values[draw.random(SCORED_ROWS) < 0.05] = np.nan
    score_s, _ = _timed(lambda: _probabilities(model, features))
    tell(1)
    contributions_s, _ = _timed(lambda: _with_reasons(model, features))
    tell(1)
    return score_s, contributions_s


def _probabilities(model: StepModel, features: Mapping[str, Floats]) -> Floats:
    """Probabilities alone, in slices: what each term adds is not kept."""
    found = np.empty(SCORED_ROWS)
    for start in range(0, SCORED_ROWS, _SLICE):
        rows = slice(start, start + _SLICE)
        added = model.contributions({name: values[rows] for name, values in features.items()})
        found[rows] = probabilities(logits(model, added))
    return found


def _with_reasons(model: StepModel, features: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """Probabilities, and what each term adds, customer by customer in memory."""
    added = model.contributions(features)
    return probabilities(logits(model, added)), np.ascontiguousarray(added)


def _term(name: str, draw: np.random.Generator) -> Steps:
    cuts = np.sort(draw.standard_normal(CUTS))
    return Steps(name, tuple(map(float, cuts)), tuple(map(float, draw.normal(scale=0.1, size=CUTS + 2))))


def _train() -> float:
    """Seconds to learn from rows whose outcome hangs on some of their features, several rows a customer."""
    draw = np.random.default_rng(_SEED)
    features = {f"feature_{number}": draw.gamma(1.0, 30.0, TRAINING_ROWS) for number in range(TERMS)}
    signal = sum(np.log1p(features[f"feature_{number}"]) * (-1) ** number for number in range(6))
    labels = draw.random(TRAINING_ROWS) < probabilities(np.asarray(signal) - 1.0)
    groups = np.repeat(np.arange(TRAINING_ROWS // ROWS_A_CUSTOMER), ROWS_A_CUSTOMER)
    # What it imports takes seconds, once a process.
    fit_steps({name: values[:200] for name, values in features.items()}, labels[:200], groups[:200])
    spent, _ = _timed(lambda: fit_steps(features, labels, groups))
    return spent


def _timed(make: Callable[[], _Made]) -> tuple[float, _Made]:
    started = perf_counter()
    made = make()
    return perf_counter() - started, made
