"""GET /quarantine: what was sent, could not become an event, and is kept with its reason."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from memory.intake import QUARANTINE
from server.auth import ScopeDep
from server.bootstrap import ServicesDep
from server.openapi import problems
from server.problems import INVALID_REQUEST, FieldError, Refusal

router = APIRouter(tags=["events"])

#: Newest first, then by digest.
Place = tuple[str, str]


class QuarantinedItem(BaseModel):
    """An item as it was sent, and why it is not an event."""

    message_id: str | None
    reason: str = Field(description="A stable code")
    field: str = Field(description="A JSON pointer into the item")
    detail: str
    received_at: str
    sha256: str = Field(description="Digest of the item's JSON text, keys sorted")
    bytes: int
    whole: bool = Field(description="False when the item was too large to keep: `item` is then only its head")
    item: str = Field(description="The item's JSON text; mend it and send it to /events again")


class QuarantinePage(BaseModel):
    """Quarantined items, newest first."""

    items: list[QuarantinedItem]
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
    kept = sorted((c.data for c in await services.store.controls(scope, QUARANTINE)), key=_place, reverse=True)
    rest = [data for data in kept if after is None or _place(data) < after]
    page = [QuarantinedItem.model_validate(data) for data in rest[:limit]]
    more = len(rest) > limit
    return QuarantinePage(items=page, total=len(kept), next_cursor=_cursor(_place(rest[limit - 1])) if more else None)


def _place(data: Mapping[str, Any]) -> Place:
    return str(data["received_at"]), str(data["sha256"])


def _cursor(place: Place) -> str:
    return base64.urlsafe_b64encode(" ".join(place).encode()).decode()


def _read_cursor(cursor: str) -> Place:
    try:
        received_at, digest = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ")
    except ValueError:
        wrong = FieldError(field="cursor", reason="bad_cursor", detail="not a next_cursor of an earlier page")
        raise Refusal(INVALID_REQUEST, "cursor: not a next_cursor of an earlier page", [wrong]) from None
    return received_at, digest
