"""Count events and sum money, of one customer or of everyone, over a period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from pydantic import Field

from memory.profile import UNKNOWN_CURRENCY, net_value
from memory.record import Record
from tools.fact import Fact, count_fact, money_fact
from tools.naming import client_facts
from tools.profile import read_customer
from tools.selection import EventFilter, label, select
from tools.survey import Customer
from tools.tool import Tool, ToolContext, ToolError, ToolResult, allowed, passages

#: Passages that come with a measure: enough to cite from.
_SHOWN = 12


class MeasureArgs(EventFilter):
    client_id: str | None = Field(default=None, description="one customer; null is everyone")
    measure: Literal["count", "sum", "average", "largest", "smallest"] = Field(
        default="count", description="how many events, or what their money comes to (net of refunds)"
    )


class MeasureResult(ToolResult):
    """`count` events matched; `sums` is net of refunds, by currency (strings, exact)."""

    count: int
    customers: int
    sums: dict[str, str]


async def run(context: ToolContext, args: MeasureArgs) -> MeasureResult:
    client_id = allowed(context, args.client_id)
    people = [await read_customer(context, client_id)] if client_id else await _everyone(context)
    # One customer at a time: what settles one's trouble settles nobody else's.
    found = {person.client_id: select(person.records, args) for person in people}
    matched = [record for records in found.values() for record in records]
    url = f"GET /clients/{client_id}/timeline" if client_id else "POST /chat with the same question for one customer"
    customers = sum(1 for records in found.values() if records)
    facts = [count_fact(label(args), matched, "events", "measure", url)]
    if client_id:
        facts.extend(client_facts(people[0], facts[0].evidence, "measure"))
    else:
        facts.append(
            Fact(
                name="customers",
                value=customers,
                unit="customers",
                tool="measure",
                evidence=facts[0].evidence,
                evidence_total=len(matched),
            )
        )
    sums = net_value(matched)
    if args.measure != "count":
        facts.extend(_money_facts(matched, args.measure, url))
    if not matched:
        matched = [record for person in people for record in person.records]
        facts.append(count_fact("searched", matched, "events", "measure", url))
    shown = [record.message_id for record in sorted(matched, key=lambda r: r.order)[-_SHOWN:]]
    return MeasureResult(
        facts=facts,
        passages=await passages(context, shown, client_id),
        count=sum(map(len, found.values())),
        customers=customers,
        sums={currency: str(amount) for currency, amount in sums.items()},
    )


def _money_facts(matched: Sequence[Record], measure: str, url: str) -> list[Fact]:
    """One fact a currency: amounts of different currencies are never added."""
    by_currency: defaultdict[str, list[Record]] = defaultdict(list)
    for record in matched:
        if record.amount is not None:
            by_currency[record.currency or UNKNOWN_CURRENCY].append(record)
    return [_money_fact(measure, currency, found, url) for currency, found in sorted(by_currency.items())]


def _money_fact(measure: str, currency: str, found: Sequence[Record], url: str) -> Fact:
    amounts = {record.message_id: record.amount or Decimal(0) for record in found}
    total = sum(amounts.values(), Decimal(0))
    if measure in ("largest", "smallest"):
        pick = max if measure == "largest" else min
        # The largest refund is the one that gave most back.
        size = abs if all(value <= 0 for value in amounts.values()) else Decimal
        chosen = pick(found, key=lambda r: (size(amounts[r.message_id]), r.order))
        return money_fact(measure, amounts[chosen.message_id], currency, [chosen], "measure", url)
    value = total / len(found) if measure == "average" else total
    return money_fact(measure, value, currency, found, "measure", url)


async def _everyone(context: ToolContext) -> list[Customer]:
    people = list((await context.survey()).customers.values())
    if not people:
        raise ToolError("there is no customer in this workspace yet")
    return people


TOOL = Tool(
    "measure",
    "Count events or sum money (net of refunds, by currency) of one customer or of everyone.",
    MeasureArgs,
    run,
)
