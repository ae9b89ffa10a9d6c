"""Trying again: what may pass soon, a few times, within the time that is left."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    stop_any,
    stop_before_delay,
)
from tenacity.wait import wait_exponential_jitter

from agent.chat_model import ProviderFailed

T = TypeVar("T")

#: A provider's hiccup passes within seconds; a longer outage is not the asker's to wait for.
ATTEMPTS = 3
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.2, 2.0
_backoff = wait_exponential_jitter(multiplier=_FIRST_WAIT_S, max=_LONGEST_WAIT_S, jitter=_FIRST_WAIT_S)


async def retried(attempt: Callable[[float], Awaitable[T]], within_s: float) -> T:
    """What the attempt gives, which is told how many seconds are left; raises what it raised last.

    A wait that the provider asks for is kept to; one that goes beyond the time that is left ends it at once.
    """
    until = time.monotonic() + within_s
    retrying = AsyncRetrying(
        retry=retry_if_exception(lambda error: isinstance(error, ProviderFailed) and error.again),
        stop=stop_any(stop_after_attempt(ATTEMPTS), stop_before_delay(within_s)),
        wait=_wait_s,
        reraise=True,
    )

    async def once() -> T:
        return await attempt(until - time.monotonic())

    return await retrying(once)


def _wait_s(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait_s if isinstance(error, ProviderFailed) else 0.0
    # On top of what was asked for: those who wait together come back apart.
    return asked + _backoff(state)
