"""Query parameters that no route declares are refused: one misspelt would be answered as if it were not there."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from server.problems import INVALID_REQUEST, FieldError, Refusal


def refuse_unknown(request: Request) -> None:
    """A dependency of every route; raises Refusal that names each parameter the route does not have."""
    route = request.scope["route"]
    known = sorted(set(_declared(route.dependant))) if isinstance(route, APIRoute) else []
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in known]
    if not unknown:
        return
    there = f"it has {', '.join(known)}" if known else "it has none"
    errors = [
        FieldError(field=name, reason="unknown_parameter", detail=f"no parameter of this address; {there}")
        for name in unknown
    ]
    raise Refusal(INVALID_REQUEST, "; ".join(f"{each.field}: {each.detail}" for each in errors), errors)


def _declared(dependant: Dependant) -> Iterator[str]:
    """The names of a route's query parameters, those of its dependencies included."""
    yield from (field.alias for field in dependant.query_params)
    for needed in dependant.dependencies:
        yield from _declared(needed)
