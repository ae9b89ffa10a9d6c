"""Law 2: the same events in any order, batching and number leave the same memory, in both forms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qdrant_client import AsyncQdrantClient

from memory.data_dir import open_data_dir
from memory.qdrant_store import open_qdrant
from memory.scope import Scope
from memory.store import Store, Verdict
from tests.builders import make_intake

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning")

EXAMPLES = count()
NOW = datetime(2026, 3, 2, tzinfo=UTC)
Item = dict[str, Any]


def _item(number: int, draw: dict[str, Any]) -> Item:
    """An event of its own id, or without one: then its content and time tell it from others."""
    named = {"messageId": f"m{number}"} if draw["named"] else {}
    at = (NOW - timedelta(minutes=draw["age_minutes"])).isoformat()
    properties = {"revenue": draw["revenue"], "note": draw["note"], "number": number}
    return {"type": "track", "event": draw["event"], "timestamp": at, "properties": properties, **draw["who"], **named}


DRAWS = st.fixed_dictionaries({
    "named": st.booleans(),
    "age_minutes": st.integers(0, 5),
    "event": st.sampled_from(["Order Placed", "Order Refunded", "Signed In"]),
    "revenue": st.one_of(st.none(), st.integers(-10, 10), st.floats(0, 100), st.sampled_from(["9.90", "x"])),
    "note": st.text(max_size=8),
    "who": st.sampled_from([{"userId": "ada"}, {"anonymousId": "v7"}, {"userId": "ada", "anonymousId": "v7"}]),
})  # fmt: skip
EVENTS = st.lists(DRAWS, min_size=1, max_size=8).map(
    lambda draws: [_item(number, draw) for number, draw in enumerate(draws)]
)


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Item], list[list[Item]]]:
    """Some events, and batches that hold each of them at least once, in any order."""
    events = draw(EVENTS)
    sent = draw(st.permutations(events + draw(st.lists(st.sampled_from(events), max_size=8))))
    cuts = sorted(draw(st.sets(st.integers(1, len(sent)), max_size=4)))
    edges = [0, *cuts, len(sent)]
    return events, [sent[start:end] for start, end in pairwise(edges)]


@pytest.fixture(params=["embedded", "server"], scope="module")
async def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[list[Store]]:
    """Two empty stores of one form; each example has a workspace of its own in both."""
    path = tmp_path_factory.mktemp("replay")
    if request.param == "embedded":
        stores: list[Store] = [open_data_dir(path / name, 8) for name in ("once", "again")]
    else:
        stores = [await open_qdrant("", None, 8, client=AsyncQdrantClient(":memory:")) for _ in range(2)]
    yield stores
    for store in stores:
        await store.close()


async def memory_after(store: Store, scope: Scope, batches: list[list[Item]]) -> tuple[list[Item], list[Verdict]]:
    """What the store holds once the batches came in, an hour apart, and what was said of each item."""
    intake = make_intake(store)
    said: list[Verdict] = []
    for number, batch in enumerate(batches):
        said += [result.verdict for result in await intake.receive(scope, batch, NOW + timedelta(hours=number))]
    rows = [row async for page in store.dump(scope) for row in page]
    for row in rows:
        row.pop("received_at")
    return rows, said


@given(sent=deliveries())
@settings(max_examples=60, deadline=None)
async def test_any_order_batching_and_repetition_leaves_the_same_memory(
    pair: list[Store], sent: tuple[list[Item], list[list[Item]]]
) -> None:
    events, batches = sent
    scope = Scope(f"example-{next(EXAMPLES)}")
    expected, first = await memory_after(pair[0], scope, [events])
    found, said = await memory_after(pair[1], scope, batches)
    assert found == expected
    assert len(found) == len(events)
    assert first == [Verdict.ACCEPTED] * len(events)
    assert said.count(Verdict.ACCEPTED) == len(events)
    assert said.count(Verdict.DUPLICATE) == len(said) - len(events)


@given(sent=deliveries(), data=st.data())
@settings(max_examples=40, deadline=None)
async def test_with_conflicts_the_same_versions_are_kept_whatever_came_first(
    pair: list[Store], sent: tuple[list[Item], list[list[Item]]], data: st.DataObject
) -> None:
    events, batches = sent
    named = [event for event in events if "messageId" in event]
    others = [{**event, "event": "Another Story"} for event in named]
    scope = Scope(f"example-{next(EXAMPLES)}")
    one, _ = await memory_after(pair[0], scope, [*batches, others])
    everything = data.draw(st.permutations([*events, *others, *others]))
    two, said = await memory_after(pair[1], scope, [everything[:5], everything[5:]])
    assert versions(one) == versions(two)
    assert len(two) == len(events) + len(others)
    # Of each pair one came first; the other is a conflict however often it comes.
    assert said.count(Verdict.ACCEPTED) == len(events)


def versions(rows: list[Item]) -> set[tuple[str, str]]:
    """Which contents are kept under which id."""
    return {(row["message_id"], row["content_hash"]) for row in rows}
