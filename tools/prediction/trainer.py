"""Training beside the serving process: one model at a time, in a process of its own that ends when it is idle."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from typing import Any

from tools.prediction.asked import Asked, asked_json, read_asked
from tools.prediction.table import Table

#: Of fewer customers nothing is learnt: the prior is made where it is needed.
FEWEST_CUSTOMERS = 10


class TrainingFailed(Exception):
    """No model came of a training; the sentence says why."""


class Trainer:
    """Trains in a worker process. Importing what training needs takes seconds there, and nothing here."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._pool: ProcessPoolExecutor | None = None

    async def train(self, table: Table, asked: Asked, until: datetime) -> dict[str, Any]:
        """The model as `Trained.to_json` gives it, from a table of events before `until`; raises TrainingFailed."""
        if len(table.customers) < FEWEST_CUSTOMERS:
            from tools.prediction.training import without_history

            return without_history(table, asked, until).to_json()
        async with self._turn:
            try:
                return await self._in_process(table, asked, until)
            finally:
                # The worker's libraries and its copy of the data need not wait for next month.
                await self.close()

    async def _in_process(self, table: Table, asked: Asked, until: datetime) -> dict[str, Any]:
        # "spawn": a forked copy of a threaded process can deadlock.
        spawn = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, spawn, initializer=end_with_parent)
        loop = asyncio.get_running_loop()
        made = loop.run_in_executor(self._pool, run_training, table, asked_json(asked), until)
        # Looked at even where nobody waits any more: what ends with its worker is no error then.
        made.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            # Not cancelled with whoever waits: the pool would fill in a result that is gone.
            return await asyncio.shield(made)
        except BrokenProcessPool as error:
            raise TrainingFailed(f"the training process ended: {error}") from error
        except (ValueError, ArithmeticError, MemoryError, OSError) as error:
            raise TrainingFailed(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """End the worker, whatever it does."""
        pool, self._pool = self._pool, None
        if pool:
            for worker in list(pool._processes.values()):
                worker.terminate()
            pool.shutdown(wait=False, cancel_futures=True)


def end_with_parent() -> None:
    """Let this process end with the one that started it, which may be killed: it holds customers' data."""
    parent = multiprocessing.parent_process()
    # The worker holds both ends of its queue: nothing else tells it that nobody is left.
    if parent:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def run_training(table: Table, asked: dict[str, Any], until: datetime) -> dict[str, Any]:
    """The worker's side."""
    from tools.prediction.training import train

    return train(table, read_asked(asked), until).to_json()
