"""Runs a task through the product: events in, everybody's signals at each origin, beside the yardsticks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from rich.console import Console

from evals.backtest.datasets import DATA_SETS, Event
from evals.backtest.exactness import (
    SILENT_DAYS,
    Check,
    adds_up,
    by_chance,
    no_window_crosses,
    poison,
    same,
    silence_raises,
)
from evals.backtest.own_store import Said, fill, judge, own_store, say_at, say_by_grid
from evals.backtest.panel import Panel, make_panel
from evals.backtest.task_figures import PRODUCT, Judged, figures_of
from evals.backtest.tasks import ENDS, OWN, Task, instant
from evals.backtest.yardsticks import Cases, cases_at, foretell, learnt
from evals.progress import bar
from evals.stats.weighted import Floats
from memory.scope import Scope
from server.bootstrap import Services
from tools.churn import Signal
from tools.prediction.asked import Asked
from tools.prediction.table import make_table
from tools.prediction.training import train

_TESTED, _TAUGHT, _CUT, _POISONED = "tested", "taught", "cut", "poisoned"
_SHUFFLE_SEED = 7


@dataclass(frozen=True, slots=True)
class Ran:
    """What a task came to."""

    task: Task
    judged: list[Judged]
    checks: list[Check]


async def run_task(task: Task, folders: Sequence[Path], console: Console, *, grid: bool, checks: bool) -> Ran:
    """Every origin of the task; with `grid` by the models that the API would use; raises DataMissing, NotForetold."""
    with console.status(f"Reading {DATA_SETS[task.data].title}"):
        events = list(DATA_SETS[task.data].events(folders))
        panel = make_panel(events, OWN.__contains__, ENDS.__eq__)
    apart = task.taught is not None and not grid
    async with own_store() as services:
        await _load(services, task, events, apart, console)
        found: list[Judged] = []
        for origin in task.origins:
            cases = cases_at(panel, task, origin)
            with console.status(f"{task.title}: training and foretelling at {origin}"):
                at = instant(origin)
                if grid:
                    said = await say_by_grid(services, _TESTED, at)
                else:
                    said = await say_at(services, _TESTED, task.definition, at, _TAUGHT if apart else None)
                found.append(await asyncio.to_thread(_judged, panel, task, origin, cases, said))
            console.print(_line(found[-1]), markup=False, highlight=False)
        looked: list[Check] = []
        if checks and not apart:
            async for check in _checks(services, task, events, panel, console):
                looked.append(check)
                console.print(f"{'held' if check.held else 'MISSED'}: {check.name}: {check.found}", markup=False)
    return Ran(task, found, looked)


async def _load(services: Services, task: Task, events: Sequence[Event], apart: bool, console: Console) -> None:
    """One workspace with everybody; or one of whom the model learns from, and another with those who are tested."""
    parts: dict[str, list[Event]] = {_TESTED: list(events)}
    if apart and task.taught:
        parts = {
            _TESTED: [event for event in events if task.tested(event["userId"])],
            _TAUGHT: [event for event in events if task.taught(event["userId"])],
        }
    for workspace, own in parts.items():
        await _fill(services, task, workspace, own, f"Taking in: {workspace}", console)


async def _fill(
    services: Services, task: Task, workspace: str, events: Sequence[Event], label: str, console: Console
) -> None:
    with bar(console, label, len(events)) as advance:
        await fill(services, workspace, events, task.definition, advance)


def _judged(panel: Panel, task: Task, origin: str, cases: Cases, said: Said) -> Judged:
    customers = tuple(panel.customers[number] for number in cases.who)
    own, without = probabilities_of(said.signals, customers)
    forecasts = {PRODUCT: own, **foretell(panel, task, learnt(panel, task, origin), cases)}
    form = said.model.form if said.model else ""
    version = next((signal.model or "" for signal in said.signals.values()), "")
    return Judged(origin, customers, cases.labels.astype(float), forecasts, without, form, version)


def probabilities_of(signals: Mapping[str, Signal], customers: Sequence[str]) -> tuple[Floats, int]:
    """The probability of each customer, and of how many there is none: they get the mean of the others."""
    given = [signal.probability if (signal := signals.get(customer)) else None for customer in customers]
    found = np.array([np.nan if each is None else each for each in given], dtype=np.float64)
    missing = np.isnan(found)
    mean = found[~missing].mean() if not missing.all() else 0.5
    return np.where(missing, mean, found), int(missing.sum())


async def _checks(
    services: Services, task: Task, events: Sequence[Event], panel: Panel, console: Console
) -> AsyncIterator[Check]:
    """The checks at the task's last origin, each as soon as it is known."""
    origin = task.origins[-1]
    at, cases = instant(origin), cases_at(panel, task, origin)
    with console.status("Letting seven silent days pass, and shuffling labels"):
        full = await say_at(services, _TESTED, task.definition, at)
        yield adds_up(full)
        yield no_window_crosses(full)
        yield await _silence(services, task, panel, cases, full)
        yield await _shuffled(services, task, panel, cases, at)
    past = [event for event in events if datetime.fromisoformat(event["timestamp"]) < at]
    future = poison(panel.customers, at)
    for workspace, own, name in (
        (_CUT, past, "a store cut at the origin gives the same"),
        (_POISONED, [*events, *future], f"{len(future):,} poisoned later events change nothing"),
    ):
        await _fill(services, task, workspace, own, f"Taking in: {workspace}", console)
        with console.status(f"Foretelling once more: {name}"):
            yield same(name, full, await say_at(services, workspace, task.definition, at))


async def _silence(services: Services, task: Task, panel: Panel, cases: Cases, full: Said) -> Check:
    if full.model is None:
        raise ValueError("a forecast without a model")
    later = full.at + timedelta(days=SILENT_DAYS)
    signals = await judge(services, Scope(_TESTED), full.model, task.definition, later, before=full.at)
    recency = panel.recency_days(cases.who, cases.second)
    days = {panel.customers[number]: float(each) for number, each in zip(cases.who, recency, strict=True)}
    return silence_raises(full.signals, signals, days)


async def _shuffled(services: Services, task: Task, panel: Panel, cases: Cases, at: datetime) -> Check:
    """The product's own training with its labels shuffled, judged by what really came to pass."""
    everyone = await services.ledger.everyone(Scope(_TESTED), at)
    asked = Asked("churn", task.definition)
    model = await asyncio.to_thread(lambda: train(make_table(everyone), asked, at, shuffled=_SHUFFLE_SEED))
    signals = await judge(services, Scope(_TESTED), model, task.definition, at)
    own, _ = probabilities_of(signals, [panel.customers[number] for number in cases.who])
    return by_chance(figures_of(cases.labels.astype(float), own)["roc_auc"])


def _line(judged: Judged) -> str:
    figures = figures_of(judged.labels, judged.forecasts[PRODUCT])
    return f"{judged.origin}: {len(judged.labels):,} customers, {judged.form or 'grid'}, " + ", ".join(
        f"{name} {value:.4f}" for name, value in figures.items()
    )
