"""Whether any event in scope holds a text, word for word: what nothing mentions is not on record."""

from __future__ import annotations

from memory.bm25 import query_words
from memory.store import Where
from tools.tool import ToolContext

#: Events that share the words; one that holds all of them is among the first of the ranking.
_LOOKED_AT = 50


async def is_mentioned(context: ToolContext, text: str) -> bool:
    """Whether an event that this context sees has the text among its words, or is the event of that id."""
    scope = context.scope
    if context.bound_to:
        customer = (await context.survey()).customers[context.bound_to]
        scope = scope.of(customer.client_id, *customer.profile.joined_ids)
    own = [record for record in await context.store.get(scope, [text]) if context.sees(record)]
    if own:
        return True
    terms = query_words(text)
    if not terms.indices:
        return True
    where = Where(before=context.as_of, known_before=context.known_at)
    hits = await context.store.search_words(scope, terms, where, _LOOKED_AT)
    if len(terms.indices) == 1:
        return bool(hits)
    wanted = text.casefold()
    found = await context.store.get(scope, [hit.record.message_id for hit in hits])
    return any(wanted in record.body.casefold() for record in found)
