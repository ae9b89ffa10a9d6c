"""What a customer is said to be: the latest value of a property."""

from __future__ import annotations

from collections.abc import Sequence

from memory.details import Value, folded_label
from memory.record import Record

#: The titles of identify and group calls, which state what customers are rather than what they do.
_STATED = frozenset({"Profile Updated", "Group"})


def latest(records: Sequence[Record], label: str) -> tuple[Value, Record] | None:
    """The value that was last stated for a label, and where; `records` are one customer's, in order.

    An identify or group call, or an event that is named by the label ("Tier Reached" of a tier), counts before others.
    """
    wanted = folded_label(label)
    words = set(wanted.split())
    found: tuple[Value, Record] | None = None
    for record in reversed(records):
        says = record.title in _STATED or words <= set(folded_label(record.title).split())
        if found is None or says:
            value = next((value for name, value in record.details if folded_label(name) == wanted), None)
            if value is not None and says:
                return value, record
            if value is not None and found is None:
                found = value, record
    return found
