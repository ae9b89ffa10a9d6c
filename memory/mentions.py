"""Which ids an item names that could not become an event, wherever they stand in it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Any

from memory.cleaning import clean_text

#: As ids of events.
_MAX_CHARS = 256
#: Values looked at; what names a customer stands near the beginning, and top-level ids are always read.
_MAX_VALUES = 20_000
#: Ids kept of one item.
MAX_IDS = 500
#: In a text without structure a shorter token may be anything: a quantity, a country.
_SHORTEST_TOKEN = 4
_SEPARATORS = re.compile(r"[\s,;|\"'{}\[\]]+|:(?=\D|$)")


def mentioned_ids(item: Any) -> set[str]:
    """The values of fields that are called an id, cleaned as ids of events are; of a text its longer words."""
    if isinstance(item, str):
        return {token for token in _SEPARATORS.split(clean_text(item)) if _SHORTEST_TOKEN <= len(token) <= _MAX_CHARS}
    found: set[str] = set()
    for name, value in _leaves(item):
        if len(found) >= MAX_IDS:
            break
        if _is_id(name) and (text := _text(value)):
            found.add(text)
    return found


def _leaves(item: Any) -> Iterator[tuple[str, Any]]:
    """Names and values, the nearest to the top first; those of the top level all, of the others a bounded number."""
    waiting: deque[tuple[str, Any]] = deque([("", item)])
    seen = 0
    while waiting and seen < _MAX_VALUES:
        name, value = waiting.popleft()
        seen += value is not item
        if isinstance(value, dict):
            named = sorted(value.items(), key=lambda pair: not _is_id(str(pair[0])))
            waiting.extend((str(key), each) for key, each in named)
        elif isinstance(value, list):
            waiting.extend((name, each) for each in value)
        else:
            yield name, value


def _is_id(name: str) -> bool:
    """userId, user_id, distinct_id, usreId: but not the id of the message itself."""
    plain = name.replace("_", "").replace("-", "").lower()
    return plain.endswith("id") and plain not in ("messageid", "id")


def _text(value: Any) -> str | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    text = clean_text(value) if isinstance(value, str) else ""
    return text if 0 < len(text) <= _MAX_CHARS else None
