"""The past does not know the future, in recall: later events, other customers and arrival change no ranking."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory import candidates
from memory.bm25 import document_words
from memory.data_dir import open_data_dir
from memory.event import content_hash, parse_event
from memory.narration import narrate
from memory.recall import Asked, Memory, recall
from memory.record import Record, make_record
from memory.scope import Scope
from memory.store import Store, Where
from tests.fakes import HashedWords

T = datetime(2026, 3, 1, 12, tzinfo=UTC)
EXAMPLES = count()
WORDS = ["mast", "sail", "lock", "moor", "tea", "Ada", "R-77"]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
QUERIES = st.tuples(TEXTS, st.sampled_from(["", " on 1 March 2026", " in February"])).map("".join)
#: Few, so that events often lie at one instant.
MINUTES = st.sampled_from([1, 2, 20, 200, 3_000])
SESSIONS = st.sampled_from([None, None, "s", "t"])
NOTES = st.lists(st.tuples(MINUTES, TEXTS, SESSIONS), min_size=1, max_size=14)


def note(who: str, number: int, at: datetime, text: str, session: str | None) -> Record:
    context = {"sessionId": session} if session else {}
    sent: dict[str, Any] = {"type": "track", "event": "Note Left", "userId": who, "messageId": f"{who}-{number}"}
    event = parse_event({**sent, "timestamp": at.isoformat(), "properties": {"message": text}, "context": context})
    return make_record(event, content_hash(event), T)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Record], list[Record], list[Record]]:
    """Ada's events before T; all that others did before T; what anyone did from T on."""
    numbers = count()
    ada, others, later = (draw(NOTES) for _ in range(3))
    return (
        [note("ada", next(numbers), T - timedelta(minutes=ago), *said) for ago, *said in ada],
        [note("bob", next(numbers), T - timedelta(minutes=ago), *said) for ago, *said in others],
        [note("ada", next(numbers), T + timedelta(minutes=after - 1), *said) for after, *said in later],
    )


@pytest.fixture(scope="session")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    opened = open_data_dir(tmp_path_factory.mktemp("recall") / "data", HashedWords.dimensions)
    yield opened
    await opened.close()


async def kept(store: Store, records: Sequence[Record]) -> Scope:
    """A workspace of its own that took in these events, one by one."""
    scope, embedder = Scope(f"recall-{next(EXAMPLES)}"), HashedWords()
    for record in records:
        told = narrate(record.event)
        await store.insert(scope, [record], lambda _, words=told.words: document_words(words))  # type: ignore[misc]
        await store.set_vectors(scope, {record.message_id: (await embedder.embed(told.parts)).tolist()})
    return scope


async def found(store: Store, scope: Scope, query: str, ada: Sequence[Record] | None) -> list[Memory]:
    """Ada's memory as of T; without her events, everyone's."""
    timeline = sorted(ada, key=lambda record: record.order) if ada is not None else None
    asked = Asked(query, Where(before=T), 20, ZoneInfo("UTC"), timeline)
    return await recall(store, HashedWords(), scope.of("ada") if ada is not None else scope, asked)


def told(memories: Sequence[Memory]) -> list[tuple[object, ...]]:
    return [
        (m.record.message_id, m.score, m.similarity, m.words, m.coverage, [same.message_id for same in m.same])
        for m in memories
    ]


@given(world=worlds(), query=QUERIES, most=st.sampled_from([1, 3, 1_000]), data=st.data())
@settings(max_examples=60, deadline=None)
async def test_one_customers_memory_is_the_same_whatever_else_is_there(
    store: Store, world: tuple[list[Record], list[Record], list[Record]], query: str, most: int, data: st.DataObject
) -> None:
    ada, others, later = world
    mixed = data.draw(st.permutations([*ada, *others, *later]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "MAX_CANDIDATES", most)
        plain = await found(store, await kept(store, ada), query, ada)
        assert told(await found(store, await kept(store, mixed), query, ada)) == told(plain)
    assert plain


@given(world=worlds(), query=QUERIES, most=st.sampled_from([1, 3, 1_000]), data=st.data())
@settings(max_examples=40, deadline=None)
async def test_everyones_memory_is_the_same_whatever_comes_later_and_in_any_order(
    store: Store, world: tuple[list[Record], list[Record], list[Record]], query: str, most: int, data: st.DataObject
) -> None:
    ada, others, later = world
    mixed = data.draw(st.permutations([*ada, *others, *later]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "MAX_CANDIDATES", most)
        plain = await found(store, await kept(store, [*ada, *others]), query, None)
        assert told(await found(store, await kept(store, mixed), query, None)) == told(plain)


@given(world=worlds(), query=TEXTS.filter(lambda text: "R-77" not in text))
@settings(max_examples=30, deadline=None)
async def test_equal_scores_come_by_time_and_then_by_id(
    store: Store, world: tuple[list[Record], list[Record], list[Record]], query: str
) -> None:
    memories = await found(store, await kept(store, world[0]), query, world[0])
    equal = [(a, b) for a, b in pairwise(memories) if a.score == b.score]
    assert all(a.record.order < b.record.order for a, b in equal)
    assert [m.score for m in memories] == sorted((m.score for m in memories), reverse=True)
