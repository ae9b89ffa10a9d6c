"""The fields in which clients send their key beside what customers did: none of them is kept."""

from __future__ import annotations

from typing import Any

#: By the names that SDKs give them.
KEY_FIELDS = ("token", "api_key", "apiKey", "write_key", "writeKey")
_WRITE_KEY = ("writeKey", "write_key")


def without_keys(item: dict[str, Any]) -> dict[str, Any]:
    """An item of an SDK without its key, which may also lie among its properties, and may be another than was used."""
    kept = {name: value for name, value in item.items() if name not in KEY_FIELDS}
    properties = kept.get("properties")
    if isinstance(properties, dict) and not properties.keys().isdisjoint(KEY_FIELDS):
        kept["properties"] = {name: value for name, value in properties.items() if name not in KEY_FIELDS}
    return kept


def without_write_key(item: Any) -> Any:
    """Any item without the field in which Segment's clients send their key."""
    if not isinstance(item, dict) or item.keys().isdisjoint(_WRITE_KEY):
        return item
    return {name: value for name, value in item.items() if name not in _WRITE_KEY}
