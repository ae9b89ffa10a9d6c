"""The ways out of quarantine: replay one item or many, mended or as they were, or discard them with a record."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Self, TypeVar

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from memory.cleaning import clean_text
from memory.intake import Result
from memory.json_pointer import BadPointer, parse_pointer, patched
from memory.mending import By, Mender, Repair
from memory.quarantine import Quarantined, Unreadable
from memory.resolution import MAX_WHY_CHARS, Resolution
from memory.scope import Scope
from memory.store import Verdict
from server.auth import Caller, CallerDep, OperateScope
from server.bodies import read_json
from server.bootstrap import Services, ServicesDep
from server.cursors import read_cursor, write_cursor
from server.openapi import problems
from server.problems import INVALID_REQUEST, FieldError, Refusal
from server.routes.events import SLICE, EventResult
from server.routes.quarantine import mender_of

router = APIRouter(tags=["quarantine"])

#: Items of one request: each is read, patched and written before the answer.
MAX_ITEMS = 1_000
Why = Annotated[str, Field(max_length=MAX_WHY_CHARS, description="Kept on record; do not name customers here")]
Body = TypeVar("Body", bound=BaseModel)


class _Strict(BaseModel):
    # A misspelt field would be taken as left out.
    model_config = ConfigDict(extra="forbid")


class Replay(_Strict):
    """The mended item; without one the item is sent as it was."""

    item: Any = Field(default=None, description="The whole item as it should have been sent")
    why: Why = ""


class _Selection(_Strict):
    ids: list[str] | None = Field(default=None, max_length=MAX_ITEMS, description="These items, by their `sha256`")
    reason: str | None = Field(default=None, description="All items with this reason, oldest first")
    limit: int = Field(default=500, ge=1, le=MAX_ITEMS, description="With `reason`: at most so many items")
    cursor: str | None = Field(default=None, description="With `reason`: `next_cursor` of the answer before")
    why: Why = ""

    @model_validator(mode="after")
    def _either(self) -> Self:
        if (self.ids is None) == (self.reason is None):
            raise PydanticCustomError("ids_or_reason", "give either `ids` or a `reason`")
        return self


class ReplayMany(_Selection):
    """Which items to send again, and what to change in each of them first."""

    set: dict[str, Any] = Field(
        default_factory=dict, description="JSON pointer into the item -> its new value; objects on the way are made"
    )
    remove: list[str] = Field(default_factory=list, description="JSON pointers of what to leave out; done before `set`")

    @field_validator("set", "remove")
    @classmethod
    def _pointers(cls, value: Any) -> Any:
        for pointer in value:
            try:
                parse_pointer(pointer)
            except BadPointer as error:
                raise PydanticCustomError("bad_pointer", "{why}", {"why": str(error)}) from None
        return value


class DiscardMany(_Selection):
    """Which items to remove for good."""


class ReplayResult(EventResult):
    """What became of one quarantined item."""

    id: str = Field(description="The quarantined item's `sha256`")


class ReplayReply(BaseModel):
    """Sent after the write; the counts add up to the number of results."""

    results: list[ReplayResult]
    counts: dict[Verdict, int]
    unknown: list[str] = Field(description="Ids that are not quarantined here, or no longer")
    next_cursor: str | None = Field(description="With `reason`: send it as `cursor` to go on; null when none is left")


class DiscardReply(BaseModel):
    """The records that stay of what was removed."""

    resolutions: list[Resolution]
    unknown: list[str] = Field(description="Ids that are not quarantined here, or no longer")
    next_cursor: str | None = Field(description="With `reason`: send it as `cursor` to go on; null when none is left")


def _body(model: type[BaseModel], *, required: bool) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}


@router.post(
    "/quarantine/replay", responses=problems(400, 413, 415, 503), openapi_extra=_body(ReplayMany, required=True)
)
async def replay_many(request: Request, scope: OperateScope, caller: CallerDep, services: ServicesDep) -> ReplayReply:
    """Send many items again, each changed in the same way. An item that is no event still stays quarantined."""
    wanted = await _read(request, services, ReplayMany)
    mender = mender_of(services)
    items, unknown, following = await _select(mender, scope, wanted)
    repairs = [_repair(kept, wanted) for kept in items]
    ready = [repair for repair in repairs if isinstance(repair, Repair)]
    found = iter(await _send(mender, scope, ready, _by(caller, wanted.why)))
    await services.commit()
    results = [
        _told(kept, next(found) if isinstance(repair, Repair) else repair)
        for kept, repair in zip(items, repairs, strict=True)
    ]
    return ReplayReply(results=results, counts=_counts(results), unknown=unknown, next_cursor=following)


@router.post(
    "/quarantine/discard", responses=problems(400, 413, 415, 503), openapi_extra=_body(DiscardMany, required=True)
)
async def discard_many(request: Request, scope: OperateScope, caller: CallerDep, services: ServicesDep) -> DiscardReply:
    """Remove many items for good; of each a record stays that holds nothing of a customer's."""
    wanted = await _read(request, services, DiscardMany)
    mender = mender_of(services)
    items, unknown, following = await _select(mender, scope, wanted)
    records = await mender.discard(scope, items, _by(caller, wanted.why))
    await services.commit()
    return DiscardReply(resolutions=records, unknown=unknown, next_cursor=following)


