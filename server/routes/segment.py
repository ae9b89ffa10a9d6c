"""The Segment HTTP shapes: existing SDKs send here once their host is changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Depends, Request, Response

from memory.event import EventType
from memory.scope import Scope
from server.auth import INGEST_BY_BODY
from server.bodies import read_items, read_json
from server.bootstrap import Services, ServicesDep
from server.openapi import problems
from server.problems import TOO_LARGE, FieldError, Kind, Refusal
from server.routes.events import EVENT, TOO_MANY_EVENTS, EventsReply, reply, take_in
from server.shapes.segment import NotSplit, batch_items, one_item, refusal, write_key
from server.write_key import scope_and_body

router = APIRouter(tags=["tracking"])

BATCH_TOO_LARGE = Kind("batch-too-large", 413, "The batch is too large")
NO_EVENTS = Kind("no-events", 400, "The body holds no events")

_KEY = {"writeKey": {"type": "string", "description": "The key, where it is not the user name of Basic"}}
_CALL = {**EVENT, "properties": {**EVENT["properties"], **_KEY}}
_BATCH = {
    "type": "object",
    "required": ["batch"],
    "properties": {
        "batch": {"type": "array", "items": EVENT},
        "context": {"type": "object", "description": "Goes under the context of each event"},
        "integrations": {"type": "object", "description": "For each event that has none"},
        "sentAt": {"type": "string", "description": "For each event that has none"},
        **_KEY,
    },
}


#: The last parts of the addresses that take batches, and whether they are listed.
_BATCHES = {"batch": True, "import": True, "b": False}


class TrackingReply(EventsReply):
    """As of /events; `success` says that each event has its verdict."""

    success: Literal[True]


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


async def _received(request: Request, services: ServicesDep) -> tuple[Scope, Any]:
    limit = services.settings.tracking_max_batch_bytes

    async def read() -> Any:
        try:
            # A single call that is nested too deeply leaves nothing to be kept beside it: it is refused.
            read_body = read_items if _last(request.url.path) in _BATCHES else read_json
            return await read_body(request, limit)
        except Refusal as refusal:
            if refusal.kind is not TOO_LARGE:
                raise
            raise _over(BATCH_TOO_LARGE, "", f"{limit:,} bytes, also after decompression") from None

    return await scope_and_body(request, read, write_key)


#: Whose events they are, and the decoded body.
Received = Annotated[tuple[Scope, Any], Depends(_received)]


async def post_batch(received: Received, services: ServicesDep) -> Response:
    """Keep a batch of calls. Each has a verdict; sending them again changes nothing."""
    scope, body = received
    try:
        items = batch_items(body)
    except NotSplit as why:
        raise _no_events(why) from None
    limit = services.settings.tracking_max_batch_events
    if len(items) > limit:
        raise _over(TOO_MANY_EVENTS, "/batch", f"{limit:,} events, and this one has {len(items):,}")
    return await _kept(services, scope, items)


def _call(kind: EventType) -> Callable[..., Awaitable[Response]]:
    async def post_call(received: Received, services: ServicesDep) -> Response:
        scope, body = received
        try:
            item = one_item(body, kind)
        except NotSplit as why:
            raise _no_events(why) from None
        return await _kept(services, scope, [item], kind)

    post_call.__doc__ = f"Keep one {kind} call."
    return post_call


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    media = {"schema": schema}
    return {"requestBody": {"required": True, "content": {"application/json": media, "text/plain": media}}}


def _add(path: str, endpoint: Callable[..., Awaitable[Response]], schema: dict[str, Any], listed: bool = True) -> None:
    # With a slash behind it too: browsers do not follow a redirect when they ask whether they may send.
    for address, shown in ((path, listed), (f"{path}/", False)):
        router.add_api_route(
            address,
            endpoint,
            methods=["POST"],
            dependencies=[INGEST_BY_BODY],
            response_model=TrackingReply,
            responses=problems(400, 413, 415, 429, 503),
            openapi_extra=_body(schema),
            include_in_schema=shown,
            operation_id=path.strip("/").replace("/", "_"),
        )


for _kind in get_args(EventType):
    _endpoint = _call(_kind)
    _add(f"/v1/{_kind}", _endpoint, _CALL)
    # As analytics.js in a browser abbreviates them.
    _add(f"/v1/{_kind[0]}", _endpoint, _CALL, listed=False)
for _name, _listed in _BATCHES.items():
    _add(f"/v1/{_name}", post_batch, _BATCH, _listed)


async def _kept(services: Services, scope: Scope, items: list[Any], kind: EventType | None = None) -> Response:
    refused = refusal(services.settings.tracking_max_event_bytes, kind)
    return reply(await take_in(services, scope, items, refused), success=True)


def _over(kind: Kind, field: str, limit: str) -> Refusal:
    told = f"A batch has at most {limit}. Send it in parts; /events takes larger ones."
    return Refusal(kind, told, [FieldError(field=field, reason=kind.slug.replace("-", "_"), detail=told)])


def _no_events(why: NotSplit) -> Refusal:
    told = f"{str(why)[0].upper()}{str(why)[1:]}."
    return Refusal(NO_EVENTS, told, [FieldError(field=why.field, reason="no_events", detail=told)])
