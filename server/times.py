"""The instant that a request asks about: `as_of`, or the workspace's present."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query

from memory.scope import Scope
from memory.workspace import WorkspaceSettings, parse_instant
from server.auth import ScopeDep
from server.bootstrap import Services, ServicesDep
from server.problems import INVALID_REQUEST, FieldError, Refusal

AS_OF = "Answer as of this time: an ISO 8601 instant, or a date, which means its end in the workspace's time zone"


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant in UTC: what happened before it is seen; and how its workspace tells time."""

    as_of: datetime
    settings: WorkspaceSettings


async def moment(services: Services, scope: Scope, as_of: str | None, field: str = "as_of") -> Moment:
    """The moment asked for in this field, by default the workspace's present; raises Refusal for what is no time."""
    settings = await services.workspaces.settings(scope)
    if as_of is None:
        return Moment(settings.clock(datetime.now(UTC)), settings)
    try:
        return Moment(parse_instant(as_of, settings.zone), settings)
    except ValueError as error:
        wrong = FieldError(field=field, reason="unparsable_time", detail=str(error))
        raise Refusal(INVALID_REQUEST, f"as_of: {error}", [wrong]) from None


async def _moment_of(
    services: ServicesDep, scope: ScopeDep, as_of: Annotated[str | None, Query(description=AS_OF)] = None
) -> Moment:
    return await moment(services, scope, as_of)


MomentDep = Annotated[Moment, Depends(_moment_of)]
