"""Made-up customers of many kinds, for the prior to learn from: how they come, how often they act, how they leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.stats.weighted import Floats

Ints = NDArray[np.int64]
_YEAR_DAYS = 365.25
#: More events of one customer are no longer told apart by any feature.
_MOST_STEPS = 600


@dataclass(frozen=True, slots=True)
class Population:
    """How one made-up business' customers behave. Times in days, of an observation that lasts `days`."""

    days: float
    gap: float
    spread: float
    regularity: float
    once: float
    leaving: float
    wearing: float
    lifetime: float
    pausing: float
    season: float
    phase: float
    drift: float
    weekend: float
    clump: float
    arrival: str


def any_population(rng: np.random.Generator) -> Population:
    """Rates that differ a little or by orders of magnitude; steady, bursty and subscribed use; every way to arrive."""
    days = float(np.exp(rng.uniform(np.log(150), np.log(900))))
    gap = float(np.exp(rng.uniform(np.log(1.2), np.log(150))))

    def sometimes(share: float, most: float) -> float:
        return float(rng.uniform(0, most)) if rng.random() < share else 0.0

    return Population(
        days=days,
        gap=gap,
        spread=float(rng.uniform(0.2, 1.6)),
        regularity=float(rng.choice([0.4, 0.7, 1.0, 1.0, 1.5, 3.0, 8.0])),
        once=sometimes(0.5, 0.6),
        leaving=sometimes(0.5, 0.2),
        wearing=float(rng.uniform(0.5, 4.0)),
        lifetime=float(np.exp(rng.uniform(np.log(0.5), np.log(10)))) * days if rng.random() < 0.4 else np.inf,
        pausing=sometimes(0.5, 0.25),
        season=sometimes(0.5, 0.7),
        phase=float(rng.uniform(0, 2 * np.pi)),
        drift=float(rng.normal(0, 0.3)) if rng.random() < 0.4 else 0.0,
        weekend=float(rng.uniform(0, 2)) if rng.random() < 0.5 else 1.0,
        clump=sometimes(0.4, 0.6),
        arrival=str(rng.choice(["before", "before", "steady", "steady", "cohort", "mixed"])),
    )


def simulate(kind: Population, customers: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """(customer, day) of each event within [0, days): a renewal process, thinned by season, weekday and drift."""
    start = _arrivals(kind, customers, rng)
    gap = kind.gap * np.exp(rng.normal(0, kind.spread, customers) - kind.spread**2 / 2)
    # Rare and frequent customers leave alike by the calendar, or alike by the purchase.
    end = start + rng.exponential(1.0, customers) * kind.lifetime if np.isfinite(kind.lifetime) else start + np.inf
    leaving = rng.beta(kind.wearing, kind.wearing * (1 / kind.leaving - 1), customers) if kind.leaving else 0 * gap
    once = (rng.random(customers) < kind.once) & (start >= 0)
    who: list[Ints] = []
    when: list[Floats] = []
    now, alive = start.copy(), np.arange(customers, dtype=np.int64)
    for _ in range(_MOST_STEPS):
        who.append(alive)
        when.append(now[alive])
        stays = ~once[alive] & (rng.random(len(alive)) >= leaving[alive])
        alive = alive[stays]
        now[alive] += _steps(kind, gap[alive], rng)
        alive = alive[(now[alive] < kind.days) & (now[alive] < end[alive])]
        if not len(alive):
            break
    return _seen(kind, np.concatenate(who), np.concatenate(when), start, rng)


def _arrivals(kind: Population, customers: int, rng: np.random.Generator) -> Floats:
    before = -rng.uniform(0, 2.0 * kind.days, customers)
    steady = rng.uniform(0, kind.days, customers)
    cohort = rng.uniform(0, kind.days / 5, customers)
    mixed = np.where(rng.random(customers) < 0.5, before, steady)
    return {"before": before, "steady": steady, "cohort": cohort, "mixed": mixed}[kind.arrival]


def _steps(kind: Population, gap: Floats, rng: np.random.Generator) -> Floats:
    steps = gap * rng.gamma(kind.regularity, 1 / kind.regularity, len(gap))
    pauses = rng.random(len(gap)) < kind.pausing
    steps = np.where(pauses, steps + gap * rng.lognormal(1.5, 0.8, len(gap)), steps)
    return np.asarray(np.where(rng.random(len(gap)) < kind.clump, rng.uniform(0, 1, len(gap)) * gap / 10, steps))


def _seen(kind: Population, who: Ints, when: Floats, start: Floats, rng: np.random.Generator) -> tuple[Ints, Floats]:
    wave = 1 + kind.season * np.sin(2 * np.pi * when / _YEAR_DAYS + kind.phase)
    trend = np.exp(kind.drift * when / kind.days)
    week = np.where(when % 7 >= 5, kind.weekend, 1.0)
    weight = wave * trend * week
    kept = (rng.random(len(when)) < weight / max(weight.max(initial=0.0), 1e-9)) | (when == start[who])
    kept &= (when >= 0) & (when < kind.days)
    return who[kept], when[kept]


def as_columns(who: Ints, day: Floats) -> dict[str, Any]:
    """Customers' numbers and seconds since 1970, ordered."""
    second = (np.asarray(day) * 86_400).astype(np.int64)
    order = np.lexsort((second, who))
    return {"who": who[order], "second": second[order]}
