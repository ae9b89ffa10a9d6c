"""Other predictions than churn: whether a first purchase comes, or another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from memory.ledger import UnknownCustomer
from memory.record import Record
from memory.scope import Scope
from server.auth import ReadScope
from server.bootstrap import Services, ServicesDep
from server.churn_replies import accepted, point_at
from server.openapi import problems
from server.problems import INVALID_REQUEST, UNKNOWN_CLIENT, FieldError, Kind, Refusal
from server.times import moment
from tools.outlook import OtherOutcome, OutlookView, foretell
from tools.paging import page_of
from tools.prediction.asked import Asked
from tools.prediction.shelf import Awaited
from tools.tool import ToolContext, ToolError

router = APIRouter(tags=["signals"])

_TRAINING = "A model has to be trained first: `Location` tells how far that is"
Id = Annotated[str, Field(min_length=1)]


class OutlookRequest(BaseModel):
    """Name customers in exactly one way: `client_id`, `client_ids` or `all`."""

    model_config = ConfigDict(extra="forbid")

    client_id: Id | None = None
    client_ids: Annotated[list[Id], Field(max_length=500)] | None = None
    all: bool = False
    horizon_days: int | None = Field(default=None, ge=1, le=730, description="null for the workspace's own")
    as_of: str | None = None
    known_at: str | None = None
    limit: int = Field(default=100, ge=1, le=500)
    cursor: str | None = Field(default=None, description="`next_cursor` of the page before")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(way is not None for way in (self.client_id, self.client_ids, self.all or None)) != 1:
            raise ValueError("name customers in exactly one way: client_id, client_ids or all")
        return self


class OutlookReply(BaseModel):
    """Most likely first, ties by id; named customers in the order named.

    With status `training`, ask again later; where that `failed`, the results say why.
    """

    as_of: datetime
    outcome: str
    status: str
    job: str | None
    total: int
    results: list[OutlookView]
    next_cursor: str | None


_RESPONSES = {**problems(404, 422, 503), **accepted(OutlookReply, _TRAINING)}


@router.post("/signals/conversion", responses=_RESPONSES)
async def foretell_conversion(
    asked: OutlookRequest, scope: ReadScope, services: ServicesDep, response: Response
) -> OutlookReply:
    """How likely a first purchase is within the horizon, of those who have not bought yet, and why."""
    return await _answer("conversion", asked, scope, services, response)


@router.post("/signals/repeat_purchase", responses=_RESPONSES)
async def foretell_repeat_purchase(
    asked: OutlookRequest, scope: ReadScope, services: ServicesDep, response: Response
) -> OutlookReply:
    """How likely another purchase is within the horizon, of those who have bought, and why."""
    return await _answer("repeat_purchase", asked, scope, services, response)


async def _answer(
    outcome: OtherOutcome, asked: OutlookRequest, scope: Scope, services: Services, response: Response
) -> OutlookReply:
    now = await moment(services, scope, asked.as_of, asked.known_at, "/")
    churn = now.settings.churn
    if asked.horizon_days:
        churn = churn.model_copy(update={"horizon_days": asked.horizon_days})
    question, context = Asked(outcome, churn), services.desk.context(scope, now)
    everyone = await _everyone(context, asked)
    model = await services.desk.shelf.model(scope, question, now.as_of, now.known_at, present=now.present)
    found = await foretell(context, question, model, everyone)
    rows = [found[key] for key in everyone] if not asked.all else sorted(found.values(), key=_likeliest)
    try:
        page, following = page_of(rows, lambda row: row.client_id, asked.cursor, asked.limit)
    except ToolError as error:
        raise _refused(INVALID_REQUEST, "/cursor", "unknown_value", error) from error
    status = "done"
    if isinstance(model, Awaited):
        status = "failed" if model.failure else "training"
        point_at(response, model.job)
    return OutlookReply(
        as_of=now.as_of,
        outcome=outcome,
        status=status,
        job=model.job if isinstance(model, Awaited) else None,
        total=len(rows),
        results=list(page),
        next_cursor=following,
    )


async def _everyone(context: ToolContext, asked: OutlookRequest) -> Mapping[str, Sequence[Record]]:
    """The records of whom is asked about, in the order named."""
    if asked.all:
        return await context.ledger.everyone(context.scope, context.as_of, context.known_at)
    if asked.client_id is not None:
        return dict([await _named(context, asked.client_id, "/client_id")])
    return dict([await _named(context, key, f"/client_ids/{n}") for n, key in enumerate(asked.client_ids or [])])


async def _named(context: ToolContext, client_id: str, pointer: str) -> tuple[str, Sequence[Record]]:
    try:
        history = await context.history(client_id)
    except UnknownCustomer as error:
        raise _refused(UNKNOWN_CLIENT, pointer, "unknown_client", error) from error
    return history.client_id, history.records


def _likeliest(row: OutlookView) -> tuple[float, str]:
    return (-row.score if row.score is not None else float("inf"), row.client_id)


def _refused(kind: Kind, pointer: str, reason: str, error: Exception) -> Refusal:
    return Refusal(kind, str(error), [FieldError(field=pointer, reason=reason, detail=str(error))])
