"""One event as it is kept: the Segment fields, in snake case, cleaned and checked."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Any, Literal, Self
from uuid import uuid4

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from memory.cleaning import TooDeep, clean_value, parse_time

MAX_ID_CHARS = 256
MAX_NAME_CHARS = 200
#: Fields that describe the delivery, not what happened: a retry may change them.
TRANSPORT_FIELDS = frozenset({"sent_at", "received_at", "integrations", "write_key"})

_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")

EventType = Literal["track", "identify", "page", "screen", "group", "alias"]


class Rejected(ValueError):
    """An item that cannot become an event: a stable reason, a JSON pointer and a sentence."""

    def __init__(self, reason: str, field: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.field = field
        self.detail = detail


class Event(BaseModel):
    """What a customer did, in Segment's fields. Unknown top-level fields are kept."""

    model_config = ConfigDict(extra="allow", frozen=True)

    message_id: str = ""
    type: EventType
    event: str | None = None
    name: str | None = None
    user_id: str | None = None
    anonymous_id: str | None = None
    timestamp: datetime | None = None
    properties: dict[str, Any] = Field(default_factory=dict)
    traits: dict[str, Any] = Field(default_factory=dict)
    context: dict[str, Any] = Field(default_factory=dict)

    @field_validator("message_id", "user_id", "anonymous_id", mode="before")
    @classmethod
    def _id(cls, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and len(value) > MAX_ID_CHARS:
            raise PydanticCustomError("too_long", f"an id has at most {MAX_ID_CHARS} characters")
        return value

    @field_validator("event", "name")
    @classmethod
    def _name(cls, value: str | None) -> str | None:
        if value is not None and len(value) > MAX_NAME_CHARS:
            raise PydanticCustomError("too_long", f"a name has at most {MAX_NAME_CHARS} characters")
        return value

    @field_validator("timestamp", mode="before")
    @classmethod
    def _time(cls, value: Any) -> datetime | None:
        if value is None or value == "":
            return None
        try:
            return parse_time(value)
        except ValueError as error:
            raise PydanticCustomError("unparsable_time", "{why}", {"why": str(error)}) from None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.user_id and not self.anonymous_id:
            raise PydanticCustomError("missing_customer", "needs a userId or an anonymousId")
        if self.type == "track" and not self.event:
            raise PydanticCustomError("missing_event", "a track event needs its name in `event`")
        return self

    @property
    def customer_id(self) -> str:
        return self.user_id or self.anonymous_id or ""

    @property
    def title(self) -> str:
        """What happened, in a few words: the event's name, or the kind of call with its page."""
        if self.type == "track":
            return self.event or ""
        what = self.name or self.properties.get("title") or self.properties.get("path")
        label = {"page": "Page Viewed", "screen": "Screen Viewed", "identify": "Profile Updated"}.get(
            self.type, self.type.capitalize()
        )
        return f"{label}: {what}"[:MAX_NAME_CHARS] if what and self.type in ("page", "screen") else label


def parse_event(item: Any) -> Event:
    """An event from one decoded JSON item, in camel or snake case; raises Rejected."""
    if not isinstance(item, dict):
        raise Rejected("not_an_object", "", f"an event is a JSON object, not {type(item).__name__}")
    try:
        fields = clean_value({_snake(key): value for key, value in item.items() if value is not None})
        if "type" not in fields and "event" in fields:
            fields["type"] = "track"
        return Event.model_validate(fields)
    except TooDeep as error:
        raise Rejected("too_deep", "", str(error)) from None
    except ValidationError as error:
        raise _rejected(error) from None


def content_hash(event: Event) -> str:
    """A digest of what the event says, without transport fields; 32 hex digits."""
    said = event.model_dump(mode="json", exclude={*TRANSPORT_FIELDS, "message_id"}, exclude_none=True)
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def with_message_id(event: Event, digest: str) -> tuple[Event, bool]:
    """The event with an id, and whether a repeat of it can be recognised.

    A missing id is derived from the content when that has a time; else it is fresh.
    """
    if event.message_id:
        return event, True
    known = event.timestamp is not None
    message_id = f"derived-{digest}" if known else f"fresh-{uuid4().hex}"
    return event.model_copy(update={"message_id": message_id}), known


def _snake(key: object) -> str:
    return _HUMP.sub(r"_\1", str(key)).lower()


_REASONS = {
    "missing_customer": "/userId",
    "missing_event": "/event",
    "unparsable_time": "/timestamp",
}
_POINTERS = {"user_id": "userId", "anonymous_id": "anonymousId", "message_id": "messageId"}


def _rejected(error: ValidationError) -> Rejected:
    first = error.errors(include_url=False, include_input=False)[0]
    path = [_POINTERS.get(str(part), str(part)) for part in first["loc"]]
    pointer = "".join(f"/{part}" for part in path)
    kind = first["type"]
    if kind == "missing":
        return Rejected(f"missing_{path[-1]}", pointer, f"needs `{path[-1]}`")
    if kind == "literal_error":
        return Rejected("unknown_type", pointer, f"type is one of {first['ctx']['expected']}")
    if kind in _REASONS or kind == "too_long":
        return Rejected(kind, _REASONS.get(kind, pointer), first["msg"])
    return Rejected("wrong_type", pointer, first["msg"])
