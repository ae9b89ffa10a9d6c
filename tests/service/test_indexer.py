"""Embedding in the background: a text that cannot be embedded is set aside, a model that is away is waited for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from memory.data_dir import open_data_dir
from memory.embedder import EmbedderUnavailable, EmbeddingFailed, Vectors
from memory.indexer import Indexer
from memory.recall import Asked, recall
from memory.scope import Scope
from memory.store import Where
from memory.workspaces import Workspaces
from tests.builders import make_intake
from tests.fakes import HashedWords

ACME = Scope("acme")
LATER = datetime(2030, 1, 1, tzinfo=UTC)


class FailsOn(HashedWords):
    """Refuses batches that hold a word."""

    def __init__(self, word: str, failure: type[EmbeddingFailed] = EmbeddingFailed) -> None:
        super().__init__()
        self.word = word
        self.failure = failure

    async def embed(self, texts: Sequence[str]) -> Vectors:
        if any(self.word in text for text in texts):
            raise self.failure("no")
        return await super().embed(texts)


async def kept(path: Path, embedder: HashedWords, notes: Sequence[str]) -> Indexer:
    """An indexer over a store with one event a note."""
    store = open_data_dir(path, HashedWords.dimensions)
    workspaces = Workspaces(store)
    events = [
        {"messageId": f"m{n}", "event": "Note Left", "userId": "ada", "properties": {"text": note}, "timestamp": n + 1}
        for n, note in enumerate(notes)
    ]
    indexer = Indexer(store, embedder, workspaces)
    await make_intake(store, indexer).receive(ACME, events, datetime.now(UTC))
    return indexer


async def test_an_event_that_cannot_be_embedded_is_set_aside_and_the_rest_goes_on(tmp_path: Path) -> None:
    embedder = FailsOn("poison")
    indexer = await kept(tmp_path, embedder, ["lamp", "poison lamp", "desk", "chair"])
    assert await indexer.drain() == 3
    assert await indexer.pending() == 0
    found = await recall(
        indexer._store, embedder, ACME.of("ada"), Asked("lamp", Where(before=LATER), 10, ZoneInfo("UTC"))
    )
    by_id = {memory.record.message_id: memory for memory in found}
    assert by_id["m0"].similarity is not None
    assert by_id["m1"].similarity is None, "it has no vector, and is still found by its words"
    await indexer._store.close()


@pytest.mark.parametrize("failure", [EmbeddingFailed, EmbedderUnavailable])
async def test_a_model_that_embeds_nothing_sets_no_event_aside(tmp_path: Path, failure: type[EmbeddingFailed]) -> None:
    indexer = await kept(tmp_path, FailsOn("", failure), ["lamp", "desk"])
    with pytest.raises(EmbeddingFailed):
        await indexer.drain()
    assert await indexer.pending() == 2
    await indexer._store.close()


async def test_what_is_pending_after_a_crash_is_taken_up_again(tmp_path: Path) -> None:
    indexer = await kept(tmp_path, HashedWords(), ["lamp", "desk"])
    await indexer._store.close()
    store = open_data_dir(tmp_path, HashedWords.dimensions)
    again = Indexer(store, HashedWords(), Workspaces(store))
    assert await again.pending() == 2
    assert await again.drain() == 2
    assert await again.drain() == 0
    await store.close()
