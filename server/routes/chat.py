"""POST /chat: a question, answered with citations; as JSON or as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated, Any
from uuid import uuid4

import structlog
from fastapi import APIRouter, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from agent.threads import UnknownThread
from memory.cleaning import clean_text, format_time
from memory.ledger import UnknownCustomer
from server.accept import accepted
from server.auth import ReadScope
from server.bootstrap import Services, ServicesDep
from server.event_stream import event_data, event_stream
from server.openapi import problems
from server.problems import UNKNOWN_CLIENT, UNKNOWN_THREAD, FieldError, Refusal, problem_of
from server.routes.threads import ThreadId
from server.times import moment
from tools.tool import ToolContext

log = structlog.get_logger()

router = APIRouter(tags=["chat"])

#: A page of text; a longer message is a document, which belongs into /events.
MAX_MESSAGE_CHARS = 4_000


_STREAM = "text/event-stream"
#: One server-sent event: its name and its data, in JSON.
Event = dict[str, str]
_EVENTS = (
    "run.started", "tool.started", "tool.finished", "answer.delta", "citation", "answer.final", "error",
)  # fmt: skip
_EVENT = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "event": {"enum": list(_EVENTS)},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}
_STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer; as a stream `run.started`, then each call of a tool, the answer's text as it grows "
        "with its citations, and `answer.final` with the whole reply, or `error` with a problem. Where `replaces` is "
        "true there, the text before it is to be thrown away. Comments keep the connection alive",
        "content": {_STREAM: {"schema": _EVENT}},
    }
}


class ChatRequest(BaseModel):
    """A question. With `customer_id` it is about that customer, and nothing else can be seen."""

    model_config = ConfigDict(extra="forbid")

    message: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_MESSAGE_CHARS),
        # What holds nothing but characters that cannot be seen is empty.
        BeforeValidator(lambda sent: clean_text(sent) if isinstance(sent, str) else sent),
    ]
    customer_id: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    thread_id: ThreadId | None = None
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
    usage: dict[str, Any]
    as_of: str


@router.post("/chat", response_model=ChatReply, responses={**problems(404, 409, 422, 503), **_STREAMED})
async def chat(asked: ChatRequest, request: Request, scope: ReadScope, services: ServicesDep) -> Response:
    """Answer a question about customers. Every statement cites events; what memory does not hold is said.

    It is streamed with `stream`, or for whoever accepts nothing but `text/event-stream`.

    With the `thread_id` of an earlier answer it goes on from there; one not in use begins a thread of that name. A
    thread is held to the `customer_id` that it began with, or to none.
    """
    now = await moment(services, scope, asked.as_of, asked.known_at, "/")
    context = services.desk.context(scope, now)
    if asked.customer_id:
        context = await bound(context, asked.customer_id)
    thread_id = asked.thread_id or uuid4().hex
    # Before a stream begins, so that it is still a 404.
    await usable(services, context, thread_id)
    if asked.stream or accepted(request) == {_STREAM}:
        events = _events(services, context, asked.message, thread_id, request.scope["state"].get("request_id"))
        return event_stream(events)
    analyst = await services.desk.analyst()
    answer = await analyst.ask(context, asked.message, thread_id)
    return Response(answer.model_dump_json(), media_type="application/json")


async def bound(context: ToolContext, customer_id: str) -> ToolContext:
    """The context held to one customer; an anonymous id that was joined means who it belongs to."""
    try:
        history = await context.history(customer_id)
    except UnknownCustomer as error:
        wrong = FieldError(field="/customer_id", reason="unknown_client", detail=str(error))
        raise Refusal(UNKNOWN_CLIENT, str(error), [wrong]) from error
    return replace(context, bound_to=history.client_id)


async def usable(services: Services, context: ToolContext, thread_id: str) -> None:
    """Raises Refusal for a thread whose questions were held to another customer than this one, or to none."""
    try:
        await services.threads.check(context.scope, thread_id, context.bound_to)
    except UnknownThread as error:
        wrong = FieldError(field="/thread_id", reason="unknown_thread", detail=str(error))
        raise Refusal(UNKNOWN_THREAD, str(error), [wrong]) from error


async def _events(
    services: Services, context: ToolContext, message: str, thread_id: str, request_id: str | None
) -> AsyncIterator[Event]:
    """All that is told of a run, each as it happens; whatever goes wrong is the last of it."""
    try:
        yield _event("run.started", {"thread_id": thread_id, "as_of": format_time(context.as_of)})
        analyst = await services.desk.analyst()
        async with aclosing(analyst.talk(context, message, thread_id)) as talk:
            async for told in talk:
                yield _event(told.event, told.model_dump(mode="json"))
    except Exception as error:
        # Whatever it is: the status is sent, and a stream without an end says nothing.
        log.error("chat.failed", error=type(error).__name__, exc_info=True)
        yield _event("error", problem_of(error, request_id).model_dump())


def _event(name: str, data: dict[str, Any]) -> Event:
    return {"event": name, "data": event_data(data)}
