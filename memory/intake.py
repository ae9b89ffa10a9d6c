"""The way in: each item is read, kept or quarantined, and told what became of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from memory.bm25 import document_words
from memory.cleaning import clean_text
from memory.event import Event, Rejected, content_hash, parse_event, with_message_id
from memory.ledger import Ledger
from memory.narration import narrate
from memory.quarantine import Quarantined
from memory.record import Record, make_record
from memory.scope import Scope
from memory.store import Control, SparseVector, Store, Verdict
from memory.workspaces import Workspaces

#: Larger items are mistakes or files; a real order with 294 lines has 26 KB.
MAX_EVENT_BYTES = 256 * 1024
#: A device's clock may run ahead, and zones get mixed up; more than a day ahead is wrong.
FUTURE_TOLERANCE = timedelta(days=1)
#: What is kept of an item that is too large to keep.
HEAD_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one item. `reason` is a stable code, `field` a JSON pointer, `detail` a sentence."""

    message_id: str | None
    verdict: Verdict
    reason: str | None = None
    field: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class _Ready:
    record: Record
    words: SparseVector
    note: Result | None


class Intake:
    """Turns decoded JSON items into kept events, in the order sent."""

    def __init__(self, store: Store, workspaces: Workspaces, ledger: Ledger) -> None:
        self._store = store
        self._workspaces = workspaces
        self._ledger = ledger

    async def receive(self, scope: Scope, items: Sequence[Any], received_at: datetime) -> list[Result]:
        """A result for each item, after the write. Raises StoreUnavailable when nothing could be kept."""
        await self._workspaces.register(scope)
        read = [_read(item, received_at) for item in items]
        ready = [entry for entry in read if isinstance(entry, _Ready)]
        rejected = [(item, entry) for item, entry in zip(items, read, strict=True) if isinstance(entry, Rejected)]
        if rejected:
            await self._store.put(scope, [_quarantined(item, why, received_at) for item, why in rejected])
        verdicts = await self._store.insert(scope, [r.record for r in ready], [r.words for r in ready]) if ready else []
        self._ledger.add(
            scope, [r.record for r, verdict in zip(ready, verdicts, strict=True) if verdict is Verdict.ACCEPTED]
        )
        kept = iter(zip(ready, verdicts, strict=True))
        return [
            _refusal(item, entry) if isinstance(entry, Rejected) else _acceptance(*next(kept))
            for item, entry in zip(items, read, strict=True)
        ]


def _read(item: Any, received_at: datetime) -> _Ready | Rejected:
    try:
        _check_size(item)
        event = parse_event(item)
        _check_time(event, received_at)
    except Rejected as why:
        return why
    digest = content_hash(event)
    named, repeatable = with_message_id(event, digest)
    record = make_record(named, digest, received_at)
    note = None if repeatable else Result(
        named.message_id, Verdict.ACCEPTED, "not_repeatable", "/messageId",
        "without a messageId and a timestamp a repeat of this event cannot be recognised",
    )  # fmt: skip
    return _Ready(record, document_words(narrate(named).words), note)


def _check_size(item: Any) -> None:
    try:
        size = len(orjson.dumps(item))
    except (TypeError, ValueError, RecursionError):
        # A lone surrogate, a huge number or deep nesting: cleaning decides, and size counts all the same.
        size = len(_raw(item))
    if size > MAX_EVENT_BYTES:
        raise Rejected("too_large", "", f"an event has at most {MAX_EVENT_BYTES:,} bytes, this one has {size:,}")


def _check_time(event: Event, received_at: datetime) -> None:
    if event.timestamp and event.timestamp > received_at + FUTURE_TOLERANCE:
        raise Rejected(
            "future_time", "/timestamp", f"{event.timestamp.isoformat()} is more than a day after it was received"
        )


def _acceptance(ready: _Ready, verdict: Verdict) -> Result:
    if verdict is Verdict.ACCEPTED and ready.note:
        return ready.note
    if verdict is Verdict.CONFLICT:
        return Result(
            ready.record.message_id, verdict, "known_id_other_content", "/messageId",
            "an event with this id and other content is already kept; both are kept, the first stays in force",
        )  # fmt: skip
    return Result(ready.record.message_id, verdict)


def _refusal(item: Any, why: Rejected) -> Result:
    return Result(_sent_id(item), Verdict.QUARANTINED, why.reason, why.field, why.detail)


def _sent_id(item: Any) -> str | None:
    found = (item.get("messageId") or item.get("message_id")) if isinstance(item, dict) else None
    return clean_text(str(found))[:200] if isinstance(found, str | int) else None


def _quarantined(item: Any, why: Rejected, received_at: datetime) -> Control:
    raw = _raw(item)
    size = len(raw.encode())
    whole = size <= MAX_EVENT_BYTES
    kept = Quarantined(
        message_id=_sent_id(item), reason=why.reason, field=why.field, detail=why.detail,
        received_at=received_at.isoformat(), sha256=hashlib.sha256(raw.encode()).hexdigest(), bytes=size,
        whole=whole, item=raw if whole else raw[:HEAD_CHARS],
    )  # fmt: skip
    return kept.control


def _raw(item: Any) -> str:
    """The item as JSON text that any store takes, whatever it holds."""
    try:
        text = json.dumps(item, ensure_ascii=True, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        text = repr(type(item))
    return text
