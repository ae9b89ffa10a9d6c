"""Which events of a history a question means: by time, kind, name or item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from memory.record import Record
from memory.vocabulary import spelled
from tools.lifecycle import ALL_STAGES
from tools.tool import Period, ToolError
from tools.troubles import still_open

#: What can be asked for without naming events one by one.
Kind = Literal["any", "purchase", "refund", "money", "activity"]


class EventFilter(Period):
    """Events in a period that pass every filter; empty fields do not filter."""

    kind: Kind = Field(default="any", description="purchase, refund, money (both), activity, or any event")
    titles: list[str] = Field(default_factory=list, description="only events with one of these names")
    item: str | None = Field(default=None, description="only events about an item with this name, or a part of it")
    unsettled: bool = Field(default=False, description="only troubles (tickets, failed payments) still open")


def select(records: Sequence[Record], wanted: EventFilter) -> list[Record]:
    """The records that the filter describes, in their order."""
    titles = {spelled(title) for title in wanted.titles}
    item = wanted.item.lower() if wanted.item else None
    if wanted.unsettled:
        records = still_open(records)
    return [
        record
        for record in records
        if wanted.holds(record.occurred_at)
        and (not titles or spelled(record.title) in titles)
        and _is_kind(record, wanted.kind)
        and (item is None or any(item in name.lower() for name in record.items))
    ]


def check_stage(stage: str | None) -> None:
    """Raise ToolError for a stage that does not exist."""
    if stage is not None and stage not in ALL_STAGES:
        raise ToolError(f"{stage!r} is not a stage; stages are {', '.join(ALL_STAGES)}", "stage")


def label(wanted: EventFilter) -> str:
    """What was selected, in words."""
    if wanted.unsettled:
        return "open troubles"
    if wanted.titles:
        return " or ".join(wanted.titles)
    return {"any": "events", "money": "payments and refunds", "purchase": "purchases", "refund": "refunds"}.get(
        wanted.kind, "activity"
    )


def _is_kind(record: Record, kind: Kind) -> bool:
    money = record.meaning.money
    return {
        "any": True,
        "purchase": money > 0,
        "refund": money < 0,
        "money": record.amount is not None,
        "activity": record.meaning.active,
    }[kind]
