"""Runs an item task through the product: events in, everybody's items at each origin, beside what sells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console

from evals.backtest.datasets import DATA_SETS, Event
from evals.backtest.exactness import Check
from evals.backtest.item_cases import Case, Cases, cases_of
from evals.backtest.item_exactness import poison_items, same_lists, shuffled
from evals.backtest.item_figures import K, Origin, mean_of, scored
from evals.backtest.item_store import Ranked, Shop
from evals.backtest.item_tasks import ItemTask
from evals.backtest.item_yardsticks import catalogue_size, popular_lists
from evals.backtest.ledger import Ledger, ledger_of
from evals.backtest.own_store import fill, own_store
from evals.backtest.task_figures import PRODUCT
from evals.progress import bar
from memory.workspace import ChurnDefinition
from server.bootstrap import Services
from tools.recommending.keeper import ItemKeeper

_FULL, _CUT, _POISONED, _SHUFFLED = "full", "cut", "poisoned", "shuffled"
#: How often items are asked for while the events of the shuffled workspace come in.
_LOOKS = 4


@dataclass(frozen=True, slots=True)
class RanItems:
    """What an item task came to."""

    task: ItemTask
    origins: list[Origin]
    checks: list[Check]


async def run_items(task: ItemTask, folders: Sequence[Path], console: Console, *, checks: bool) -> RanItems:
    """Every origin of the task; raises DataMissing, NotForetold."""
    with console.status(f"Reading {DATA_SETS[task.data].title}"):
        cases = cases_of(task, list(DATA_SETS[task.data].events(folders)))
        ledger = ledger_of(cases.orders)
    async with own_store() as services:
        shop = Shop(services, ItemKeeper(services.ledger), _FULL)
        await _fill(services, _FULL, cases.events, console)
        found: list[Origin] = []
        for title, own in cases.origins.items():
            with console.status(f"{task.title}: ranking at {title}"):
                found.append(await _judged(shop, task, title, own, ledger))
            console.print(_line(task, found[-1]), markup=False, highlight=False)
        looked: list[Check] = []
        if checks and task.origins:
            async for check in _checks(shop, task, cases, ledger, console):
                looked.append(check)
                console.print(f"{'held' if check.held else 'MISSED'}: {check.name}: {check.found}", markup=False)
    return RanItems(task, found, looked)


async def _judged(shop: Shop, task: ItemTask, title: str, cases: Sequence[Case], ledger: Ledger) -> Origin:
    catalogue = catalogue_size(ledger, cases)
    parts = {}
    for new in task.parts:
        lists = {PRODUCT: _names(await shop.rank(cases, K, new))}
        lists |= await asyncio.to_thread(popular_lists, ledger, cases, new)
        parts[new] = scored(cases, new, lists, catalogue)
    return Origin(title, catalogue, parts)


async def _checks(full: Shop, task: ItemTask, cases: Cases, ledger: Ledger, console: Console) -> AsyncIterator[Check]:
    """The checks at the task's last origin, each as soon as it is known."""
    own = list(cases.origins.values())[-1]
    at = own[0].as_of
    expected = await _both(full, own)
    past = [event for event in cases.events if datetime.fromisoformat(event["timestamp"]) < at]
    future = poison_items(list(ledger.customers), list(ledger.items), at)
    for workspace, events, name in (
        (_CUT, past, "a store cut at the origin gives the same"),
        (_POISONED, [*cases.events, *future], f"{len(future):,} poisoned later events change nothing"),
    ):
        await _fill(full.services, workspace, events, console)
        # A keeper that was not there when they came in counts them as a batch.
        shop = Shop(full.services, ItemKeeper(full.services.ledger), workspace)
        yield same_lists(name, [*own, *own], expected, await _both(shop, own))
    shop = Shop(full.services, ItemKeeper(full.services.ledger), _SHUFFLED)
    events = shuffled([*cases.events, *future])
    step = -(-len(events) // _LOOKS)
    for start in range(0, len(events), step):
        await _fill(full.services, _SHUFFLED, events[start : start + step], console)
        shop.forget_day()
        await shop.rank(own[:1], K, new=False)
    shop.forget_day()
    name = "counted event by event in another order it is the same"
    yield same_lists(name, [*own, *own], expected, await _both(shop, own))


async def _both(shop: Shop, cases: Sequence[Case]) -> list[Ranked]:
    return [*(await shop.rank(cases, K, new=False)), *(await shop.rank(cases, K, new=True))]


async def _fill(services: Services, workspace: str, events: Sequence[Event], console: Console) -> None:
    with bar(console, f"Taking in: {workspace}", len(events)) as advance:
        await fill(services, workspace, events, ChurnDefinition(), advance)


def _names(ranked: Sequence[Ranked]) -> list[tuple[str, ...]]:
    return [tuple(each.item for each in items) for items in ranked]


def _line(task: ItemTask, origin: Origin) -> str:
    words = [
        f"{'new' if new else 'all'} items, {len(origin.parts[new].customers):,} customers: "
        + ", ".join(f"{figure} {mean_of([origin], PRODUCT, figure, new):.4f}" for figure in ("hit", "ndcg", "coverage"))
        for new in task.parts
    ]
    return f"{origin.title}: {'; '.join(words)}"
