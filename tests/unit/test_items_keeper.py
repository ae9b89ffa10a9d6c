"""The keeper of item counts: event by event as in a batch, exact as of a day, and without whoever was erased."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from memory.bm25 import document_words
from memory.data_dir import open_data_dir
from memory.ledger import Ledger
from memory.narration import narrate
from memory.record import Record, point_id
from memory.scope import Scope
from memory.workspace import WorkspaceSettings
from tests.builders import at, order, record
from tests.fakes import HashedWords
from tools.prediction.shelf import Awaited
from tools.recommending.keeper import ItemKeeper
from tools.recommending.ranking import RankedItem, rank_items
from tools.survey import Reference

SHOP, T = Scope("shop"), at("2026-03-01")
ITEMS = ["Tea", "Honey", "Coffee", "Sugar", "Bag", "Bread", "Lamp"]
PEOPLE = [f"c{number:02d}" for number in range(30)]


def life(seed: int) -> list[Record]:
    """Orders of everybody over half a year, some of them after T."""
    draw = Random(seed)
    return [
        order(
            f"{2025 + month // 12}-{1 + month % 12:02d}-{draw.randint(1, 28):02d}",
            1,
            who,
            *draw.sample(ITEMS, draw.randint(1, 3)),
            id=f"{who}-{month}",
        )
        for who in PEOPLE
        for month in range(8, 16)
    ]


class Shop:
    """A store of its own with its ledger."""

    def __init__(self, folder: Path, *, remember: bool = True) -> None:
        self.store = open_data_dir(folder, HashedWords.dimensions)
        self.ledger = Ledger(self.store, remember=remember)

    async def take_in(self, records: Sequence[Record]) -> None:
        await self.store.insert(SHOP, records, lambda record: document_words(narrate(record.event).words))
        self.ledger.add(SHOP, records)

    async def rank(self, keeper: ItemKeeper, as_of: datetime = T, **asked: datetime) -> dict[str, list[RankedItem]]:
        everyone = await self.ledger.everyone(SHOP, as_of, asked.get("known_at"))
        reference = Reference(as_of, everyone, Awaited(""))
        known = await keeper.known(SHOP, reference, WorkspaceSettings(), **asked)
        return {who: rank_items(known, who, everyone.get(who, []), as_of, 5) for who in PEOPLE}


def slices(records: Sequence[Record], size: int) -> Iterable[Sequence[Record]]:
    return (records[start : start + size] for start in range(0, len(records), size))


@asynccontextmanager
async def opened(folder: Path, *, remember: bool = True) -> AsyncIterator[Shop]:
    shop = Shop(folder, remember=remember)
    yield shop
    await shop.store.close()


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with opened(tmp_path / "shop") as shop:
        yield shop


async def batch(folder: Path, records: Sequence[Record], *, remember: bool = True) -> dict[str, list[RankedItem]]:
    async with opened(folder, remember=remember) as shop:
        await shop.take_in(records)
        return await shop.rank(ItemKeeper(shop.ledger))


async def test_event_by_event_in_any_order_it_is_as_in_a_batch(shop: Shop, tmp_path: Path) -> None:
    records = life(1)
    keeper = ItemKeeper(shop.ledger)
    for some in slices(Random(2).sample(records, len(records)), 50):
        await shop.take_in(some)
        await shop.rank(keeper)
    assert await shop.rank(keeper) == await batch(tmp_path / "batch", records)


async def test_what_comes_later_changes_nothing(tmp_path: Path) -> None:
    records = life(1)
    past = [each for each in records if each.occurred_at < T]
    assert await batch(tmp_path / "whole", records) == await batch(tmp_path / "cut", past)


async def test_without_a_memory_of_records_it_is_the_same(tmp_path: Path) -> None:
    records = life(3)
    kept = await batch(tmp_path / "kept", records)
    assert await batch(tmp_path / "read", records, remember=False) == kept


async def test_what_was_received_later_is_not_counted(shop: Shop) -> None:
    await shop.take_in(life(1))
    found = await shop.rank(ItemKeeper(shop.ledger), known_at=at("2029-01-01"))
    assert set(map(len, found.values())) == {0}


async def test_a_late_event_is_counted_on_its_day(shop: Shop, tmp_path: Path) -> None:
    keeper = ItemKeeper(shop.ledger)
    await shop.take_in(life(1))
    await shop.rank(keeper)
    late = [order(f"2026-02-1{n}", 1, "c00", "Lamp", id=f"late-{n}") for n in range(5)]
    await shop.take_in(late)
    assert await shop.rank(keeper) == await batch(tmp_path / "batch", [*life(1), *late])


async def test_an_event_told_twice_counts_once(shop: Shop, tmp_path: Path) -> None:
    records = life(1)
    keeper = ItemKeeper(shop.ledger)
    await shop.take_in(records)
    await shop.rank(keeper)
    shop.ledger.add(SHOP, records)
    assert await shop.rank(keeper) == await batch(tmp_path / "once", records)


async def test_the_counts_of_who_is_erased_are_gone(shop: Shop, tmp_path: Path) -> None:
    records = life(1)
    keeper = ItemKeeper(shop.ledger)
    await shop.take_in(records)
    await shop.rank(keeper)
    gone = [each for each in records if each.customer_id == "c00"]
    await shop.store.delete(SHOP, [point_id(SHOP, each.message_id) for each in gone])
    shop.ledger.forget(SHOP)
    left = [each for each in records if each.customer_id != "c00"]
    assert await shop.rank(keeper) == await batch(tmp_path / "never", left)


async def test_what_a_visitor_took_up_is_theirs_once_they_are_known(shop: Shop) -> None:
    keeper = ItemKeeper(shop.ledger)
    products = {"products": [{"name": "Tea"}], "revenue": 1}
    await shop.take_in([
        record("Order Completed", "2026-02-01", None, anonymousId="v", properties=products, id="m1"),
        order("2026-02-02", 1, "c01", "Tea", id="m2"),
        record("", "2026-02-03", "c00", type="identify", anonymousId="v", id="m3"),
    ])  # fmt: skip
    tea = (await shop.rank(keeper))["c00"][0]
    assert (tea.item, tea.times, tea.takers, tea.similar) == ("Tea", 1, 1, 1)


@pytest.mark.parametrize("other", ["shop-2", "sho"])
async def test_another_workspace_s_items_are_not_known(shop: Shop, other: str) -> None:
    keeper = ItemKeeper(shop.ledger)
    await shop.take_in(life(1))
    await shop.rank(keeper)
    known = await keeper.known(Scope(other), Reference(T, {}, Awaited("")), WorkspaceSettings())
    assert known.names == []
