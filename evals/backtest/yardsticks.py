"""What simple methods foretell at an origin, learnt from the same cut-offs before it as the product learns from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evals.backtest.bgnbd import fit_bgnbd
from evals.backtest.logistic import fit_logistic
from evals.backtest.panel import DAY_S, Bools, Ints, Panel
from evals.backtest.tasks import BG_NBD, HAZARD, RECENCY, RFM, Task, instant
from evals.stats.weighted import Floats

#: Base hazards are told by half months from the start of a course.
_STAGE_DAYS = 15
_WEEK_DAYS = 7.0


@dataclass(frozen=True, slots=True)
class Cases:
    """Customers (their numbers in the panel) at instants in seconds, and whether the outcome came to pass."""

    who: Ints
    second: Ints
    labels: Bools


def cases_at(panel: Panel, task: Task, origin: str) -> Cases:
    """Everybody who is judged at an origin."""
    return _cases(panel, task, int(instant(origin).timestamp()), task.tested)


def learnt(panel: Panel, task: Task, origin: str) -> Cases:
    """Whom a yardstick learns from: at rolling cut-offs whose whole horizon was over at the origin."""
    newest = int(instant(origin).timestamp()) - task.horizon_days * DAY_S
    moments = range(newest, panel.begins, -task.every_days * DAY_S)
    found = [_cases(panel, task, moment, task.taught or (lambda customer: True)) for moment in moments]
    return Cases(
        np.concatenate([each.who for each in found]),
        np.concatenate([each.second for each in found]),
        np.concatenate([each.labels for each in found]),
    )


def foretell(panel: Panel, task: Task, known: Cases, now: Cases) -> dict[str, Floats]:
    """The probability that each yardstick of the task gives each case."""
    return {name: YARDSTICKS[name](panel, task, known, now) for name in task.yardsticks}


def _recency(panel: Panel, task: Task, known: Cases, now: Cases) -> Floats:
    def column(cases: Cases) -> Floats:
        return np.log1p(panel.recency_days(cases.who, cases.second))[:, None]

    return fit_logistic(column(known), known.labels.astype(float))(column(now))


def _rfm(panel: Panel, task: Task, known: Cases, now: Cases) -> Floats:
    model = fit_logistic(panel.rfm(known.who, known.second), known.labels.astype(float))
    return model(panel.rfm(now.who, now.second))


def _bg_nbd(panel: Panel, task: Task, known: Cases, now: Cases) -> Floats:
    """Fitted to the histories of those who are judged, which hold nothing of the horizon."""
    seen = panel.purchases(now.who, now.second)
    return fit_bgnbd(seen).p_silent(seen, task.horizon_days / _WEEK_DAYS)


def _hazard(panel: Panel, task: Task, known: Cases, now: Cases) -> Floats:
    """How often it came to pass at the same stage of a course; of a stage never seen, how often at all."""
    rate = known.labels.mean()
    stages, here = _stages(panel, task, known), _stages(panel, task, now)
    seen, number = np.unique(stages, return_inverse=True)
    rates = np.bincount(number, known.labels) / np.bincount(number)
    place = np.searchsorted(seen, here)
    place = np.minimum(place, len(seen) - 1)
    return np.where(seen[place] == here, rates[place], rate)


YARDSTICKS: dict[str, Callable[[Panel, Task, Cases, Cases], Floats]] = {
    RECENCY: _recency,
    RFM: _rfm,
    BG_NBD: _bg_nbd,
    HAZARD: _hazard,
}


def _stages(panel: Panel, task: Task, cases: Cases) -> Ints:
    if task.start_of is None:
        raise ValueError(f"{task.name} has no stages")
    begins = np.array([int(instant(task.start_of(customer)).timestamp()) for customer in panel.customers])
    return np.asarray((cases.second - begins[cases.who]) // (_STAGE_DAYS * DAY_S), dtype=np.int64)


def _cases(panel: Panel, task: Task, moment: int, chosen: Callable[[str], bool]) -> Cases:
    mine = np.array([chosen(customer) for customer in panel.customers])
    who = panel.present(moment)
    who = who[mine[who]]
    second = np.full(len(who), moment, dtype=np.int64)
    came = panel.silent if task.definition.kind == "inactivity" else panel.leaves
    return Cases(who, second, came(who, second, task.horizon_days))
