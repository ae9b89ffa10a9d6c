"""Which ids an item names that could not become an event, wherever they stand in it."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from memory.event import MAX_ID_CHARS

#: Broken items come in any size; what names a customer stands near the beginning.
_MAX_VALUES = 2_000


def mentioned_ids(item: Any) -> set[str]:
    """Every text and whole number in the item that could be an id, at most _MAX_VALUES of them."""
    found: set[str] = set()
    waiting: list[Any] = [item]
    while waiting and len(found) < _MAX_VALUES:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
            found.add(str(value).strip())
    return {text for text in found if 0 < len(text) <= MAX_ID_CHARS}


def mentions(text: str, ids: Collection[str]) -> bool:
    """Whether the JSON text of an item, or its head, names one of these ids as a value."""
    try:
        item = json.loads(text)
    except (ValueError, RecursionError):
        return any(json.dumps(key) in text for key in ids)
    return not mentioned_ids(item).isdisjoint(ids)
