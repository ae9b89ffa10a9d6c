"""GET /quarantine: what was sent, could not become an event, and is kept with its reason; and what became of it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from memory.cleaning import parse_time
from memory.mending import Mender
from memory.quarantine import Quarantined
from memory.resolution import Resolution
from server.auth import OperateScope
from server.bootstrap import Services, ServicesDep
from server.cursors import newest_first
from server.openapi import problems
from server.problems import INVALID_REQUEST, FieldError, Refusal

router = APIRouter(tags=["quarantine"])

Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before")]
_TIME = "ISO 8601; without a zone UTC, and of a bare date its first instant"


class QuarantinePage(BaseModel):
    """Quarantined items, newest first."""

    items: list[Quarantined]
    total: int = Field(description="How many items match, on all pages")
    counts: dict[str, int] = Field(description="Items of the whole workspace by reason, most frequent first")
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last one")


class ResolutionPage(BaseModel):
    """What became of items that were quarantined, latest first."""

    items: list[Resolution]
    total: int
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last one")


@router.get("/quarantine", responses=problems(503))
async def get_quarantine(
    scope: OperateScope,
    services: ServicesDep,
    reason: Annotated[list[str] | None, Query(description="Only items with one of these reasons")] = None,
    since: Annotated[str | None, Query(description=f"Received at or after this time: {_TIME}")] = None,
    before: Annotated[str | None, Query(description=f"Received before this time: {_TIME}")] = None,
    message_id: Annotated[str | None, Query(description="Sent with this id")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> QuarantinePage:
    """Quarantined items, newest first, and how many there are by reason.

    Every page looks through all that is quarantined in the workspace: 20 to 50 ms for 1,000 items.
    """
    first, end = _time("since", since), _time("before", before)
    mender = mender_of(services)
    briefs = await mender.briefs(scope)
    matching = [
        brief.place
        for brief in briefs
        if (not reason or brief.reason in reason)
        and (message_id is None or brief.message_id == message_id)
        and (first is None or brief.place.at >= first)
        and (end is None or brief.place.at < end)
    ]
    page, following = newest_first(matching, limit, cursor)
    items = await mender.find_all(scope, [place.key for place in page])
    return QuarantinePage(
        items=list(items.values()),
        total=len(matching),
        counts=_most_first(Counter(brief.reason for brief in briefs)),
        next_cursor=following,
    )


@router.get("/quarantine/resolutions", responses=problems(503))
async def get_resolutions(
    scope: OperateScope, services: ServicesDep, limit: Limit = 50, cursor: Cursor = None
) -> ResolutionPage:
    """What became of items that were quarantined: replayed or discarded, by whom and why, latest first."""
    mender = mender_of(services)
    places = await mender.resolved(scope)
    page, following = newest_first(places, limit, cursor)
    items = await mender.resolutions(scope, [place.key for place in page])
    return ResolutionPage(items=items, total=len(places), next_cursor=following)


@router.get("/quarantine/{id}", responses=problems(404, 503))
async def get_quarantined(id: str, scope: OperateScope, services: ServicesDep) -> Quarantined:
    """One quarantined item; its id is its `sha256`."""
    return await mender_of(services).find(scope, id)


def mender_of(services: Services) -> Mender:
    return Mender(services.store, services.intake)


def _most_first(counted: Counter[str]) -> dict[str, int]:
    return dict(sorted(counted.items(), key=lambda entry: (-entry[1], entry[0])))


def _time(field: str, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return parse_time(value)
    except ValueError as error:
        wrong = FieldError(field=field, reason="unparsable_time", detail=str(error))
        raise Refusal(INVALID_REQUEST, f"{field}: {error}", [wrong]) from None
