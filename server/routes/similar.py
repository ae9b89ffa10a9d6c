"""Who is like one customer, and what they have in common."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from server.auth import ReadScope
from server.bootstrap import ServicesDep
from server.openapi import problems
from server.times import MomentDep
from tools import alike
from tools.alike import SimilarCustomer
from tools.likeness.ranking import By

router = APIRouter(tags=["clients"])


class SimilarReply(BaseModel):
    """Best first, of `compared` other customers as of the start of the day."""

    client_id: str
    as_of: datetime
    by: By
    compared: int
    similar: list[SimilarCustomer]


@router.get("/clients/{client_id:path}/similar", responses=problems(404, 422, 503))
async def get_similar(
    client_id: Annotated[
        str, Path(min_length=1, description="A user id or anonymous id, percent-encoded. Slashes are part of it")
    ],
    scope: ReadScope,
    services: ServicesDep,
    moment: MomentDep,
    by: Annotated[By, Query(description="alike by what they did, by what they are, or by both")] = "both",
    limit: Annotated[int, Query(ge=1, le=25)] = 5,
) -> SimilarReply:
    """The customers most like this one, with what connects them and the events of both that show it."""
    args = alike.SimilarArgs(client_id=client_id, by=by, limit=limit)
    found = await alike.run(services.desk.context(scope, moment), args)
    return SimilarReply(
        client_id=found.client_id,
        as_of=moment.as_of,
        by=found.by,
        compared=found.compared,
        similar=found.customers,
    )
