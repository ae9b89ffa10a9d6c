"""Which events of a history a question means: by time, kind, name, item or property."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import Field

from memory.record import Record
from memory.vocabulary import meaning_of, spelled
from tools.condition import Condition, holds
from tools.lifecycle import ALL_STAGES
from tools.tool import Period, ToolError
from tools.troubles import still_open

__all__ = [
    "Condition", "EventFilter", "Kind", "Select", "check_stage", "having", "label", "names_item", "select", "selector",
]  # fmt: skip

#: What can be asked for without naming events one by one.
Kind = Literal["any", "purchase", "refund", "money", "activity"]
#: The records of one customer, in order -> those that are meant.
Select = Callable[[Sequence[Record]], list[Record]]


class EventFilter(Period):
    """Events in a period that pass every filter; empty fields do not filter."""

    kind: Kind = Field(default="any", description="purchase, refund, money (both), activity, or any event")
    titles: list[str] = Field(default_factory=list, description="only events with one of these names")
    item: str | None = Field(default=None, description="only events about an item with this name, or these words in it")
    unsettled: bool = Field(default=False, description="only troubles (tickets, failed payments) still open")
    where: list[Condition] = Field(default_factory=list, description="only events whose properties meet all of these")


def select(records: Sequence[Record], wanted: EventFilter) -> list[Record]:
    """The records that the filter describes, in their order."""
    return selector(wanted)(records)


def names_item(part: str) -> re.Pattern[str]:
    """An item's name that holds these words whole, the last of them in the plural if it is: a bag is in no cabbage."""
    return re.compile(rf"(?<!\w){re.escape(part.lower())}(?:e?s)?(?!\w)", re.I)


def selector(wanted: EventFilter) -> Select:
    """The filter made ready once, for the histories of many customers."""
    by_title, since, before = _Titles(wanted), wanted.since, wanted.before
    tests: list[Callable[[Record], bool]] = []
    if wanted.kind == "money":
        tests.append(lambda record: record.amount is not None)
    if wanted.item:
        item, named = wanted.item.lower(), names_item(wanted.item)
        tests.append(lambda record: any(item in name.lower() and named.search(name) for name in record.items))
    if wanted.where:
        meets = holds(wanted.where)
        tests.append(lambda record: meets(record.details))

    def choose(records: Sequence[Record]) -> list[Record]:
        if wanted.unsettled:
            records = still_open(records)
        found = [
            record
            for record in records
            if by_title[record.title]
            and (since is None or since <= record.occurred_at)
            and (before is None or record.occurred_at < before)
        ]
        for test in tests:
            found = list(filter(test, found))
        return found

    return choose


class _Titles(dict[str, bool]):
    """Whether events of this name are meant: decided once a name, for there are few."""

    def __init__(self, wanted: EventFilter) -> None:
        super().__init__()
        self._named = {spelled(title) for title in wanted.titles}
        self._kind = wanted.kind

    def __missing__(self, title: str) -> bool:
        named = not self._named or spelled(title) in self._named
        self[title] = meant = named and _is_kind(title, self._kind)
        return meant


def having(records: Sequence[Record], labels: Sequence[str]) -> list[Record]:
    """The records that carry one of these properties at least; all of them where none is named."""
    tests = [holds([Condition(label=each, op="has")]) for each in labels]
    return [record for record in records if not tests or any(test(record.details) for test in tests)]


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


def _is_kind(title: str, kind: Kind) -> bool:
    meaning = meaning_of(title)
    if kind == "purchase":
        return meaning.money > 0
    if kind == "refund":
        return meaning.money < 0
    return meaning.active if kind == "activity" else True
