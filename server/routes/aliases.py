"""/clients/{id}/aliases: which ids are one customer, why, since when; joined and undone by operators."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from memory.identity import Correction, Judged
from memory.joining import CannotJoin
from server.auth import OperateScope, ReadScope
from server.bootstrap import ServicesDep
from server.openapi import problems
from server.problems import INVALID_REQUEST, FieldError, Refusal
from server.routes.clients import ClientId
from server.times import MomentDep

router = APIRouter(tags=["clients"])

Alias = Annotated[str, Path(min_length=1, max_length=256, description="The other id, percent-encoded")]


class AliasView(BaseModel):
    """One entry of the log: `alias` is `client_id` since then, or is not, for a reason."""

    alias: str
    client_id: str
    status: Literal["joined", "refused", "undone"]
    reason: str | None = Field(description="already_joined, circle, too_many_ids or operator; null where it holds")
    how: Literal["identify", "alias", "group", "operator"]
    since: datetime
    received_at: datetime
    message_id: str | None = Field(description="The event that says so; null for an operator's word")


class AliasesReply(BaseModel):
    client_id: str
    as_of: datetime
    aliases: list[AliasView]


class CorrectionReply(BaseModel):
    """What was added to the log; `client_id` is null where the alias stands for itself again."""

    alias: str
    client_id: str | None
    occurred_at: datetime
    received_at: datetime


@router.get("/clients/{client_id:path}/aliases", responses=problems(404, 422, 503))
async def list_aliases(client_id: ClientId, scope: ReadScope, services: ServicesDep, moment: MomentDep) -> AliasesReply:
    """Every join that concerns a customer, with the event it rests on, and what became of it."""
    found = await services.joining.of(scope, client_id, moment.as_of, moment.known_at)
    return AliasesReply(client_id=found.client_id, as_of=moment.as_of, aliases=[_view(judged) for judged in found.log])


@router.put("/clients/{client_id:path}/aliases/{alias:path}", responses=problems(404, 422, 503))
async def join_alias(client_id: ClientId, alias: Alias, scope: OperateScope, services: ServicesDep) -> CorrectionReply:
    """Say that an id is this customer. It outweighs what events say, and can be undone."""
    now = datetime.now(UTC)
    settings = await services.workspaces.settings(scope)
    try:
        said = await services.joining.join(scope, client_id, alias, now, settings.clock(now))
    except CannotJoin as error:
        wrong = FieldError(field="alias", reason=error.reason, detail=str(error))
        raise Refusal(INVALID_REQUEST, str(error), [wrong]) from error
    await services.commit()
    return _correction(said)


@router.delete("/clients/{client_id:path}/aliases/{alias:path}", responses=problems(404, 422, 503))
async def undo_alias(client_id: ClientId, alias: Alias, scope: OperateScope, services: ServicesDep) -> CorrectionReply:
    """Undo a join: both histories are again what they were. The id stays alone until an operator joins it."""
    said = await services.joining.undo(scope, client_id, alias, datetime.now(UTC))
    await services.commit()
    return _correction(said)


def _view(judged: Judged) -> AliasView:
    join = judged.join
    return AliasView(
        alias=join.alias, client_id=join.client_id, status=judged.status, reason=judged.reason, how=join.how,
        since=join.occurred_at, received_at=join.received_at, message_id=join.message_id,
    )  # fmt: skip


def _correction(said: Correction) -> CorrectionReply:
    return CorrectionReply(
        alias=said.alias, client_id=said.client_id, occurred_at=said.occurred_at, received_at=said.received_at
    )
