"""The HTTP application: its routes, and what stands around them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI

from memory.embedder import Embedder
from memory.store import Store
from server import bootstrap, openapi, problems
from server.access_log import AccessLog
from server.auth import LocalOnly
from server.bodies import BodyLimit
from server.parameters import refuse_unknown
from server.routes import chat, clients, events, health, portability, quarantine, signals, workspace
from server.settings import Settings

ROUTERS = [
    events.router,
    clients.router,
    signals.router,
    chat.router,
    workspace.router,
    quarantine.router,
    portability.router,
    health.router,
]
#: Streamed through, never held: an export of any size can come back.
_UNLIMITED_BODIES = frozenset({"/import"})


def create_app(settings: Settings, *, embedder: Embedder | None = None, store: Store | None = None) -> FastAPI:
    """The application for these settings; its services start and stop with its lifespan."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        services = await bootstrap.build(settings, embedder=embedder, store=store)
        app.state.services = services
        bootstrap.start(services)
        try:
            yield
        finally:
            await bootstrap.close(services)

    app = FastAPI(title="Throughline", summary="A memory of every customer, as of any time.", lifespan=lifespan)
    # The last one added is the outermost.
    app.add_middleware(BodyLimit, limit=settings.max_body_bytes, unlimited=_UNLIMITED_BODIES)
    if not settings.keys:
        app.add_middleware(LocalOnly)
    app.add_middleware(AccessLog)
    problems.install(app)
    openapi.describe(app)
    for router in ROUTERS:
        app.include_router(router, dependencies=[Depends(refuse_unknown)])
    return app
