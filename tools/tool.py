"""What a tool is: a name, typed arguments, a typed result, and the context it may not choose."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from memory.embedder import Embedder
from memory.ledger import History, Ledger
from memory.narration import narrate, said
from memory.record import Record
from memory.reranking import Reranker
from memory.scope import Scope
from memory.store import Store
from memory.workspace import WorkspaceSettings
from tools.adviser import Adviser
from tools.fact import Fact, Passage
from tools.survey import Reference, Survey
from tools.surveyor import Surveyor


@dataclass(frozen=True, slots=True)
class ToolContext:
    """Whose data a tool may see and as of when: set by code from the request, never by a model.

    With `bound_to`, every tool is held to that one customer; with `known_at`, to what was received before it. A
    `reranker` looks again at what was recalled; none comes with this package.
    """

    store: Store
    ledger: Ledger
    embedder: Embedder
    surveyor: Surveyor
    scope: Scope
    settings: WorkspaceSettings
    as_of: datetime
    adviser: Adviser
    bound_to: str | None = None
    known_at: datetime | None = None
    reranker: Reranker | None = None
    #: The instant that is the present of this request, if it has one: only there the model in force answers.
    present: datetime | None = None
    _surveys: dict[datetime, Survey] = field(default_factory=dict, repr=False, compare=False)
    _references: dict[datetime, Reference] = field(default_factory=dict, repr=False, compare=False)

    async def survey(self) -> Survey:
        """Everyone at this instant: the same for all tools of one request."""
        if self.as_of not in self._surveys:
            self._surveys[self.as_of] = await self.surveyor.survey(
                self.scope, self.as_of, self.settings, self.known_at, present=self.present == self.as_of
            )
        return self._surveys[self.as_of]

    async def reference(self) -> Reference:
        """What one customer is compared with: asked for once a request, which waits for a model once, too."""
        if self.as_of not in self._references:
            self._references[self.as_of] = await self.surveyor.reference(
                self.scope, self.as_of, self.settings, self.known_at, present=self.present == self.as_of
            )
        return self._references[self.as_of]

    async def history(self, client_id: str) -> History:
        """One customer's records as this context may see them; raises UnknownCustomer."""
        return await self.ledger.history(self.scope, client_id, self.as_of, self.known_at)

    def sees(self, record: Record) -> bool:
        """Whether an event lies before both times of this context."""
        return record.occurred_at < self.as_of and (self.known_at is None or record.received_at < self.known_at)


class ToolArgs(BaseModel):
    """Arguments as a model or a plan may choose them; unknown ones are an error."""

    model_config = ConfigDict(extra="forbid")


class Period(ToolArgs):
    """Events with since <= occurred_at < before; null is unbounded."""

    since: AwareDatetime | None = Field(default=None, description="ISO 8601 instant, inclusive")
    before: AwareDatetime | None = Field(default=None, description="ISO 8601 instant, exclusive")

    def holds(self, moment: datetime) -> bool:
        return (self.since is None or self.since <= moment) and (self.before is None or moment < self.before)


class ToolResult(BaseModel):
    """What a tool found: facts (the numbers), passages (events in words), and its own typed rows."""

    facts: list[Fact] = Field(default_factory=list)
    passages: list[Passage] = Field(default_factory=list)


class ToolError(ValueError):
    """A tool cannot answer for these arguments; the sentence says why, `argument` which of them is wrong."""

    def __init__(self, why: str, argument: str = "") -> None:
        super().__init__(why)
        self.argument = argument


class StillTraining(ToolError):
    """What is asked for needs a churn model that is being trained."""

    def __init__(self) -> None:
        super().__init__("the churn model for this time is being trained; ask again in a moment")


@dataclass(frozen=True, slots=True)
class Tool:
    """One row of the registry."""

    name: str
    description: str
    args: type[ToolArgs]
    run: Callable[[ToolContext, Any], Awaitable[ToolResult]]


def allowed(context: ToolContext, client_id: str | None) -> str | None:
    """The customer a call is about: the one the request is bound to, whatever was asked for."""
    if context.bound_to and client_id not in (None, context.bound_to):
        raise ToolError(f"this question is about {context.bound_to!r} only")
    return context.bound_to or client_id


def required(context: ToolContext, client_id: str | None) -> str:
    """Like `allowed`, for tools that need a customer."""
    found = allowed(context, client_id)
    if not found:
        raise ToolError("needs a client_id")
    return found


async def passages(context: ToolContext, message_ids: list[str], client_id: str | None = None) -> list[Passage]:
    """These events in words, in the order asked; those outside the scope or the time are left out.

    With `client_id` they are known to be that customer's; else each one's owner is looked up.
    """
    found = {record.message_id: record for record in await context.store.get(context.scope, message_ids)}
    kept = [found[key] for key in dict.fromkeys(message_ids) if key in found and context.sees(found[key])]
    if not kept:
        return []
    owner = (lambda record: client_id) if client_id else await _owners(context)
    return [passage(record, whose) for record in kept if (whose := owner(record))]


async def _owners(context: ToolContext) -> Callable[[Record], str | None]:
    """Whose an event is; in a question about one customer, nobody else's exists."""
    bound = context.bound_to
    if bound is None:
        return (await context.survey()).owner
    history = await context.history(bound)
    own = {record.message_id for record in history.records}
    return lambda record: bound if record.message_id in own else None


def passage(record: Record, client_id: str) -> Passage:
    """A record with its body, in words."""
    event = record.event
    return Passage(
        message_id=record.message_id,
        client_id=client_id,
        occurred_at=record.occurred_at,
        title=record.title,
        text=narrate(event).text,
        said=said(event),
        items=list(record.items),
    )
