"""What a customer's churn score was, day by day, as it was told then."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from memory.score_history import DayScore
from server.auth import ReadScope
from server.bootstrap import ServicesDep
from server.openapi import problems
from server.times import MomentDep

router = APIRouter(tags=["signals"])


class DayView(BaseModel):
    """The score as of the start of a `day`; `model` is the version that gave it."""

    day: dt.date
    probability: float
    band: str
    model: str


class HistoryReply(BaseModel):
    """Oldest first."""

    client_id: str
    as_of: dt.datetime
    days: list[DayView]


@router.get("/signals/churn/history", responses=problems(404, 503))
async def get_history(
    client_id: Annotated[str, Query(min_length=1)], scope: ReadScope, services: ServicesDep, moment: MomentDep
) -> HistoryReply:
    """The daily scores of one customer, as far as they had been made by then; at most 400 days."""
    history = await services.ledger.history(scope, client_id, moment.as_of, moment.known_at)
    found = await services.history.read(scope, history.scope.members)
    # Of a day both a customer and who they were before may have a score: their own counts.
    days: dict[dt.date, DayScore] = {}
    for member in reversed(history.scope.members):
        days.update({each.day: each for each in found.get(member, [])})
    known = [
        each for day, each in sorted(days.items())
        if each.made_at <= moment.as_of and (moment.known_at is None or each.received_at < moment.known_at)
    ]  # fmt: skip
    views = [DayView(day=e.day, probability=e.probability, band=e.band, model=e.model) for e in known]
    return HistoryReply(client_id=history.client_id, as_of=moment.as_of, days=views)
