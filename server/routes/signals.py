"""Churn signals: of one customer, several or a cohort at once, of all as a job; and who is most at risk."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from memory.jobs import MOST_JOBS, new_job
from memory.scope import Scope
from memory.workspace import ChurnDefinition, Title, WorkspaceSettings
from server.auth import ReadScope
from server.bootstrap import Services, ServicesDep
from server.chosen import ChurnFilter, filtered, misfit, named, refused, several
from server.churn_replies import ChurnReply, accepted, point_at, told, told_of_job, told_of_training
from server.openapi import problems
from server.problems import INVALID_REQUEST, FieldError, Kind, Refusal
from server.times import Moment, MomentDep, moment
from tools import signals
from tools.cohort import check_bands
from tools.risk_list import Order, RiskSort, in_order, scored
from tools.survey import Customer
from tools.tool import ToolContext, ToolError

router = APIRouter(tags=["signals"])


ClientId = Annotated[str, Field(min_length=1)]


class Definition(BaseModel):
    """Another definition of churn than the workspace's, for this question only.

    Without `inactive_days` nobody counts as churned by silence: everybody who was ever active is foretold.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["inactivity", "cancel"]
    inactive_days: int | None = Field(default=None, ge=1, le=3650)
    activity: list[Title] = Field(default_factory=list, max_length=100)
    cancel_events: list[Title] = Field(default_factory=list, max_length=100)
    customers: Literal["auto", "buyers", "everyone"] = "auto"


class ChurnRequest(BaseModel):
    """Name customers in exactly one way: `client_id`, `client_ids`, `filter` or `all`."""

    model_config = ConfigDict(extra="forbid")

    client_id: ClientId | None = None
    client_ids: Annotated[list[ClientId], Field(max_length=500)] | None = None
    filter: ChurnFilter | None = None
    all: bool = False
    horizon_days: int | None = Field(default=None, ge=1, le=730, description="null for the workspace's own")
    definition: Definition | None = Field(default=None, description="null for the workspace's own")
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


_TRAINING = "A model has to be trained, or everybody to be scored first: `Location` tells how far that is"
Sort = Annotated[RiskSort, Query(description="What comes first; by value at stake, currency by currency")]
Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before")]
UNKNOWN_JOB = Kind("unknown-job", 404, "Unknown job")


@router.post("/signals/churn", responses={**problems(404, 422, 503), **accepted(ChurnReply, _TRAINING)})
async def analyse_churn(asked: ChurnRequest, scope: ReadScope, services: ServicesDep, response: Response) -> ChurnReply:
    """Why customers may leave: status, probability, band and drivers, each with its events.

    Everybody is scored as a job, which is done at once where they are few.
    """
    now = foretelling(await moment(services, scope, asked.as_of, asked.known_at, "/"), asked)
    try:
        if asked.all:
            return await _everybody(services, scope, now, asked, response)
        chosen = await _chosen(services.desk.context(scope, now), asked)
        return told(response, now.as_of, chosen, asked.cursor, asked.limit)
    except ToolError as error:
        raise misfit(error) from error


@router.get("/signals/churn", responses={**problems(422, 503), **accepted(ChurnReply, _TRAINING)})
async def list_churn(
    scope: ReadScope,
    services: ServicesDep,
    moment: MomentDep,
    response: Response,
    sort: Sort = "probability",
    order: Order = "desc",
    band: Annotated[list[str] | None, Query(description="one or more bands")] = None,
    horizon_days: Annotated[int | None, Query(ge=1, le=730, description="by default the workspace's own")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ChurnReply:
    """Who may leave, of all who can: by probability, by value at stake, or by how much it has changed."""
    now = replace(moment, settings=_over(moment.settings, horizon_days))
    try:
        check_bands(band or [])
        everyone = list((await services.desk.context(scope, now).survey()).customers.values())
        if any(each.signal.status == "training" for each in everyone):
            return told(response, now.as_of, sorted(everyone, key=signals.by_score), cursor, limit)
        return told(response, now.as_of, in_order(scored(everyone, band or []), sort, order), cursor, limit)
    except ToolError as error:
        field = {"bands": "band", "after": "cursor"}.get(error.argument, error.argument)
        raise refused(INVALID_REQUEST, field, "unknown_value", error) from error


@router.get("/signals/churn/{job}", responses={**problems(404, 422, 503)})
async def get_churn_job(
    job: Annotated[str, Path(max_length=100)],
    scope: ReadScope,
    services: ServicesDep,
    sort: Sort = "probability",
    order: Order = "desc",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ChurnReply:
    """How far a job is; of one that scores everybody its result, in pages, once it is done.

    The result is that of when the job was made, without whoever was erased since. The newest 100 jobs are known.
    """
    found = await services.jobs.look(scope, job)
    if found is None:
        return await _training(services, scope, job)
    try:
        return told_of_job(*found, cursor, limit, sort, order)
    except ToolError as error:
        raise refused(INVALID_REQUEST, "cursor", "unknown_value", error) from error


async def _everybody(
    services: Services, scope: Scope, now: Moment, asked: ChurnRequest, response: Response
) -> ChurnReply:
    made = datetime.now(UTC)
    known_at = min(now.known_at, made) if now.known_at else made
    job = new_job(
        "score", made, now.as_of, known_at=known_at, bounded=now.known_at is not None, present=now.present,
        settings=now.settings,
    )  # fmt: skip
    found, survey = await services.jobs.begin(scope, job)
    if survey is None:
        point_at(response, found.id)
    return told_of_job(found, survey, asked.cursor, asked.limit)


async def _training(services: Services, scope: Scope, version: str) -> ChurnReply:
    """How far a model's training is, which goes by the model's version."""
    awaited = services.desk.shelf.job(scope, version)
    kept = None if awaited else await services.desk.shelf.models.get(scope, version)
    if awaited is None and kept is None:
        told = f"there is no job {version!r} here; the newest {MOST_JOBS} are known"
        raise Refusal(UNKNOWN_JOB, told, [FieldError(field="job", reason="unknown_job", detail=told)])
    return told_of_training(awaited, version, kept.until if kept else datetime.now(UTC))


def foretelling(now: Moment, asked: ChurnRequest) -> Moment:
    """The moment, with the workspace's definition of churn replaced by what was asked for."""
    churn = now.settings.churn
    if asked.definition:
        churn = ChurnDefinition(**asked.definition.model_dump(), horizon_days=churn.horizon_days, bands=churn.bands)
    settings = now.settings.model_copy(update={"churn": churn})
    return replace(now, settings=_over(settings, asked.horizon_days))


def _over(settings: WorkspaceSettings, horizon_days: int | None) -> WorkspaceSettings:
    """The settings, with another horizon where one is given."""
    if horizon_days is None:
        return settings
    return settings.model_copy(update={"churn": settings.churn.model_copy(update={"horizon_days": horizon_days})})


async def _chosen(context: ToolContext, asked: ChurnRequest) -> list[Customer]:
    if asked.client_id is not None:
        return [await named(context, asked.client_id, "/client_id")]
    if asked.client_ids is not None:
        return await several(context, asked.client_ids)
    return await filtered(context, asked.filter)
