"""Errors as application/problem+json (RFC 9457): which exception is which status, and what is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from agent.checkpoints import ThreadBusy, ThreadsUnavailable
from agent.threads import UnknownThread
from memory.embedder import EmbeddingFailed
from memory.joining import NotJoined
from memory.ledger import UnknownCustomer
from memory.mending import UnknownItem
from memory.portability import BadLine
from memory.quarantine import Unreadable
from memory.scope import ScopeError
from memory.store import StoreMismatch, StoreUnavailable
from memory.workspaces import CustomerFixed
from server.openai_errors import is_openai, openai_error
from tools.tool import StillTraining

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
#: A store that restarts is back within seconds; sooner tries only add load.
RETRY_AFTER_S = 5


class FieldError(BaseModel):
    """One thing that is wrong, and where."""

    field: str = Field(description="A JSON pointer into the body, or the name of a parameter or header")
    reason: str = Field(description="A stable code")
    detail: str = Field(description="A sentence")


class Problem(BaseModel):
    """What every error looks like."""

    type: str = Field(description="A stable relative URI that names the kind of problem")
    title: str
    status: int
    detail: str
    errors: list[FieldError] = Field(default_factory=list)
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem. With `detail`, that sentence is told instead of the exception's own."""

    slug: str
    status: int
    title: str
    detail: str | None = None
    retry: bool = False


INVALID_JSON = Kind("invalid-json", 400, "The body is not JSON")
INVALID_ENCODING = Kind("invalid-encoding", 400, "The body cannot be decompressed")
INCOMPLETE = Kind("incomplete-request", 400, "The request ended early", "The connection ended before the body did.")
UNAUTHORISED = Kind("unauthorised", 401, "A valid key is needed")
FORBIDDEN = Kind("forbidden", 403, "Not allowed")
NOT_FOUND = Kind("not-found", 404, "There is nothing here", "No such address; /docs lists them all.")
UNKNOWN_CLIENT = Kind("unknown-client", 404, "Unknown client")
UNKNOWN_ITEM = Kind("unknown-item", 404, "Unknown quarantined item")
METHOD_NOT_ALLOWED = Kind("method-not-allowed", 405, "Method not allowed", "This address takes another method.")
CONFLICT = Kind("store-mismatch", 409, "The stored data do not fit")
NOT_WHOLE = Kind("item-not-whole", 409, "The item is not kept whole")
TOO_LARGE = Kind("too-large", 413, "The body is too large")
UNSUPPORTED_ENCODING = Kind("unsupported-encoding", 415, "Unsupported content encoding")
UNSUPPORTED_MEDIA = Kind("unsupported-media-type", 415, "Unsupported media type")
NOT_ACCEPTABLE = Kind("not-acceptable", 406, "No acceptable media type")
MISDIRECTED = Kind("misdirected-request", 421, "Wrong host name")
INVALID_REQUEST = Kind("invalid-request", 422, "The request cannot be used")
INVALID_IMPORT = Kind("invalid-import", 422, "A line is no part of an export")
TOO_MANY = Kind("too-many-events-waiting", 429, "Too much waits to be embedded")
CUSTOMER_FIXED = Kind("customer-fixed", 409, "Who a customer is cannot change any more")
UNKNOWN_RECEIPT = Kind("unknown-receipt", 404, "Unknown erasure receipt")
UNKNOWN_THREAD = Kind("unknown-thread", 404, "Unknown thread")
THREAD_BUSY = Kind("thread-busy", 409, "The thread is in use", retry=True)
UNKNOWN_EVENT = Kind("unknown-event", 404, "Unknown event")
UNKNOWN_MODEL = Kind("model-not-found", 404, "Unknown model")
UNKNOWN_ALIAS = Kind("unknown-alias", 404, "Unknown alias")
NOTHING_TO_LIFT = Kind("nothing-to-lift", 404, "Nothing to lift")
PURGED_ELSEWHERE = Kind("purged-elsewhere", 409, "The store purges by itself")
INTERNAL = Kind(
    "internal-error", 500, "Unexpected error", "Something went wrong here; the log has more under this request id."
)
STORE_UNAVAILABLE = Kind(
    "store-unavailable", 503, "The store does not answer",
    "The store does not answer; nothing of this request is acknowledged. Sending it again is safe.", retry=True,
)  # fmt: skip
THREADS_UNAVAILABLE = Kind(
    "threads-unavailable", 503, "The conversations cannot be reached",
    "The database that keeps the conversations does not answer; the log has more under this request id.", retry=True,
)  # fmt: skip
MODEL_TRAINING = Kind("model-training", 503, "The churn model is being trained", retry=True)
EMBEDDING_UNAVAILABLE = Kind(
    "embedding-unavailable", 503, "The embedding model does not answer",
    "The embedding model does not answer; the log has more under this request id.", retry=True,
)  # fmt: skip

#: The one table; the nearest class in an exception's ancestry decides.
KINDS: dict[type[Exception], Kind] = {
    RequestValidationError: INVALID_REQUEST,
    ClientDisconnect: INCOMPLETE,
    ScopeError: INVALID_REQUEST,
    UnknownCustomer: UNKNOWN_CLIENT,
    UnknownItem: UNKNOWN_ITEM,
    UnknownThread: UNKNOWN_THREAD,
    StillTraining: MODEL_TRAINING,
    ThreadBusy: THREAD_BUSY,
    ThreadsUnavailable: THREADS_UNAVAILABLE,
    CustomerFixed: CUSTOMER_FIXED,
    NotJoined: UNKNOWN_ALIAS,
    Unreadable: NOT_WHOLE,
    BadLine: INVALID_IMPORT,
    StoreMismatch: CONFLICT,
    StoreUnavailable: STORE_UNAVAILABLE,
    EmbeddingFailed: EMBEDDING_UNAVAILABLE,
}
_BY_STATUS = {400: INVALID_JSON, 404: NOT_FOUND, 405: METHOD_NOT_ALLOWED, 413: TOO_LARGE}


