"""The key of clients that send it in the body, as analytics SDKs do, instead of a header."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request

from memory.keys import KeyScope
from memory.scope import Scope
from server.auth import scope_for_key


async def scope_and_body(
    request: Request, read: Callable[[], Awaitable[Any]], key_of: Callable[[Any], str | None]
) -> tuple[Scope, Any]:
    """The workspace that events go to, and the decoded body; raises Refusal.

    A key in the header is checked before the body is read, one in the body is seen only then.
    """
    request.state.of_sdk = True
    if "authorization" in request.headers:
        scope = await scope_for_key(request, None, KeyScope.INGEST)
        return scope, await read()
    body = await read()
    return await scope_for_key(request, key_of(body), KeyScope.INGEST), body
