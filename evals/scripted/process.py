"""A scripted model in a process of its own, so that it and the product do not wait for each other's turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from evals.scripted.model_server import ModelServer, Script


class ModelProcess:
    """The address of a model in another process, and how long it had requests in hand."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe
        self.base_url: str = pipe.recv()

    def spent_s(self) -> float:
        """Seconds so far, as the model itself measured them."""
        self._pipe.send("spent")
        return float(self._pipe.recv())


@contextmanager
def model_process(script: Script) -> Iterator[ModelProcess]:
    """The script has to be picklable."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, script), daemon=True)
    process.start()
    # Else its end would not be seen here.
    theirs.close()
    try:
        yield ModelProcess(ours)
    finally:
        ours.close()
        process.join()


def _serve(pipe: Connection, script: Script) -> None:
    with ModelServer(script) as server:
        pipe.send(server.base_url)
        while True:
            try:
                pipe.recv()
            except EOFError:
                return
            pipe.send(server.spent_s)
