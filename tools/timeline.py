"""What one customer did, in order of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from memory.details import Value, folded_label
from memory.record import Record
from tools.condition import number_in
from tools.fact import Fact, Passage, count_fact
from tools.fact import number as as_number
from tools.lifecycle import ALL_STAGES, stage_at
from tools.naming import client_facts
from tools.paging import page_of
from tools.profile import read_customer
from tools.selection import EventFilter, check_stage, having, label, select
from tools.tool import Tool, ToolContext, ToolResult, passages, required


class TimelineArgs(EventFilter):
    client_id: str | None = Field(default=None, description="whose history")
    stage: str | None = Field(
        default=None, description=f"only events that happened in this stage: {', '.join(ALL_STAGES)}"
    )
    having: list[str] = Field(default_factory=list, description="only events that carry one of these properties")
    order: Literal["oldest", "newest"] = "newest"
    limit: Annotated[int, Field(ge=1, le=500)] = 20
    after: str | None = Field(default=None, description="the message id that the page starts behind")


class Detail(BaseModel):
    """A property of an event, its label in words."""

    label: str
    value: Value


class Entry(Passage):
    """An event with the stage that it happened in, and what it says."""

    stage: str
    details: list[Detail] = Field(default_factory=list)


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
        for record in having(select(customer.records, args), args.having)
        if args.stage in (None, stage_at(stages, record.occurred_at))
    ]
    ordered = wanted if args.order == "oldest" else wanted[::-1]
    page, following = page_of(ordered, lambda record: record.message_id, args.after, args.limit)
    shown = await passages(context, [record.message_id for record in page], customer.client_id)
    known = {record.message_id: record for record in page}
    url = f"GET /clients/{customer.client_id}/timeline"
    counted = count_fact(label(args), wanted, "events", "timeline", url)
    facts = [counted, *client_facts(customer, counted.evidence, "timeline")]
    facts += [fact for record in page for fact in detail_facts(record, args.having, "timeline")]
    if not wanted:
        facts.append(count_fact("searched", customer.records, "events", "timeline", url))
    return TimelineResult(
        facts=facts,
        passages=shown,
        client_id=customer.client_id,
        entries=[entry(passage, stage_at(stages, passage.occurred_at), known[passage.message_id]) for passage in shown],
        total=len(wanted),
        next_after=following,
    )


def detail_facts(record: Record, labels: Sequence[str], tool: str) -> list[Fact]:
    """The numbers that an event states under these labels, as they are."""
    wanted = {folded_label(each) for each in labels}
    found = [(name, number_in(value)) for name, value in record.details if folded_label(name) in wanted]
    return [
        Fact(name=name, value=as_number(value), tool=tool, evidence=[record.message_id], evidence_total=1)
        for name, value in found
        if value is not None
    ]


def entry(passage: Passage, stage: str, record: Record) -> Entry:
    """An event in words, with its stage and properties."""
    details = [Detail(label=name, value=value) for name, value in record.details]
    return Entry(**passage.model_dump(), stage=stage, details=details)


TOOL = Tool("timeline", "List what one customer did, in order of time.", TimelineArgs, run)
