"""/threads: the conversations of a workspace, as they were asked and answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from agent.threads import THREAD_ID
from agent.turn import Turn
from memory.quarantine import Place
from server.auth import ReadScope
from server.bootstrap import ServicesDep
from server.cursors import newest_first
from server.openapi import problems

router = APIRouter(tags=["chat"])

ThreadId = Annotated[str, Field(pattern=rf"^{THREAD_ID}$")]
_InPath = Annotated[str, Path(pattern=rf"^{THREAD_ID}$")]


class ThreadRow(BaseModel):
    """One conversation."""

    thread_id: str
    title: str = Field(description="The start of its first question that is still kept")
    turns: int = Field(description="Questions that are kept")
    asked_at: datetime = Field(description="When its last question came")
    customer_id: str | None = Field(description="The customer that its questions are held to; null for none")


class ThreadsPage(BaseModel):
    """Newest first."""

    threads: list[ThreadRow]
    total: int
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last one")


class TurnShown(BaseModel):
    """One question with its answer."""

    question: str
    asked_at: datetime
    as_of: datetime = Field(description="The time that it was answered for")
    customer_id: str | None = Field(description="The customer that it was held to")
    understood: list[dict[str, Any]] = Field(description="What the next question goes on from")
    answer: dict[str, Any] = Field(
        description="As POST /chat gave it, without its facts. `cut` names what else is left out of a very long one, "
        "or of an older one of a very long thread, of which the first sentence is kept"
    )


class ThreadShown(BaseModel):
    """A conversation, its oldest turn first."""

    thread_id: str
    turns: list[TurnShown]


class ThreadDeleted(BaseModel):
    deleted: bool


@router.get("/threads", responses=problems(503))
async def list_threads(
    scope: ReadScope,
    services: ServicesDep,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
) -> ThreadsPage:
    """The conversations of this workspace, the one that was asked in last first."""
    found = {brief.thread_id: brief for brief in await services.threads.briefs(scope)}
    page, following = newest_first([Place(each.asked_at, key) for key, each in found.items()], limit, cursor)
    briefs = [found[place.key] for place in page]
    rows = [
        ThreadRow(
            thread_id=each.thread_id, title=each.title, turns=each.turns, asked_at=each.asked_at,
            customer_id=each.bound_to,
        )
        for each in briefs
    ]  # fmt: skip
    return ThreadsPage(threads=rows, total=len(found), next_cursor=following)


@router.get("/threads/{thread_id}", responses=problems(404, 503))
async def get_thread(thread_id: _InPath, scope: ReadScope, services: ServicesDep) -> ThreadShown:
    """What was asked in a conversation, what was understood, and what was answered from which events."""
    turns = await services.threads.read(scope, thread_id)
    return ThreadShown(thread_id=thread_id, turns=[_shown(turn) for turn in turns])


@router.delete("/threads/{thread_id}", responses=problems(404, 409, 503))
async def delete_thread(thread_id: _InPath, scope: ReadScope, services: ServicesDep) -> ThreadDeleted:
    """Let go of a conversation, its bytes included, once the question in it is answered."""
    await services.threads.delete(scope, thread_id)
    return ThreadDeleted(deleted=True)


def _shown(turn: Turn) -> TurnShown:
    return TurnShown(
        question=turn.question,
        asked_at=turn.asked_at,
        as_of=turn.as_of,
        customer_id=turn.bound_to,
        understood=turn.topics,
        answer=turn.answer,
    )
