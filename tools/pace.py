"""Turns for other requests within long loops."""

from __future__ import annotations

import asyncio
from time import perf_counter

#: A request that waits this long for its turn does not notice.
_TURN_S = 0.01


class Pace:
    """Gives the event loop a turn once one's own has lasted 10 ms."""

    def __init__(self) -> None:
        self._since = perf_counter()

    async def breathe(self) -> None:
        if perf_counter() - self._since > _TURN_S:
            await asyncio.sleep(0)
            self._since = perf_counter()
