"""A first churn signal: how long a silence is against the customer's own rhythm, and what troubles are open.

It ranks and explains; it is no probability, and says so (`probability` is null).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Literal

from memory.record import Record
from memory.stages import StageChange
from memory.vocabulary import Trouble
from memory.workspace import ChurnDefinition
from tools.lifecycle import BUYING_STAGES
from tools.troubles import still_open

Status = Literal["scored", "prior", "insufficient_data", "churned"]
Band = Literal["low", "medium", "high"]

#: Three active days give two gaps: the least that can show a rhythm.
MIN_ACTIVE_DAYS = 3
#: Nobody is late within half a week: a weekend alone would double a daily rhythm.
MIN_GAP_DAYS = 3.5
#: Half as long again as usual is worth a look, three times as long is alarming (as log2 of the ratio).
MEDIUM_FROM, HIGH_FROM = math.log2(1.5), math.log2(3)
_SILENCE_BOUNDS = (-1.0, 4.0)
#: A quarter: older troubles have either been settled or already show in the silence.
TROUBLE_DAYS = 90
#: Weights in the same unit: a failing payment alone lifts a lively customer to medium, a ticket half-way there.
TROUBLE_WEIGHTS: dict[Trouble, float] = {
    "payment": 1.6,
    "support": 0.6,
    "downgrade": 0.5,
    "refund": 0.2,
    "feedback": 0.2,
}
TROUBLE_WORDS: dict[Trouble, str] = {
    "payment": "a failed payment that is not settled",
    "support": "a support ticket that is not resolved",
    "downgrade": "a downgrade",
    "refund": "a refund",
    "feedback": "unhappy feedback",
}
#: A rhythm is shown by its last active days.
RHYTHM_EVIDENCE = 6


@dataclass(frozen=True, slots=True)
class Driver:
    """One reason: what it adds to the score, the numbers in its sentence, and the events that show it.

    `rests_on` names the events of a number that not all of `evidence` tells.
    """

    name: str
    sentence: str
    direction: Literal["raises", "lowers"]
    contribution: float
    values: dict[str, tuple[int | float, str]]
    evidence: tuple[str, ...]
    rests_on: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def behind(self, number: str) -> tuple[str, ...]:
        """The events that a number of the sentence was computed from."""
        return self.rests_on.get(number) or self.evidence


@dataclass(frozen=True, slots=True)
class Signal:
    """The churn signal of one customer. `score` is unit-free; `percentile` (0..100) ranks it in the workspace."""

    client_id: str
    status: Status
    horizon_days: int
    band: Band | None = None
    score: float | None = None
    percentile: float | None = None
    drivers: tuple[Driver, ...] = field(default_factory=tuple)
    high_since: datetime | None = None


def own_gap_days(records: Sequence[Record]) -> float | None:
    """The median gap between active days, or None for fewer than MIN_ACTIVE_DAYS of them."""
    days = sorted({r.occurred_at.date() for r in records if r.meaning.active})
    if len(days) < MIN_ACTIVE_DAYS:
        return None
    return float(median((later - earlier).days for earlier, later in pairwise(days)))


def assess(
    client_id: str,
    records: Sequence[Record],
    stages: Sequence[StageChange],
    definition: ChurnDefinition,
    as_of: datetime,
    usual_gap_days: float | None,
) -> Signal:
    """The signal of one customer as of an instant; `usual_gap_days` stands in for a rhythm not yet shown."""
    horizon = definition.horizon_days
    stage = stages[-1].stage if stages else "visitor"
    if stage == "churned":
        return Signal(client_id, "churned", horizon, drivers=(_gone(stages[-1], records, as_of),))
    active = [r for r in records if r.meaning.active]
    own = own_gap_days(active)
    gap = own if own is not None else usual_gap_days
    if stage not in BUYING_STAGES or not active or gap is None:
        return Signal(client_id, "insufficient_data", horizon)
    drivers = (_silence(active, gap, as_of, own is not None), *_troubles(records, as_of))
    score = round(sum(driver.contribution for driver in drivers), 4)
    band: Band = "high" if score >= HIGH_FROM else "medium" if score >= MEDIUM_FROM else "low"
    since = _crossed(active[-1].occurred_at, gap, drivers, records, as_of) if band == "high" else None
    return Signal(client_id, "scored" if own is not None else "prior", horizon, band, score, None, drivers, since)


def at_risk(stages: Sequence[StageChange], signal: Signal) -> list[StageChange]:
    """The stages with `at_risk` on top when the signal is high."""
    if signal.high_since is None or not stages:
        return list(stages)
    evidence = tuple(key for driver in signal.drivers if driver.direction == "raises" for key in driver.evidence)
    since = max(signal.high_since, stages[-1].since)
    return [*stages, StageChange("at_risk", since, evidence[-RHYTHM_EVIDENCE:])]


def open_troubles(records: Sequence[Record], as_of: datetime) -> list[Record]:
    """Events of the last TROUBLE_DAYS that opened a trouble which nothing has settled since."""
    since = as_of - timedelta(days=TROUBLE_DAYS)
    return [record for record in still_open(records) if record.occurred_at >= since]


def _silence(active: Sequence[Record], gap: float, as_of: datetime, own: bool) -> Driver:
    last = active[-1]
    days = (as_of - last.occurred_at).days
    ratio = math.log2(max(days, 0.5) / max(gap, MIN_GAP_DAYS))
    contribution = round(min(max(ratio, _SILENCE_BOUNDS[0]), _SILENCE_BOUNDS[1]), 4)
    usual = number_of_days(gap)
    whose = "their median gap between active days" if own else "the usual gap of customers here"
    by_day = {r.occurred_at.date(): r.message_id for r in active}
    return Driver(
        name="silence",
        sentence=f"{days} days without activity; {whose} is {usual} days",
        direction="raises" if contribution > 0 else "lowers",
        contribution=contribution,
        values={"days_silent": (days, "days"), "usual_gap_days": (usual, "days")},
        evidence=tuple(by_day.values())[-RHYTHM_EVIDENCE:] if own else (last.message_id,),
    )


def _crossed(
    last: datetime, gap: float, drivers: Sequence[Driver], records: Sequence[Record], as_of: datetime
) -> datetime:
    """When the silence, on top of today's troubles, made the score high."""
    troubles = sum(driver.contribution for driver in drivers[1:])
    days = max(gap, MIN_GAP_DAYS) * 2 ** (HIGH_FROM - troubles)
    opened = [record.occurred_at for record in open_troubles(records, as_of)]
    return min(as_of, max([last + timedelta(days=days), *opened]))


