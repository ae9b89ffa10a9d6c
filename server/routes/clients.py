"""One customer, or many: profile, stage, signals, recommendations, history and search, all as of a time."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from server.auth import ReadScope
from server.bootstrap import ServicesDep
from server.openapi import problems
from server.problems import INVALID_REQUEST, FieldError, Refusal
from server.routes.recommendations import keep
from server.times import MomentDep
from tools import cohort, profile, recall, timeline
from tools.advice import advise, foundations
from tools.cohort import CustomerRow, Days, SortKey
from tools.profile import ProfileView, StageView
from tools.recall import Recollection
from tools.recommendation import Recommendation
from tools.signal_view import SignalView, signal_view
from tools.timeline import Entry
from tools.tool import StillTraining, ToolError

router = APIRouter(tags=["clients"])

#: What was last heard of a customer, on their page.
RECENT = 10
Limit = Annotated[int, Query(ge=1, le=500)]
ClientId = Annotated[
    str,
    Path(
        min_length=1,
        description="A user id or anonymous id, percent-encoded. Slashes are part of it, so what ends in `/timeline`, "
        "`/memory`, `/recommendations` or `/similar` is always that list: ask about such an id with POST /chat or "
        "/signals/churn",
    ),
]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before")]


class ClientReply(BaseModel):
    """Everything about one customer; every part carries the ids of the events it rests on."""

    client_id: str
    as_of: datetime
    profile: ProfileView
    stage: str
    stage_history: list[StageView]
    signals: dict[Literal["churn"], SignalView]
    recommendations: list[Recommendation]
    recent: list[Entry]


class TimelineReply(BaseModel):
    client_id: str
    as_of: datetime
    events: list[Entry]
    total: int
    next_cursor: str | None


class MemoryReply(BaseModel):
    """Best first."""

    client_id: str
    as_of: datetime
    memories: list[Recollection]


class ClientsReply(BaseModel):
    as_of: datetime
    clients: list[CustomerRow]
    total: int
    next_cursor: str | None


@router.get("/clients", responses=problems(422, 503))
async def list_clients(
    scope: ReadScope,
    services: ServicesDep,
    moment: MomentDep,
    stage: Annotated[list[str] | None, Query(description="one or more stages")] = None,
    band: Annotated[list[str] | None, Query(description="one or more churn bands")] = None,
    silent_days_min: Annotated[Days | None, Query()] = None,
    active_days_max: Annotated[Days | None, Query()] = None,
    value_min: Annotated[float | None, Query(allow_inf_nan=False)] = None,
    currency: Annotated[str | None, Query(max_length=8)] = None,
    sort: SortKey = "value",
    order: Literal["asc", "desc"] = "desc",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ClientsReply:
    """Find and sort customers by stage, churn band, silence, value, activity or risk."""
    args = cohort.CohortArgs(
        stages=stage or [],
        bands=band or [],
        silent_days_min=silent_days_min,
        active_days_max=active_days_max,
        value_min=value_min,
        currency=currency,
        sort=sort,
        descending=order == "desc",
        limit=limit,
        after=cursor,
    )
    context = services.desk.context(scope, moment)
    try:
        found = await cohort.run(context, args)
    except StillTraining:
        raise
    except ToolError as error:
        raise _refused(error) from error
    return ClientsReply(as_of=moment.as_of, clients=found.customers, total=found.total, next_cursor=found.next_after)


@router.get("/clients/{client_id:path}/timeline", responses=problems(404, 422, 503))
async def get_timeline(
    client_id: ClientId,
    scope: ReadScope,
    services: ServicesDep,
    moment: MomentDep,
    event: Annotated[list[str] | None, Query(description="only events with one of these names")] = None,
    stage: Annotated[str | None, Query(description="only events that happened in this stage")] = None,
    order: Literal["oldest", "newest"] = "newest",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> TimelineReply:
    """What one customer did, in order of time."""
    args = timeline.TimelineArgs(
        client_id=client_id, titles=event or [], stage=stage, order=order, limit=limit, after=cursor
    )
    try:
        found = await timeline.run(services.desk.context(scope, moment), args)
    except ToolError as error:
        raise _refused(error) from error
    return TimelineReply(
        client_id=found.client_id,
        as_of=moment.as_of,
        events=found.entries,
        total=found.total,
        next_cursor=found.next_after,
    )


@router.get("/clients/{client_id:path}/memory", responses=problems(404, 422, 503))
async def search_memory(
    client_id: ClientId,
    scope: ReadScope,
    services: ServicesDep,
    moment: MomentDep,
    query: Annotated[str, Query(min_length=1, max_length=4_000)],
    stage: Annotated[str | None, Query(description="only events that happened in this stage")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> MemoryReply:
    """What one customer did that fits a query, by meaning and by words. Waits while the model loads."""
    args = recall.RecallArgs(client_id=client_id, query=query, stage=stage, limit=limit)
    try:
        found = await recall.run(services.desk.context(scope, moment), args)
    except ToolError as error:
        raise _refused(error) from error
    return MemoryReply(client_id=found.client_id or client_id, as_of=moment.as_of, memories=found.memories)


# Behind the two above: an id may have slashes, and would take their addresses.
@router.get("/clients/{client_id:path}", responses=problems(404, 422, 503))
async def get_client(client_id: ClientId, scope: ReadScope, services: ServicesDep, moment: MomentDep) -> ClientReply:
    """One customer, as known at the time; an anonymous id that was joined leads to who it belongs to."""
    context = services.desk.context(scope, moment)
    customer = await profile.read_customer(context, client_id)
    grounds = await foundations(context)
    advice = await advise(context, grounds, customer)
    await keep(services, scope, context, grounds, [advice])
    recent = await timeline.run(context, timeline.TimelineArgs(client_id=customer.client_id, limit=RECENT))
    return ClientReply(
        client_id=customer.client_id,
        as_of=moment.as_of,
        profile=profile.view(customer.profile),
        stage=customer.stage,
        stage_history=[profile.stage_view(change) for change in customer.stages],
        signals={"churn": signal_view(customer)},
        recommendations=advice.recommendations,
        recent=recent.entries,
    )


#: What arguments of tools are called in these addresses.
_PARAMETERS = {"bands": "band", "after": "cursor"}


def _refused(error: ToolError) -> Refusal:
    field = _PARAMETERS.get(error.argument, error.argument)
    return Refusal(INVALID_REQUEST, str(error), [FieldError(field=field, reason="unknown_value", detail=str(error))])
