"""Memories found by words and by meaning, fused and ordered the same way every time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from memory.bm25 import document_words, query_words
from memory.embedder import Embedder
from memory.narration import narrate
from memory.record import Record
from memory.scope import Scope
from memory.store import Hit, Store, Where

#: Candidates of each list. A customer with more matching events loses only the weakest.
MAX_CANDIDATES = 1_000
#: Reciprocal rank fusion, 1 / (K + rank): lists over one customer are short, so first ranks weigh more than with 60.
RRF_K = 10
#: Equal up to here is equal: embedding in another batch moves scores by 1e-7.
SCORE_DIGITS = 4
#: The score of the first rank in both lists: fused scores are given as a share of it.
_BEST = 2 / (RRF_K + 1)


@dataclass(frozen=True, slots=True)
class Memory:
    """An event found again: `score` in 0..1 ranks, `similarity` is the cosine of its best part, `words` its BM25.

    `coverage` is the share of the query's terms that stand in the event.
    """

    record: Record
    text: str
    score: float
    similarity: float | None
    words: float | None
    coverage: float


async def recall(
    store: Store,
    embedder: Embedder,
    scope: Scope,
    query: str,
    where: Where,
    limit: int,
) -> list[Memory]:
    """The memories of a scope nearest to a query, best first, from events that match `where`."""
    terms = query_words(query)
    by_words = await store.search_words(scope, terms, where, MAX_CANDIDATES)
    vector = (await embedder.embed([query]))[0].tolist()
    by_meaning = await store.search_meaning(scope, vector, where, MAX_CANDIDATES)
    ranked = fuse([by_words, by_meaning])[:limit]
    similarity = _scores(by_meaning)
    words = _scores(by_words)
    bodies = {r.message_id: r for r in await store.get(scope, [record.message_id for record, _ in ranked])}
    return [
        _memory(bodies[record.message_id], score, similarity, words, set(terms.indices))
        for record, score in ranked
        if record.message_id in bodies
    ]


def _memory(
    record: Record, score: float, similarity: dict[str, float], words: dict[str, float], terms: set[int]
) -> Memory:
    narration = narrate(record.event)
    shared = terms & set(document_words(narration.words).indices)
    return Memory(
        record=record,
        text=narration.text,
        score=score,
        similarity=similarity.get(record.message_id),
        words=words.get(record.message_id),
        coverage=round(len(shared) / len(terms), SCORE_DIGITS) if terms else 0.0,
    )


def fuse(lists: Sequence[Sequence[Hit]]) -> list[tuple[Record, float]]:
    """Records with their fused score, best first; ties by time, then id (Cormack et al., 2009)."""
    records: dict[str, Record] = {}
    scores: dict[str, float] = {}
    for hits in lists:
        for hit, rank in zip(hits, _ranks(hits), strict=True):
            records[hit.record.message_id] = hit.record
            scores[hit.record.message_id] = scores.get(hit.record.message_id, 0.0) + 1 / (RRF_K + rank)
    fused = [(records[key], round(score / _BEST, SCORE_DIGITS)) for key, score in scores.items()]
    return sorted(fused, key=lambda pair: (-pair[1], pair[0].order))


def _ranks(hits: Sequence[Hit]) -> list[int]:
    """The rank of each hit from 1; equal scores share a rank, so that insertion order shows nowhere."""
    distinct = sorted({round(hit.score, SCORE_DIGITS) for hit in hits}, reverse=True)
    place = {score: rank for rank, score in enumerate(distinct, start=1)}
    return [place[round(hit.score, SCORE_DIGITS)] for hit in hits]


def _scores(hits: Sequence[Hit]) -> dict[str, float]:
    return {hit.record.message_id: round(hit.score, SCORE_DIGITS) for hit in hits}
