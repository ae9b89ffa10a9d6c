"""How long before customers left a method had flagged them, every method with the same number of flags."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from evals.backtest.forecasts import Row
from evals.backtest.outcome import Leaving
from evals.oracle import World
from evals.stats.weighted import Floats

#: The share of the eligible that a team can look after.
BUDGET = 0.2


@dataclass(frozen=True, slots=True)
class Alarm:
    """A leaving that could have been seen coming, and the days from the first flag of the run that stood to its end.

    None: no flag stood at the last origin before it. A run cannot begin before the first origin.
    """

    customer: str
    lead_days: float | None


def alarms(rows: Sequence[Row], leavings: Sequence[Leaving], method: str, world: World) -> list[Alarm]:
    """One for each leaving with an origin before it at which the customer was eligible."""
    flags = flagged(rows, method)
    days = sorted({row.as_of for row in rows})
    seen: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        seen[row.customer].add(row.as_of)
    found: list[Alarm] = []
    for leaving in leavings:
        before = [day for day in days if world.end_of(day) <= leaving.gone_at]
        if not before or before[-1] not in seen[leaving.customer]:
            continue
        run = _standing_run(before, flags.get(leaving.customer, set()))
        since = (leaving.gone_at - world.end_of(run)).total_seconds() / 86_400 if run else None
        found.append(Alarm(leaving.customer, since))
    return found


def flagged(rows: Sequence[Row], method: str) -> dict[str, set[str]]:
    """customer -> origins at which they were among the BUDGET highest scores; equal scores by a lot drawn once."""
    by_day: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_day[row.as_of].append(row)
    found: defaultdict[str, set[str]] = defaultdict(set)
    for day, present in by_day.items():
        highest = sorted(present, key=lambda row: (-row.scores[method], _lot(row.customer)))
        for row in highest[: math.ceil(BUDGET * len(present))]:
            found[row.customer].add(day)
    return found


def median_known(values: Floats, weights: Floats) -> float:
    """The weighted median of the first column, without NaN."""
    known = ~np.isnan(values[:, 0]) & (weights > 0)
    if not known.any():
        return float("nan")
    order = np.argsort(values[known, 0])
    found, sizes = values[known, 0][order], np.cumsum(weights[known][order])
    half = sizes[-1] / 2
    low, high = np.searchsorted(sizes, half, "left"), np.searchsorted(sizes, half, "right")
    return float((found[low] + found[min(high, len(found) - 1)]) / 2)


def _standing_run(days: Sequence[str], flags: set[str]) -> str | None:
    """The first day of the run of flagged days that ends with the last day."""
    first = None
    for day in reversed(days):
        if day not in flags:
            break
        first = day
    return first


def _lot(customer: str) -> str:
    return sha256(customer.encode()).hexdigest()
