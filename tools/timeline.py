"""What one customer did, in order of time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tools.fact import Passage, count_fact
from tools.lifecycle import ALL_STAGES, stage_at
from tools.naming import client_facts
from tools.paging import page_of
from tools.profile import read_customer
from tools.selection import EventFilter, check_stage, label, select
from tools.tool import Tool, ToolContext, ToolResult, passages, required


class TimelineArgs(EventFilter):
    client_id: str | None = Field(default=None, description="whose history")
    stage: str | None = Field(
        default=None, description=f"only events that happened in this stage: {', '.join(ALL_STAGES)}"
    )
    order: Literal["oldest", "newest"] = "newest"
    limit: Annotated[int, Field(ge=1, le=500)] = 20
    after: str | None = Field(default=None, description="the message id that the page starts behind")


class Entry(Passage):
    """An event with the stage that it happened in."""

    stage: str


class TimelineResult(ToolResult):
    client_id: str
    entries: list[Entry]
    total: int
    next_after: str | None = None


async def run(context: ToolContext, args: TimelineArgs) -> TimelineResult:
    check_stage(args.stage)
    customer = await read_customer(context, required(context, args.client_id))
    stages = customer.stages
    wanted = [
        record
        for record in select(customer.records, args)
        if args.stage in (None, stage_at(stages, record.occurred_at))
    ]
    ordered = wanted if args.order == "oldest" else wanted[::-1]
    page, following = page_of(ordered, lambda record: record.message_id, args.after, args.limit)
    shown = await passages(context, [record.message_id for record in page], customer.client_id)
    url = f"GET /clients/{customer.client_id}/timeline"
    counted = count_fact(label(args), wanted, "events", "timeline", url)
    facts = [counted, *client_facts(customer, counted.evidence, "timeline")]
    if not wanted:
        facts.append(count_fact("searched", customer.records, "events", "timeline", url))
    return TimelineResult(
        facts=facts,
        passages=shown,
        client_id=customer.client_id,
        entries=[Entry(**p.model_dump(), stage=stage_at(stages, p.occurred_at)) for p in shown],
        total=len(wanted),
        next_after=following,
    )


TOOL = Tool("timeline", "List what one customer did, in order of time.", TimelineArgs, run)
