"""GET /catalogue: every item that events have named, which is what recommendations choose from."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from memory.masking import mask
from server.auth import ReadScope
from server.bootstrap import ServicesDep
from server.openapi import problems
from server.problems import INVALID_REQUEST, FieldError, Refusal
from server.times import MomentDep
from tools.advice import foundations
from tools.paging import page_of
from tools.recommending.catalogue import CatalogueItem, ItemDetails, details_of_item, list_items
from tools.tool import ToolError

router = APIRouter(tags=["recommendations"])


class ItemView(BaseModel):
    """One item; `takers` customers took it up, `times` times. Price and the like are as the newest event tells them."""

    name: str
    kind: str = Field(description="product, feature or page")
    item_id: str | None
    category: str | None
    price: float | None
    currency: str | None
    text: str | None
    first_seen: datetime
    last_seen: datetime
    takers: int
    times: int


class CatalogueReply(BaseModel):
    """Items as they were known at the start of the day, those that most customers took up first."""

    as_of: datetime
    total: int
    items: list[ItemView]
    next_cursor: str | None


@router.get("/catalogue", responses=problems(422, 503))
async def get_catalogue(
    scope: ReadScope,
    services: ServicesDep,
    moment: MomentDep,
    query: Annotated[str, Query(max_length=200, description="Words of a name")] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
) -> CatalogueReply:
    """The items that customers bought, used or read, and those that they were only shown."""
    context = services.desk.context(scope, moment)
    found = list_items((await foundations(context)).known, query)
    try:
        page, following = page_of(found, lambda item: item.name, cursor, limit)
    except ToolError as error:
        wrong = FieldError(field="cursor", reason="unknown_value", detail=str(error))
        raise Refusal(INVALID_REQUEST, str(error), [wrong]) from error
    events = {each.message_id: each.event for each in await services.store.get(scope, [item.newest for item in page])}
    told = [
        _view(item, details_of_item(events[item.newest], item.name) if item.newest in events else ItemDetails())
        for item in page
    ]
    return CatalogueReply(as_of=moment.as_of, total=len(found), items=told, next_cursor=following)


def _view(item: CatalogueItem, details: ItemDetails) -> ItemView:
    return ItemView(
        name=item.name,
        kind=item.kind,
        item_id=details.item_id,
        category=details.category,
        price=None if details.price is None else float(details.price),
        currency=details.currency,
        # The newest event is somebody's, and may tell of them.
        text=details.text and mask(details.text),
        first_seen=item.first_seen,
        last_seen=item.last_seen,
        takers=item.takers,
        times=item.times,
    )
