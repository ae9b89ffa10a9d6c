"""GET /health/live and /health/ready: for whoever starts, watches and balances servers; no key is needed."""

from __future__ import annotations

import asyncio
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from agent.model_status import ModelStatus
from memory.store import StoreUnavailable
from server.bootstrap import Services, ServicesDep
from server.openapi import problems

router = APIRouter(tags=["operation"])

#: Probes are usually given up on after this long.
READY_TIMEOUT_S = 5.0
Loading = Literal["loaded", "loading", "not_loaded"]


class Live(BaseModel):
    status: Literal["live"] = "live"


class Ready(BaseModel):
    """The store answers. Without the embedding model everything works but search by meaning, which waits for it;
    without a language model everything does.
    """

    status: Literal["ready"] = "ready"
    embedder: Loading
    pending: int = Field(description="Events that wait for their vectors, in all workspaces")
    model: ModelStatus


@router.get("/health/live")
async def get_live() -> Live:
    """The process runs."""
    return Live()


@router.get("/health/ready", responses={503: problems(503)[503]})
async def get_ready(services: ServicesDep) -> Ready:
    """The store answers, so requests can be sent here."""
    try:
        async with asyncio.timeout(READY_TIMEOUT_S):
            pending = await services.indexer.pending()
    except TimeoutError:
        raise StoreUnavailable(f"the store did not answer within {READY_TIMEOUT_S:g} s") from None
    return Ready(embedder=_loading(services), pending=pending, model=services.desk.model_status)


def _loading(services: Services) -> Loading:
    if services.embedder.loaded:
        return "loaded"
    return "loading" if services.warmup and not services.warmup.done() else "not_loaded"
