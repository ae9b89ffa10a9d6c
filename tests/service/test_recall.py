"""Recall over a real store: what it finds does not hang on what comes later, elsewhere, or in another order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx

from memory.bm25 import document_words
from memory.data_dir import open_data_dir
from memory.event import content_hash, parse_event
from memory.narration import narrate
from memory.recall import Asked, Memory, recall
from memory.record import Record, make_record
from memory.scope import Scope
from memory.store import Where
from tests.fakes import HashedWords
from tests.service.conftest import Serve

ACME = Scope("acme")
BEGIN = datetime(2026, 3, 1, 9, tzinfo=UTC)
AS_OF = BEGIN + timedelta(hours=6)
SAID = ["where did you moor", "by the old lock", "the mast creaks", "order the red sail", "by the old lock"]


def note(number: int, text: str, who: str = "ada", **properties: str) -> Record:
    at = BEGIN + timedelta(minutes=number)
    item = {"type": "track", "event": "Note Left", "userId": who, "messageId": f"{who}-{number}"}
    event = parse_event({**item, "timestamp": at.isoformat(), "properties": {"message": text, **properties}})
    return make_record(event, content_hash(event), at)


NOTES = [note(number, text) for number, text in enumerate(SAID)]


async def found(folder: Path, records: list[Record], query: str, timeline: list[Record]) -> list[Memory]:
    store, embedder = open_data_dir(folder, HashedWords.dimensions), HashedWords()
    try:
        await store.insert(ACME, records, lambda record: document_words(narrate(record.event).words))
        for record in records:
            vectors = await embedder.embed(narrate(record.event).parts)
            await store.set_vectors(ACME, {record.message_id: vectors.tolist()})
        asked = Asked(query, Where(before=AS_OF), 10, ZoneInfo("UTC"), timeline)
        return await recall(store, embedder, ACME.of("ada"), asked)
    finally:
        await store.close()


def told(memories: list[Memory]) -> list[tuple[str, float]]:
    return [(memory.record.message_id, memory.score) for memory in memories]


async def test_later_events_other_customers_and_the_order_of_arrival_change_nothing(tmp_path: Path) -> None:
    later = [note(600 + number, "where is the red sail") for number in range(5)]
    others = [note(number, "where did the mast moor", who="bob") for number in range(5)]
    plain = await found(tmp_path / "a", NOTES, "where did they moor the mast?", NOTES)
    among = await found(tmp_path / "b", [*later, *others, *NOTES[::-1]], "where did they moor the mast?", NOTES)
    assert told(plain) == told(among)
    assert plain


async def test_an_answer_is_found_by_the_words_of_its_question(tmp_path: Path) -> None:
    lone = [note(0, "where did you moor"), note(1, "xylem"), note(200, "quartz")]
    first, second, *_ = await found(tmp_path, lone, "moor", lone)
    assert (first.record.message_id, second.record.message_id) == ("ada-0", "ada-1")


async def test_an_exact_id_comes_first_whatever_else_fits_better(tmp_path: Path) -> None:
    notes = [*NOTES, note(9, "tea", order_id="R-7741")]
    memories = await found(tmp_path, notes, "the red sail and the mast of order R-7741", notes)
    assert memories[0].record.message_id == "ada-9"
    assert memories[0].score >= 0.5 >= memories[1].score


async def test_what_says_the_same_is_one_memory_with_all_its_events(tmp_path: Path) -> None:
    memories = await found(tmp_path, NOTES, "the old lock", NOTES)
    assert [record.message_id for record in memories[0].same] == ["ada-1", "ada-4"]
    assert len(memories) == 4


class ByLength:
    """`Reranker` to which the longest text is the best."""

    async def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        return [min(1.0, len(text) / 100) for text in texts]


async def asked(client: httpx.AsyncClient, query: str) -> list[str]:
    sent = [{**json.loads(note.body), "timestamp": note.occurred_at.isoformat()} for note in NOTES]
    assert (await client.post("/events", json=sent)).json()["counts"]["accepted"] == len(sent)
    reply = (await client.get("/clients/ada/memory", params={"query": query})).json()
    return [memory["message_id"] for memory in reply["memories"]]


async def test_a_reranker_given_to_the_application_decides_the_order(serve_app: Serve) -> None:
    async with serve_app(reranker=ByLength()) as client:
        assert (await asked(client, "the mast creaks"))[:2] == ["ada-0", "ada-3"]


async def test_an_exact_id_stays_first_whatever_a_reranker_says(serve_app: Serve) -> None:
    async with serve_app(reranker=ByLength()) as client:
        assert (await asked(client, "the mast creaks ada-2"))[0] == "ada-2"
