"""POST /events: what customers do comes in, and each item is told what became of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from memory.cleaning import format_time
from memory.intake import Result
from memory.reading import RefusalOf, Rules
from memory.scope import Scope
from memory.store import Verdict
from server.auth import IngestScope
from server.bodies import read_items
from server.bootstrap import Services, ServicesDep
from server.openapi import problems
from server.problems import RETRY_AFTER_S, TOO_MANY, FieldError, Kind, Refusal
from server.shapes.deep import nesting_refusal
from server.shapes.key_fields import without_write_key

router = APIRouter(tags=["events"])

TOO_MANY_EVENTS = Kind("too-many-events", 413, "The batch has too many events")

#: Written at a time: about 10 ms, after which other requests have their turn.
SLICE = 100


class EventResult(BaseModel):
    """What became of one item, in the order sent."""

    message_id: str | None = Field(description="The event's id; null where an item had none and was not kept")
    verdict: Verdict
    reason: str | None = Field(description="A stable code, where there is something to say")
    field: str | None = Field(description="A JSON pointer into the item")
    detail: str | None


class EventsReply(BaseModel):
    """Sent after the write; the counts of the verdicts add up to the number of items."""

    results: list[EventResult]
    counts: dict[Verdict, int]


EVENT: dict[str, Any] = {
    "type": "object",
    "description": "Segment's fields, in camel or snake case. It needs a userId or an anonymousId.",
    "properties": {
        "type": {"enum": ["track", "identify", "page", "screen", "group", "alias"]},
        "event": {"type": "string", "description": "What a track event is called"},
        "userId": {"type": "string"},
        "anonymousId": {"type": "string"},
        "messageId": {"type": "string", "description": "Makes a repeat recognisable"},
        "timestamp": {"type": "string", "description": "ISO 8601; by default the time it is received"},
        "properties": {"type": "object"},
        "traits": {"type": "object"},
        "context": {"type": "object"},
    },
    "example": {
        "type": "track",
        "event": "Order Completed",
        "userId": "c-17",
        "messageId": "order-2041",
        "timestamp": "2026-03-01T09:30:00Z",
        "properties": {"revenue": 59.9, "currency": "EUR", "products": [{"name": "Lamp", "quantity": 1}]},
    },
}
_LIST = {"type": "array", "items": EVENT}
_BATCH = {"type": "object", "required": ["batch"], "properties": {"batch": _LIST}}
_BODY = {
    "requestBody": {
        "required": True,
        "description": "One event, a list of events, or an object with a `batch` of them; gzip is accepted.",
        "content": {"application/json": {"schema": {"anyOf": [EVENT, _LIST, _BATCH]}}},
    }
}


@router.post("/events", response_model=EventsReply, responses=problems(400, 413, 415, 429, 503), openapi_extra=_BODY)
async def post_events(request: Request, scope: IngestScope, services: ServicesDep) -> Response:
    """Keep one event or many. Sending them again changes nothing; what cannot be kept is quarantined."""
    items = items_of(await read_items(request, services.settings.max_body_bytes))
    check_count(services, items)
    return reply(await take_in(services, scope, [without_write_key(item) for item in items]))


def items_of(body: Any) -> list[Any]:
    """The items of a decoded body: of a list, of a `batch`, or the one that it is itself."""
    if isinstance(body, list):
        return body
    if isinstance(body, dict) and isinstance(body.get("batch"), list):
        return list(body["batch"])
    return [body]


def check_count(services: Services, items: Sequence[Any]) -> None:
    """Raises Refusal for more items than one request may have: nothing of it is taken in then."""
    most = services.settings.max_batch_events
    if len(items) > most:
        told = f"A request has at most {most:,} events, and this one has {len(items):,}. Send it in parts."
        raise Refusal(TOO_MANY_EVENTS, told, [FieldError(field="", reason="too_many_events", detail=told)])


def _check_backlog(services: Services) -> None:
    """Raises Refusal while more waits to be embedded than is allowed: nothing of the request is taken in then."""
    waiting, most = len(services.indexer.backlog), services.settings.max_pending
    if waiting >= most:
        told = f"{waiting:,} events wait to be embedded, and at most {most:,} may: send these again later."
        raise Refusal(TOO_MANY, told, headers={"Retry-After": str(RETRY_AFTER_S)})


async def take_in(
    services: Services, scope: Scope, items: Sequence[Any], refusal: RefusalOf | None = None
) -> list[Result]:
    """Keep items slice by slice; a result for each, in order, once they are as safe as the settings ask for.

    `refusal` finds why an item cannot be taken where it was sent.
    """
    _check_backlog(services)
    received_at = datetime.now(UTC)
    skew_tolerance = timedelta(seconds=services.settings.skew_tolerance_s)
    rules = Rules(skew_tolerance, nesting_refusal(refusal))
    results: list[Result] = []
    for start in range(0, len(items), SLICE):
        results += await services.intake.receive(scope, items[start : start + SLICE], received_at, rules)
        await asyncio.sleep(0)
    await services.commit()
    return await _noting_clock(services, scope, results)


def reply(results: Sequence[Result], **heading: Any) -> Response:
    """The results with their counts. Written directly: models would double the time of a large batch."""
    counted = Counter(result.verdict for result in results)
    counts = {verdict.value: counted[verdict] for verdict in Verdict}
    return Response(orjson.dumps({**heading, "results": results, "counts": counts}), media_type="application/json")


async def _noting_clock(services: Services, scope: Scope, results: list[Result]) -> list[Result]:
    """The results, with a note on events that a pinned clock does not see yet."""
    settings = await services.workspaces.settings(scope)
    accepted = [r.message_id for r in results if r.verdict is Verdict.ACCEPTED and r.message_id]
    if settings.now is None or not accepted:
        return results
    clock = settings.clock(datetime.now(UTC))
    records = await services.store.get(scope.whole(), accepted)
    unseen = {record.message_id for record in records if record.occurred_at >= clock}
    told = f"accepted, but later than this workspace's clock ({format_time(clock)}): read it with as_of"
    return [_noted(r, told) if r.verdict is Verdict.ACCEPTED and r.message_id in unseen else r for r in results]


def _noted(result: Result, told: str) -> Result:
    detail = f"{told}; {result.detail}" if result.detail else told
    return replace(result, reason=result.reason or "later_than_clock", detail=detail)
