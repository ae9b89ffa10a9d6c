"""Problems in the words of OpenAI's API, which its clients read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from server.problems import Problem

_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
#: Codes that clients look for; every other problem is called what it is called here.
_CODES = {"unauthorised": "invalid_api_key"}
_PATHS = ("/v1/chat/", "/v1/models")


def is_openai(path: str) -> bool:
    """Whether clients of OpenAI's API send to this address."""
    return path.startswith(_PATHS)


def openai_error(problem: Problem) -> dict[str, Any]:
    """The `error` object that stands for a problem; `param` is the first field that is wrong."""
    slug = problem.type.rpartition("/")[2]
    field = problem.errors[0].field if problem.errors else ""
    return {
        "message": problem.detail,
        "type": _TYPES.get(problem.status, "server_error" if problem.status >= 500 else "invalid_request_error"),
        "param": field.strip("/").replace("/", ".") or None,
        "code": _CODES.get(slug, slug.replace("-", "_")),
    }
