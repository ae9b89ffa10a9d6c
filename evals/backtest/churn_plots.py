"""The pictures of the churn backtest: who ranks best, when, how early it pays, and whether probabilities hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np

from evals.backtest.forecasts import Row, from_output
from evals.backtest.replay import BASELINES, PRODUCT, replay
from evals.stats.estimate import estimate
from evals.stats.weighted import Floats
from evals.suite import Plot, Record
from tools.prediction.calibration import BINS, bin_numbers
from tools.prediction.ranking import auc

TITLES = {PRODUCT: "Product", **BASELINES}
#: Ten bins of ten: below that the curves show the luck of a few customers.
MIN_ROWS = 100


def churn_plots(records: Sequence[Record]) -> list[Plot]:
    """The plots of each workspace with at least MIN_ROWS tested rows, of both outcomes."""
    tested = [replay(from_output(record.output)) for record in records if record.output]
    plotted = [rows for rows in tested if len(rows) >= MIN_ROWS and len({row.churned for row in rows}) == 2]
    return [draw(rows) for rows in plotted for draw in (_intervals, _over_time, _gains, _reliability)]


def _intervals(rows: Sequence[Row]) -> Plot:
    days = {day: float(n) for n, day in enumerate(sorted({row.as_of for row in rows}))}
    clusters = [row.cluster for row in rows]
    shown = []
    for method, title in TITLES.items():
        values = np.array([(row.scores[method], float(row.churned), days[row.as_of]) for row in rows])
        found = estimate(values, clusters, auc)
        shown.append({"label": title, "value": found.value, "low": found.low, "high": found.high, "n": found.n})
    note = f"{_counted(rows)} Inside each origin, mean over origins; 95% intervals by resampling customers."
    return Plot(kind="intervals", title=_title("ROC-AUC", rows), note=note, data={"rows": shown, "unit": ""})


def _over_time(rows: Sequence[Row]) -> Plot:
    by_day: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_day[row.as_of].append(row)

    first = date.fromisoformat(min(by_day))

    def points(method: str) -> list[list[Any]]:
        found = [(day, _plain(auc, present, method)) for day, present in sorted(by_day.items())]
        return [[(date.fromisoformat(day) - first).days, value] for day, value in found if not np.isnan(value)]

    return Plot(
        kind="lines",
        title=_title("ROC-AUC over time", rows),
        data={"x_title": f"days after {first}", "y_title": "ROC-AUC", "series": _series(points)},
    )


def _gains(rows: Sequence[Row]) -> Plot:
    """The share of those who churned that is found in the first so many of each origin."""
    by_day: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_day[row.as_of].append(row)
    total = sum(row.churned for row in rows)

    def points(method: str) -> list[list[Any]]:
        found = []
        for tenth in range(11):
            hits = sum(_found(present, method, tenth / 10) for present in by_day.values())
            found.append([tenth / 10, hits / total])
        return found

    note = "A line through the corners is chance. Equal scores are taken in equal shares."
    return Plot(
        kind="lines",
        title=_title("Churned customers found", rows),
        note=note,
        data={"x_title": "share of customers looked at", "y_title": "share found", "series": _series(points)},
    )


def _reliability(rows: Sequence[Row]) -> Plot:
    def points(method: str) -> list[dict[str, float]]:
        values = np.array([(row.probabilities[method], float(row.churned)) for row in rows])
        bins = bin_numbers(values[:, 0], np.ones(len(values)))
        members = [values[bins == number] for number in range(BINS)]
        return [
            {"predicted": float(m[:, 0].mean()), "observed": float(m[:, 1].mean()), "n": len(m)}
            for m in members
            if len(m)
        ]

    note = "A method without probabilities of its own is calibrated on earlier origins."
    data = {"series": _series(points)}
    return Plot(kind="reliability", title=_title("Forecast and outcome", rows), note=note, data=data)


def _series(points: Callable[[str], list[Any]]) -> list[dict[str, Any]]:
    return [{"label": title, "points": points(method)} for method, title in TITLES.items()]


def _plain(statistic: Callable[[Floats, Floats], float], rows: Sequence[Row], method: str) -> float:
    values = np.array([(row.scores[method], float(row.churned)) for row in rows])
    return statistic(values, np.ones(len(values)))


def _found(rows: Sequence[Row], method: str, share: float) -> float:
    """Of the rows with the highest scores, this share of all: how many churned; ties count in part."""
    by_score: defaultdict[float, list[Row]] = defaultdict(list)
    for row in rows:
        by_score[row.scores[method]].append(row)
    room, hits = share * len(rows), 0.0
    for _, tied in sorted(by_score.items(), reverse=True):
        taken = min(1.0, max(0.0, room / len(tied)))
        hits += taken * sum(row.churned for row in tied)
        room -= len(tied)
    return hits


def _title(what: str, rows: Sequence[Row]) -> str:
    return f"{what}: {rows[0].workspace}"


def _counted(rows: Sequence[Row]) -> str:
    churned = sum(row.churned for row in rows)
    return f"{len(rows)} forecasts of {len({row.customer for row in rows})} customers, {churned} of them churned."
