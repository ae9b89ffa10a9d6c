"""What /docs shows beyond the routes themselves: problems as answers, and keys."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from memory.scope import WORKSPACE_NAME
from server.auth import WORKSPACE_HEADER, needs_of
from server.problems import MEDIA_TYPE, Problem

_MEANINGS = {
    400: "The body cannot be read",
    401: "No valid key",
    403: "The key is not for this",
    404: "Unknown",
    406: "No media type of the answer is accepted",
    409: "What is stored does not allow it",
    413: "The body is too large",
    415: "Unsupported media type or content encoding",
    421: "Without keys only local host names are answered",
    422: "The request cannot be used; `errors` names the fields",
    429: "Too many requests; try again after `Retry-After` seconds",
    503: "The store or the model does not answer; try again after `Retry-After` seconds",
}
_REFERENCE = "#/components/schemas/{model}"
#: What stands around the routes may answer so to any request, and to any that has a body.
_ALWAYS, _WITH_BODY = (403, 413, 421, 422), (400,)
_SECONDS = {"Retry-After": {"description": "Seconds", "required": True, "schema": {"type": "integer"}}}
_HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"description": "How to send a key", "required": True, "schema": {"type": "string"}}},
    429: _SECONDS,
    503: _SECONDS,
}
_WORKSPACE = {
    "name": WORKSPACE_HEADER,
    "in": "header",
    "description": "The workspace; a key opens its own alone. Without it that of the key, or the default one",
    "schema": {"type": "string", "pattern": f"^{WORKSPACE_NAME}$"},
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these problems; 401, 403 and 422 go without saying."""
    return {status: _problem(status) for status in sorted({401, 403, 422, *statuses})}


def describe(app: FastAPI) -> None:
    """Add to the application's description what holds for every route: problems, keys, and the workspace's header."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        # The framework keeps what it made, and would give back what was added here.
        schema = deepcopy(generate())
        components = schema.setdefault("components", {})
        problem = Problem.model_json_schema(ref_template=_REFERENCE)
        components.setdefault("schemas", {}).update({**problem.pop("$defs"), "Problem": problem})
        components["securitySchemes"] = {
            "key": {"type": "http", "scheme": "bearer", "description": "An API key"},
            "write_key": {"type": "http", "scheme": "basic", "description": "The key as user name, no password"},
        }
        components["parameters"] = {"Workspace": _WORKSPACE}
        for operations in schema["paths"].values():
            for operation in operations.values():
                _add_problems(operation)
        for route in iter_route_contexts(app.routes):
            listed = hasattr(route, "dependant") and route.include_in_schema
            for need in needs_of(route.dependant) if listed else ():
                for method in route.methods or ():
                    _guard(schema["paths"][route.path_format][method.lower()], need)
        return schema

    app.openapi = openapi  # type: ignore[method-assign]


def _problem(status: int) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}}
    headers = {"headers": _HEADERS[status]} if status in _HEADERS else {}
    return {"description": _MEANINGS[status], "content": content, **headers}


def _add_problems(operation: dict[str, Any]) -> None:
    for status in (*_ALWAYS, *(_WITH_BODY if "requestBody" in operation else ())):
        operation["responses"].setdefault(str(status), _problem(status))


def _guard(operation: dict[str, Any], need: str) -> None:
    operation["security"] = _security(need)
    workspace = {"$ref": "#/components/parameters/Workspace"}
    operation["parameters"] = [*operation.get("parameters", []), workspace]


def _security(need: str) -> list[dict[str, list[str]]]:
    """A key with this scope, or none: as long as there are no keys, none is asked for."""
    return [{}, {"key": [need]}, {"write_key": [need]}]
