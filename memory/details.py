"""What an event says besides its name: its properties as flat pairs of a label in words and a value."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from memory.event import Event

Value = str | int | float | bool
Details = tuple[tuple[str, Value], ...]

#: Longer texts are letters: found by their words, and no value to count or compare by.
MAX_VALUE_CHARS = 200
#: The widest real event seen has 40 properties.
MAX_LABELS = 64
#: Longer names are no labels, and would fill the cache.
_MAX_LABEL_CHARS = 64

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
#: A number as text, an amount of money too.
_AMOUNT = re.compile(r"^\W*\d[\d.,]*\s*\W?(?:[A-Za-z]{3})?$")
_APART = re.compile(r"[\s._-]+")


def details_of(event: Event) -> Details:
    """The leaves of an event's properties (of identify and group calls: traits), labels spelled as words.

    Products, long texts and what comes past MAX_LABELS are left out. A list gives one pair for each different text;
    numbers of its parts ("lines amount") are left out, since none of them is the event's.
    """
    stated = event.traits if event.type in ("identify", "group") else event.properties
    found: list[tuple[str, Value]] = []
    for label, value in _leaves(stated, ""):
        if len(found) == MAX_LABELS:
            break
        found.append((label, sys.intern(value) if type(value) is str else value))
    return tuple(found)


def read_details(kept: Iterable[Iterable[Any]]) -> Details:
    """Pairs as JSON gives them back."""
    return tuple((sys.intern(label), sys.intern(value) if type(value) is str else value) for label, value in kept)


@lru_cache(maxsize=4096)
def spelled_label(name: str) -> str:
    """A property's name in words: "cabin_class" and "cabinClass" are "cabin class"."""
    words = _CAMEL.sub(" ", name.replace("_", " ")).split()
    if len(words) == len(name.replace("_", " ").split()):
        return sys.intern(" ".join(words))
    # What was one word by its capitals is now several: all but short forms ("ID") are written small.
    return sys.intern(" ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in words))


@lru_cache(maxsize=4096)
def folded_label(name: str) -> str:
    """A label as labels are compared: letter case, `_`, `-`, dots and capitals inside do not matter."""
    return _APART.sub(" ", spelled_label(name)).strip().casefold()


def _leaves(value: dict[str, Any], prefix: str) -> Iterator[tuple[str, Value]]:
    # By name, so that the same event sent with its properties in another order leaves the same details.
    for key, item in sorted(value.items()):
        if key == "products" or len(key) > _MAX_LABEL_CHARS:
            continue
        label = f"{prefix} {spelled_label(key)}" if prefix else spelled_label(key)
        kind = type(item)
        if kind is dict:
            yield from _leaves(item, label)
            continue
        if kind is list:
            yield from _listed(item, label)
            continue
        if label and item is not None and item != "" and not (isinstance(item, str) and len(item) > MAX_VALUE_CHARS):
            yield sys.intern(label), item


def _listed(items: list[Any], label: str) -> Iterator[tuple[str, Value]]:
    seen: set[tuple[str, Value]] = set()
    for item in items[:MAX_LABELS]:
        pairs = _leaves(item, label) if isinstance(item, dict) else [(label, item)]
        for pair in pairs:
            text = pair[1]
            if (
                isinstance(text, str)
                and 0 < len(text) <= MAX_VALUE_CHARS
                and pair not in seen
                and not _AMOUNT.search(text)
            ):
                seen.add(pair)
                yield sys.intern(pair[0]), pair[1]
