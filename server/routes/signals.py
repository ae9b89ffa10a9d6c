"""POST /signals/churn: the churn signal of one customer, several, a cohort or all."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from memory.ledger import UnknownCustomer
from server.auth import ReadScope
from server.bootstrap import ServicesDep
from server.openapi import problems
from server.problems import INVALID_REQUEST, UNKNOWN_CLIENT, FieldError, Kind, Refusal
from server.times import moment
from tools import profile, signals
from tools.cohort import CohortArgs, Days, check, select
from tools.paging import page_of
from tools.signals import SignalView
from tools.survey import Customer
from tools.tool import ToolContext, ToolError

router = APIRouter(tags=["signals"])


ClientId = Annotated[str, Field(min_length=1)]


class ChurnFilter(BaseModel):
    """Which customers; empty fields do not filter."""

    model_config = ConfigDict(extra="forbid")

    stages: list[str] = Field(default_factory=list)
    bands: list[str] = Field(default_factory=list)
    silent_days_min: Days | None = None
    value_min: float | None = Field(default=None, allow_inf_nan=False)


class ChurnRequest(BaseModel):
    """Name customers in exactly one way: `client_id`, `client_ids`, `filter` or `all`."""

    model_config = ConfigDict(extra="forbid")

    client_id: ClientId | None = None
    client_ids: Annotated[list[ClientId], Field(max_length=500)] | None = None
    filter: ChurnFilter | None = None
    all: bool = False
    as_of: str | None = None
    known_at: str | None = None
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
async def analyse_churn(asked: ChurnRequest, scope: ReadScope, services: ServicesDep) -> ChurnReply:
    """Why customers may leave: status, band and drivers, each with its events."""
    now = await moment(services, scope, asked.as_of, asked.known_at, "/")
    context = services.desk.context(scope, now)
    try:
        chosen = await _chosen(context, asked)
        page, following = page_of(chosen, lambda customer: customer.client_id, asked.cursor, asked.limit)
    except ToolError as error:
        raise _refused(INVALID_REQUEST, _POINTERS[error.argument], "unknown_value", error) from error
    results = [signals.signal_view(customer) for customer in page]
    return ChurnReply(as_of=now.as_of, results=results, total=len(chosen), next_cursor=following)


async def _chosen(context: ToolContext, asked: ChurnRequest) -> list[Customer]:
    if asked.client_id is not None:
        return [await _named(context, asked.client_id, "/client_id")]
    if asked.client_ids is not None:
        found = [await _named(context, key, f"/client_ids/{n}") for n, key in enumerate(asked.client_ids)]
        # Named twice, or by an anonymous id as well, a customer is one result.
        return list({customer.client_id: customer for customer in found}.values())
    args = CohortArgs(**(asked.filter or ChurnFilter()).model_dump())
    check(args)
    chosen = select(list((await context.survey()).customers.values()), args, context.as_of)
    return sorted(chosen, key=signals.by_score)


async def _named(context: ToolContext, client_id: str, pointer: str) -> Customer:
    try:
        return await profile.read_customer(context, client_id)
    except UnknownCustomer as error:
        raise _refused(UNKNOWN_CLIENT, pointer, "unknown_client", error) from error


#: Where arguments of tools stand in this body.
_POINTERS = {"stage": "/filter/stages", "bands": "/filter/bands", "after": "/cursor"}


def _refused(kind: Kind, pointer: str, reason: str, error: Exception) -> Refusal:
    return Refusal(kind, str(error), [FieldError(field=pointer, reason=reason, detail=str(error))])
