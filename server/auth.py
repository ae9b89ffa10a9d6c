"""Who may call, and which workspace they reach: by key, or from this machine alone."""

from __future__ import annotations

import base64
import hmac
import ipaddress
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from memory.scope import Scope, ScopeError, workspace_scope
from server.bootstrap import services_of
from server.problems import FORBIDDEN, INVALID_REQUEST, MISDIRECTED, UNAUTHORISED, FieldError, Refusal, respond
from server.settings import InvalidSettings, Settings

WORKSPACE_HEADER = "X-Workspace"
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="throughline", Basic realm="throughline"'}


def check_exposure(settings: Settings) -> None:
    """Raises InvalidSettings when anybody on the network could read and write without a key."""
    if not settings.keys and not is_loopback(settings.host):
        raise InvalidSettings(
            f"THROUGHLINE_HOST is {settings.host}, which others can reach, and there are no keys: "
            "set THROUGHLINE_KEYS=key=workspace, or listen on 127.0.0.1"
        )


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine only."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def scope_of(request: Request) -> Scope:
    """The workspace of a request: its key's, or without keys the one that a header names."""
    settings = services_of(request).settings
    asked = request.headers.get(WORKSPACE_HEADER)
    if settings.keys:
        return _keyed_scope(request, settings.keys, asked)
    try:
        return workspace_scope(settings.default_workspace if asked is None else asked)
    except ScopeError as error:
        wrong = FieldError(field=WORKSPACE_HEADER, reason="bad_workspace", detail=str(error))
        raise Refusal(INVALID_REQUEST, str(error), [wrong]) from None


ScopeDep = Annotated[Scope, Depends(scope_of)]


def _keyed_scope(request: Request, keys: Mapping[SecretStr, str], asked: str | None) -> Scope:
    sent = _sent_key(request.headers.get("authorization", ""))
    workspace = _workspace_of(sent, keys) if sent else None
    if workspace is None:
        told = "This key is not known." if sent else "Send a key: Authorization: Bearer <key>, or Basic <key>: ."
        raise Refusal(UNAUTHORISED, told, headers=_CHALLENGE)
    if asked not in (None, workspace):
        # Better than to answer from another workspace than the one that was named.
        raise Refusal(FORBIDDEN, f"This key does not open the workspace named in {WORKSPACE_HEADER}.")
    return workspace_scope(workspace)


def _sent_key(header: str) -> str | None:
    """The Bearer token, or the user name of Basic, as analytics SDKs send their write key."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip() or None
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[0] or None
    except ValueError:
        return None


def _workspace_of(sent: str, keys: Mapping[SecretStr, str]) -> str | None:
    """Compares all keys by digest, so that time tells neither how long nor how near a guess was."""
    digest = sha256(sent.encode(errors="surrogatepass")).digest()
    found = None
    for key, workspace in keys.items():
        if hmac.compare_digest(digest, sha256(key.get_secret_value().encode()).digest()):
            found = workspace
    return found


class LocalOnly:
    """Without keys: takes only requests that mean this machine, so that no web page can reach in.

    A page of another site may point its own name here (DNS rebinding), or post without asking (CSRF).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refusal = _foreign(request)
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await respond(request, refusal.kind, refusal.detail, refusal.errors)(scope, receive, send)


def _foreign(request: Request) -> Refusal | None:
    if not is_loopback(_host_name("//" + request.headers.get("host", ""))):
        told = "Without keys this server answers to localhost and 127.0.0.1 only; set THROUGHLINE_KEYS to serve others."
        return Refusal(MISDIRECTED, told, [FieldError(field="Host", reason="not_loopback", detail=told)])
    origin = request.headers.get("origin")
    if origin is not None and not is_loopback(_host_name(origin)):
        told = "Without keys this server takes no requests from pages of other sites."
        return Refusal(FORBIDDEN, told, [FieldError(field="Origin", reason="not_loopback", detail=told)])
    return None


def _host_name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
