"""Segment's HTTP shapes as items: one call at its own address, or a batch with what its items share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from memory.event import EventType, Rejected
from memory.reading import check_size
from server.shapes.key_fields import without_keys

#: What a batch says once for all its items.
_SHARED = ("sentAt", "integrations")
#: In camel or snake case, as the items themselves may be written.
_SNAKE = {"sentAt": "sent_at"}
_KEYS = ("writeKey", "write_key")


class NotSplit(ValueError):
    """A body without items in it: `field` is a JSON pointer into it, the sentence says what it needs."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field


def write_key(body: Any) -> str | None:
    """The key that came in the body, if one did."""
    found = next((body[name] for name in _KEYS if body.get(name)), None) if isinstance(body, dict) else None
    return found if isinstance(found, str) else None


def one_item(body: Any, kind: EventType) -> dict[str, Any]:
    """The item of one call, its type that of its address; raises NotSplit for a body that is no object.

    A type that the body states itself stays: `refusal` finds one that is another.
    """
    if not isinstance(body, dict):
        raise NotSplit("", f"a {kind} call is a JSON object, not {_name(body)}")
    return _settled({**body, "type": body.get("type") or kind})


def batch_items(body: Any) -> list[Any]:
    """The items of a batch, each with what the batch says for all; raises NotSplit where there is no list.

    An item's own context, sentAt and integrations go before the batch's.
    """
    if not isinstance(body, dict):
        raise NotSplit("", f"a batch is a JSON object, not {_name(body)}")
    items = body.get("batch")
    if not isinstance(items, list):
        raise NotSplit("/batch", "a batch needs `batch`, a list of events")
    return [_settled(_sharing(item, body)) if isinstance(item, dict) else item for item in items]


def refusal(max_event_bytes: int, kind: EventType | None = None) -> Callable[[Any], Rejected | None]:
    """Why an item cannot be taken here: of another type than its address, or larger than these clients send."""

    def refused(item: Any) -> Rejected | None:
        stated = item.get("type") if kind else None
        if stated != kind:
            told = f"sent to /v1/{kind}, but its type is {stated!r}: leave it out, or send it to its own address"
            return Rejected("wrong_type", "/type", told)
        try:
            check_size(item, max_event_bytes)
        except Rejected as why:
            return Rejected("too_large_for_tracking", "", f"{why.detail}; /events takes larger ones")
        return None

    return refused


def _sharing(item: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    missing = {name: body[name] for name in _SHARED if body.get(name) is not None and not _has(item, name)}
    context = body.get("context")
    own = item.get("context")
    if isinstance(context, dict) and isinstance(own, dict):
        missing["context"] = {**context, **own}
    elif context is not None and own is None:
        # Also one that is no object: its items are then told so, rather than kept without it.
        missing["context"] = context
    return {**item, **missing}


def _settled(item: dict[str, Any]) -> dict[str, Any]:
    """The item without its key, and with the traits that RudderStack's clients put into the context."""
    settled = without_keys(item)
    context = settled.get("context")
    if settled.get("type") == "identify" and "traits" not in settled and isinstance(context, dict):
        settled["context"] = {name: value for name, value in context.items() if name != "traits"}
        settled["traits"] = context.get("traits")
    return settled


def _has(item: dict[str, Any], name: str) -> bool:
    return item.get(name) is not None or item.get(_SNAKE.get(name, name)) is not None


def _name(value: Any) -> str:
    return {list: "a list", str: "a text", bool: "true or false", type(None): "null"}.get(type(value), "a number")
