"""Ids in a query, and the events that hold them: an order's number is looked up, not compared by meaning."""

from __future__ import annotations

import re
from collections.abc import Sequence

from memory.bm25 import query_words
from memory.event import Event
from memory.narration import ids_in
from memory.record import Record
from memory.scope import Scope
from memory.store import Store, Where

#: A pasted list of ids is longer than any question; these are looked up, the others found by their words.
MAX_IDS = 8
#: Events that share an id's words; what holds the id itself is among the first of the ranking.
_LOOKED_AT = 50
_TOKEN = re.compile(r"[^\W_](?:[\w.:/#@-]*[^\W_])?")
_MIN_CHARS = 3


def ids_named(query: str) -> tuple[str, ...]:
    """The words of a query that may be ids: with a digit, a joint, or in capitals; folded, at most MAX_IDS."""
    found = (token.casefold() for token in _TOKEN.findall(query) if _may_be_id(token))
    return tuple(dict.fromkeys(found))[:MAX_IDS]


def holds_any(event: Event, ids: Sequence[str]) -> bool:
    """Whether one of these folded ids is the event's own, or the whole of an id that it states."""
    return event.message_id.casefold() in ids or not ids_in(event).isdisjoint(ids)


async def exact(store: Store, scope: Scope, query: str, where: Where) -> dict[str, Record]:
    """The events of the scope, by message id, that hold an id which stands in the query."""
    ids = ids_named(query)
    if not ids:
        return {}
    # Ids are kept as they were sent: both spellings are tried.
    spelled = [token for token in _TOKEN.findall(query) if token.casefold() in ids]
    found = {record.message_id: record for record in await store.get(scope, [*spelled, *ids])}
    for token in ids:
        hits = await store.search_words(scope, query_words(token), where, _LOOKED_AT)
        new = [hit.record.message_id for hit in hits if hit.record.message_id not in found]
        found.update({record.message_id: record for record in await store.get(scope, new)})
    return {key: record for key, record in found.items() if where.holds(record) and holds_any(record.event, ids)}


def _may_be_id(token: str) -> bool:
    if len(token) < _MIN_CHARS:
        return False
    return any(char.isdigit() for char in token) or any(char in token for char in "-_/#") or token.isupper()
