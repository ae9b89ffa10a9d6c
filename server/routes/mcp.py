"""POST /mcp: the read-only tools, for clients of the Model Context Protocol."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from server.accept import accepted
from server.auth import ReadScope
from server.bootstrap import ServicesDep
from server.mcp.door import WORKSPACE
from server.openapi import problems
from server.problems import MEDIA_TYPE, NOT_ACCEPTABLE, UNSUPPORTED_MEDIA, FieldError, Refusal

router = APIRouter(tags=["mcp"])

_JSON = "application/json"
_MESSAGE: dict[str, Any] = {_JSON: {"schema": {"type": "object"}}}
#: A message may be an error of the protocol, or the request a problem before it is read as a message.
_WRONG: dict[str, Any] = {
    "description": "No message of the protocol, or of a method that there is none of",
    "content": {**_MESSAGE, MEDIA_TYPE: {"schema": {"type": "object"}}},
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The JSON-RPC response", "content": _MESSAGE},
    202: {"description": "Nothing is answered to a notification"},
    400: _WRONG,
    404: _WRONG,
}
_BODY = {"requestBody": {"required": True, "content": _MESSAGE}}

Handle = Callable[[Scope, Receive, Send], Awaitable[None]]


class _Handled(Response):
    """What another ASGI application answers to a request whose body has been read."""

    def __init__(self, handle: Handle, body: bytes) -> None:
        super().__init__()
        self._handle = handle
        self._read = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        unread: list[Message] = [{"type": "http.request", "body": self._read, "more_body": False}]

        async def again() -> Message:
            return unread.pop() if unread else await receive()

        await self._handle(scope, again, send)


@router.post("/mcp", responses={**problems(406, 415, 503), **_ANSWERS}, openapi_extra=_BODY, response_class=Response)
async def speak(request: Request, scope: ReadScope, services: ServicesDep) -> Response:
    """The Model Context Protocol: every tool and `ask`, to read with. Each request stands for itself.

    There are no sessions and no streams, so that GET and DELETE are answered 405. The key decides the workspace.
    """
    _check(request)
    body = await request.body()
    endpoint = await services.mcp.endpoint()
    request.scope["state"][WORKSPACE] = scope
    return _Handled(endpoint.handle, body)


def _check(request: Request) -> None:
    """Raises Refusal for a body that is not said to be JSON, and for who takes no JSON."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        told = f"Send {_JSON}."
        raise Refusal(UNSUPPORTED_MEDIA, told, [FieldError(field="Content-Type", reason="not_json", detail=told)])
    if not accepted(request) & {_JSON, "application/*", "*/*"}:
        told = f"Accept {_JSON}."
        raise Refusal(NOT_ACCEPTABLE, told, [FieldError(field="Accept", reason="not_json", detail=told)])
