"""The HTTP application: its routes, and what stands around them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from starlette.routing import Route

from memory.embedder import Embedder
from memory.reranking import Reranker
from memory.store import Store
from server import bootstrap, openapi, problems
from server.access_log import AccessLog
from server.bodies import BodyLimit
from server.cors import OpenTo
from server.local_only import LocalOnly
from server.parameters import refuse_unknown
from server.routes import (
    aliases,
    catalogue,
    chat,
    clients,
    completions,
    effects,
    erasure,
    events,
    health,
    keys,
    mcp,
    models,
    outcomes,
    overrides,
    playbook,
    portability,
    posthog,
    quarantine,
    recommendation_feedback,
    recommendations,
    repairs,
    score_history,
    segment,
    signal_models,
    signals,
    similar,
    stats,
    threads,
    webhooks,
    workspace,
)
from server.settings import Settings

ROUTERS = [
    events.router,
    aliases.router,
    erasure.router,
    # Before those of clients: there an id with slashes would take its address.
    similar.router,
    recommendations.router,
    catalogue.router,
    clients.router,
    # Before those of signals: there the name of a job would take their addresses.
    signal_models.router,
    score_history.router,
    overrides.router,
    signals.router,
    outcomes.router,
    # Before the recommendations: there it would be the id of one.
    effects.router,
    recommendation_feedback.router,
    chat.router,
    mcp.router,
    threads.router,
    workspace.router,
    playbook.router,
    quarantine.router,
    repairs.router,
    portability.router,
    stats.router,
    keys.router,
    webhooks.router,
    health.router,
]
#: Of clients that others wrote: what these add to an address is no mistake of the sender's.
SDK_ROUTERS = [segment.router, posthog.router]
CHAT_CLIENT_ROUTERS = [completions.router, models.router]
_PAGES_MAY_SEND = frozenset(route.path for sdk in SDK_ROUTERS for route in sdk.routes if isinstance(route, Route))
#: Streamed through, never held: an export of any size can come back.
_UNLIMITED_BODIES = frozenset({"/import"})


def create_app(
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    store: Store | None = None,
    reranker: Reranker | None = None,
) -> FastAPI:
    """The application for these settings; its services start and stop with its lifespan."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        services = await bootstrap.build(settings, embedder=embedder, store=store, reranker=reranker)
        app.state.services = services
        bootstrap.start(services)
        try:
            yield
        finally:
            await bootstrap.close(services)

    app = FastAPI(title="Throughline", summary="A memory of every customer, as of any time.", lifespan=lifespan)
    # The last one added is the outermost.
    app.add_middleware(BodyLimit, limit=settings.max_body_bytes, unlimited=_UNLIMITED_BODIES)
    app.add_middleware(OpenTo, paths=_PAGES_MAY_SEND)
    app.add_middleware(LocalOnly)
    app.add_middleware(AccessLog)
    problems.install(app)
    openapi.describe(app)
    for router in ROUTERS:
        app.include_router(router, dependencies=[Depends(refuse_unknown)])
    for router in [*SDK_ROUTERS, *CHAT_CLIENT_ROUTERS]:
        app.include_router(router)
    return app


def operator_token(app: FastAPI) -> str:
    """What opens a started application to the one who runs it, from this machine alone."""
    services: bootstrap.Services = app.state.services
    return services.keys.operator_token
