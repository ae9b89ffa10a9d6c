"""Troubles that are still open: what went wrong and was not settled since."""

from __future__ import annotations

from collections.abc import Sequence

from memory.record import Record
from memory.vocabulary import Trouble


def still_open(records: Sequence[Record]) -> list[Record]:
    """The events, of records in order, that opened a trouble which nothing has settled since.

    What names a ticket or invoice settles only that one; what names none settles all before it.
    """
    found: dict[str, Record] = {}
    for record in records:
        kind = record.meaning.settles
        if kind:
            found = {key: trouble for key, trouble in found.items() if not _settles(record, kind, trouble)}
        if record.meaning.trouble:
            found[record.message_id] = record
    return list(found.values())


def _settles(record: Record, kind: Trouble, trouble: Record) -> bool:
    named = record.reference and trouble.reference
    return kind == trouble.meaning.trouble and (not named or record.reference == trouble.reference)
