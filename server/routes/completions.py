"""POST /v1/chat/completions: the agent for any chat client of OpenAI's API, as one object or as a stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Literal

import orjson
import structlog
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from memory.scope import Scope
from server.auth import ReadScope
from server.bootstrap import Services, ServicesDep
from server.completions.answering import Asked
from server.completions.conversation import read_conversation
from server.completions.footnotes import pieces, with_footnotes
from server.completions.hidden_tasks import answer_hidden
from server.completions.reply import Completion, Json, Said, more_of
from server.completions.request import CompletionRequest, check_form
from server.event_stream import event_data, event_stream
from server.openai_errors import openai_error
from server.openapi import problems
from server.problems import problem_of
from server.routes.chat import bound, usable
from server.routes.models import check_model
from server.times import moment

log = structlog.get_logger()

router = APIRouter(tags=["chat"])

_DONE = "[DONE]"
_STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The completion; with `stream` its chunks, each the data of an event, and `[DONE]`. Only what "
        "holds to the evidence is sent: comments keep the connection alive until then",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


class ChatCompletion(BaseModel):
    """`content` ends in a footnote for each marker `[n]`; `throughline` has the answer's citations, facts and mode."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[dict[str, Any]]
    usage: dict[str, int] = Field(description="Tokens of the chat model that was asked; 0 without one")
    throughline: dict[str, Any] | None = Field(default=None, description="As of POST /chat, without the text")


@router.post(
    "/v1/chat/completions", response_model=ChatCompletion, responses={**problems(404, 409, 422, 503), **_STREAMED}
)
async def complete(sent: CompletionRequest, request: Request, scope: ReadScope, services: ServicesDep) -> Response:
    """Answer the last question of a conversation, in the light of the questions before it.

    Clients send the whole conversation again, so nothing of it is kept here; with a `thread_id` that thread is gone on
    from instead. Messages of the roles system and assistant change neither what is seen nor what is answered.
    """
    asked = answer_hidden(sent) or await _read(sent, scope, services)
    if sent.stream:
        events = _chunks(services, asked, sent.wants_usage, request.scope["state"].get("request_id"))
        return event_stream(events)
    said = await _said(services, asked)
    return Response(orjson.dumps(Completion().whole(said)), media_type="application/json")


async def _read(sent: CompletionRequest, scope: Scope, services: Services) -> Asked:
    """What is asked; raises Refusal, before a stream begins."""
    check_model(sent.model, "/model")
    check_form(sent)
    conversation = read_conversation(sent.messages)
    context = services.desk.context(scope, await moment(services, scope, sent.as_of, sent.known_at, "/"))
    if sent.customer_id:
        context = await bound(context, sent.customer_id)
    if sent.thread_id:
        await usable(services, context, sent.thread_id)
    return Asked(context, conversation, sent.thread_id)


async def _said(services: Services, asked: Asked | Said) -> Said:
    if isinstance(asked, Said):
        return asked
    answer = await asked.answered(await services.desk.analyst())
    text = with_footnotes(answer, asked.context.settings)
    return Said(text, usage=answer.usage, more=more_of(answer, asked.thread_id))


async def _chunks(
    services: Services, asked: Asked | Said, with_usage: bool, request_id: str | None
) -> AsyncIterator[Json]:
    """The first chunk at once, the answer when it is grounded: no chat client takes back what it has shown."""
    completion = Completion()
    try:
        yield _data(completion.begun())
        said = await _said(services, asked)
        for piece in pieces(said.text):
            yield _data(completion.piece(piece))
        if said.call:
            yield _data(completion.called(said))
        yield _data(completion.ended(said))
        if with_usage:
            yield _data(completion.counted(said))
        yield {"data": _DONE}
    except Exception as error:
        # Whatever it is: the status is sent, and a stream without an end says nothing.
        log.error("completion.failed", error=type(error).__name__, exc_info=True)
        yield _data({"error": openai_error(problem_of(error, request_id))})


def _data(value: Json) -> Json:
    return {"data": event_data(value)}
