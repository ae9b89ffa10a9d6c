"""A churn task goes through the product's own intake, store, training and signals, and what it checks can be seen."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from evals.backtest.datasets import Event
from evals.backtest.exactness import same
from evals.backtest.own_store import NotForetold, Said, fill, own_store, say_at
from evals.backtest.task_figures import PRODUCT
from evals.backtest.task_run import Ran, run_task
from evals.backtest.tasks import TASKS, Task, inactivity

START = datetime(2017, 1, 1, tzinfo=UTC)
TASK = replace(TASKS["online-retail"], definition=inactivity(30), origins=("2017-05-01", "2017-06-10"))


def bought(who: str, day: float) -> Event:
    return {
        "messageId": f"{who}-{day}", "type": "track", "event": "Order Completed", "userId": who,
        "timestamp": (START + timedelta(days=day)).isoformat(), "properties": {"revenue": 5.0, "currency": "GBP"},
    }  # fmt: skip


def shoppers() -> list[Event]:
    """Thirty customers who come about every week, and ten who stop one after the other."""
    steady = [bought(f"steady-{n}", day + n % 7) for n in range(30) for day in range(0, 230, 6 + n % 4)]
    stopping = [bought(f"stopping-{n}", day) for n in range(10) for day in range(0, 20 + 14 * n, 5)]
    return steady + stopping


async def run(folder: Path, task: Task = TASK, **options: Any) -> Ran:
    lines = "\n".join(map(json.dumps, shoppers()))
    (folder / "online-retail-orders.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    return await run_task(task, [folder], Console(quiet=True), **{"grid": False, "checks": False, **options})


async def test_everybody_is_foretold_at_each_origin_by_a_model_of_its_own(tmp_path: Path) -> None:
    ran = await run(tmp_path)
    assert [(judged.origin, len(judged.labels), judged.without) for judged in ran.judged] == [
        ("2017-05-01", 40, 0), ("2017-06-10", 40, 0),
    ]  # fmt: skip
    assert len({judged.version for judged in ran.judged}) == 2
    for judged in ran.judged:
        gone, here = judged.forecasts[PRODUCT][judged.labels == 1], judged.forecasts[PRODUCT][judged.labels == 0]
        assert gone.mean() > here.mean() + 0.3


async def test_by_the_grid_the_model_is_that_of_the_months_start(tmp_path: Path) -> None:
    ran = await run(tmp_path, replace(TASK, origins=("2017-06-10",)), grid=True)
    assert ran.judged[0].version.startswith("20170601")
    assert ran.judged[0].without == 0


async def test_the_checks_hold_of_the_product(tmp_path: Path) -> None:
    ran = await run(tmp_path, replace(TASK, origins=("2017-06-10",)), checks=True)
    held = {check.name: check.held for check in ran.checks}
    assert len(held) == 6
    for name in ("a store cut at the origin gives the same", "10,000 poisoned later events change nothing",
                 "contributions sum to the logit", "no label window crosses the origin"):  # fmt: skip
        assert held[name], ran.checks


async def test_a_model_can_be_learnt_in_a_workspace_of_its_own(tmp_path: Path) -> None:
    task = replace(
        TASK, taught=lambda who: not who.endswith("0"), tested=lambda who: who.endswith("0"), origins=("2017-06-10",)
    )
    ran = await run(tmp_path, task)
    assert ran.judged[0].customers == ("steady-0", "steady-10", "steady-20", "stopping-0")
    assert ran.judged[0].without == 0


async def test_stores_that_differ_in_the_past_are_told_apart() -> None:
    at, said = START + timedelta(days=150), list[Said]()
    async with own_store() as services:
        for workspace, events in {"whole": shoppers(), "less": shoppers()[1:]}.items():
            await fill(services, workspace, events, TASK.definition, lambda _: None)
            said.append(await say_at(services, workspace, TASK.definition, at))
    assert same("itself", said[0], said[0]).held
    assert not same("another", said[0], said[1]).held


async def test_an_event_that_is_not_taken_in_stops_the_task() -> None:
    async with own_store() as services:
        with pytest.raises(NotForetold, match="shop: an event was not accepted"):
            await fill(services, "shop", [{"event": "Order Completed"}], TASK.definition, lambda _: None)
