"""One item as it was sent, read into a record ready to be kept, or refused with its reason."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import orjson

from memory.attribution import visitor
from memory.cleaning import EARLIEST
from memory.event import Event, Rejected, content_hash, parse_event, with_message_id
from memory.narration import Narration, narrate
from memory.quarantine import item_text
from memory.record import Record, make_record
from memory.removal import without_personal_data
from memory.workspace import WorkspaceSettings

#: Larger items are mistakes or files; a real order with 294 lines has 26 KB.
MAX_EVENT_BYTES = 256 * 1024
#: A device's clock may run ahead, and zones get mixed up; more than a day ahead is wrong.
FUTURE_TOLERANCE = timedelta(days=1)
#: A network takes seconds; what is beyond a minute is the device's clock.
SKEW_TOLERANCE = timedelta(minutes=1)

#: An item as it was sent -> why it cannot be taken, if so.
RefusalOf = Callable[[Any], Rejected | None]


@dataclass(frozen=True, slots=True)
class Rules:
    """What is taken in: how far a device's clock may be off before it is corrected.

    `refusal` finds why an item cannot be taken where it was sent, before it is read.
    """

    skew_tolerance: timedelta = SKEW_TOLERANCE
    refusal: RefusalOf | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """An event that can be kept. `repeatable` is False where a repeat of it could not be recognised."""

    event: Event
    record: Record
    repeatable: bool

    @property
    def narration(self) -> Narration:
        return narrate(self.event)


def read_item(
    item: Any, received_at: datetime, settings: WorkspaceSettings, rules: Rules, arrived_at: datetime | None = None
) -> Ready | Rejected:
    """The item as a record of this workspace; a Rejected is returned, not raised.

    `arrived_at` is when it first came here, where that was earlier: its own times refer to then.
    """
    arrived_at = arrived_at or received_at
    refused = rules.refusal(item) if rules.refusal else None
    if refused:
        return refused
    try:
        check_size(item, MAX_EVENT_BYTES)
        event = parse_event(item)
        occurred_at = _corrected(event, arrived_at, rules.skew_tolerance)
        _check_time(occurred_at or event.timestamp, arrived_at)
    except Rejected as why:
        return why
    # Taken before anything is removed, so that a later change of what is removed makes no conflicts.
    digest = content_hash(event)
    named, repeatable = with_message_id(event, digest)
    kept = without_personal_data(named, settings.privacy.remove)
    by_group = settings.customer == "group"
    happened_at = occurred_at or (None if event.timestamp else arrived_at)
    record = make_record(kept, digest, received_at, occurred_at=happened_at, by_group=by_group)
    return Ready(kept, record, repeatable)


def without_ids(ready: Ready, names: Collection[str], settings: WorkspaceSettings) -> Ready:
    """The same event without these ids (see `memory.attribution`), which are not the customer's that it belongs to."""
    event, old = ready.event, ready.record
    if event.anonymous_id and visitor(event.anonymous_id) in names:
        event = replace(event, anonymous_id=None)
    stated = event.timestamp and not old.device_time
    record = make_record(
        event, old.content_hash, old.received_at,
        occurred_at=None if stated else old.occurred_at, by_group=settings.customer == "group",
    )  # fmt: skip
    return Ready(event, record, ready.repeatable)


def check_size(item: Any, limit: int) -> None:
    """Raises Rejected for an item of more bytes than the limit."""
    try:
        size = len(orjson.dumps(item))
    except (TypeError, ValueError, RecursionError):
        # A lone surrogate, a huge number or deep nesting: cleaning decides, and size counts all the same.
        size = len(item_text(item))
    if size > limit:
        raise Rejected("too_large", "", f"an event has at most {limit:,} bytes here, this one has {size:,}")


def _corrected(event: Event, received_at: datetime, tolerance: timedelta) -> datetime | None:
    """When it happened by our clock, where the device's was wrong: receivedAt - (sentAt - timestamp).

    A correction to a time that cannot be is none: then it is sentAt that is wrong.
    """
    if event.sent_at is None or event.timestamp is None or abs(received_at - event.sent_at) <= tolerance:
        return None
    if event.timestamp > event.sent_at + tolerance:
        # Sent before it happened: these two are not of one clock.
        return None
    try:
        moment = received_at - (event.sent_at - event.timestamp)
    except OverflowError:
        return None
    return moment if EARLIEST <= moment <= received_at + FUTURE_TOLERANCE else None


def _check_time(moment: datetime | None, received_at: datetime) -> None:
    if moment and moment > received_at + FUTURE_TOLERANCE:
        raise Rejected("future_time", "/timestamp", f"{moment.isoformat()} is more than a day after it was received")
