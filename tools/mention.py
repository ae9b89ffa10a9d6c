"""Whether any event in scope holds a text, word for word: what nothing mentions is not on record."""

from __future__ import annotations

import re
import unicodedata

from memory.bm25 import query_words
from memory.narration import narrate
from memory.store import Where
from tools.profile import read_customer
from tools.tool import ToolContext

#: Events that share the words; one that holds all of them is among the first of the ranking.
_LOOKED_AT = 50
_WORD = re.compile(r"[^\W_]+")


async def is_mentioned(context: ToolContext, text: str) -> bool:
    """Whether an event that this context sees has the text among its words, or is the event of that id.

    Raises UnknownCustomer where the one that the request is bound to is not known yet.
    """
    scope = context.scope
    if context.bound_to:
        customer = await read_customer(context, context.bound_to)
        scope = scope.of(customer.client_id, *customer.profile.joined_ids)
    own = [record for record in await context.store.get(scope, [text]) if context.sees(record)]
    if own:
        return True
    terms = query_words(text)
    if not terms.indices:
        return True
    where = Where(before=context.as_of, known_before=context.known_at)
    hits = await context.store.search_words(scope, terms, where, _LOOKED_AT)
    wanted = _words(text)
    # One word may stand there in another form; of "T-50" the search knows only the number.
    if len(wanted.split()) == 1:
        return bool(hits)
    found = await context.store.get(scope, [hit.record.message_id for hit in hits])
    return any(wanted in _words(narrate(record.event).words) for record in found)


def _words(text: str) -> str:
    """The words in a row, each with a space on both sides, so that "T-21" does not stand in "T-2124"."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()
    return f" {' '.join(_WORD.findall(plain))} "