@router.post(
    "/quarantine/{id}/replay",
    responses=problems(400, 404, 409, 413, 415, 503),
    openapi_extra=_body(Replay, required=False),
)
async def replay_one(
    id: str, request: Request, scope: OperateScope, caller: CallerDep, services: ServicesDep
) -> ReplayResult:
    """Send an item again: mended, or as it was. It counts as received now; its own times refer to when it first came.

    Once its event is kept (or was already) the item leaves quarantine; one that is no event still stays, as mended.
    """
    wanted = await _read(request, services, Replay)
    mender = mender_of(services)
    kept = await mender.find(scope, id)
    item = wanted.item if "item" in wanted.model_fields_set else kept.read()
    (result,) = await _send(mender, scope, [Repair(kept, item)], _by(caller, wanted.why))
    await services.commit()
    return _told(kept, result)


@router.delete("/quarantine/{id}", responses=problems(404, 503))
async def discard_one(
    id: str,
    scope: OperateScope,
    caller: CallerDep,
    services: ServicesDep,
    why: Annotated[str, Query(max_length=MAX_WHY_CHARS, description="Kept on record; name no customers here")] = "",
) -> Resolution:
    """Remove an item for good; a record stays that holds nothing of a customer's."""
    mender = mender_of(services)
    (record,) = await mender.discard(scope, [await mender.find(scope, id)], _by(caller, why))
    await services.commit()
    return record


async def _read(request: Request, services: Services, model: type[Body]) -> Body:
    """The body as this model, read as /events reads its own: gzip, NaN and all. No body is an empty object."""
    body = {} if _bodiless(request) else await read_json(request, services.settings.max_body_bytes)
    _check_texts(body)
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in error.errors()]) from None


def _check_texts(body: Any) -> None:
    """Raises Refusal for texts and numbers that no answer could repeat; the item is left to the intake."""
    asked = {name: value for name, value in body.items() if name != "item"} if isinstance(body, dict) else body
    try:
        orjson.dumps(asked)
    except (TypeError, RecursionError) as error:
        told = f"the request cannot be taken as it is: {error}"
        wrong = FieldError(field="", reason="cannot_be_written", detail=told)
        raise Refusal(INVALID_REQUEST, told, [wrong]) from None


def _bodiless(request: Request) -> bool:
    return request.headers.get("content-length", "") in ("", "0") and "transfer-encoding" not in request.headers


async def _select(mender: Mender, scope: Scope, wanted: _Selection) -> tuple[list[Quarantined], list[str], str | None]:
    """The items meant, the ids that are unknown, and where to go on."""
    if wanted.ids is not None:
        found = await mender.find_all(scope, wanted.ids)
        return list(found.values()), [each for each in dict.fromkeys(wanted.ids) if each not in found], None
    after = None if wanted.cursor is None else read_cursor(wanted.cursor, "/cursor")
    briefs = await mender.briefs(scope)
    places = sorted(each.place for each in briefs if each.reason == wanted.reason and (not after or each.place > after))
    page = places[: wanted.limit]
    found = await mender.find_all(scope, [place.key for place in page])
    return list(found.values()), [], write_cursor(page[-1]) if len(places) > len(page) else None


def _repair(kept: Quarantined, wanted: ReplayMany) -> Repair | Result:
    """The item as it is to be sent; or why it cannot be, so that it stays as it is."""
    try:
        return Repair(kept, patched(kept.read(), wanted.set, wanted.remove))
    except Unreadable as error:
        return Result(kept.message_id, Verdict.QUARANTINED, "not_whole", "", str(error))
    except (BadPointer, RecursionError) as error:
        field = error.pointer if isinstance(error, BadPointer) else ""
        return Result(kept.message_id, Verdict.QUARANTINED, "cannot_be_patched", field, str(error))


async def _send(mender: Mender, scope: Scope, repairs: Sequence[Repair], by: By) -> list[Result]:
    results: list[Result] = []
    for start in range(0, len(repairs), SLICE):
        results += await mender.replay(scope, repairs[start : start + SLICE], by)
        await asyncio.sleep(0)
    return results


def _by(caller: Caller, why: str) -> By:
    return By(datetime.now(UTC), caller.by, clean_text(why))


def _told(kept: Quarantined, result: Result) -> ReplayResult:
    return ReplayResult(id=kept.sha256, **asdict(result))


def _counts(results: Sequence[ReplayResult]) -> Mapping[Verdict, int]:
    counted = Counter(result.verdict for result in results)
    return {verdict: counted[verdict] for verdict in Verdict}
