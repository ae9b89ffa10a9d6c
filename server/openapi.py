"""What /docs shows beyond the routes themselves: problems as answers, and keys."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from server.auth import needs_of
from server.problems import MEDIA_TYPE, Problem

_MEANINGS = {
    400: "The body cannot be read",
    401: "No valid key",
    403: "The key is not for this",
    404: "Unknown",
    409: "What is stored does not allow it",
    413: "The body is too large",
    415: "Unsupported content encoding",
    422: "The request cannot be used; `errors` names the fields",
    429: "Too many requests; try again after `Retry-After` seconds",
    503: "The store or the model does not answer; try again after `Retry-After` seconds",
}
_REFERENCE = "#/components/schemas/{model}"


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these problems; 401, 403 and 422 go without saying."""
    content = {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}}
    return {
        status: {"description": _MEANINGS[status], "content": content} for status in sorted({401, 403, 422, *statuses})
    }


def describe(app: FastAPI) -> None:
    """Add the form of problems and the two ways to send a key to the application's description."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        schema = generate()
        components = schema.setdefault("components", {})
        problem = Problem.model_json_schema(ref_template=_REFERENCE)
        components.setdefault("schemas", {}).update({**problem.pop("$defs"), "Problem": problem})
        components["securitySchemes"] = {
            "key": {"type": "http", "scheme": "bearer", "description": "An API key"},
            "write_key": {"type": "http", "scheme": "basic", "description": "The key as user name, no password"},
        }
        for route in iter_route_contexts(app.routes):
            listed = hasattr(route, "dependant") and route.include_in_schema
            for need in needs_of(route.dependant) if listed else ():
                for method in route.methods or ():
                    schema["paths"][route.path_format][method.lower()]["security"] = _security(need)
        return schema

    app.openapi = openapi  # type: ignore[method-assign]


def _security(need: str) -> list[dict[str, list[str]]]:
    """A key with this scope, or none: as long as there are no keys, none is asked for."""
    return [{}, {"key": [need]}, {"write_key": [need]}]
