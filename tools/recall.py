"""Search a memory by meaning and by words."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from memory.recall import Asked, Memory, recall
from memory.scope import Scope
from memory.store import Where
from tools.fact import Passage
from tools.lifecycle import ALL_STAGES, stage_at
from tools.naming import client_facts
from tools.profile import read_customer
from tools.selection import check_stage
from tools.survey import Customer
from tools.tool import Period, Tool, ToolContext, ToolResult, allowed, passage

#: Read before a filter by stage, so that enough are left after it.
_CANDIDATES = 200


class RecallArgs(Period):
    client_id: str | None = Field(default=None, description="whose memory; null searches all customers")
    query: Annotated[str, Field(min_length=1, max_length=4_000, description="what to look for")]
    stage: str | None = Field(
        default=None, description=f"only events that happened in this stage: {', '.join(ALL_STAGES)}"
    )
    limit: Annotated[int, Field(ge=1, le=100)] = 8


class Recollection(Passage):
    """A passage with how well it fits: `score` in 0..1 ranks, `similarity` is a cosine, `words` a BM25 score,
    `coverage` the share of the query's terms that stand in the event.

    Of events that say the same the best stands here: `count` is how many were found, `message_ids` are all of them,
    from the one at `first_at` to the one at `last_at`.
    """

    score: float
    similarity: float | None
    words: float | None
    coverage: float
    stage: str
    count: int = 1
    message_ids: list[str]
    first_at: datetime
    last_at: datetime


class RecallResult(ToolResult):
    client_id: str | None
    memories: list[Recollection]


async def run(context: ToolContext, args: RecallArgs) -> RecallResult:
    check_stage(args.stage)
    asked = allowed(context, args.client_id)
    customer = await read_customer(context, asked) if asked else None
    scope = context.scope.of(customer.client_id, *customer.profile.joined_ids) if customer else context.scope
    found = await _search(context, scope, args, customer, _CANDIDATES if args.stage else args.limit)
    people = await _owners(context, customer, found)
    named = {person.client_id: person for person in people if person}
    memories = [_recollection(memory, owner) for memory, owner in zip(found, people, strict=True) if owner]
    chosen = [memory for memory in memories if args.stage in (None, memory.stage)][: args.limit]
    return RecallResult(
        facts=[fact for m in chosen for fact in client_facts(named[m.client_id], [m.message_id], "recall")],
        client_id=customer.client_id if customer else None,
        memories=chosen,
        passages=[Passage(**m.model_dump(include=set(Passage.model_fields))) for m in chosen],
    )


async def _owners(context: ToolContext, customer: Customer | None, found: list[Memory]) -> list[Customer | None]:
    """Whose each memory is; None for an event that arrived after its owner was looked up, or is another's."""
    if customer:
        own = {record.message_id for record in customer.records}
        return [customer if memory.record.message_id in own else None for memory in found]
    survey = await context.survey()
    return [survey.customers.get(survey.owner(memory.record)) for memory in found]


async def _search(
    context: ToolContext, scope: Scope, args: RecallArgs, customer: Customer | None, limit: int
) -> list[Memory]:
    before = min(args.before, context.as_of) if args.before else context.as_of
    where = Where(before=before, since=args.since, known_before=context.known_at)
    timeline = customer.records if customer else None
    asked = Asked(args.query, where, limit, context.settings.zone, timeline)
    return await recall(context.store, context.embedder, scope, asked, context.reranker)


def _recollection(memory: Memory, customer: Customer) -> Recollection:
    return Recollection(
        **passage(memory.record, customer.client_id).model_dump(),
        score=memory.score,
        similarity=memory.similarity,
        words=memory.words,
        coverage=memory.coverage,
        stage=stage_at(customer.stages, memory.record.occurred_at),
        count=len(memory.same),
        message_ids=[record.message_id for record in memory.same],
        first_at=memory.same[0].occurred_at,
        last_at=memory.same[-1].occurred_at,
    )


TOOL = Tool("recall", "Search what customers did and said, by meaning and by words.", RecallArgs, run)
