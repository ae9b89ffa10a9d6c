"""The contract of the store against a real Qdrant server: set THROUGHLINE_TEST_QDRANT_URL, run with -m live."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest
from qdrant_client import AsyncQdrantClient

from memory.qdrant_store import QdrantStore, open_qdrant
from memory.scope import SYSTEM
from memory.store import StoreMismatch, Verdict

# Every test of the contract is collected here too, and finds the `open_store` below.
from tests.service.test_store_contract import *  # noqa: F403
from tests.service.test_store_contract import ACME, DIMENSIONS, OpenStore, dumped, event, filled, insert, store

URL = os.environ.get("THROUGHLINE_TEST_QDRANT_URL", "")
KEY = os.environ.get("THROUGHLINE_TEST_QDRANT_API_KEY")
if not URL:
    pytest.skip("THROUGHLINE_TEST_QDRANT_URL is not set", allow_module_level=True)

pytestmark = [
    pytest.mark.live,
    pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection:UserWarning"),
]

__all__ = ["store"]


@pytest.fixture
async def collections() -> AsyncIterator[list[str]]:
    """Names of collections that are gone after the test."""
    names: list[str] = []
    yield names
    client = AsyncQdrantClient(url=URL, api_key=KEY, check_compatibility=False)
    for name in names:
        await client.delete_collection(name)
    await client.close()


@pytest.fixture
async def open_store(collections: list[str]) -> AsyncIterator[OpenStore]:
    async with AsyncExitStack() as opened:

        async def opener() -> QdrantStore:
            collections.append(f"throughline_test_{uuid4().hex}")
            made = await open_qdrant(URL, KEY, DIMENSIONS, collection=collections[-1])
            opened.push_async_callback(made.close)
            return made

        yield opener


@pytest.fixture
async def replicas(collections: list[str]) -> AsyncIterator[list[QdrantStore]]:
    """Four stores with connections of their own, opened at once on one new collection."""
    collections.append(f"throughline_test_{uuid4().hex}")
    opened = await asyncio.gather(*[open_qdrant(URL, KEY, DIMENSIONS, collection=collections[-1]) for _ in range(4)])
    yield opened
    for replica in opened:
        await replica.close()


async def test_of_replicas_that_send_one_batch_at_once_one_is_told_accepted(replicas: list[QdrantStore]) -> None:
    for number in range(10):
        batch = [event(f"m{number}-{position}") for position in range(50)]
        answers = await asyncio.gather(*[insert(replica, *batch) for replica in replicas])
        for verdicts in zip(*answers, strict=True):
            assert sorted(verdicts) == [Verdict.ACCEPTED, *[Verdict.DUPLICATE] * 3]


async def test_replicas_with_other_content_keep_one_version_in_force(replicas: list[QdrantStore]) -> None:
    answers = await asyncio.gather(
        *[insert(replica, event("m1", f"Version {number}")) for number, replica in enumerate(replicas)]
    )
    assert sorted(verdict for verdicts in answers for verdict in verdicts) == [
        Verdict.ACCEPTED, *[Verdict.CONFLICT] * 3,
    ]  # fmt: skip
    assert sorted(row["kind"] for row in await dumped(replicas[0])) == [*["conflict"] * 3, "event"]


async def test_an_older_collection_is_rewritten_in_place(replicas: list[QdrantStore], collections: list[str]) -> None:
    await filled(replicas[0])
    rows = await dumped(replicas[0])
    client = AsyncQdrantClient(url=URL, api_key=KEY, check_compatibility=False)
    schema = (await anext(replicas[0].dump(SYSTEM)))[0]
    await client.delete_payload(collections[-1], ["title", "amount"], [row["id"] for row in rows if "title" in row])
    await client.set_payload(collections[-1], {"data": '{"version":0}'}, [schema["id"]])
    await client.close()
    again = await open_qdrant(URL, KEY, DIMENSIONS, collection=collections[-1])
    assert await dumped(again) == rows
    assert await again.count_pending(ACME) == 3
    await again.close()


async def test_a_collection_for_another_model_is_refused(replicas: list[QdrantStore], collections: list[str]) -> None:
    with pytest.raises(StoreMismatch, match="dimensions"):
        await open_qdrant(URL, KEY, 2 * DIMENSIONS, collection=collections[-1])
