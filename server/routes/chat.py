"""POST /chat: a question, answered with citations; as JSON or as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated, Any
from uuid import uuid4

import orjson
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response, StreamingResponse

from memory.ledger import UnknownCustomer
from memory.store import StoreError
from server.auth import ReadScope
from server.bootstrap import Services, ServicesDep
from server.openapi import problems
from server.problems import UNKNOWN_CLIENT, FieldError, Refusal
from server.times import moment
from tools.tool import ToolContext

router = APIRouter(tags=["chat"])

#: A page of text; a longer message is a document, which belongs into /events.
MAX_MESSAGE_CHARS = 4_000


_STREAM = "text/event-stream"
_EVENT = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "event": {"enum": ["step", "tool", "answer", "error"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}
_STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer; with `stream` as events: `step`, `tool`, then `answer` with the whole reply",
        "content": {_STREAM: {"schema": _EVENT}},
    }
}


class ChatRequest(BaseModel):
    """A question. With `customer_id` it is about that customer, and nothing else can be seen."""

    model_config = ConfigDict(extra="forbid")

    message: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_MESSAGE_CHARS)]
    customer_id: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    thread_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    as_of: str | None = None
    known_at: str | None = None
    stream: bool = False


class ChatReply(BaseModel):
    """`[n]` in `answer` points to `citations`; each number in it is the value of one of `facts`."""

    thread_id: str
    answer: str
    citations: list[dict[str, Any]]
    facts: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    abstained: bool
    mode: str
    mode_reason: str | None
    as_of: str


@router.post("/chat", response_model=ChatReply, responses={**problems(404, 422, 503), **_STREAMED})
async def chat(asked: ChatRequest, scope: ReadScope, services: ServicesDep) -> Response:
    """Answer a question about customers. Every statement cites events; what memory does not hold is said."""
    now = await moment(services, scope, asked.as_of, asked.known_at, "/")
    context = services.desk.context(scope, now)
    if asked.customer_id:
        context = await _bound(context, asked.customer_id)
    thread_id = asked.thread_id or uuid4().hex
    if asked.stream:
        return StreamingResponse(_events(services, context, asked.message, thread_id), media_type=_STREAM)
    analyst = await services.desk.analyst()
    answer = await analyst.ask(context, asked.message, thread_id)
    return Response(answer.model_dump_json(), media_type="application/json")


async def _bound(context: ToolContext, customer_id: str) -> ToolContext:
    """The context held to one customer; an anonymous id that was joined means who it belongs to."""
    try:
        history = await context.history(customer_id)
    except UnknownCustomer as error:
        wrong = FieldError(field="/customer_id", reason="unknown_client", detail=str(error))
        raise Refusal(UNKNOWN_CLIENT, str(error), [wrong]) from error
    return replace(context, bound_to=history.client_id)


async def _events(services: Services, context: ToolContext, message: str, thread_id: str) -> AsyncIterator[bytes]:
    """`step` as each node ends, `tool` for each call, then `answer` with the whole reply."""
    try:
        analyst = await services.desk.analyst()
        told = 0
        state: Any = {}
        async for node, state in analyst.steps(context, message):
            yield _event("step", {"name": node})
            for run in state.get("runs", [])[told:]:
                told += 1
                yield _event("tool", run.use.model_dump())
        answer = analyst.finish(state, analyst.narrowed(context, message), thread_id)
        yield _event("answer", answer.model_dump(mode="json"))
    except StoreError:
        yield _event("error", {"type": "/problems/store-unavailable", "title": "The store does not answer"})


def _event(name: str, data: dict[str, Any]) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"
