"""Run the server: open what it needs, say in one sentence why it cannot start, tell where it is."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime

import structlog
import uvicorn
from fastapi import FastAPI
from uvicorn.loops.auto import auto_loop_factory

from memory.embedder import Embedder
from memory.keyring import Keyring
from memory.store import Store, StoreError
from server import logs
from server.access import check_exposure
from server.address import Address, remove_address, running_server, write_address
from server.app import create_app, operator_token
from server.bootstrap import make_embedder, open_store, place_of
from server.settings import InvalidSettings, Settings, load_settings

log = structlog.get_logger()

#: Open streams get this long to end before they are cut.
_GRACE_S = 10
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104


class CannotStart(Exception):
    """One sentence for the person who tried."""


#: What runs beside the server once it listens, given its URL.
Alongside = Callable[[str], Coroutine[None, None, None]]


def serve(settings: Settings, *, embedder: Embedder | None = None, alongside: Alongside | None = None) -> None:
    """Serve until a signal ends it; when it cannot start, one sentence on stderr and SystemExit(1)."""
    logs.configure(settings.log_level)
    # What is imported stays, and events hold no cycles: looking for garbage after every 700 objects took a sixth of
    # the time of intake.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    # uvicorn raises the signal again when all is closed; its default would skip what Python does at exit.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
            runner.run(_serve(settings, embedder, alongside))
    except (CannotStart, InvalidSettings) as why:
        sys.stderr.write(f"{why}\n")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        # Raised again by uvicorn after everything was closed.
        return


async def _serve(settings: Settings, embedder: Embedder | None, alongside: Alongside | None) -> None:
    embedder = embedder or make_embedder(settings)
    store = await _open(settings, embedder)
    try:
        await _check_exposure(settings, store)
        await _check_threads(settings)
        listener = _listen(settings)
    except (CannotStart, InvalidSettings):
        await store.close()
        raise
    app = create_app(settings, embedder=embedder, store=store)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="on", ws="none", timeout_graceful_shutdown=_GRACE_S
    )
    await _Server(config, app, settings, listener, alongside).serve(sockets=[listener])


async def _open(settings: Settings, embedder: Embedder) -> Store:
    try:
        return await open_store(settings, embedder.dimensions)
    except StoreError as error:
        running = None if settings.qdrant_url else running_server(settings.data_dir)
        if running:
            raise CannotStart(
                f"The data directory {settings.data_dir} is already served at {running.url} (process {running.pid}): "
                "use that server, stop it, or set another THROUGHLINE_DATA_DIR."
            ) from error
        raise CannotStart(f"Cannot start: {error}.") from error
    except OSError as error:
        raise CannotStart(f"Cannot use the data directory {settings.data_dir}: {error.strerror}.") from error


async def _check_exposure(settings: Settings, store: Store) -> None:
    keyring = Keyring(store, shared=False)
    try:
        await keyring.refresh()
    except StoreError as error:
        raise CannotStart(f"Cannot start: {error}.") from error
    check_exposure(settings, stored_keys=len(keyring.active(datetime.now(UTC))))


async def _check_threads(settings: Settings) -> None:
    """A database that is away at the start is a mistake in its address more often than not."""
    if settings.threads_url is None:
        return
    try:
        await (await place_of(settings).open()).close()
    except StoreError as error:
        raise CannotStart(f"Cannot start: {error} (THROUGHLINE_THREADS_URL).") from error


def _listen(settings: Settings) -> socket.socket:
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind)
    except OSError as error:
        raise CannotStart(f"Cannot listen on {settings.host}: {error.strerror}.") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
    except OSError as error:
        listener.close()
        raise CannotStart(
            f"Cannot listen on {settings.host} port {settings.port}: {error.strerror}; set another THROUGHLINE_PORT."
        ) from error
    return listener


class _Server(uvicorn.Server):
    """Leaves word of its address while it runs."""

    def __init__(
        self,
        config: uvicorn.Config,
        app: FastAPI,
        settings: Settings,
        listener: socket.socket,
        alongside: Alongside | None,
    ) -> None:
        super().__init__(config)
        self._app = app
        self._alongside = alongside
        self._beside: asyncio.Task[None] | None = None
        self._data_dir = settings.data_dir
        host = _ANY_ADDRESS.get(settings.host, settings.host).strip("[]")
        shown = f"[{host}]" if ":" in host else host
        self._url = f"http://{shown}:{listener.getsockname()[1]}"

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.should_exit:
            return
        write_address(self._data_dir, Address(self._url, os.getpid(), operator_token(self._app)))
        log.info("server.started", url=self._url, docs=f"{self._url}/docs")
        if self._alongside:
            self._beside = asyncio.create_task(self._alongside(self._url))
            self._beside.add_done_callback(self._beside_ended)

    def _beside_ended(self, task: asyncio.Task[None]) -> None:
        """A failure beside the server ends the server, and is raised where it was started."""
        if not task.cancelled() and task.exception():
            self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        remove_address(self._data_dir)
        if self._beside and not self._beside.done():
            self._beside.cancel()
        await super().shutdown(sockets)
        if self._beside and self._beside.done() and not self._beside.cancelled():
            self._beside.result()


def main() -> None:
    """Serve with the settings of this environment."""
    try:
        settings = load_settings()
    except InvalidSettings as why:
        sys.stderr.write(f"{why}\n")
        raise SystemExit(1) from None
    serve(settings)


if __name__ == "__main__":
    main()
