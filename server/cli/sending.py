"""Sends batches of events to /events, and waits as long as the server asks to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type
from tenacity.wait import wait_exponential_jitter

from server.cli.connection import CommandFailed, checked, told_of

#: For a server that cannot be reached, or whose store is away.
_ATTEMPTS = 6
#: For a server that is alive and only has too much to do: embedding a backlog takes minutes.
_PATIENCE_S = 600.0
#: No server means to be asked again later than this; one that says so has a wrong clock.
_LONGEST_PAUSE_S = 60.0
_backoff = wait_exponential_jitter(multiplier=0.5, max=10.0)


#: A request that is refused for what it holds: sent in smaller parts it may be taken.
_OF_CONTENT = (400, 413, 422)


class Refused(CommandFailed):
    """The server takes none of these items as they are."""


class Busy(Exception):
    """The server asked to come again, after `retry_after_s` if it said so."""

    def __init__(self, status: int, retry_after_s: float | None) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.retry_after_s = retry_after_s


async def send(client: httpx.AsyncClient, batch: Sequence[bytes]) -> dict[str, Any]:
    """The reply to these items (JSON texts), once there is one; raises Refused, CommandFailed or httpx.TransportError.

    Repeats are harmless: what was kept the first time comes back as a duplicate.
    """
    body = b"[" + b",".join(batch) + b"]"
    retrying = AsyncRetrying(
        retry=retry_if_exception_type((httpx.TransportError, Busy)), stop=_give_up, wait=_pause, reraise=True
    )
    try:
        async for attempt in retrying:
            with attempt:
                response = await _post(client, body)
    except Busy:
        raise CommandFailed("The server stayed too busy to take the events; loading again goes on.") from None
    if response.status_code in _OF_CONTENT:
        raise Refused(told_of(response))
    reply: dict[str, Any] = orjson.loads(response.content) if response.is_success else checked(response)
    return reply


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for, given as a number or as a date; None for any other."""
    if header is None:
        return None
    try:
        wanted = float(header) if header.strip().isdigit() else (parsedate_to_datetime(header) - now).total_seconds()
    except (ValueError, TypeError):
        return None
    return min(max(wanted, 0.0), _LONGEST_PAUSE_S)


async def _post(client: httpx.AsyncClient, body: bytes) -> httpx.Response:
    response = await client.post("/events", content=body, headers={"Content-Type": "application/json"})
    if response.status_code in (429, 503):
        raise Busy(response.status_code, retry_after_s(response.headers.get("retry-after"), datetime.now(UTC)))
    return response


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after_s if isinstance(error, Busy) else None
    return _backoff(state) if asked is None else asked


def _give_up(state: RetryCallState) -> bool:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, Busy) and error.status == 429:
        return (state.seconds_since_start or 0.0) > _PATIENCE_S
    return state.attempt_number >= _ATTEMPTS