class Refusal(HTTPException):
    """A problem that the server itself finds; an HTTPException, so that the framework lets it pass everywhere."""

    def __init__(
        self, kind: Kind, detail: str, errors: Sequence[FieldError] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(kind.status, detail, headers)
        self.kind = kind
        self.errors = list(errors)


def install(app: FastAPI) -> None:
    """Answer every error of this application with a problem."""
    for exception in KINDS:
        app.add_exception_handler(exception, _known)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _unexpected)


def respond(
    request: Request,
    kind: Kind,
    detail: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The response of one problem."""
    state = request.scope.get("state", {})
    request_id = state.get("request_id")
    problem = Problem(
        type=f"/problems/{kind.slug}",
        title=kind.title,
        status=kind.status,
        detail=detail,
        errors=list(errors),
        request_id=request_id,
    )
    sent = dict(headers or {})
    if kind.retry:
        sent["Retry-After"] = str(RETRY_AFTER_S)
    if request_id:
        sent["X-Request-ID"] = request_id
    told = problem.model_dump()
    if state.get("of_sdk"):
        # Names that analytics SDKs read: without them some take a final refusal for a fault, and try again.
        told |= {"code": kind.slug, "message": detail}
    if is_openai(request.url.path):
        told |= {"error": openai_error(problem)}
    return Response(orjson.dumps(told), kind.status, sent, MEDIA_TYPE)


def problem_of(error: Exception, request_id: str | None) -> Problem:
    """What is told of an error where the status is sent already, as in a stream."""
    kind = error.kind if isinstance(error, Refusal) else _kind_of(error)
    detail = error.detail if isinstance(error, Refusal) else kind.detail or str(error)
    told = {"type": f"/problems/{kind.slug}", "title": kind.title, "status": kind.status, "detail": detail}
    return Problem(**told, errors=_fields(error), request_id=request_id)


def _kind_of(error: Exception) -> Kind:
    return next((KINDS[cls] for cls in type(error).__mro__ if cls in KINDS), INTERNAL)


async def _known(request: Request, error: Exception) -> Response:
    kind = _kind_of(error)
    if kind.status >= 500:
        log.error("request.unavailable", kind=kind.slug, error=str(error))
    if isinstance(error, RequestValidationError):
        return _invalid(request, error)
    return respond(request, kind, kind.detail or str(error), _fields(error))


async def _refused(request: Request, error: Exception) -> Response:
    if isinstance(error, Refusal):
        return respond(request, error.kind, error.detail, error.errors, error.headers)
    if not isinstance(error, HTTPException):
        raise error
    kind = _BY_STATUS.get(error.status_code) or Kind(f"http-{error.status_code}", error.status_code, str(error.detail))
    headers = {"Allow": _methods(request)} if kind is METHOD_NOT_ALLOWED else error.headers
    return respond(request, kind, kind.detail or str(error.detail), headers=headers)


def _methods(request: Request) -> str:
    """What an address takes; of several routes with the same address the framework names only the first one's."""
    here = [r for r in iter_route_contexts(request.app.routes) if r.methods and r.path_regex.match(request.url.path)]
    return ", ".join(sorted({method for route in here for method in route.methods or ()}))


async def _unexpected(request: Request, error: Exception) -> Response:
    # The framework raises it again after this answer, so that the traceback is logged too.
    log.error("request.failed", error=type(error).__name__, **_request_id(request))
    return respond(request, INTERNAL, INTERNAL.detail or "")


def _fields(error: Exception) -> list[FieldError]:
    if isinstance(error, UnknownCustomer):
        return [FieldError(field="client_id", reason="unknown_client", detail=str(error))]
    if isinstance(error, UnknownItem):
        return [FieldError(field="id", reason="unknown_item", detail=str(error))]
    if isinstance(error, UnknownThread):
        return [FieldError(field="thread_id", reason="unknown_thread", detail=str(error))]
    if isinstance(error, Unreadable):
        return [FieldError(field="/item", reason="not_whole", detail=str(error))]
    if isinstance(error, BadLine):
        return [FieldError(field=f"line {error.line}", reason="bad_line", detail=str(error))]
    return []


def _invalid(request: Request, error: RequestValidationError) -> Response:
    found = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        return respond(request, INVALID_JSON, "; ".join(str(each["ctx"]["error"]) for each in found))
    errors = [
        FieldError(field=_pointer(each["loc"]), reason=str(each["type"]), detail=str(each["msg"])) for each in found
    ]
    detail = "; ".join(f"{each.field}: {each.detail}" if each.field else each.detail for each in errors)
    return respond(request, INVALID_REQUEST, detail, errors)


def _pointer(location: Sequence[int | str]) -> str:
    """A JSON pointer for a place in the body; for a parameter its name."""
    where, *path = map(str, location)
    if where != "body":
        return ".".join(path)
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)


def _request_id(request: Request) -> dict[str, str]:
    found = request.scope.get("state", {}).get("request_id")
    return {"request_id": found} if found else {}
