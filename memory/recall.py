"""Memories found by words and by meaning, alone and after what came just before, in the same order every time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from memory.bm25 import document_words, query_words
from memory.candidates import Candidates, candidates
from memory.common_words import without_common
from memory.dated import dates_named, lies_in
from memory.embedder import Embedder
from memory.exact_ids import exact
from memory.fusion import SCORE_DIGITS, Scores, fuse
from memory.grouping import Group, group
from memory.narration import gist, narrate
from memory.record import Record, point_id
from memory.reranking import Reranker
from memory.scope import Scope
from memory.sessions import lift_sessions, meaning_in_context, sittings, words_in_context
from memory.store import Held, Store, Where

#: Read whole beyond what is asked for, so that what says the same is counted; each takes 0.03 ms.
_READ_MORE = 30
#: Texts that a reranker reads: more takes it longer than one waits, and the right ones are among these.
_RERANKED = 50
#: An event at a time that the query names counts so many times: dates in events are not always those meant.
_DATED = 3.0
#: Of the best score in its session each event gets this share: who talks of something goes on talking of it.
_SESSION = 0.5


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for, among which events, and how many at most.

    `timeline` is all there is of the customer that the scope names, in order; without it, over all customers, each
    event is judged alone. Dates in the query are of the calendar of `zone`.
    """

    query: str
    where: Where
    limit: int
    zone: ZoneInfo
    timeline: Sequence[Record] | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """An event found again: `score` in 0..1 ranks, `similarity` is the cosine of its best part, `words` its BM25.

    `coverage` is the share of the query's terms that stand in the event; `same` are all events found that say what it
    says, itself included, in order of time.
    """

    record: Record
    text: str
    score: float
    similarity: float | None
    words: float | None
    coverage: float
    same: tuple[Record, ...]


async def recall(
    store: Store, embedder: Embedder, scope: Scope, asked: Asked, reranker: Reranker | None = None
) -> list[Memory]:
    """The memories of a scope nearest to a query, best first; those that hold an id of the query before all others."""
    found = await _search(store, embedder, scope, asked)
    named = await exact(store, scope, asked.query, asked.where)
    ranked = rank({**found.records, **named}, _scores(found, asked), asked, named)
    groups = await _grouped(store, scope, ranked, found, max(asked.limit, _RERANKED) if reranker else asked.limit)
    terms = set(query_words(asked.query).indices)
    memories = [_memory(each, found, terms) for each in groups]
    if reranker:
        memories = await _reranked(reranker, asked.query, memories, named)
    return memories[: asked.limit]


async def _search(store: Store, embedder: Embedder, scope: Scope, asked: Asked) -> Candidates:
    if asked.timeline is None:
        return await candidates(store, embedder, scope, asked.query, asked.query, asked.where, None)
    held: Held = {point_id(scope, r.message_id): r for r in asked.timeline if asked.where.holds(r)}
    meant = await without_common(store, scope, asked.query, asked.where, len(held))
    return await candidates(store, embedder, scope, asked.query, meant, asked.where, held)


def _scores(found: Candidates, asked: Asked) -> dict[str, float]:
    """The fused score of every candidate, 0..1, before ids are looked at."""
    places = sittings(asked.timeline) if asked.timeline is not None else None
    lists: list[Scores] = [found.words, found.meaning]
    if places is not None:
        lists.append(words_in_context(found.words, places, found.records))
        lists.append(meaning_in_context(found.meaning, places))
    fused = fuse(lists)
    dates = dates_named(asked.query)
    if dates:
        fused = {
            key: score / (1 if lies_in(dates, found.records[key].occurred_at, asked.zone) else _DATED)
            for key, score in fused.items()
        }
    if places is not None:
        fused = {key: score / (1 + _SESSION) for key, score in lift_sessions(fused, places, _SESSION).items()}
    return fused


def rank(
    records: Mapping[str, Record], scores: Scores, asked: Asked, named: Mapping[str, Record]
) -> list[tuple[Record, float]]:
    """Records with their score, best first; ties by time, then id.

    Where the query names an id that events hold, those have the upper half of the scores and the others the lower.
    """
    if named:
        scores = {key: scores.get(key, 0.0) / 2 + (0.5 if key in named else 0.0) for key in {**scores, **named}}
    rounded = [(records[key], round(score, SCORE_DIGITS)) for key, score in scores.items()]
    return sorted(rounded, key=lambda pair: (pair[0].message_id not in named, -pair[1], pair[0].order))


async def _grouped(
    store: Store, scope: Scope, ranked: Sequence[tuple[Record, float]], found: Candidates, limit: int
) -> list[Group]:
    """The first `limit` groups of what says the same.

    Only what may say the same as one of the first is read: it has the same title, items and similarity.
    """
    first = ranked[: limit + _READ_MORE]
    looks = {_looks(record, found) for record, _ in ranked[:limit]}
    like = [pair for pair in ranked[len(first) :] if _looks(pair[0], found) in looks][:_READ_MORE]
    bodies = {r.message_id: r for r in await store.get(scope, [record.message_id for record, _ in (*first, *like)])}
    whole = [(bodies[r.message_id], score) for r, score in (*first, *like) if r.message_id in bodies]
    return group(whole, lambda r: f"{'' if scope.members else r.customer_id}\0{gist(r.event)}")[:limit]


def _looks(record: Record, found: Candidates) -> tuple[str, tuple[str, ...], float | None]:
    return record.title, record.items, found.meaning.get(record.message_id)


def _memory(found: Group, scores: Candidates, terms: set[int]) -> Memory:
    narration = narrate(found.best.event)
    shared = terms & set(document_words(narration.words).indices)
    return Memory(
        record=found.best,
        text=narration.text,
        score=found.score,
        similarity=scores.meaning.get(found.best.message_id),
        words=scores.words.get(found.best.message_id),
        coverage=round(len(shared) / len(terms), SCORE_DIGITS) if terms else 0.0,
        same=found.records,
    )


async def _reranked(
    reranker: Reranker, query: str, memories: Sequence[Memory], named: Mapping[str, Record]
) -> list[Memory]:
    """The memories by the reranker's scores, which become theirs; those with an id of the query stay before all others.

    Ties by time, then id.
    """
    scores = await reranker.scores(query, [memory.text for memory in memories])
    judged = [replace(m, score=round(score, SCORE_DIGITS)) for m, score in zip(memories, scores, strict=True)]
    return sorted(judged, key=lambda m: (m.record.message_id not in named, -m.score, m.record.order))
