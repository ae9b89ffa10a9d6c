"""One event as it is kept: the Segment fields, in snake case, cleaned and checked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, cast, get_args
from uuid import uuid4

import orjson

from memory.amounts import read_amounts
from memory.cleaning import Change, TooDeep, bounded, format_time, parse_time, shown
from memory.fields import (
    MAX_ID_CHARS,
    MAX_NAME_CHARS,
    Rejected,
    open_fields,
    pointer,
    take_id,
    take_name,
    take_object,
    take_time,
)
from memory.unusable_ids import is_unusable_id

__all__ = [
    "MAX_ID_CHARS", "TRANSPORT_FIELDS", "Event", "EventType", "Rejected", "canonical", "content_hash", "parse_event",
    "read_event", "with_message_id",
]  # fmt: skip

#: Fields that describe the delivery, not what happened: a retry may change them.
TRANSPORT_FIELDS = frozenset({"sent_at", "received_at", "integrations", "write_key"})

EventType = Literal["track", "identify", "page", "screen", "group", "alias"]
_TYPES = get_args(EventType)
_ID_FIELDS = ("user_id", "anonymous_id", "group_id", "previous_id")
_KEPT_FIELDS = frozenset({"message_id", "type", "event", "name", *_ID_FIELDS, "properties", "traits", "context"})
_LABELS = {"page": "Page Viewed", "screen": "Screen Viewed", "identify": "Profile Updated"}


@dataclass(frozen=True)
class Event:
    """What a customer did, in Segment's fields; `other` holds unknown top-level fields.

    `timestamp` is the device's own time, unless `original_timestamp` is set: then that is, and `timestamp` was
    corrected before it came to us. `sent_at` is set where the device's clock can still be compared with ours.
    `changes` is what cleaning changed; it is no part of what the event says.
    """

    type: EventType
    message_id: str = ""
    event: str | None = None
    name: str | None = None
    user_id: str | None = None
    anonymous_id: str | None = None
    group_id: str | None = None
    previous_id: str | None = None
    timestamp: datetime | None = None
    original_timestamp: datetime | None = None
    sent_at: datetime | None = field(default=None, compare=False)
    properties: dict[str, Any] = field(default_factory=dict)
    traits: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    other: dict[str, Any] = field(default_factory=dict)
    changes: tuple[Change, ...] = field(default=(), compare=False)

    @property
    def customer_id(self) -> str:
        return self.user_id or self.anonymous_id or ""

    @property
    def ids(self) -> tuple[str, ...]:
        """All distinct ids of people and accounts that the event names."""
        found = (self.user_id, self.anonymous_id, self.group_id, self.previous_id)
        return tuple(dict.fromkeys(each for each in found if each))

    @property
    def title(self) -> str:
        """What happened, in a few words: the event's name, or the kind of call with its page."""
        if self.type == "track":
            return self.event or ""
        what = self.name or self.properties.get("title") or self.properties.get("path")
        label = _LABELS.get(self.type, self.type.capitalize())
        return f"{label}: {what}"[:MAX_NAME_CHARS] if what and self.type in ("page", "screen") else label

    @cached_property
    def said(self) -> bytes:
        """What the event says, as JSON with sorted keys: without its id, its delivery and what is empty."""
        known = {
            "type": self.type, "event": self.event, "name": self.name, "user_id": self.user_id,
            "anonymous_id": self.anonymous_id, "group_id": self.group_id, "previous_id": self.previous_id,
            "timestamp": self.timestamp and format_time(self.timestamp),
            "original_timestamp": self.original_timestamp and format_time(self.original_timestamp),
            "properties": self.properties, "traits": self.traits, "context": self.context,
        }  # fmt: skip
        told = {name: value for name, value in known.items() if value}
        return orjson.dumps({**self.other, **told}, option=orjson.OPT_SORT_KEYS)


def canonical(event: Event) -> bytes:
    """The event as it is kept: one JSON object, the message id first, then what it says; `read_event` reads it."""
    return (
        b'{"message_id":' + orjson.dumps(event.message_id) + b"," + event.said[1:] if event.message_id else event.said
    )


def read_event(kept: str | bytes) -> Event:
    """The event that `canonical` wrote, trusted as it is."""
    fields = orjson.loads(kept)
    known: dict[str, Any] = {name: fields.pop(name) for name in _KEPT_FIELDS if name in fields}
    for name in ("timestamp", "original_timestamp"):
        known[name] = parse_time(fields.pop(name)) if name in fields else None
    return Event(**known, other=fields)


def content_hash(event: Event) -> str:
    """A digest of what the event says, without transport fields; 32 hex digits.

    Of two times the device's own counts: whoever delivers the event again may have corrected the other anew.
    """
    if event.original_timestamp:
        event = replace(event, timestamp=event.original_timestamp, original_timestamp=None)
    return hashlib.sha256(event.said).hexdigest()[:32]


