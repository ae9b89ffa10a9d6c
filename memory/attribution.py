"""Whose something is: the one rule by which erasure, intake, import and a customer's own copy decide.

The same text may be a user's id and a visitor's, and mean two people. So ids are compared in their role: plain where
they name a user or an account, as `visitor` makes them where they name nobody but a visitor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from memory.identity import is_known
from memory.kinds import BY_CUSTOMER, CONFLICT, DELIVERY, EVENT, JOIN, NAMING_CUSTOMER, QUARANTINE
from memory.mentions import mentioned_ids
from memory.points import read_control
from memory.quarantine import Unreadable, read_quarantined
from memory.record import Record, from_payload
from memory.store import Control


def visitor(key: str) -> str:
    """An id in the role of a visitor's."""
    return f"\0{key}"


def in_both_roles(ids: Iterable[str | None]) -> set[str]:
    """Ids of which nobody said what they name."""
    known = {key for key in ids if key}
    return known | {visitor(key) for key in known}


def ids_of(record: Record) -> set[str]:
    """Every id through which an event may lead to a customer."""
    own = {key if is_known(record, key) else visitor(key) for key in record.ids if key != record.previous_id}
    return own | in_both_roles([record.previous_id])


def owners_of(record: Record) -> set[str]:
    """The ids that say whose an event is: its customer's, and the one that an alias call is about."""
    own = record.customer_id
    return {own if is_known(record, own) else visitor(own)} | in_both_roles([record.previous_id])


def ids_in_item(item: Any) -> set[str]:
    """Every id that an item names which could not become an event."""
    return in_both_roles(mentioned_ids(item))


def point_ids(payload: Mapping[str, Any]) -> set[str]:
    """Every id that a point of the store names."""
    return ids_of(from_payload(payload)) if payload["kind"] in (EVENT, CONFLICT) else point_owners(payload)


def point_owners(payload: Mapping[str, Any]) -> set[str]:
    """The ids that say whose a point of the store is; none for kinds that hold nobody's data."""
    kind = payload["kind"]
    if kind in (EVENT, CONFLICT):
        return owners_of(from_payload(payload))
    if kind == QUARANTINE:
        return _of_quarantined(read_control(payload))
    if kind == JOIN:
        said = read_control(payload).data
        return in_both_roles(said.get(name) for name in ("alias", "client_id"))
    if kind in BY_CUSTOMER:
        return in_both_roles([payload["key"]])
    if kind == DELIVERY or kind in NAMING_CUSTOMER:
        return in_both_roles([read_control(payload).data.get("client_id")])
    return set()


def _of_quarantined(control: Control) -> set[str]:
    kept = read_quarantined(control)
    if kept.ids:
        return in_both_roles(kept.ids)
    try:
        return ids_in_item(kept.read())
    except Unreadable:
        return ids_in_item(kept.item)
