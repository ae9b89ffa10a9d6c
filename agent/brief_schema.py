"""The JSON schema of a tool's arguments, short: small contexts and slow models read every word of it."""

from __future__ import annotations

from typing import Any


def brief(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without what is told twice: titles, which repeat names, and null where it is the same as leaving out.

    A field that has to be given keeps its null.
    """
    # A property may be called `title` too: only the word's own meaning is a text.
    kept = {key: value for key, value in schema.items() if not (key == "title" and isinstance(value, str))}
    if "default" in kept and kept["default"] is None:
        del kept["default"]
        kept |= _not_null(kept.pop("anyOf", []))
    return {key: _brief(value) for key, value in kept.items()}


def _not_null(choices: list[Any]) -> dict[str, Any]:
    left = [choice for choice in choices if choice != {"type": "null"}]
    if len(left) == 1:
        return dict(left[0])
    return {"anyOf": left} if left else {}


def _brief(value: Any) -> Any:
    if isinstance(value, dict):
        return brief(value)
    return [_brief(each) for each in value] if isinstance(value, list) else value
