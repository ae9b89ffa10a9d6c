"""Without keys only this machine is answered, so that no web page of another site can reach in."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from memory.store import StoreError
from server.address import is_loopback
from server.bootstrap import services_of
from server.problems import FORBIDDEN, MISDIRECTED, FieldError, Refusal, respond


class LocalOnly:
    """Refuses what `foreign` finds, as long as no keys are in use."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope) if scope["type"] == "http" else None
        refusal = foreign(request) if request else None
        if request is None or refusal is None or await _keys_required(request):
            await self._app(scope, receive, send)
        else:
            await respond(request, refusal.kind, refusal.detail, refusal.errors)(scope, receive, send)


def foreign(request: Request) -> Refusal | None:
    """Why a request does not come from this machine's own pages and programs, if so.

    A page of another site may point its own name here (DNS rebinding), or post without asking (CSRF).
    """
    if not is_loopback(_host_name("//" + request.headers.get("host", ""))):
        told = (
            "Without keys this server answers to localhost and 127.0.0.1 only; "
            "`throughline keys create` or THROUGHLINE_KEYS lets it serve others."
        )
        return Refusal(MISDIRECTED, told, [FieldError(field="Host", reason="not_loopback", detail=told)])
    origin = request.headers.get("origin")
    if origin is not None and not is_loopback(_host_name(origin)):
        told = "Without keys this server takes no requests from pages of other sites."
        return Refusal(FORBIDDEN, told, [FieldError(field="Origin", reason="not_loopback", detail=told)])
    return None


async def _keys_required(request: Request) -> bool:
    keys = services_of(request).keys
    if not keys.required:
        # A store that is away tells of no keys: refusing is the safe answer.
        with suppress(StoreError):
            await keys.refresh()
    return keys.required


def _host_name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
