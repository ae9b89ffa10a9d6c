"""The words of a query that say nothing here: those that a large share of a customer's own memories hold."""

from __future__ import annotations

import re
from math import ceil

from memory.bm25 import query_words
from memory.scope import Scope
from memory.store import Store, Where

#: Two who talk with each other each name themselves in half of what is said: both are far above, other words below.
COMMON_SHARE = 0.25
#: Of a few events a quarter is one or two, which says nothing of a word.
_MIN_EVENTS = 20
#: A question has 6 words that count on average; each costs half a millisecond.
_MAX_TERMS = 32
_WORD = re.compile(r"\S+")


async def without_common(store: Store, scope: Scope, query: str, where: Where, events: int) -> str:
    """The query without words that at least COMMON_SHARE of the scope's `events` hold; whole where none would be left.

    A name that is in every memory turns the meaning of a question towards all of them. BM25 needs no such help: it
    weighs a word by how rare it is.
    """
    if events < _MIN_EVENTS:
        return query
    terms = list(dict.fromkeys(query_words(query).indices))[:_MAX_TERMS]
    enough = ceil(events * COMMON_SHARE)
    common = {term for term in terms if await store.count_holding(scope, term, where, enough) >= enough}
    return leave_out(query, common) if common else query


def leave_out(query: str, common: set[int]) -> str:
    """The query without the words all of whose terms are common; as it was where no other word with terms is left."""
    words = [(word, set(query_words(word).indices)) for word in _WORD.findall(query)]
    kept = [(word, terms) for word, terms in words if not terms or terms - common]
    return " ".join(word for word, _ in kept) if any(terms for _, terms in kept) else query
