"""What is kept of an item that could not become an event."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

import orjson
from pydantic import BaseModel, Field, ValidationError, field_validator

from memory.cleaning import EARLIEST
from memory.kinds import QUARANTINE as QUARANTINE
from memory.store import Control

DAMAGED = "damaged"


class Unreadable(ValueError):
    """The item that was sent is not kept whole, so that only another one can take its place."""


class Quarantined(BaseModel):
    """An item as it was sent, and why it is not an event."""

    message_id: str | None
    reason: str = Field(description="A stable code")
    field: str = Field(description="A JSON pointer into the item")
    detail: str
    received_at: Annotated[str, Field(pattern=r"^\S+$")]
    sha256: str = Field(description="Digest of the item's JSON text, keys sorted; its id in /quarantine/{id}")
    bytes: int
    whole: bool = Field(description="False when the item was too large to keep: `item` is then only its head")
    ids: list[str] = Field(default_factory=list, description="Ids that the whole item names")
    item: str = Field(description="The item's JSON text; mend it and send it to /quarantine/{id}/replay")

    @field_validator("received_at")
    @classmethod
    def _time(cls, value: str) -> str:
        datetime.fromisoformat(value)
        return value

    @property
    def control(self) -> Control:
        """How it lies in the store: the same item once, by its digest."""
        return Control(QUARANTINE, self.sha256, self.model_dump())

    def read(self) -> Any:
        """The decoded item; raises Unreadable."""
        if not self.whole:
            raise Unreadable(
                "of this item only its head and its digest are kept, so that it cannot be replayed as it was: "
                "send the whole mended item"
            )
        try:
            return _decoded(self.item)
        except (ValueError, RecursionError):
            raise Unreadable("what is kept of this item is not JSON: send the whole mended item") from None


class Place(NamedTuple):
    """Where something stands among its like: by time, then by key."""

    at: datetime
    key: str


class Brief(NamedTuple):
    """What items are chosen by. `place` holds the time it was received, and its digest."""

    place: Place
    reason: str
    message_id: str | None


def read_quarantined(control: Control) -> Quarantined:
    """The item of a control point; of one that is damaged, whatever is left."""
    try:
        return Quarantined.model_validate(control.data)
    except ValidationError:
        left = orjson.dumps(control.data).decode()
        return Quarantined(
            message_id=None, reason=DAMAGED, field="", detail="what was kept of this item cannot be read",
            received_at=EARLIEST.isoformat(), sha256=control.key, bytes=len(left.encode()), whole=False, item=left,
        )  # fmt: skip


def place_of(control: Control) -> Place:
    """The place of an item, without reading all of it; of a damaged one the first."""
    try:
        received_at = datetime.fromisoformat(control.data["received_at"])
    except (KeyError, TypeError, ValueError):
        return Place(EARLIEST, control.key)
    return Place(received_at if received_at.tzinfo else received_at.replace(tzinfo=UTC), control.key)


def brief_of(control: Control) -> Brief:
    """An item in brief, without reading all of it."""
    reason, message_id = control.data.get("reason"), control.data.get("message_id")
    return Brief(
        place_of(control),
        reason if isinstance(reason, str) else DAMAGED,
        message_id if isinstance(message_id, str) else None,
    )


def item_text(item: Any) -> str:
    """An item as ASCII JSON text with its keys sorted, whatever it holds and however deep it is nested."""
    try:
        return json.dumps(item, ensure_ascii=True, sort_keys=True)
    except RecursionError:
        return "".join(_pieces(item))


def item_digest(text: str) -> str:
    """The digest of an item's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _decoded(text: str) -> Any:
    # The first reads NaN and lone surrogates, the second deeper nesting.
    try:
        return json.loads(text)
    except RecursionError:
        return orjson.loads(text)


def _pieces(item: Any) -> list[str]:
    """The text of `item_text` in pieces, without recursion."""
    found: list[str] = []
    # Texts to be written as they are come as bytes, values as they are.
    waiting: list[Any] = [item]
    while waiting:
        value = waiting.pop()
        if isinstance(value, bytes):
            found.append(value.decode())
        elif isinstance(value, list):
            waiting += reversed(_between(b"[", [[each] for each in value], b"]"))
        elif isinstance(value, dict):
            named = [[json.dumps(key).encode() + b": ", value[key]] for key in sorted(value)]
            waiting += reversed(_between(b"{", named, b"}"))
        else:
            found.append(json.dumps(value))
    return found


def _between(opening: bytes, entries: list[list[Any]], closing: bytes) -> list[Any]:
    parts: list[Any] = [opening]
    for number, entry in enumerate(entries):
        parts += [b", ", *entry] if number else entry
    return [*parts, closing]
