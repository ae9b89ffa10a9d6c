"""Who an anonymous visitor turned out to be: read from events that carry both ids, never written."""

from __future__ import annotations

from collections.abc import Iterable

from memory.record import Record


def owners(records: Iterable[Record]) -> dict[str, str]:
    """The customer behind each anonymous id: the first one identified with it, in the order of events."""
    joined = (r for r in records if r.user_id and r.anonymous_id and r.user_id != r.anonymous_id)
    found: dict[str, str] = {}
    for record in sorted(joined, key=lambda r: r.order):
        if record.anonymous_id and record.user_id:
            found.setdefault(record.anonymous_id, record.user_id)
    return found


def owner_of(record: Record, joined: dict[str, str]) -> str:
    """The customer an event belongs to, once anonymous ids are joined."""
    return record.customer_id if record.user_id else joined.get(record.customer_id, record.customer_id)
