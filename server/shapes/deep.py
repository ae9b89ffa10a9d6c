"""Bodies in which something is nested too deeply to be read: the other items of a list can be kept all the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from memory.event import Rejected
from memory.reading import RefusalOf
from server.shapes.key_fields import KEY_FIELDS

_STRING = r'"(?:[^"\\]+|\\.)*+'
#: A string (without its end where it has none), brackets in a row, or a comma.
_TOKEN = re.compile(rf'{_STRING}"?|[\[{{]+|[\]}}]+|,', re.DOTALL)
_KEY = re.compile(rf'("(?:{"|".join(KEY_FIELDS)})"\s*:\s*){_STRING}"', re.DOTALL)
#: JSON's own; others are no part of it.
_SPACE = " \t\r\n"

#: A JSON text, decoded; raises RecursionError, or ValueError where it is none.
Parse = Callable[[str], Any]


class TooDeep(str):
    """The JSON text of an item that is nested too deeply to be read, its keys emptied."""

    __slots__ = ()


def split_deep(text: str, parse: Parse) -> Any:
    """The body, with `TooDeep` in the place of each item that cannot be read for its depth: of a list, of a `batch`,
    or of the body itself. Raises ValueError for a text that is no JSON, RecursionError for depth beside a batch."""
    body = text.strip(_SPACE)
    if body.startswith("["):
        return _items(body, parse)
    members = dict(map(_member, _parts(body))) if body.startswith("{") else {}
    if not members.get("batch", "").startswith("["):
        return _too_deep(body)
    return {name: _items(value, parse) if name == "batch" else parse(value) for name, value in members.items()}


def nesting_refusal(otherwise: RefusalOf | None) -> RefusalOf:
    """Refuses what could not be read for its depth; anything else as `otherwise` says."""

    def refused(item: Any) -> Rejected | None:
        if isinstance(item, TooDeep):
            return Rejected("too_deep", "", "it is nested too deeply to be read")
        return otherwise(item) if otherwise else None

    return refused


def _items(text: str, parse: Parse) -> list[Any]:
    return [_item(part, parse) for part in _parts(text)]


def _item(text: str, parse: Parse) -> Any:
    try:
        return parse(text)
    except RecursionError:
        return _too_deep(text)


def _too_deep(text: str) -> TooDeep:
    return TooDeep(_KEY.sub(r'\1""', text))


def _member(text: str) -> tuple[str, str]:
    name = _TOKEN.match(text)
    value = text[name.end() :].lstrip(_SPACE) if name else ""
    if not name or not value.startswith(":"):
        raise ValueError("a member of an object is no name with a value")
    return str(json.loads(name[0])), value[1:].strip(_SPACE)


def _parts(text: str) -> list[str]:
    """What stands between the commas of a list or an object, found by counting brackets: its first is the opening."""
    parts: list[str] = []
    depth, begin = 0, 1
    for token in _TOKEN.finditer(text):
        first, length = token[0][0], token.end() - token.start()
        if first in "[{":
            depth += length
        elif first in "]}":
            depth -= length
            if depth <= 0:
                end = token.end() + depth - 1
                if end + 1 != len(text):
                    raise ValueError("there is more behind its end")
                last = text[begin:end].strip(_SPACE)
                return [*parts, last] if parts or last else []
        elif first == "," and depth == 1:
            parts.append(text[begin : token.start()].strip(_SPACE))
            begin = token.end()
    raise ValueError("it ends early")
