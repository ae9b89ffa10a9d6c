"""What a chat client sends: OpenAI's request, as far as it is read here; anything else in it is ignored."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from server.problems import INVALID_REQUEST, FieldError, Refusal
from server.routes.threads import ThreadId

#: The one model there is.
MODEL = "throughline"
#: More than anybody says in one conversation.
_MAX_MESSAGES = 4_000

Role = Literal["system", "developer", "user", "assistant", "tool", "function"]


class Message(BaseModel):
    """One message of the conversation; its content a text, or a list of parts of which those of text are read."""

    role: Role
    content: str | list[dict[str, Any]] | None = None


class StreamOptions(BaseModel):
    """What a stream tells besides the answer."""

    include_usage: bool | None = None


class CompletionRequest(BaseModel):
    """A conversation whose last question is answered.

    `customer_id`, `as_of`, `known_at` and `thread_id` are those of POST /chat; the `openai` SDK takes them as
    `extra_body`.
    """

    messages: Annotated[list[Message], Field(min_length=1, max_length=_MAX_MESSAGES)]
    model: str | None = Field(default=None, description=f"`{MODEL}`")
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int, Field(ge=1, le=1)] | None = Field(default=None, description="There is one answer")
    response_format: dict[str, Any] | None = Field(default=None, description="Answers are text")
    tools: list[dict[str, Any]] | None = Field(default=None, description="Ignored: none of a client's is called")
    tool_choice: str | dict[str, Any] | None = Field(default=None, description="No call can be forced")
    customer_id: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    as_of: str | None = None
    known_at: str | None = None
    thread_id: ThreadId | None = None

    @property
    def wants_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)


def check_form(sent: CompletionRequest) -> None:
    """Raises Refusal for an answer in a form that none has here: whoever needs it could not read this one."""
    form = (sent.response_format or {}).get("type", "text")
    if form != "text":
        told = "Answers are text; citations and facts stand in the field `throughline` of each completion."
        raise Refusal(INVALID_REQUEST, told, [FieldError(field="/response_format", reason="not_text", detail=told)])
    if isinstance(sent.tool_choice, dict) or sent.tool_choice == "required":
        told = "No tools of a client are called here; leave out `tool_choice`, or let it be `auto` or `none`."
        raise Refusal(INVALID_REQUEST, told, [FieldError(field="/tool_choice", reason="no_tools", detail=told)])