def _troubles(records: Sequence[Record], as_of: datetime) -> list[Driver]:
    kinds: dict[Trouble, list[Record]] = {}
    for record in open_troubles(records, as_of):
        if record.meaning.trouble:
            kinds.setdefault(record.meaning.trouble, []).append(record)
    return [_trouble(kind, found) for kind, found in sorted(kinds.items())]


def _trouble(kind: Trouble, found: Sequence[Record]) -> Driver:
    count = len(found)
    times = "once" if count == 1 else f"{count} times"
    # The second ticket says less than the first.
    weight = round(TROUBLE_WEIGHTS[kind] * (1 + math.log2(count) / 2), 4)
    return Driver(
        name=kind,
        sentence=f"{TROUBLE_WORDS[kind]}, {times} in the last {TROUBLE_DAYS} days",
        direction="raises",
        contribution=weight,
        values={f"{kind}_events": (count, "events"), "lookback_days": (TROUBLE_DAYS, "days")},
        evidence=tuple(r.message_id for r in found[-RHYTHM_EVIDENCE:]),
    )


def _gone(change: StageChange, records: Sequence[Record], as_of: datetime) -> Driver:
    days = (as_of - change.since).days
    last = next((record for record in reversed(records) if record.meaning.active), None)
    values: dict[str, tuple[int | float, str]] = {"days_churned": (days, "days")}
    silence = ""
    if last:
        silent = (as_of - last.occurred_at).days
        silence, values["days_silent"] = f"{silent} days without activity; ", (silent, "days")
    evidence = (*change.evidence, *((last.message_id,) if last else ()))
    return Driver(
        name="churned",
        sentence=f"{silence}counted as churned for {days} days",
        direction="raises",
        contribution=0.0,
        values=values,
        evidence=tuple(dict.fromkeys(evidence)),
        rests_on={"days_churned": change.evidence, **({"days_silent": (last.message_id,)} if last else {})},
    )


def number_of_days(days: float) -> int | float:
    """Days as they are shown: whole, or with a half."""
    return int(days) if float(days).is_integer() else round(days, 1)
