"""Newcomers to a shop are recommended by their names, and judged against chance."""

from __future__ import annotations

import gzip
import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from evals.backtest.baskets import Order
from evals.backtest.item_newcomers import by_chance, newcomer_cases, newcomers_of
from evals.newcomer_task import newcomers_table, run_newcomers
from tests.builders import at, item

T = at("2011-03-01")
FAMILIES = ["Rose", "Circus", "Nautical", "Woodland", "Paisley", "Gingham"]
OLD = ["Teapot", "Saucer"]
NEW = ["Apron", "Doormat", "Lantern", "Parasol"]


def orders() -> list[Order]:
    """Six customers of each family bought the old, and buy one of the new: twenty-four that nobody had before."""
    people = [(family, number) for family in FAMILIES for number in range(6)]
    had = [
        Order(f"{family}-{n}", at(f"2011-02-{1 + n:02d}"), frozenset(f"{family} Pattern {each}" for each in OLD))
        for family, n in people
    ]
    took = [
        Order(f"{family}-{n}", at(f"2011-03-{5 + n:02d}"), frozenset({f"{family} Pattern {NEW[n % 4]}"}))
        for family, n in people
    ]
    return [*had, *took]


def lines(found: list[Order]) -> bytes:
    events = [
        item("Order Completed", each.at.isoformat(), each.customer, messageId=f"m{n}",
             properties={"revenue": 5, "currency": "GBP", "products": [{"name": name} for name in sorted(each.items)]})
        for n, each in enumerate(found)
    ]  # fmt: skip
    return "\n".join(json.dumps(event) for event in events).encode()


async def test_names_tell_who_takes_up_what_nobody_had(tmp_path: Path) -> None:
    (tmp_path / "online-retail-orders.jsonl.gz").write_bytes(gzip.compress(lines(orders())))
    console = Console(file=StringIO(), width=200)
    found = await run_newcomers([tmp_path], ["2011-03-01"], console)
    assert [(each.items, each.cases) for each in found] == [(24, 36)]
    assert found[0].hit.value == 1.0
    assert found[0].chance == pytest.approx(10 / 24)
    console.print(newcomers_table(found))
    assert "0.4167" in console.file.getvalue()  # type: ignore[attr-defined]


def test_newcomers_are_taken_up_first_in_the_window() -> None:
    later = Order("Rose-0", at("2011-03-29"), frozenset({"Too late"}))
    again = Order("Rose-0", at("2011-03-02"), frozenset({"Rose Pattern Saucer"}))
    assert newcomers_of([*orders(), later, again], T) == {f"{f} Pattern {each}" for f in FAMILIES for each in NEW}
    stranger = Order("new-here", at("2011-03-02"), frozenset({"Rose Pattern Apron"}))
    assert len(newcomer_cases([*orders(), stranger], T)) == 36


@pytest.mark.parametrize(("items", "wanted", "chance"), [(20, 1, 0.5), (5, 1, 1.0), (100, 0, 0.0), (12, 3, 1.0)])
def test_chance_is_that_of_ten_drawn_blindly(items: int, wanted: int, chance: float) -> None:
    assert by_chance(items, wanted) == pytest.approx(chance)
