"""The churn backtest: the product's signals at times in the past, against what came after, beside simple methods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal
from zlib import crc32

from evals.backtest.churn_plots import churn_plots
from evals.backtest.forecasts import Backtest, Forecast, Row, as_output, from_output
from evals.backtest.history import TooShort, origins
from evals.backtest.lead_time import BUDGET, alarms, median_known
from evals.backtest.outcome import leavings
from evals.backtest.replay import BASELINES, PRODUCT, definition_of, replay
from evals.oracle import read_world
from evals.sample import Gold, Sample
from evals.sources import SOURCES
from evals.stats.weighted import Statistic, paired
from evals.suite import Metric, Observation, Observe, Record, Score, Suite
from evals.target import Json, Target
from tools.prediction.calibration import brier, ece, ece_noise_floor, log_loss
from tools.prediction.ranking import auc, average_precision, lift_at_10

#: Twice a month: closer origins repeat each other, wider ones leave few and blur the lead time.
EVERY_DAYS = 15
#: A month of history before the first origin, for there is nothing to rank by without a past.
WARM_UP_DAYS = 30
Better = Literal["higher", "lower"] | None
METHODS = {PRODUCT: "Product", **BASELINES}


def churn_suite(
    workspaces: Sequence[str] = ("shop", "software"),
    horizon_days: int | None = None,
    every_days: int = EVERY_DAYS,
    tested: Sequence[str] = (),
) -> Suite:
    """The suite over these workspaces of `evals.sources`; the horizon is each workspace's own unless given.

    `tested`: only what was said at the end of these days is judged; the other origins teach the simple methods.
    """

    def samples() -> list[Sample]:
        return [_sample(name, horizon_days, every_days, tested) for name in workspaces]

    return Suite("churn", "Churn backtest", samples, _solve, _score, _metrics(), plots=churn_plots, by_meaning=False)


def _sample(workspace: str, horizon_days: int | None, every_days: int, tested: Sequence[str]) -> Sample:
    """A workspace is one sample: calibration and lead time need all its origins. Raises TooShort."""
    horizon = horizon_days or SOURCES[workspace].settings["churn"]["horizon_days"]
    try:
        days = origins(read_world(workspace), horizon, every_days, WARM_UP_DAYS)
    except TooShort as error:
        raise TooShort(f"{workspace}: {error}") from None
    if late := [day for day in tested if day > days[-1]]:
        raise TooShort(f"{workspace}: {horizon} days after {late[0]} are not over at its clock")
    asked = {"origins": sorted({*days, *tested}), "horizon_days": horizon, "tested": list(tested)}
    return Sample(
        id=f"churn-{workspace}", category=workspace, workspace=workspace, gold=Gold(kind="outcome"), data=asked
    )


async def _solve(target: Target, sample: Sample) -> Json:
    said = [
        (as_of, tuple(_forecast(signal) for signal in await target.churn(sample.workspace, as_of)))
        for as_of in sample.data["origins"]
    ]
    asked = sample.data
    return as_output(Backtest(sample.workspace, asked["horizon_days"], tuple(said), tuple(asked["tested"])))


def _forecast(signal: Json) -> Forecast:
    return Forecast(signal["client_id"], signal["status"], signal.get("score"), signal.get("probability"))


def _score(sample: Sample, output: Json) -> dict[str, Score]:
    rows = replay(from_output(output))
    if not rows:
        return {}
    without = sorted({row.customer for row in rows if not row.scored})
    share = sum(row.scored for row in rows) / len(rows)
    why = f"not scored at some origin: {', '.join(without[:10])}" if without else None
    return {"coverage": Score(value=share, why=why)}


def _rows(record: Record) -> tuple[Row, ...]:
    return replay(from_output(record.output)) if record.output else ()


def _ranked(*methods: str) -> Observe:
    """(score of each method, churned, origin): scores are compared inside one origin only."""

    def observe(record: Record) -> Iterable[Observation]:
        return [
            Observation(row.key, row.cluster, (*(row.scores[m] for m in methods), float(row.churned), _origin(row)))
            for row in _rows(record)
        ]

    return observe


def _forecast_of(method: str) -> Observe:
    """(probability, churned)."""

    def observe(record: Record) -> Iterable[Observation]:
        return [
            Observation(row.key, row.cluster, (row.probabilities[method], float(row.churned))) for row in _rows(record)
        ]

    return observe


def _alarmed(method: str, value: Callable[[float | None], float]) -> Observe:
    """One observation a leaving: what `value` makes of its lead in days, or of None."""

    def observe(record: Record) -> Iterable[Observation]:
        if not record.output:
            return []
        test = from_output(record.output)
        world = read_world(test.workspace)
        left = leavings(world, definition_of(test.workspace, test.horizon_days))
        return [
            Observation(f"{test.workspace}/{n}/{a.customer}", f"{test.workspace}/{a.customer}", (value(a.lead_days),))
            for n, a in enumerate(alarms(replay(test), left, method, world))
        ]

    return observe


def _covered(record: Record) -> Iterable[Observation]:
    return [Observation(row.key, row.cluster, (float(row.scored),)) for row in _rows(record)]


def _origin(row: Row) -> float:
    """A number for each origin of each workspace."""
    return float(crc32(f"{row.workspace}/{row.as_of}".encode()))


def _metrics() -> tuple[Metric, ...]:
    of_methods = [metric for method in METHODS for metric in _of_method(method)]
    over = [
        Metric(
            f"auc_over_{method}",
            f"ROC-AUC, product less {title}",
            _ranked(PRODUCT, method),
            paired(auc),
            headline=True,
            unit="",
        )
        for method, title in BASELINES.items()
    ]
    coverage = Metric("coverage", "Eligible customers with a score; others get the median", _covered)
    return (*of_methods, *over, coverage)


def _of_method(method: str) -> list[Metric]:
    """The figures of one method; the product's have no suffix, and its AUC is gated."""
    suffix, title = ("", METHODS[method]) if method == PRODUCT else (f"_{method}", METHODS[method])
    product = method == PRODUCT
    # The simple methods are yardsticks: they get neither better nor worse.
    higher: Better = "higher" if product else None
    ranked, forecast = _ranked(method), _forecast_of(method)

    def ranking(name: str, what: str, statistic: Statistic, unit: str = "", gated: bool = False) -> Metric:
        words = f"{what}, {title}"
        return Metric(f"{name}{suffix}", words, ranked, statistic, higher, gated=gated, by_category=gated, unit=unit)

    def probability(name: str, what: str, statistic: Statistic, unit: str = "") -> Metric:
        better: Better = "lower" if product and name != "ece_noise_floor" else None
        return Metric(f"{name}{suffix}", f"{what}, {title}", forecast, statistic, better=better, unit=unit)

    budget = f"flagging {BUDGET:.0%}"
    return [
        ranking("auc", "ROC-AUC", auc, gated=product),
        ranking("pr_auc", "PR-AUC", average_precision),
        ranking("lift_10", "Lift in the first tenth", lift_at_10, "times"),
        probability("brier", "Brier score", brier),
        probability("log_loss", "Log loss", log_loss, "nats"),
        probability("ece", "Calibration error (ECE)", ece),
        probability("ece_noise_floor", "ECE to expect of a perfect forecast", ece_noise_floor),
        Metric(
            f"lead_days{suffix}",
            f"Median lead of standing flags ({budget}), {title}",
            _alarmed(method, lambda days: float("nan") if days is None else days),
            median_known,
            better=higher,
            unit="days",
        ),
        Metric(
            f"flagged{suffix}",
            f"Leavings with a flag that stood ({budget}), {title}",
            _alarmed(method, lambda days: float(days is not None)),
            better=higher,
        ),
    ]


SUITE = churn_suite()
