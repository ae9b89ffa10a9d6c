"""Which addresses pages of any site may send to, and how browsers are told."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Seconds that a browser need not ask again.
MAX_AGE_S = 86_400
#: The last is sent by RudderStack's clients; a browser sends none that is not named here.
_ALLOWED = "Content-Type, Authorization, AnonymousId"


class OpenTo:
    """Answers browsers on these paths, whatever site their page is of; all other paths stay closed to other sites.

    Nothing is allowed that needs cookies: who may write is decided by the key that is sent.
    """

    def __init__(self, app: ASGIApp, paths: frozenset[str]) -> None:
        self._app = app
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in self._paths:
            await self._app(scope, receive, send)
        elif scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=_preflight())(scope, receive, send)
        else:
            await self._app(scope, receive, _opened(send))


def _preflight() -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "POST, OPTIONS",
        "Access-Control-Allow-Headers": _ALLOWED,
        "Access-Control-Max-Age": str(MAX_AGE_S),
    }


def _opened(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Access-Control-Allow-Origin"] = "*"
            headers["Access-Control-Expose-Headers"] = "Retry-After, X-Request-ID"
        await send(message)

    return sending
