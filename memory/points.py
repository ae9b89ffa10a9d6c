"""How events and control data lie in Qdrant: ids, payloads and conditions that both forms share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from memory.bm25 import document_words
from memory.cleaning import format_time, parse_time
from memory.event import Event, parse_event
from memory.kinds import BY_CUSTOMER, CONFLICT, EVENT, KINDS, NAMING_CUSTOMER
from memory.narration import narrate
from memory.record import Record, from_payload, make_record, point_id, to_payload, unpack
from memory.scope import Scope
from memory.store import Control, Held, Hit, Point, StoreMismatch, Verdict, Where, WordsOf

#: Raised with every change of what lies in a point; older stores are rewritten on opening.
SCHEMA_VERSION = 3
DENSE = "meaning"
SPARSE = "words"
SET_ASIDE_FIELD = "embed_error"
#: Indexed: a filter on any other field reads every payload.
KEYWORD_FIELDS = ("kind", "customer_id", "ids", SET_ASIDE_FIELD)
TENANT_FIELD = "workspace"
TIME_FIELD = "occurred_at"
KNOWN_FIELD = "received_at"
TIME_FIELDS = (TIME_FIELD, KNOWN_FIELD)
#: Both hold an event; every other kind is a control.
EVENT_KINDS = (EVENT, CONFLICT)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The payload field holds one of these values."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class During:
    """The time in this field lies in [since, before)."""

    field: str
    since: datetime | None
    before: datetime | None


Condition = AnyOf | During


def conditions(scope: Scope, where: Where | None = None, *kinds: str) -> list[Condition]:
    """What every read filters by, the workspace first; without `kinds`, events."""
    found: list[Condition] = [AnyOf(TENANT_FIELD, (scope.workspace,)), AnyOf("kind", kinds or (EVENT,))]
    if scope.members:
        found.append(AnyOf("customer_id", scope.members))
    if where is None:
        return found
    if where.ids:
        found.append(AnyOf("ids", where.ids))
    if where.since or where.before:
        found.append(During(TIME_FIELD, where.since, where.before))
    if where.known_before:
        found.append(During(KNOWN_FIELD, None, where.known_before))
    return found


def dumped(scope: Scope, kinds: tuple[str, ...], where: Where | None) -> list[Condition]:
    """What a dump filters by: everything of the workspace, or what matches of these kinds."""
    return conditions(scope, where, *kinds) if kinds else [AnyOf(TENANT_FIELD, (scope.workspace,))]


def hits(found: Iterable[tuple[str, float, Mapping[str, Any] | None]], held: Held | None) -> list[Hit]:
    """Hits from points as (id, score, payload): those among the records `held`, or all with their payloads read."""
    if held is None:
        return [Hit(key, score, from_payload(payload or {})) for key, score, payload in found]
    return [Hit(key, score, held[key]) for key, score, _ in found if key in held]


def judge(
    scope: Scope, records: Sequence[Record], words_of: WordsOf, known: Mapping[str, str]
) -> tuple[list[Verdict], list[Point]]:
    """A verdict for each record, and the points to write, given the content hashes already kept by point id."""
    kept = dict(known)
    verdicts: list[Verdict] = []
    points: list[Point] = []
    for record in records:
        key = point_id(scope, record.message_id)
        if key not in kept:
            kept[key] = record.content_hash
            points.append(Point(key, to_payload(scope, record), words_of(record)))
            verdicts.append(Verdict.ACCEPTED)
        elif kept[key] == record.content_hash:
            verdicts.append(Verdict.DUPLICATE)
        else:
            points.append(conflict_point(scope, record))
            verdicts.append(Verdict.CONFLICT)
    return verdicts, points


def conflict_point(scope: Scope, record: Record) -> Point:
    """The second version of an event whose id is already known: kept, and no part of any answer."""
    payload = {**to_payload(scope, record), "kind": "conflict"}
    return Point(point_id(scope, record.message_id, record.content_hash), payload)


def order_versions(message_id: str, first: Sequence[Record], conflicts: Sequence[Record]) -> list[Record]:
    """An event in force, then those of the conflicts that came under its id, as they were received."""
    others = [record for record in conflicts if record.message_id == message_id]
    return [*first, *sorted(others, key=lambda record: (record.received_at, record.content_hash))]


def control_id(scope: Scope, kind: str, key: str) -> str:
    return point_id(scope, "control", kind, key)


def control_point(scope: Scope, control: Control) -> Point:
    """A control's point; its data is one JSON string.

    Raises ValueError for a kind that is not registered, and for data without the customer or time of their kind.
    """
    if control.kind not in KINDS:
        raise ValueError(f"{control.kind!r} is no registered kind of point")
    data = orjson.dumps(control.data, option=orjson.OPT_SORT_KEYS).decode()
    payload: dict[str, Any] = {"kind": control.kind, "workspace": scope.workspace, "key": control.key, "data": data}
    if control.kind in BY_CUSTOMER:
        payload["ids"] = [control.key]
    if control.kind in NAMING_CUSTOMER:
        payload["ids"] = [_text(control.data, "client_id")]
        payload[TIME_FIELD] = format_time(parse_time(_text(control.data, "made_at")))
    return Point(control_id(scope, control.kind, control.key), payload)


def read_control(payload: Mapping[str, Any]) -> Control:
    """The control that `control_point` wrote."""
    return Control(payload["kind"], payload["key"], orjson.loads(payload["data"]))


def rebuild(scope: Scope, payload: Mapping[str, Any]) -> Point:
    """A dumped payload as a point of this workspace, every flat field derived again from the body.

    Raises StoreMismatch for a payload that is none of ours.
    """
    try:
        payload = unpack(payload)
        kind = _text(payload, "kind")
        if kind not in EVENT_KINDS:
            return control_point(scope, Control(kind, _text(payload, "key"), _object(_text(payload, "data"))))
        event = parse_event(_object(_text(payload, "body")))
        record = _rebuilt(event, payload)
    except ValueError as error:
        raise StoreMismatch(f"not a line of an export: {error}") from error
    if not record.message_id:
        raise StoreMismatch("not a line of an export: its event has no message_id")
    if kind == "conflict":
        return conflict_point(scope, record)
    return Point(point_id(scope, record.message_id), to_payload(scope, record), document_words(narrate(event).words))


def _rebuilt(event: Event, payload: Mapping[str, Any]) -> Record:
    """The record of a dumped event, with what its body alone does not say; raises ValueError."""
    customer_id = payload.get("customer_id", event.customer_id)
    if customer_id not in event.ids:
        raise ValueError("`customer_id` is none of its event's ids")
    record = make_record(
        event,
        _text(payload, "content_hash"),
        parse_time(_text(payload, "received_at")),
        # What its body does not say: the time of a device whose clock was wrong, or of arrival.
        occurred_at=parse_time(_text(payload, "occurred_at"))
        if payload.get("device_time") or not event.timestamp
        else None,
        by_group=customer_id == event.group_id,
    )
    return replace(record, changes=_text(payload, "changes")) if payload.get("changes") else record


def _text(payload: Mapping[str, Any], field: str) -> str:
    found = payload.get(field)
    if not isinstance(found, str) or not found:
        raise ValueError(f"`{field}` is not a text")
    return found


def _object(text: str) -> dict[str, Any]:
    found = orjson.loads(text)
    if not isinstance(found, dict):
        raise ValueError(f"an object was expected, not {type(found).__name__}")
    return found
