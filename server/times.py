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

_FORM = "an ISO 8601 instant, or a date, which means its end in the workspace's time zone"
AS_OF = f"Answer as of this time, from what happened before it: {_FORM}"
KNOWN_AT = f"Answer from what had been received before this time, whenever it happened: {_FORM}"


@dataclass(frozen=True, slots=True)
class Moment:
    """What happened before `as_of` is seen, as far as it was received before `known_at`; both in UTC."""

    as_of: datetime
    settings: WorkspaceSettings
    known_at: datetime | None = None
    #: Nobody named a time: it is about now.
    present: bool = False


async def moment(
    services: Services, scope: Scope, as_of: str | None, known_at: str | None = None, prefix: str = ""
) -> Moment:
    """The moment asked for, by default the workspace's present; raises Refusal for what is no time.

    `prefix` stands before the names of the two fields in an error.
    """
    settings = await services.workspaces.settings(scope)
    seen = _instant(as_of, settings, "as_of", prefix) or settings.clock(datetime.now(UTC))
    known = _instant(known_at, settings, "known_at", prefix)
    return Moment(seen, settings, known, present=as_of is None and known is None)


def _instant(text: str | None, settings: WorkspaceSettings, name: str, prefix: str) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_instant(text, settings.zone)
    except ValueError as error:
        wrong = FieldError(field=f"{prefix}{name}", reason="unparsable_time", detail=str(error))
        raise Refusal(INVALID_REQUEST, f"{name}: {error}", [wrong]) from None


async def _moment_of(
    services: ServicesDep,
    scope: ScopeDep,
    as_of: Annotated[str | None, Query(description=AS_OF)] = None,
    known_at: Annotated[str | None, Query(description=KNOWN_AT)] = None,
) -> Moment:
    return await moment(services, scope, as_of, known_at)


MomentDep = Annotated[Moment, Depends(_moment_of)]
