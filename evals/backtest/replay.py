"""Plays the origins of a workspace again: who was eligible, what came of them, and what each method had said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

import numpy as np

from evals.backtest.forecasts import Backtest, Forecast, Row, filled, is_scored
from evals.backtest.history import Past, past_of
from evals.backtest.methods import bg_nbd, calibrated, recency, rfm
from evals.backtest.outcome import Definition, churned, eligible
from evals.oracle import World, read_world
from evals.sources import SOURCES
from evals.stats.weighted import Floats

PRODUCT = "product"
#: The simple methods, with their titles.
BASELINES = {"recency": "Recency", "rfm": "RFM, logistic", "bg_nbd": "BG/NBD"}


@dataclass(frozen=True, slots=True)
class Origin:
    """Who was eligible at the end of a day, and what came of them, in the same order."""

    as_of: str
    pasts: tuple[Past, ...]
    labels: tuple[bool, ...]

    @property
    def customers(self) -> list[str]:
        return [past.customer for past in self.pasts]


@lru_cache
def replay(test: Backtest) -> tuple[Row, ...]:
    """Rows of every origin that can be tested: both outcomes were known by then from earlier origins."""
    world, definition = read_world(test.workspace), definition_of(test.workspace, test.horizon_days)
    days = tuple(as_of for as_of, _ in test.origins)
    played = _played(test.workspace, days, definition)
    scores = {as_of: np.array(filled(said, played[as_of].customers)) for as_of, said in test.origins}
    said = dict(test.origins)
    rows: list[Row] = []
    for as_of in test.tested or days:
        known = known_at(world, as_of, [played[day] for day in days], definition)
        if played[as_of].pasts and len({label for origin in known for label in origin.labels}) == 2:
            rows += _rows(test, played[as_of], known, said[as_of], scores)
    return tuple(rows)


def known_at(world: World, as_of: str, origins: Sequence[Origin], definition: Definition) -> list[Origin]:
    """The origins whose whole horizon was over at the end of a day."""
    latest = world.end_of(as_of) - timedelta(days=definition.horizon_days)
    return [origin for origin in origins if origin.pasts and world.end_of(origin.as_of) <= latest]


def play(world: World, as_of: str, definition: Definition) -> Origin:
    """An origin: only the labels look at what came after."""
    at = world.end_of(as_of)
    people = {who: found for who, found in sorted(world.people().items()) if eligible(found, definition, at)}
    pasts = tuple(past_of(who, found, world, at) for who, found in people.items())
    return Origin(as_of, pasts, tuple(churned(found, definition, at) for found in people.values()))


def definition_of(workspace: str, horizon_days: int) -> Definition:
    """The workspace's definition of churn, with this horizon."""
    churn = SOURCES[workspace].settings["churn"]
    return Definition(churn["inactive_days"], horizon_days, churn["kind"] == "inactivity")


@lru_cache
def _played(workspace: str, days: tuple[str, ...], definition: Definition) -> dict[str, Origin]:
    return {day: play(read_world(workspace), day, definition) for day in days}


@lru_cache
def _baselines(workspace: str, days: tuple[str, ...], definition: Definition, as_of: str) -> dict[str, Floats]:
    """Scores of the simple methods at one origin; `rfm` and `bg_nbd` are probabilities too."""
    played = _played(workspace, days, definition)
    known = known_at(read_world(workspace), as_of, list(played.values()), definition)
    pasts = played[as_of].pasts
    labelled = [pair for origin in known for pair in zip(origin.pasts, origin.labels, strict=True)]
    return {
        "recency": recency(pasts),
        "rfm": rfm(pasts, labelled),
        "bg_nbd": bg_nbd(pasts, definition.horizon_days),
    }


def _rows(
    test: Backtest, origin: Origin, known: Sequence[Origin], said: Sequence[Forecast], scores: dict[str, Floats]
) -> list[Row]:
    days = tuple(as_of for as_of, _ in test.origins)
    definition = definition_of(test.workspace, test.horizon_days)
    found = {
        PRODUCT: scores[origin.as_of],
        **_baselines(test.workspace, days, definition, origin.as_of),
    }
    labels = np.array([float(label) for each in known for label in each.labels])
    earlier = np.concatenate([recency(each.pasts) for each in known])
    probabilities = {**found, "recency": calibrated(found["recency"], earlier, labels)}
    if all(forecast.probability is None for forecast in said):
        earlier = np.concatenate([scores[each.as_of] for each in known])
        probabilities[PRODUCT] = calibrated(found[PRODUCT], earlier, labels)
    by_customer = {forecast.customer: forecast for forecast in said}
    return [
        Row(
            test.workspace,
            past.customer,
            origin.as_of,
            origin.labels[n],
            is_scored(by_customer.get(past.customer)),
            {method: float(values[n]) for method, values in found.items()},
            {method: float(values[n]) for method, values in probabilities.items()},
        )
        for n, past in enumerate(origin.pasts)
    ]
