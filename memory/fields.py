"""The top-level fields of an item, by their names in snake case, each taken out in the type it must have."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Any

from memory.cleaning import MAX_PROPERTIES, Change, clean_value, read_text, read_time, shown, step
from memory.plainness import is_plain

MAX_ID_CHARS = 256
MAX_NAME_CHARS = 200
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")
#: As Segment spells them: places are named so, however a field was sent.
_SPELLED = {
    "type": "type", "event": "event", "name": "name", "message_id": "messageId", "user_id": "userId",
    "anonymous_id": "anonymousId", "group_id": "groupId", "previous_id": "previousId", "timestamp": "timestamp",
    "original_timestamp": "originalTimestamp", "sent_at": "sentAt", "properties": "properties", "traits": "traits",
    "context": "context",
}  # fmt: skip
#: The same few names come with every event; longer ones are no names, and would fill the cache.
_CACHED_NAME_CHARS = 64


class Rejected(ValueError):
    """An item that cannot become an event: a stable reason, a JSON pointer and a sentence."""

    def __init__(self, reason: str, field: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.field = field
        self.detail = detail


def open_fields(item: dict[str, Any], changes: list[Change]) -> dict[str, Any]:
    """The item's fields by snake-case name, values cleaned, absent ones left out; raises TooDeep.

    Of fields that Segment does not know the first MAX_PROPERTIES are kept; those it knows are read wherever they stand.
    """
    fields: dict[str, Any] = {}
    plain = is_plain(item)
    unknown = dropped = 0
    for key, value in item.items():
        name, what = _known_name(key) if len(key) <= _CACHED_NAME_CHARS else _name(key)
        if name not in _SPELLED and unknown == MAX_PROPERTIES:
            dropped += 1
            continue
        place = pointer(name) if name in _SPELLED else f"/{step(key)}"
        if what:
            changes.append(Change(place, what, shown(key)))
        cleaned = value if plain else clean_value(value, changes, place, 1)
        if cleaned is None:
            continue
        if fields.get(name, cleaned) != cleaned and fields[name] != "":
            changes.append(Change(place, "given_twice", shown(cleaned)))
            continue
        unknown += name not in _SPELLED and name not in fields
        fields[name] = cleaned
    if dropped:
        changes.append(Change("", "too_many_properties", f"{len(item)} properties"))
    return fields


def _name(key: str) -> tuple[str, str | None]:
    text, what = read_text(key)
    return _HUMP.sub(r"_\1", text).lower(), what


_known_name = lru_cache(maxsize=4096)(_name)


def pointer(name: str) -> str:
    """The JSON pointer of a field, as Segment spells it."""
    return f"/{_SPELLED[name]}"


def take_id(fields: dict[str, Any], name: str) -> str | None:
    """An id, if there is one; numbers are taken as texts."""
    value = fields.pop(name, None)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is not None and not isinstance(value, str):
        raise Rejected("wrong_type", pointer(name), f"an id is a text or a whole number, not {_kind(value)}")
    if value and len(value) > MAX_ID_CHARS:
        raise Rejected("too_long", pointer(name), f"an id has at most {MAX_ID_CHARS} characters")
    return value or None


def take_name(fields: dict[str, Any], name: str) -> str | None:
    """The name of an event or a page, if there is one."""
    value = fields.pop(name, None)
    if value is not None and not isinstance(value, str):
        raise Rejected("wrong_type", pointer(name), f"a name is a text, not {_kind(value)}")
    if value and len(value) > MAX_NAME_CHARS:
        raise Rejected("too_long", pointer(name), f"a name has at most {MAX_NAME_CHARS} characters")
    return value or None


def take_object(fields: dict[str, Any], name: str) -> dict[str, Any]:
    """An object; an empty one where there is none."""
    value = fields.pop(name, None)
    if value is not None and not isinstance(value, dict):
        raise Rejected("wrong_type", pointer(name), f"`{name}` is an object, not {_kind(value)}")
    return value or {}


def take_time(fields: dict[str, Any], name: str, changes: list[Change], *, needed: bool = True) -> datetime | None:
    """A time, if there is one; one that cannot be read is refused where it is needed, else left out."""
    value = fields.pop(name, None)
    if value is None or value == "":
        return None
    try:
        moment, what = read_time(value)
    except ValueError as error:
        if needed:
            raise Rejected("unparsable_time", pointer(name), str(error)) from None
        changes.append(Change(pointer(name), "unparsable_time", shown(value)))
        return None
    if what and needed:
        changes.append(Change(pointer(name), what, shown(value)))
    return moment


def _kind(value: object) -> str:
    named = {bool: "a truth value", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return named.get(type(value), "a text")
