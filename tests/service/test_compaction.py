"""Compaction: deleted bytes leave the disk, everything else stays, and nobody has to wait for it."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from memory.bm25 import query_words
from memory.compaction import PAGE, RESERVE_BYTES
from memory.data_dir import open_data_dir, open_shard
from memory.edge_store import EdgeStore
from memory.generations import Generations
from memory.store import Control, Hit, StoreError, StoreUnavailable, Verdict, Where
from tests.service.test_store_contract import (
    ACME,
    DIMENSIONS,
    GLOBEX,
    NOON,
    axis,
    dumped,
    event,
    filled,
    insert,
)

#: Enough for several pages of a copy.
MANY = 6 * PAGE


async def crowded(path: Path) -> EdgeStore:
    """A store with events in every state, of two workspaces."""
    store = open_data_dir(path, DIMENSIONS)
    for scope in (ACME, GLOBEX):
        await filled(store, scope)
        names = [f"e{number:03}" for number in range(MANY)]
        await insert(store, *[event(name, f"Item {name} Bought") for name in names], scope=scope)
        await store.set_vectors(
            scope, {name: [axis(number % DIMENSIONS), axis(1, 2)] for number, name in enumerate(names[: MANY // 2])}
        )
        await store.set_aside(scope, names[-1], "embedding failed")
    return store


def files_with(path: Path, text: str) -> list[str]:
    return [found.name for found in path.rglob("*") if found.is_file() and text.encode() in found.read_bytes()]


def shards(path: Path) -> list[str]:
    """The shards that lie in a data directory; an empty folder is none."""
    return sorted(found.name for found in path.glob("shard*") if any(found.iterdir()))


async def delete_event(store: EdgeStore, message_id: str) -> None:
    rows = [row["id"] for row in await dumped(store) if row.get("message_id") == message_id]
    assert await store.delete(ACME, rows) == len(rows) > 0


def scored(hits: list[Hit]) -> list[tuple[str, float]]:
    return sorted((hit.record.message_id, hit.score) for hit in hits)


async def everything(store: EdgeStore) -> list[Any]:
    """What a store answers to every kind of question."""
    told: list[Any] = []
    for scope in (ACME, GLOBEX):
        told += [await dumped(store, scope), await store.tally(scope), await store.controls(scope, "quarantine")]
        told += [scored(await store.search_words(scope, query_words("item e007 mug"), Where(), 500))]
        told += [scored(await store.search_meaning(scope, axis(3), Where(), 500))]
        told += [sorted(record.message_id for record in await store.pending(scope, 1_000))]
    return told


async def in_the_middle(store: EdgeStore, path: Path) -> asyncio.Task[bool]:
    """A compaction that has copied some pages and not yet all."""
    before = shards(path)
    task = asyncio.create_task(store.compact())
    while shards(path) == before:
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.1)
    assert not task.done()
    return task


class Interrupted(Generations):
    """A data directory where something is done in the middle of a copy, or fails there."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.pages = 0
        self.room = 2**40
        self.fails = False

    def free_bytes(self) -> int:
        self.pages += 1
        return super().free_bytes() if self.room else 0

    def sync_tree(self, path: Path) -> None:
        if self.fails:
            raise OSError(28, "No space left on device")
        super().sync_tree(path)
