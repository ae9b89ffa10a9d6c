"""What may be meant by a query: the events near it by words and by meaning, with both scores."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from memory.bm25 import query_words
from memory.embedder import Embedder
from memory.fusion import SCORE_DIGITS, Scores
from memory.record import Record
from memory.scope import Scope
from memory.store import Held, Hit, Store, Where

#: Candidates of each list. A customer with more matching events loses only the weakest.
MAX_CANDIDATES = 1_000
#: Looked at where all of those score the same: nothing in the list would say which to take.
MAX_EQUAL = 10_000

#: How many at most -> hits, best first.
Search = Callable[[int], Awaitable[list[Hit]]]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Records and both scores by message id; a record may have neither."""

    records: Mapping[str, Record]
    words: Scores
    meaning: Scores


async def candidates(
    store: Store, embedder: Embedder, scope: Scope, words: str, meaning: str, where: Where, held: Held | None
) -> Candidates:
    """The candidates by BM25 for one wording of the query and by cosine for another; with `held`, all of these."""
    vector = (await embedder.embed([meaning]))[0].tolist()
    terms = query_words(words)
    by_words = await clear_cut(lambda limit: store.search_words(scope, terms, where, limit, held))
    by_meaning = await clear_cut(lambda limit: store.search_meaning(scope, vector, where, limit, held))
    records = held.values() if held is not None else (hit.record for hit in (*by_words, *by_meaning))
    return Candidates({record.message_id: record for record in records}, _rounded(by_words), _rounded(by_meaning))


async def clear_cut(search: Search) -> list[Hit]:
    """The best hits, at most MAX_CANDIDATES unless more score the same; of equal ones at the end all or none.

    Equal hits come in the order in which they were stored: to cut between them would make the order of arrival show.
    Only beyond MAX_EQUAL of them it does.
    """
    for limit in (MAX_CANDIDATES, MAX_EQUAL):
        hits = await search(limit)
        if len(hits) < limit:
            return hits
        last = round(hits[-1].score, SCORE_DIGITS)
        better = [hit for hit in hits if round(hit.score, SCORE_DIGITS) > last]
        if better:
            return better
    return hits


def _rounded(hits: list[Hit]) -> dict[str, float]:
    return {hit.record.message_id: round(hit.score, SCORE_DIGITS) for hit in hits}
