"""PostHog's capture addresses: its SDKs send here once their host is changed. Feature flags are not offered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from memory.intake import Result
from memory.scope import Scope
from server.auth import INGEST_BY_BODY
from server.bodies import parse_items, pieces, too_large
from server.bootstrap import ServicesDep
from server.openapi import problems
from server.problems import INVALID_ENCODING, UNSUPPORTED_ENCODING, Refusal
from server.routes.events import EventsReply, check_count, reply, take_in
from server.routes.events import items_of as events_of
from server.shapes.posthog import POINTERS, items_of
from server.shapes.posthog_body import BadBody, unpacked
from server.shapes.posthog_sent import api_key
from server.write_key import scope_and_body

router = APIRouter(tags=["tracking"])

_PATHS = ("/batch", "/capture", "/i/v0/e", "/e")
_EVENT = {
    "type": "object",
    "description": "One event. `distinct_id` may stand among the properties.",
    "properties": {
        "event": {"type": "string"},
        "distinct_id": {"type": "string"},
        "properties": {"type": "object"},
        "timestamp": {"type": "string", "description": "ISO 8601; by default the time it is received"},
        "uuid": {"type": "string", "description": "Makes a repeat recognisable"},
        "api_key": {"type": "string", "description": "The key, where it is in no header"},
    },
    "example": {
        "api_key": "a-key",
        "event": "Order Completed",
        "distinct_id": "c-17",
        "uuid": "0190b2a4-6c1e-7a35-9d2e-3f4a5b6c7d8e",
        "timestamp": "2026-03-01T09:30:00Z",
        "properties": {"revenue": 59.9, "currency": "EUR", "$set": {"plan": "pro"}},
    },
}
_LIST = {"type": "array", "items": _EVENT}
_BATCH = {
    "type": "object",
    "required": ["batch"],
    "properties": {"api_key": {"type": "string"}, "batch": _LIST, "sent_at": {"type": "string"}},
}
_MEDIA = {"schema": {"anyOf": [_EVENT, _LIST, _BATCH]}}
_FORM = {"schema": {"type": "object", "properties": {"data": {"type": "string", "description": "base64 of JSON"}}}}
_BODY = {
    "requestBody": {
        "required": True,
        "description": "One event, a list, or an object with a `batch`; gzip is accepted, lz64 is not.",
        "content": {
            "application/json": _MEDIA, "text/plain": _MEDIA, "application/x-www-form-urlencoded": _FORM,
        },
    }
}  # fmt: skip


class CaptureReply(EventsReply):
    """As of /events; `status` is what PostHog's clients look for."""

    status: Literal["Ok"]


async def _received(
    request: Request,
    services: ServicesDep,
    compression: Annotated[
        str | None, Query(description="gzip-js or base64, where no header says so; lz64 is not taken")
    ] = None,
) -> tuple[Scope, Any]:
    limit = services.settings.max_body_bytes

    async def read() -> Any:
        if compression == "lz64":
            raise Refusal(UNSUPPORTED_ENCODING, "lz64 is not taken: send gzip or plain JSON.")
        body = b"".join([piece async for piece in _bounded(request, limit)])
        try:
            return await parse_items(unpacked(body, limit))
        except BadBody as why:
            raise Refusal(INVALID_ENCODING, f"{why}.") from None
        except OverflowError:
            raise too_large(limit) from None

    return await scope_and_body(request, read, api_key)


async def post_capture(
    received: Annotated[tuple[Scope, Any], Depends(_received)],
    services: ServicesDep,
    sent_at: Annotated[
        str | None, Query(alias="_", description="Milliseconds since 1970 by the clock of a browser, when it sent this")
    ] = None,
) -> Response:
    """Keep events of PostHog's clients. Each has a verdict; sending them again changes nothing."""
    scope, body = received
    check_count(services, events_of(body))
    results = await take_in(services, scope, items_of(body, sent_at))
    return reply(_pointing_into_what_was_sent(results), status="Ok")


for _path in _PATHS:
    # Clients end these in a slash; without one they are the same.
    for _listed in (True, False):
        router.add_api_route(
            f"{_path}/" if _listed else _path,
            post_capture,
            methods=["POST"],
            dependencies=[INGEST_BY_BODY],
            response_model=CaptureReply,
            responses=problems(400, 413, 415, 429, 503),
            openapi_extra=_BODY,
            include_in_schema=_listed,
            operation_id="posthog" + _path.replace("/", "_"),
        )


async def _bounded(request: Request, limit: int) -> Any:
    seen = 0
    async for piece in pieces(request):
        seen += len(piece)
        if seen > limit:
            raise too_large(limit)
        yield piece


def _pointing_into_what_was_sent(results: Sequence[Result]) -> list[Result]:
    return [replace(each, field=POINTERS[each.field]) if each.field in POINTERS else each for each in results]
