"""Who calls, which workspace they reach, and what a route needs of them."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant

from memory.keys import KeyScope, allows
from memory.scope import Scope, ScopeError, workspace_scope
from server.access import LOCAL, Grant, KeyRefused
from server.address import is_same_machine
from server.bootstrap import services_of
from server.local_only import foreign
from server.problems import FORBIDDEN, INVALID_REQUEST, UNAUTHORISED, FieldError, Refusal

WORKSPACE_HEADER = "X-Workspace"
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="throughline", Basic realm="throughline"'}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the workspace they reach, what they may do there, and `by`, which names them without a secret."""

    scope: Scope
    grant: Grant

    @property
    def by(self) -> str:
        return self.grant.by

    def admitted(self, need: KeyScope) -> Scope:
        """The workspace; raises Refusal when the key is not for this."""
        if allows(self.grant.scopes, need):
            return self.scope
        told = f"This needs a key with the scope {need}; this one has {', '.join(sorted(self.grant.scopes))}."
        raise Refusal(FORBIDDEN, told, [FieldError(field="Authorization", reason="missing_scope", detail=told)])


async def caller_of(request: Request) -> Caller:
    """Who sent a request: by their key, or without keys whoever is on this machine. Raises Refusal."""
    return await _caller(request, None)


CallerDep = Annotated[Caller, Depends(caller_of)]
Needing = Callable[[Caller], Awaitable[Scope]]


async def scope_for_key(request: Request, key: str | None, need: KeyScope) -> Scope:
    """The workspace of a request whose key may stand in its body; a key in the headers goes first. Raises Refusal.

    A route that calls this declares its need as well: `dependencies=[INGEST_BY_BODY]`.
    """
    return (await _caller(request, key)).admitted(need)


def _needing(need: KeyScope) -> Needing:
    async def admitted(caller: CallerDep) -> Scope:
        return caller.admitted(need)

    return admitted


async def _ingest_by_body() -> None:
    """Stands for a check that the route makes itself, once it has read the body."""


_ADMITTED = {need: _needing(need) for need in KeyScope}
_NEEDS: dict[object, KeyScope] = {**{call: need for need, call in _ADMITTED.items()}, _ingest_by_body: KeyScope.INGEST}

#: The workspace of a caller whose key is for this; each route takes one of them.
IngestScope = Annotated[Scope, Depends(_ADMITTED[KeyScope.INGEST])]
ReadScope = Annotated[Scope, Depends(_ADMITTED[KeyScope.READ])]
OperateScope = Annotated[Scope, Depends(_ADMITTED[KeyScope.OPERATE])]
AdminScope = Annotated[Scope, Depends(_ADMITTED[KeyScope.ADMIN])]
INGEST_BY_BODY = Depends(_ingest_by_body)


async def _scope_of(caller: CallerDep) -> Scope:
    return caller.scope


#: The caller's workspace whatever their key is for: for what stands beside one of the four, never for a route.
ScopeDep = Annotated[Scope, Depends(_scope_of)]


def needs_of(dependant: Dependant) -> Iterator[KeyScope]:
    """The scopes that a route asks for."""
    if dependant.call in _NEEDS:
        yield _NEEDS[dependant.call]
    for each in dependant.dependencies:
        yield from needs_of(each)


async def _caller(request: Request, key: str | None) -> Caller:
    services = services_of(request)
    asked = request.headers.get(WORKSPACE_HEADER)
    await services.keys.refresh()
    grant = _grant(request, key) if services.keys.required else _local(request)
    if asked is not None and grant.workspace not in (None, asked):
        # Better than to answer from another workspace than the one that was named.
        raise Refusal(FORBIDDEN, f"This key does not open the workspace named in {WORKSPACE_HEADER}.")
    named = services.settings.default_workspace if asked is None else asked
    try:
        return Caller(workspace_scope(grant.workspace or named), grant)
    except ScopeError as error:
        wrong = FieldError(field=WORKSPACE_HEADER, reason="bad_workspace", detail=str(error))
        raise Refusal(INVALID_REQUEST, str(error), [wrong]) from None


def _grant(request: Request, key: str | None) -> Grant:
    sent = _sent_key(request.headers.get("authorization", "")) or key
    if not sent:
        told = "Send a key: Authorization: Bearer <key>, or Basic <key>: ."
        raise Refusal(UNAUTHORISED, told, headers=_CHALLENGE)
    try:
        return services_of(request).keys.grant(sent, same_machine=is_same_machine(request.scope))
    except KeyRefused as error:
        raise Refusal(UNAUTHORISED, str(error), headers=_CHALLENGE) from None


def _local(request: Request) -> Grant:
    # Asked here too: keys may have been in use when the request passed the outer check.
    refusal = foreign(request)
    if refusal:
        raise refusal
    return LOCAL


def _sent_key(header: str) -> str | None:
    """The Bearer token, or the user name of Basic, as analytics SDKs send their write key."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip() or None
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[0] or None
    except ValueError:
        return None
