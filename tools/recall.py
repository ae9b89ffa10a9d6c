"""Search a memory by meaning and by words."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from memory.recall import Memory, recall
from memory.scope import Scope
from tools.fact import Passage, client_fact
from tools.lifecycle import ALL_STAGES, fold_lifecycle, stage_at
from tools.tool import Period, Tool, ToolContext, ToolError, ToolResult, allowed, passage

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
    `coverage` the share of the query's terms that stand in the event."""

    score: float
    similarity: float | None
    words: float | None
    coverage: float
    stage: str


class RecallResult(ToolResult):
    memories: list[Recollection]


async def run(context: ToolContext, args: RecallArgs) -> RecallResult:
    if args.stage and args.stage not in ALL_STAGES:
        raise ToolError(f"stage is one of {', '.join(ALL_STAGES)}")
    client_id = allowed(context, args.client_id)
    if client_id is None:
        memories = await _of_everyone(context, args)
    else:
        memories = await _of_customer(context, client_id, args)
    return RecallResult(
        facts=[client_fact(memory.client_id, [memory.message_id], "recall") for memory in memories],
        memories=memories,
        passages=[Passage(**m.model_dump(include=set(Passage.model_fields))) for m in memories],
    )


async def _of_everyone(context: ToolContext, args: RecallArgs) -> list[Recollection]:
    customers = (await context.survey()).customers
    joined = {other: client for client, customer in customers.items() for other in customer.profile.joined_ids}
    found = await _search(context, context.scope, args, _CANDIDATES if args.stage else args.limit)
    memories = []
    for memory in found:
        own_id = memory.record.customer_id
        client_id = own_id if memory.record.user_id else joined.get(own_id, own_id)
        stages = customers[client_id].stages if client_id in customers else []
        memories.append(_recollection(memory, client_id, stage_at(stages, memory.record.occurred_at)))
    return [memory for memory in memories if args.stage in (None, memory.stage)][: args.limit]


async def _of_customer(context: ToolContext, client_id: str, args: RecallArgs) -> list[Recollection]:
    history = await context.ledger.history(context.scope, client_id, context.as_of)
    stages = fold_lifecycle(history.records, context.settings.churn, context.as_of)
    own = {record.message_id for record in history.records}
    found = await _search(context, history.scope, args, _CANDIDATES if args.stage else args.limit)
    memories = [
        _recollection(memory, history.client_id, stage_at(stages, memory.record.occurred_at))
        for memory in found
        if memory.record.message_id in own
    ]
    return [memory for memory in memories if args.stage in (None, memory.stage)][: args.limit]


async def _search(context: ToolContext, scope: Scope, args: RecallArgs, limit: int) -> list[Memory]:
    before = min(args.before, context.as_of) if args.before else context.as_of
    return await recall(context.store, context.embedder, scope, args.query, before, limit, args.since)


def _recollection(memory: Memory, client_id: str, stage: str) -> Recollection:
    return Recollection(
        **passage(memory.record, client_id).model_dump(),
        score=memory.score,
        similarity=memory.similarity,
        words=memory.words,
        coverage=memory.coverage,
        stage=stage,
    )


TOOL = Tool("recall", "Search what customers did and said, by meaning and by words.", RecallArgs, run)
