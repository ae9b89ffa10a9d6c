"""One call of what is offered: what it found, or a sentence that says what was wrong and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from pydantic import ValidationError

from memory.scope import Scope
from server.bootstrap import Services
from server.mcp.offers import Offer
from server.problems import INTERNAL, FieldError, Refusal, problem_of
from tools.tool import ToolError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Called:
    """The outcome of a call, as JSON values and as JSON; where `failed` it says why."""

    found: dict[str, Any]
    text: str
    failed: bool = False


async def call(offer: Offer, services: Services, scope: Scope, arguments: dict[str, Any]) -> Called:
    """What the offer finds in this workspace. Nothing is raised: whoever calls reads what went wrong."""
    try:
        found = await offer.call(services, scope, arguments)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)
        return _failed([_wrong(".".join(map(str, each["loc"])), each["type"], each["msg"]) for each in wrong])
    except Refusal as error:
        return _failed(error.errors or [_wrong("", error.kind.slug, error.detail)])
    except ToolError as error:
        return _failed([_wrong(error.argument, "unusable", str(error))])
    except Exception as error:
        # Whatever it is: the client's model is told, and the log has the rest.
        problem = problem_of(error, None)
        if problem.status >= INTERNAL.status:
            log.error(
                "mcp.failed", tool=offer.name, error=type(error).__name__, exc_info=problem.status == INTERNAL.status
            )
        return _failed(problem.errors or [_wrong("", problem.type.rpartition("/")[2], problem.detail)])
    return Called(found, orjson.dumps(found).decode())


def _failed(errors: list[FieldError]) -> Called:
    told = "; ".join(f"{each.field}: {each.detail}" if each.field else each.detail for each in errors)
    return Called({"error": told, "errors": [each.model_dump() for each in errors]}, told, failed=True)


def _wrong(field: str, reason: str, detail: str) -> FieldError:
    return FieldError(field=field, reason=reason, detail=detail)
