"""Personal data taken out of an event for good: out of what it says, and out of what is told of its cleaning."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from memory.cleaning import Change, bounded, clean_text
from memory.effort import Effort
from memory.event import Event
from memory.fields import MAX_NAME_CHARS
from memory.masking import mask_all, mask_value

_HELD = ("event", "name", "properties", "traits", "context")


def without_personal_data(event: Event, kinds: Collection[str]) -> Event:
    """The event with these kinds of personal data replaced, each a recorded change; its ids stay."""
    if not kinds:
        return event
    effort = Effort()
    said = {name: getattr(event, name) for name in _HELD}
    masked, made = mask_value(said, kinds, effort)
    other, found = mask_value(event.other, kinds, effort)
    for name in ("event", "name"):
        # A label may be longer than what it replaces, and a name has its limit.
        masked[name] = masked[name] and masked[name][:MAX_NAME_CHARS]
    was: list[Change] = [_told(change, kinds, effort) for change in event.changes]
    values: dict[str, Any] = {**masked, "other": other, "changes": (*was, *bounded([*made, *found]))}
    return replace(event, **values)


def _told(change: Change, kinds: Collection[str], effort: Effort) -> Change:
    """The change without personal data in its place and in what was there."""
    steps = mask_all(change.field.split("/"), kinds, effort)
    return replace(change, field="/".join(steps), was=_was(change.was, steps[-1], kinds, effort))


def _was(was: str | None, name: str, kinds: Collection[str], effort: Effort) -> str | None:
    if was is None or was.endswith("...") or "\\" in was:
        # Cut or escaped: half an address is none to the search, and still tells who it was.
        return None
    cleaned = clean_text(was)
    masked, found = mask_value({name: cleaned}, kinds, effort)
    return str(next(iter(masked.values()))) if found else was
