"""What operators said about who is who: a log beside the events, replayed with them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from memory.cleaning import format_time
from memory.identity import Correction
from memory.kinds import JOIN
from memory.scope import Scope
from memory.store import Control, Store


async def read_corrections(store: Store, scope: Scope, known_at: datetime | None = None) -> list[Correction]:
    """What was said before `known_at`, in the order it was said."""
    found = [_in_utc(_said(control)) for control in await store.controls(scope.whole(), JOIN)]
    known = [each for each in found if known_at is None or each.received_at < known_at]
    return sorted(known, key=lambda each: (each.received_at, each.alias, each.client_id or ""))


async def write_correction(store: Store, scope: Scope, correction: Correction) -> None:
    """Add to the log; nothing of it is ever changed, but for the erasure of a customer."""
    await store.put(scope.whole(), [correction_control(correction)])


def correction_control(correction: Correction) -> Control:
    """How it lies in the store."""
    received_at = format_time(correction.received_at)
    data: dict[str, Any] = {
        "alias": correction.alias,
        "client_id": correction.client_id,
        "occurred_at": format_time(correction.occurred_at),
        "received_at": received_at,
    }
    # With the customer, so that of two processes that write at one instant neither overwrites what the other was told.
    return Control(JOIN, json.dumps([received_at, correction.alias, correction.client_id]), data)


def read_correction(control: Control) -> Correction:
    """What `correction_control` wrote; raises KeyError, TypeError or ValueError for anything else."""
    said = _said(control)
    if not all(isinstance(key, str) and key for key in (said.alias, said.client_id or said.alias)):
        raise ValueError("alias and client_id are texts")
    if said.occurred_at.tzinfo is None or said.received_at.tzinfo is None:
        raise ValueError("its times have no zone")
    return said


def _said(control: Control) -> Correction:
    data = control.data
    occurred_at, received_at = (datetime.fromisoformat(data[name]) for name in ("occurred_at", "received_at"))
    return Correction(data["alias"], data["client_id"], occurred_at, received_at)


def _in_utc(said: Correction) -> Correction:
    """With aware times: one stored without a zone may not make every read fail."""
    occurred_at, received_at = (
        each if each.tzinfo else each.replace(tzinfo=UTC) for each in (said.occurred_at, said.received_at)
    )
    return replace(said, occurred_at=occurred_at, received_at=received_at)
