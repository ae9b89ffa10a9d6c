"""What customers say of themselves that can be shared: properties with few different values, none of them personal."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from memory.details import folded_label
from memory.masking import mask
from memory.record import Record

#: A trait as it was last stated, and the event that states it; by label.
Stated = dict[str, tuple[str, str]]
#: Identify and group calls state what customers are.
_STATED = frozenset({"Profile Updated", "Group"})
#: More different values than these are names rather than kinds.
MAX_VALUES = 12
#: So many customers share a value on average; fewer, and it tells who somebody is.
MIN_HOLDERS = 2
#: The most widely stated; each counts as much as the stage does.
MAX_LABELS = 8
_MAX_CHARS = 40
#: What leads to a person, whatever its values look like.
_PERSONAL = re.compile(
    r"\b(?:e ?mail|mail|phone|telephone|tel|mobile|fax|address|street|post ?code|postal|zip|birth\w*|dob|iban|card"
    r"|passport|ssn|ip|ids?|password|token)\b|(?:(?:first|last|full|given|family|middle|user|nick|sur) ?)?name"
)


def stated(records: Sequence[Record]) -> Stated:
    """The words that were last stated of a customer; `records` are theirs, in order. Numbers are no kinds."""
    found: Stated = {}
    for record in records:
        if record.title in _STATED:
            for label, value in record.details:
                if isinstance(value, bool):
                    found[label] = ("yes" if value else "no", record.message_id)
                elif isinstance(value, str) and len(value) <= _MAX_CHARS:
                    found[label] = (value, record.message_id)
                else:
                    found.pop(label, None)
    return found


def kinds(everyone: Iterable[Stated]) -> dict[str, Counter[str]]:
    """How many customers hold each value of each label that sorts them into kinds; the widest labels first."""
    held: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for own in everyone:
        for label, (value, _) in own.items():
            held[label][value] += 1
    wide = sorted(
        (label for label in held if _is_shared(label, held[label])), key=lambda each: (-held[each].total(), each)
    )
    return {label: held[label] for label in wide[:MAX_LABELS]}


def _is_shared(label: str, values: Mapping[str, int]) -> bool:
    name = folded_label(label)
    if len(values) > MAX_VALUES or sum(values.values()) < MIN_HOLDERS * len(values):
        return False
    personal = _PERSONAL.fullmatch(name) if name.endswith("name") else _PERSONAL.search(name)
    return not personal and all(mask(value) == value and "@" not in value for value in values)
