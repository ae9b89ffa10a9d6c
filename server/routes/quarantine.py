"""GET /quarantine: what was sent, could not become an event, and is kept with its reason."""

from __future__ import annotations

import base64
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from memory.quarantine import QUARANTINE, Quarantined, read_quarantined
from server.auth import ScopeDep
from server.bootstrap import ServicesDep
from server.openapi import problems
from server.problems import INVALID_REQUEST, FieldError, Refusal

router = APIRouter(tags=["events"])

#: Newest first, then by digest.
Place = tuple[str, str]


class QuarantinePage(BaseModel):
    """Quarantined items, newest first."""

    items: list[Quarantined]
    total: int
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last one")


@router.get("/quarantine", responses=problems(503))
async def get_quarantine(
    scope: ScopeDep,
    services: ServicesDep,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
) -> QuarantinePage:
    """Quarantined items, newest first."""
    after = None if cursor is None else _read_cursor(cursor)
    controls = await services.store.controls(scope, QUARANTINE)
    kept = sorted(map(read_quarantined, controls), key=_place, reverse=True)
    rest = [item for item in kept if after is None or _place(item) < after]
    page, more = rest[:limit], len(rest) > limit
    return QuarantinePage(items=page, total=len(kept), next_cursor=_cursor(_place(page[-1])) if more else None)


def _place(item: Quarantined) -> Place:
    return item.received_at, item.sha256


def _cursor(place: Place) -> str:
    return base64.urlsafe_b64encode(" ".join(place).encode()).decode()


def _read_cursor(cursor: str) -> Place:
    try:
        received_at, digest = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ", 1)
    except ValueError:
        wrong = FieldError(field="cursor", reason="bad_cursor", detail="not a next_cursor of an earlier page")
        raise Refusal(INVALID_REQUEST, "cursor: not a next_cursor of an earlier page", [wrong]) from None
    return received_at, digest
