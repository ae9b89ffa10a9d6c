"""How events and control data lie in Qdrant: ids, payloads and conditions that both forms share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from memory.bm25 import document_words
from memory.cleaning import parse_time
from memory.event import parse_event
from memory.narration import narrate
from memory.record import Record, make_record, point_id, to_payload
from memory.scope import Scope
from memory.store import Control, Point, SparseVector, StoreMismatch, Verdict, Where

#: Raised with every change of what lies in a point; older stores are rewritten on opening.
SCHEMA_VERSION = 1
DENSE = "meaning"
SPARSE = "words"
SET_ASIDE_FIELD = "embed_error"
#: Indexed: a filter on any other field reads every payload.
KEYWORD_FIELDS = ("kind", "customer_id", "anonymous_id", SET_ASIDE_FIELD)
TENANT_FIELD = "workspace"
TIME_FIELD = "occurred_at"
#: Both hold an event; every other kind is a control.
EVENT_KINDS = ("event", "conflict")


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The payload field holds one of these values."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class During:
    """The event's time lies in [since, before)."""

    since: datetime | None
    before: datetime | None


Condition = AnyOf | During


def conditions(scope: Scope, where: Where | None = None, kind: str = "event") -> list[Condition]:
    """What every read filters by, the workspace first."""
    found: list[Condition] = [AnyOf(TENANT_FIELD, (scope.workspace,)), AnyOf("kind", (kind,))]
    if scope.members:
        found.append(AnyOf("customer_id", scope.members))
    if where and where.anonymous_ids:
        found.append(AnyOf("anonymous_id", where.anonymous_ids))
    if where and (where.since or where.before):
        found.append(During(where.since, where.before))
    return found


def judge(
    scope: Scope, records: Sequence[Record], words: Sequence[SparseVector], known: Mapping[str, str]
) -> tuple[list[Verdict], list[Point]]:
    """A verdict for each record, and the points to write, given the content hashes already kept by point id."""
    kept = dict(known)
    verdicts: list[Verdict] = []
    points: list[Point] = []
    for record, vector in zip(records, words, strict=True):
        key = point_id(scope, record.message_id)
        if key not in kept:
            kept[key] = record.content_hash
            points.append(Point(key, to_payload(scope, record), vector))
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


def control_id(scope: Scope, kind: str, key: str) -> str:
    return point_id(scope, "control", kind, key)


def control_point(scope: Scope, control: Control) -> Point:
    """A control's point; its data is one JSON string."""
    data = orjson.dumps(control.data, option=orjson.OPT_SORT_KEYS).decode()
    payload = {"kind": control.kind, "workspace": scope.workspace, "key": control.key, "data": data}
    return Point(control_id(scope, control.kind, control.key), payload)


def read_control(payload: Mapping[str, Any]) -> Control:
    """The control that `control_point` wrote."""
    return Control(payload["kind"], payload["key"], orjson.loads(payload["data"]))


def rebuild(scope: Scope, payload: Mapping[str, Any]) -> Point:
    """A dumped payload as a point of this workspace, every flat field derived again from the body.

    Raises StoreMismatch for a payload that is none of ours.
    """
    try:
        kind = _text(payload, "kind")
        if kind not in EVENT_KINDS:
            return control_point(scope, Control(kind, _text(payload, "key"), _object(_text(payload, "data"))))
        event = parse_event(_object(_text(payload, "body")))
        received_at = parse_time(_text(payload, "received_at"))
        record = make_record(event, _text(payload, "content_hash"), received_at)
    except ValueError as error:
        raise StoreMismatch(f"not a line of an export: {error}") from error
    if not record.message_id:
        raise StoreMismatch("not a line of an export: its event has no message_id")
    if kind == "conflict":
        return conflict_point(scope, record)
    return Point(point_id(scope, record.message_id), to_payload(scope, record), document_words(narrate(event).words))


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
