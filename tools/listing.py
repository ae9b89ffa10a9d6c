"""What several customers, or all, did, in order of time."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nlargest, nsmallest
from operator import itemgetter
from typing import Annotated, Literal

from pydantic import Field

from memory.record import Record
from tools.fact import Passage, count_fact
from tools.figure_facts import customers_fact
from tools.lifecycle import stage_at
from tools.naming import client_facts
from tools.pace import Pace
from tools.people import read_people
from tools.selection import EventFilter, having, label, selector
from tools.survey import Customer
from tools.timeline import Entry, entry
from tools.tool import Tool, ToolContext, ToolResult, passages

_URL = "GET /clients/{id}/timeline of each customer"


class SearchEventsArgs(EventFilter):
    client_ids: list[str] = Field(default_factory=list, description="only these customers; empty is everyone")
    having: list[str] = Field(default_factory=list, description="only events that carry these properties")
    order: Literal["oldest", "newest"] = "newest"
    limit: Annotated[int, Field(ge=1, le=500)] = 20


class SearchEventsResult(ToolResult):
    """`entries` are the first of the `total` events that match, which are of `customers` customers."""

    entries: list[Entry]
    total: int
    customers: int


async def run(context: ToolContext, args: SearchEventsArgs) -> SearchEventsResult:
    people = await read_people(context, args.client_ids)
    shares = await _matched(people, args)
    page = _first(shares, args)
    shown = await _passages(context, page, owned=bool(args.client_ids or context.bound_to))
    known = {record.message_id: (person, record) for person, record in page}
    matched = [record for _, records in shares for record in records]
    counted = count_fact(label(args), matched, "events", "search_events", _URL)
    facts = [counted, customers_fact(shares).model_copy(update={"tool": "search_events"})]
    for person, record in {person.client_id: (person, record) for person, record in reversed(page)}.values():
        facts += client_facts(person, [record.message_id], "search_events")
    if not matched:
        everything = [record for person in people for record in person.records]
        facts.append(count_fact("searched", everything, "events", "search_events", _URL))
    return SearchEventsResult(
        facts=facts,
        passages=shown,
        entries=[_entry(passage, *known[passage.message_id]) for passage in shown],
        total=len(matched),
        customers=len(shares),
    )


async def _matched(people: Sequence[Customer], args: SearchEventsArgs) -> list[tuple[Customer, list[Record]]]:
    """Each customer's events that are meant, where there are any; in turns with other requests."""
    choose, pace = selector(args), Pace()
    found: list[tuple[Customer, list[Record]]] = []
    for person in people:
        records = choose(person.records)
        if args.having:
            records = having(records, args.having)
        if records:
            found.append((person, records))
        await pace.breathe()
    return found


def _first(shares: Sequence[tuple[Customer, list[Record]]], args: SearchEventsArgs) -> list[tuple[Customer, Record]]:
    """The first events in the order asked for, each with its customer."""
    newest = args.order == "newest"
    # No more than `limit` of one customer can be among the first.
    ends = (
        (record.order, person, record)
        for person, records in shares
        for record in (records[-args.limit :] if newest else records[: args.limit])
    )
    pick = nlargest if newest else nsmallest
    return [(person, record) for _, person, record in pick(args.limit, ends, key=itemgetter(0))]


async def _passages(context: ToolContext, page: Sequence[tuple[Customer, Record]], *, owned: bool) -> list[Passage]:
    keys = [record.message_id for _, record in page]
    if not owned:
        return await passages(context, keys)
    # Of a few customers it is known whose an event is, without a survey of everyone.
    found: list[Passage] = []
    for client_id in dict.fromkeys(person.client_id for person, _ in page):
        own = [record.message_id for person, record in page if person.client_id == client_id]
        found += await passages(context, own, client_id)
    return sorted(found, key=lambda passage: keys.index(passage.message_id))


def _entry(passage: Passage, person: Customer, record: Record) -> Entry:
    return entry(passage, stage_at(person.stages, record.occurred_at), record)


TOOL = Tool("search_events", "List what several customers or all did, in order of time.", SearchEventsArgs, run)
