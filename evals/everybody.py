"""Everybody's churn signal over the API: asked for once, waited for while it is a job, read page by page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from evals.target import Json, TargetFailed

_POLL_S = 0.2
#: The most that one page of signals holds.
_PAGE = 500
_FAILED = "failed"
_DONE = "done"

#: (method, path, what httpx is given) -> the JSON of the reply.
Send = Callable[..., Awaitable[Json]]


async def everybodys_signals(send: Send, as_of: str) -> list[Json]:
    """The signal of every customer at a time; raises TargetFailed where the job failed."""
    body: dict[str, Any] = {"all": True, "as_of": as_of, "limit": _PAGE}
    reply = await _done(send, await send("POST", "/signals/churn", json=body))
    found: list[Json] = list(reply["results"])
    while reply["next_cursor"] is not None:
        page = {"limit": _PAGE, "cursor": reply["next_cursor"]}
        if reply.get("job"):
            reply = await _done(send, await send("GET", f"/signals/churn/{reply['job']}", params=page), page)
        else:
            reply = await send("POST", "/signals/churn", json={**body, **page})
        found += reply["results"]
    return found


async def _done(send: Send, reply: Json, page: Json | None = None) -> Json:
    """The reply once the job behind it is done; one that is no job is done at once."""
    while (status := reply.get("status", _DONE)) != _DONE:
        if status == _FAILED:
            raise TargetFailed(f"the signals of everybody: {reply.get('reason')}")
        await asyncio.sleep(_POLL_S)
        reply = await send("GET", f"/signals/churn/{reply['job']}", params=page or {"limit": _PAGE})
    return reply
