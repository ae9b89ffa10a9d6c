"""Churn bands set by hand: by whom, why and until when; the probability stays the model's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from memory.ledger import UnknownCustomer
from memory.overrides import SetBand, Word
from memory.scope import Scope
from memory.workspace import parse_instant
from server.auth import OperateScope
from server.bootstrap import Services, ServicesDep
from server.openapi import problems
from server.problems import INVALID_REQUEST, FieldError, Kind, Refusal
from server.times import Moment, moment

router = APIRouter(tags=["signals"])

NO_OVERRIDE = Kind("no-override", 404, "No override holds")
ClientId = Annotated[str, Path(min_length=1, description="A user id or anonymous id, percent-encoded")]
Line = StringConstraints(strip_whitespace=True, min_length=1)


class OverrideRequest(BaseModel):
    """A band for one customer, and for how long."""

    model_config = ConfigDict(extra="forbid")

    band: SetBand
    author: Annotated[str, Line, Field(max_length=200, description="Who says so")]
    reason: Annotated[str, Line, Field(max_length=1_000, description="Why")]
    expires_at: str = Field(description="An ISO 8601 instant, or a date, which means its end in the workspace's zone")


class OverrideReply(BaseModel):
    """An override that holds from `made_at` on, or was lifted then."""

    client_id: str
    band: SetBand | None
    author: str | None
    reason: str | None
    made_at: datetime
    expires_at: datetime | None


@router.put("/signals/churn/overrides/{client_id:path}", responses=problems(400, 404, 413, 503))
async def put_override(
    client_id: ClientId, asked: OverrideRequest, scope: OperateScope, services: ServicesDep
) -> OverrideReply:
    """Set a customer's band by hand. It takes the place of one that was set before; the past keeps that."""
    now = await moment(services, scope, None)
    expires_at = _expiry(asked.expires_at, now)
    whose = await _customer(services, scope, client_id, now.as_of)
    word = Word(
        band=asked.band, author=asked.author, reason=asked.reason, made_at=now.as_of, received_at=datetime.now(UTC),
        expires_at=expires_at,
    )  # fmt: skip
    await _say(services, scope, whose, word)
    return OverrideReply(client_id=whose, **word.model_dump(exclude={"received_at"}))


@router.delete("/signals/churn/overrides/{client_id:path}", responses=problems(404, 503))
async def delete_override(client_id: ClientId, scope: OperateScope, services: ServicesDep) -> OverrideReply:
    """Lift the override that holds for a customer; up to now it did."""
    now = await moment(services, scope, None)
    history = await services.ledger.history(scope, client_id, now.as_of)
    holds = [key for key in history.scope.members if await services.overrides.of(scope, [key], now.as_of)]
    if not holds:
        told = f"no override holds for {history.client_id!r}"
        raise Refusal(NO_OVERRIDE, told, [FieldError(field="client_id", reason="no_override", detail=told)])
    lifted = Word(band=None, author="lifted", made_at=now.as_of, received_at=datetime.now(UTC))
    for key in holds:
        await _say(services, scope, key, lifted)
    return OverrideReply(
        client_id=history.client_id, band=None, author=None, reason=None, made_at=now.as_of, expires_at=None
    )


async def _customer(services: Services, scope: Scope, client_id: str, as_of: datetime) -> str:
    """The customer behind an id; raises UnknownCustomer."""
    return (await services.ledger.history(scope, client_id, as_of)).client_id


async def _say(services: Services, scope: Scope, client_id: str, word: Word) -> None:
    if not await services.overrides.say(scope, client_id, word):
        raise UnknownCustomer(client_id)
    await services.commit()


def _expiry(text: str, now: Moment) -> datetime:
    try:
        found = parse_instant(text, now.settings.zone)
    except ValueError as error:
        raise _wrong("unparsable_time", str(error)) from None
    if found <= now.as_of:
        raise _wrong("in_the_past", f"{text!r} is not after the workspace's present, {now.as_of.isoformat()}")
    return found


def _wrong(reason: str, told: str) -> Refusal:
    return Refusal(
        INVALID_REQUEST, f"/expires_at: {told}", [FieldError(field="/expires_at", reason=reason, detail=told)]
    )
