"""POST /signals/churn: the churn signal of one customer, several, a cohort or all."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from server.auth import ScopeDep
from server.bootstrap import ServicesDep
from server.openapi import problems
from server.times import moment
from tools import profile, signals
from tools.cohort import CohortArgs, check, select
from tools.signals import SignalView
from tools.tool import ToolContext

router = APIRouter(tags=["signals"])


class ChurnFilter(BaseModel):
    """Which customers; empty fields do not filter."""

    model_config = ConfigDict(extra="forbid")

    stages: list[str] = Field(default_factory=list)
    bands: list[str] = Field(default_factory=list)
    silent_days_min: int | None = Field(default=None, ge=0)
    value_min: float | None = Field(default=None, allow_inf_nan=False)


class ChurnRequest(BaseModel):
    """Name customers in exactly one way: `client_id`, `client_ids`, `filter` or `all`."""

    model_config = ConfigDict(extra="forbid")

    client_id: str | None = Field(default=None, min_length=1)
    client_ids: Annotated[list[str], Field(max_length=500)] | None = None
    filter: ChurnFilter | None = None
    all: bool = False
    as_of: str | None = None
    limit: int = Field(default=100, ge=1, le=500)
    cursor: str | None = Field(default=None, description="`next_cursor` of the page before")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [self.client_id, self.client_ids, self.filter, self.all or None]
        if sum(way is not None for way in ways) != 1:
            raise ValueError("name customers in exactly one way: client_id, client_ids, filter or all")
        return self


class ChurnReply(BaseModel):
    """Highest score first, ties by id; named customers in the order named. `probability` needs a model: null."""

    as_of: datetime
    results: list[SignalView]
    total: int
    next_cursor: str | None


@router.post("/signals/churn", responses=problems(404, 422, 503))
async def analyse_churn(asked: ChurnRequest, scope: ScopeDep, services: ServicesDep) -> ChurnReply:
    """Why customers may leave: status, band and drivers, each with its events."""
    now = await moment(services, scope, asked.as_of)
    context = services.desk.context(scope, now.as_of, now.settings)
    views = await _views(context, asked)
    start = next((i + 1 for i, view in enumerate(views) if view.client_id == asked.cursor), 0)
    page = views[start : start + asked.limit]
    more = page and start + asked.limit < len(views)
    return ChurnReply(as_of=now.as_of, results=page, total=len(views), next_cursor=page[-1].client_id if more else None)


async def _views(context: ToolContext, asked: ChurnRequest) -> list[SignalView]:
    named = [asked.client_id] if asked.client_id else asked.client_ids
    if named is not None:
        return [signals.signal_view(await profile.read_customer(context, client_id)) for client_id in named]
    args = CohortArgs(**(asked.filter or ChurnFilter()).model_dump())
    check(args)
    chosen = select(list((await context.survey()).customers.values()), args, context.as_of)
    return [signals.signal_view(customer) for customer in sorted(chosen, key=signals.by_score)]
