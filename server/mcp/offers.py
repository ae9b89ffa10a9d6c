"""What a client of the protocol may call: every tool of the registry, and `ask`; none of them writes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Annotated, Any

import orjson
from pydantic import Field, StringConstraints, create_model

from memory.cleaning import clean_text, format_time
from memory.scope import Scope
from server.bootstrap import Services
from server.completions.answering import Asked
from server.completions.conversation import Conversation
from server.mcp.shown import plain, shown
from server.routes.chat import MAX_MESSAGE_CHARS
from server.times import AS_OF, moment
from tools.registry import TOOLS
from tools.tool import Tool, ToolArgs, ToolContext, ToolError


class AskArgs(ToolArgs):
    question: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_MESSAGE_CHARS)] = (
        Field(description="a question that stands alone: nothing of earlier ones is remembered")
    )
    client_id: Annotated[str, Field(min_length=1, max_length=256)] | None = Field(
        default=None, description="hold the question to this customer: nobody else can then be seen"
    )


#: The services and the context of a request, and the arguments, to JSON values.
Run = Callable[[Services, ToolContext, Any], Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class Offer:
    """One row of what is offered; the workspace comes from the request, never from the arguments."""

    name: str
    description: str
    args: type[ToolArgs]
    run: Run

    @cached_property
    def accepted(self) -> type[ToolArgs]:
        """The arguments, and with them the instant of the view."""
        as_of: Any = (str | None, Field(default=None, description=AS_OF))
        return create_model(f"{self.args.__name__}AsOf", __base__=self.args, as_of=as_of)

    @cached_property
    def schema(self) -> dict[str, Any]:
        """What it accepts, as JSON schema."""
        return self.accepted.model_json_schema()

    async def call(self, services: Services, scope: Scope, arguments: dict[str, Any]) -> dict[str, Any]:
        """What it finds; raises ValidationError or Refusal for wrong arguments, else what tools and stores raise."""
        given = self.accepted.model_validate(arguments).model_dump(exclude_unset=True)
        now = await moment(services, scope, given.pop("as_of", None))
        return await self.run(services, services.desk.context(scope, now), self.args.model_validate(given))


#: Of JSON: some 60,000 tokens, more than most clients put before a model.
MAX_RESULT_BYTES = 240_000


async def _use(tool: Tool, _: Services, context: ToolContext, args: ToolArgs) -> dict[str, Any]:
    found = plain(await tool.run(context, args))
    size = len(orjson.dumps(found))
    if size > MAX_RESULT_BYTES:
        told = f"The result has {size:,} bytes, and at most {MAX_RESULT_BYTES:,} are sent. Ask for less."
        raise ToolError(told, "limit" if "limit" in tool.args.model_fields else "")
    # In a thread: looking for personal data in a page of text takes a millisecond.
    return {"as_of": format_time(context.as_of), **await asyncio.to_thread(shown, found)}


async def _ask(services: Services, context: ToolContext, args: AskArgs) -> dict[str, Any]:
    if args.client_id:
        history = await context.history(args.client_id)
        context = replace(context, bound_to=history.client_id)
    question = clean_text(args.question)
    if not question:
        raise ToolError("The question is empty.", "question")
    # Kept in no thread: a client that asks often would push out the conversations of people.
    answer = await Asked(context, Conversation(question)).answered(await services.desk.analyst())
    return answer.model_dump(mode="json", exclude={"thread_id"})


ASK = Offer(
    "ask",
    "Ask the analyst about customers: an answer in words, with the events and the facts it rests on.",
    AskArgs,
    _ask,
)
OFFERS = (*(Offer(tool.name, tool.description, tool.args, partial(_use, tool)) for tool in TOOLS), ASK)
BY_NAME = {offer.name: offer for offer in OFFERS}
