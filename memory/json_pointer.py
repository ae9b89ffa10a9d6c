"""Small changes of a JSON value by JSON pointer (RFC 6901): set what is there or not, remove what is there."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any


class BadPointer(ValueError):
    """A text that is no pointer, or one that leads nowhere in this value."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(f"{pointer}: {detail}")
        self.pointer = pointer
        self.detail = detail


def parse_pointer(pointer: str) -> list[str]:
    """The names along a pointer; raises BadPointer. The whole value ("") is not meant here."""
    if not pointer.startswith("/"):
        raise BadPointer(pointer, "a JSON pointer starts with /, such as /properties/revenue")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]


def patched(value: Any, to_set: Mapping[str, Any], to_remove: Sequence[str] = ()) -> Any:
    """A copy of the value with the changes made, removals first; raises BadPointer.

    Objects on the way to what is set are made; what is to be removed and is not there is no error.
    """
    changed = copy.deepcopy(value)
    for pointer in to_remove:
        _remove(changed, parse_pointer(pointer))
    for pointer, new in to_set.items():
        _set(changed, pointer, parse_pointer(pointer), copy.deepcopy(new))
    return changed


def _set(value: Any, pointer: str, path: list[str], new: Any) -> None:
    *way, last = path
    for name in way:
        value = value.setdefault(name, {}) if isinstance(value, dict) else _element(value, name, pointer)
    if isinstance(value, dict):
        value[last] = new
    elif isinstance(value, list) and last == "-":
        value.append(new)
    else:
        _element(value, last, pointer)
        value[int(last)] = new


def _remove(value: Any, path: list[str]) -> None:
    *way, last = path
    try:
        for name in way:
            value = value[name] if isinstance(value, dict) else _element(value, name, "")
        if isinstance(value, dict):
            del value[last]
        else:
            _element(value, last, "")
            del value[int(last)]
    except (KeyError, BadPointer):
        return


def _element(value: Any, name: str, pointer: str) -> Any:
    if not isinstance(value, list):
        raise BadPointer(pointer, f"{name!r} would lie in {_kind(value)}, which holds nothing")
    # "01" and "-1" are no indexes: Python would take both.
    if not name.isdecimal() or str(int(name)) != name or int(name) >= len(value):
        raise BadPointer(pointer, f"{name!r} is no element of a list of {len(value)}")
    return value[int(name)]


def _kind(value: Any) -> str:
    named = {str: "a text", bool: "a truth value", int: "a number", float: "a number", type(None): "null"}
    return named.get(type(value), "a value")
