"""What to offer and to do next: for one customer, or for every one of a cohort."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from memory.scope import Scope
from server.auth import ReadScope
from server.bootstrap import Services, ServicesDep
from server.chosen import ChurnFilter, filtered, misfit, several
from server.openapi import problems
from server.times import MomentDep, moment
from tools import profile
from tools.advice import Advice, Foundations, advise, foundations
from tools.giving import given_of
from tools.pace import Pace
from tools.paging import page_of
from tools.playbook.shelf import InForce
from tools.recommendation import Kind as What
from tools.recommendation import Recommendation
from tools.survey import Customer
from tools.tool import StillTraining, ToolContext, ToolError

router = APIRouter(tags=["recommendations"])

Most = Annotated[int, Query(ge=1, le=25, description="Recommendations at most")]
Whose = Annotated[str, Path(min_length=1, description="A user id or anonymous id, percent-encoded")]
Only = Annotated[What | None, Query(description="Only items they may want, or only actions of ours")]
NewOnly = Annotated[bool, Query(description="Only items that they have not taken up before")]


class PlaybookRef(BaseModel):
    """Which playbook the actions are of; `problem` is why a newer version of its file is not in force."""

    name: str
    digest: str
    source: str
    problem: str | None


class RecommendationsReply(BaseModel):
    """`reason` says why there is nothing, where there is nothing."""

    client_id: str
    as_of: datetime
    recommendations: list[Recommendation]
    reason: str | None
    playbook: PlaybookRef


class CohortRequest(BaseModel):
    """Name customers in exactly one way: `client_ids` or `filter`, of which an empty one names everybody."""

    model_config = ConfigDict(extra="forbid")

    client_ids: Annotated[list[Annotated[str, Field(min_length=1)]], Field(max_length=500)] | None = None
    filter: ChurnFilter | None = None
    kind: What | None = None
    each: int = Field(default=3, ge=1, le=25, description="Recommendations for each customer, at most")
    exclude_owned: bool = False
    as_of: str | None = None
    known_at: str | None = None
    limit: int = Field(default=50, ge=1, le=200, description="Customers in a page")
    cursor: str | None = Field(default=None, description="`next_cursor` of the page before")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.client_ids is None) == (self.filter is None):
            raise ValueError("name customers in exactly one way: client_ids or filter")
        return self


class ForOne(BaseModel):
    """The recommendations of one customer of a cohort."""

    client_id: str
    name: str | None
    recommendations: list[Recommendation]
    reason: str | None


class CohortReply(BaseModel):
    """Who is most likely to leave first; named customers in the order named."""

    as_of: datetime
    total: int
    results: list[ForOne]
    next_cursor: str | None
    playbook: PlaybookRef


@router.get("/clients/{client_id:path}/recommendations", responses=problems(404, 422, 503))
async def list_recommendations(
    client_id: Whose,
    scope: ReadScope,
    services: ServicesDep,
    moment: MomentDep,
    kind: Only = None,
    limit: Most = 3,
    exclude_owned: NewOnly = False,
) -> RecommendationsReply:
    """What one customer may want next, and what to do for them; of the present it is kept, for feedback."""
    context = services.desk.context(scope, moment)
    customer = await profile.read_customer(context, client_id)
    grounds = await foundations(context)
    advice = await advise(context, grounds, customer, kind, limit, exclude_owned=exclude_owned)
    await keep(services, scope, context, grounds, [advice])
    return RecommendationsReply(
        client_id=customer.client_id,
        as_of=moment.as_of,
        recommendations=advice.recommendations,
        reason=advice.reason,
        playbook=playbook_ref(grounds.playbook),
    )


@router.post("/recommendations", responses=problems(400, 404, 413, 422, 503))
async def recommend_to_many(asked: CohortRequest, scope: ReadScope, services: ServicesDep) -> CohortReply:
    """What to offer and to do next for every customer of a cohort, in pages."""
    now = await moment(services, scope, asked.as_of, asked.known_at, "/")
    context = services.desk.context(scope, now)
    try:
        customers = await _chosen(context, asked)
        page, following = page_of(customers, lambda customer: customer.client_id, asked.cursor, asked.limit)
    except StillTraining:
        raise
    except ToolError as error:
        raise misfit(error) from error
    grounds, pace, found = await foundations(context), Pace(), []
    for customer in page:
        found.append(
            await advise(context, grounds, customer, asked.kind, asked.each, exclude_owned=asked.exclude_owned)
        )
        await pace.breathe()
    await keep(services, scope, context, grounds, found)
    return CohortReply(
        as_of=now.as_of,
        total=len(customers),
        results=[_for_one(advice) for advice in found],
        next_cursor=following,
        playbook=playbook_ref(grounds.playbook),
    )


async def keep(
    services: Services, scope: Scope, context: ToolContext, grounds: Foundations, advices: list[Advice]
) -> None:
    """Keep what was given, where it is about the present: of the past nothing is given to anybody."""
    if context.present != context.as_of:
        return
    received_at = datetime.now(UTC)
    given = [each for advice in advices for each in given_of(context, grounds, advice, received_at)]
    await services.given.put(scope, given)


def playbook_ref(found: InForce) -> PlaybookRef:
    return PlaybookRef(
        name=found.playbook.name,
        digest=found.digest,
        source=found.source,
        problem=str(found.problem) if found.problem else None,
    )


async def _chosen(context: ToolContext, asked: CohortRequest) -> list[Customer]:
    if asked.client_ids is not None:
        return await several(context, asked.client_ids)
    return await filtered(context, asked.filter)


def _for_one(advice: Advice) -> ForOne:
    customer = advice.customer
    return ForOne(
        client_id=customer.client_id,
        name=customer.profile.name,
        recommendations=advice.recommendations,
        reason=advice.reason,
    )
