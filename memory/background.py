"""A task beside the requests: started once, and ended with the application."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress

import structlog

log = structlog.get_logger()


class Background:
    """Runs until it is stopped. One that ends by itself has failed in a way nobody foresaw: that is logged."""

    def __init__(self, name: str, run: Callable[[], Coroutine[None, None, None]]) -> None:
        self._name = name
        self._run = run
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(self._ended)

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            log.error("background.ended", task=self._name, error=repr(error))
