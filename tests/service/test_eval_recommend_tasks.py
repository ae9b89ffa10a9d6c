"""An item task runs through the product: intake, counts and ranking on a store of its own."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from evals.backtest.item_figures import mean_of
from evals.backtest.item_run import RanItems, run_items
from evals.backtest.item_tasks import ITEM_TASKS, ItemGoal
from evals.backtest.task_figures import PRODUCT

START = datetime(2011, 1, 1, tzinfo=UTC)
TASK = replace(
    ITEM_TASKS["online-retail"], origins=("2011-02-05",), goals=(ItemGoal("hit", True, 1.0, over_trend=True),)
)
PAIRS = [("cup", "saucer"), ("pot", "lid"), ("lamp", "bulb"), ("pen", "ink")]
#: What nobody takes up with anything: twelve that sell better than any of the pairs.
LOUD = [f"loud {number}" for number in range(12)]


def order(who: str, day: float, *items: str) -> dict[str, Any]:
    return {
        "messageId": f"{who}-{day}", "type": "track", "event": "Order Completed", "userId": who,
        "timestamp": (START + timedelta(days=day)).isoformat(),
        "properties": {"revenue": 5, "currency": "GBP", "products": [{"name": item} for item in items]},
    }  # fmt: skip


def orders() -> list[dict[str, Any]]:
    """Whoever has the one of a pair buys the other next; a crowd buys what is loud."""
    taught = [
        order(f"{one}-{n}", day, item)
        for one, other in PAIRS for n in range(12) for day, item in ((1 + n / 7, one), (9 + n, other))
    ]  # fmt: skip
    tested = [order(f"next-{one}-{n}", 2 + n, one) for one, _ in PAIRS for n in range(4)]
    then = [order(f"next-{one}-{n}", 40 + n, other) for one, other in PAIRS for n in range(4)]
    crowd = [order(f"crowd-{n}", n / 2, *LOUD) for n in range(60)]
    return [*taught, *tested, *then, *crowd]


@pytest.fixture(scope="module")
async def ran(tmp_path_factory: pytest.TempPathFactory) -> RanItems:
    folder: Path = tmp_path_factory.mktemp("orders")
    lines = "\n".join(json.dumps(event) for event in orders())
    (folder / "online-retail-orders.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    return await run_items(TASK, [folder], Console(file=StringIO()), checks=True)


async def test_what_goes_together_is_found_where_popularity_is_loud(ran: RanItems) -> None:
    assert mean_of(ran.origins, PRODUCT, "hit", new=True) > 0.8
    assert mean_of(ran.origins, "trend_7", "hit", new=True) == 0.0


async def test_every_item_known_at_the_origin_is_ranked(ran: RanItems) -> None:
    assert [origin.catalogue for origin in ran.origins] == [8 + len(LOUD)]
    assert {new: len(part.customers) for new, part in ran.origins[0].parts.items()} == {False: 16, True: 16}


async def test_lists_know_nothing_of_the_future_nor_of_how_they_were_counted(ran: RanItems) -> None:
    assert [check.held for check in ran.checks] == [True, True, True], ran.checks
