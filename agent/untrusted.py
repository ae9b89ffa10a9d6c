"""Text of others as a model may read it: without personal data, and with nothing in it that is not seen."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

from memory.masking import mask_value

#: The events of an object of a result -> the numbers by which they are cited.
Refs = Callable[[Sequence[str]], list[int]]
#: Of an event: the longest complaint seen is under 600 characters, an order of 17 items under 900.
MAX_TEXT = 1_000
#: Ids of customers stay: it is by them that tools are called.
_IDS = frozenset({"client_id", "client_ids", "joined_ids"})
#: Only what has been looked up by code stands under these.
_DROPPED = frozenset({"evidence", "message_id", "message_ids"})


def readable(text: str, limit: int = MAX_TEXT) -> str:
    """The text without control, zero-width, bidirectional and other unseen characters, and of bounded length."""
    # What is printable holds none of them, and most texts are.
    seen = text if text.isprintable() else "".join(char for char in text if char in "\n\t" or _is_seen(char))
    return seen if len(seen) <= limit else f"{seen[:limit].rsplit(' ', 1)[0]} …"


#: Control, format (zero-width, bidirectional, tags), surrogate, private and unassigned characters.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def _is_seen(char: str) -> bool:
    return unicodedata.category(char) not in _UNSEEN


def shown(value: Any, refs: Refs | None = None, name: str = "") -> Any:
    """A value of a tool's result as a model may see it. `name` is the property that it stands under.

    Message ids only cost tokens: `refs` gives the numbers by which an object's events are cited. A number may be a
    phone's or a card's: its property's name tells.
    """
    if isinstance(value, dict):
        told = _label(value)
        own = {
            key: shown(item, refs, told if key == "value" and told else key)
            for key, item in value.items()
            if key not in _DROPPED
        }
        resting = value.get("evidence") or ([value["message_id"]] if "message_id" in value else [])
        return {**own, "refs": refs(resting)} if refs and isinstance(resting, list) and resting else own
    if isinstance(value, list):
        return [shown(item, refs, name) for item in value]
    if isinstance(value, str):
        return readable(value if name in _IDS else _masked(value, name))
    return _masked(value, name)


def _label(value: dict[str, Any]) -> str:
    label = value.get("label") or value.get("name")
    return label if isinstance(label, str) else ""


def _masked(value: Any, name: str) -> Any:
    (masked,) = mask_value({name: value})[0].values()
    return masked