def with_message_id(event: Event, digest: str) -> tuple[Event, bool]:
    """The event with an id, and whether a repeat of it can be recognised.

    A missing id is derived from the content when that has a time; else it is fresh.
    """
    if event.message_id:
        return event, True
    known = event.timestamp is not None
    message_id = f"derived-{digest}" if known else f"fresh-{uuid4().hex}"
    return replace(event, message_id=message_id), known


def parse_event(item: Any) -> Event:
    """An event from one decoded JSON item, in camel or snake case; raises Rejected."""
    if not isinstance(item, dict):
        raise Rejected("not_an_object", "", f"an event is a JSON object, not {type(item).__name__}")
    changes: list[Change] = []
    try:
        fields = open_fields(item, changes)
    except TooDeep as error:
        raise Rejected("too_deep", "", str(error)) from None
    message_id, kind = take_id(fields, "message_id"), _take_type(fields)
    event, name = take_name(fields, "event"), take_name(fields, "name")
    ids, unusable = _take_ids(fields, changes)
    timestamp, original, sent_at = _take_times(fields, changes)
    properties = read_amounts(take_object(fields, "properties"), changes)
    traits, context = take_object(fields, "traits"), take_object(fields, "context")
    if ids["group_id"] is None and "group_id" not in unusable:
        ids["group_id"] = _group_of(context, changes)
    _check_complete(kind, event, ids, unusable)
    other = {name: value for name, value in fields.items() if name not in TRANSPORT_FIELDS}
    return Event(
        kind, message_id or "", event, name,
        ids["user_id"], ids["anonymous_id"], ids["group_id"], ids["previous_id"], timestamp, original, sent_at,
        properties, traits, context, other, bounded(changes),
    )  # fmt: skip


def _take_type(fields: dict[str, Any]) -> EventType:
    kind = fields.pop("type", "track" if "event" in fields else None)
    if kind is None:
        raise Rejected("missing_type", "/type", "needs `type`")
    if not isinstance(kind, str) or kind not in _TYPES:
        raise Rejected("unknown_type", "/type", f"type is one of {', '.join(_TYPES)}")
    return cast(EventType, kind)


def _take_ids(fields: dict[str, Any], changes: list[Change]) -> tuple[dict[str, str | None], list[str]]:
    """The ids of people and accounts, and the names of those that named nobody and were taken off."""
    ids = {name: take_id(fields, name) for name in _ID_FIELDS}
    unusable = [name for name, value in ids.items() if value and is_unusable_id(value)]
    for name in unusable:
        changes.append(Change(pointer(name), "unusable_id", shown(ids[name])))
        ids[name] = None
    return ids, unusable


_Times = tuple[datetime | None, datetime | None, datetime | None]


def _take_times(fields: dict[str, Any], changes: list[Change]) -> _Times:
    """When it happened, the device's own time where that was corrected, and when it was sent."""
    stated = take_time(fields, "timestamp", changes)
    original = take_time(fields, "original_timestamp", changes, needed=stated is None)
    sent_at = take_time(fields, "sent_at", changes, needed=False)
    if fields.get("received_at"):
        # Forwarded by a pipeline that compared the clocks when it received this: ours would move it to today.
        sent_at = None
    if stated is None or original is None:
        return stated or original, None, sent_at
    # Whoever sends both has compared the clocks: a second correction would undo the first.
    return stated, original if original != stated else None, None


def _group_of(context: dict[str, Any], changes: list[Change]) -> str | None:
    """The account that the context names, as browsers send it with every call."""
    for key in ("groupId", "group_id"):
        try:
            found = take_id({"group_id": context.get(key)}, "group_id")
        except Rejected:
            continue
        if found and is_unusable_id(found):
            changes.append(Change(f"/context/{key}", "unusable_id", found))
        elif found:
            return found
    return None


def _check_complete(kind: str, event: str | None, ids: dict[str, str | None], unusable: list[str]) -> None:
    if not ids["user_id"] and not ids["anonymous_id"]:
        _refuse_missing(("user_id", "anonymous_id"), unusable, "missing_customer", "needs a userId or an anonymousId")
    if kind == "track" and not event:
        raise Rejected("missing_event", "/event", "a track event needs its name in `event`")
    if kind == "alias" and not ids["previous_id"]:
        _refuse_missing(("previous_id",), unusable, "missing_previous", "an alias call needs a previousId")
    if kind == "group" and not ids["group_id"]:
        _refuse_missing(("group_id",), unusable, "missing_group", "a group call needs a groupId")


def _refuse_missing(names: tuple[str, ...], unusable: list[str], reason: str, detail: str) -> None:
    """Raise Rejected, for the id that had to be taken off where there was one."""
    for name in names:
        if name in unusable:
            raise Rejected("unusable_id", pointer(name), "this id names nobody, and the event has no other")
    raise Rejected(reason, pointer(names[0]), detail)
