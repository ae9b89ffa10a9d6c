"""Count events and sum money, of one customer or of everyone, over a period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from memory.profile import UNKNOWN_CURRENCY, net_value
from memory.record import Record
from tools.fact import Fact, count_fact, money_fact
from tools.profile import read_customer
from tools.tool import Period, Tool, ToolContext, ToolError, ToolResult, allowed, passages

#: What can be counted without naming events one by one.
Kind = Literal["any", "purchase", "refund", "money", "activity"]
#: Passages that come with a measure: enough to cite from.
_SHOWN = 12


class MeasureArgs(Period):
    client_id: str | None = Field(default=None, description="one customer; null is everyone")
    measure: Literal["count", "sum"] = "count"
    kind: Kind = Field(default="any", description="purchase, refund, money (both), activity, or any event")
    titles: list[str] = Field(default_factory=list, description="only events with one of these names")
    item: str | None = Field(default=None, description="only events about an item with this name, or a part of it")


class MeasureResult(ToolResult):
    """`count` events matched; `sums` is net of refunds, by currency (strings, exact)."""

    count: int
    customers: int
    sums: dict[str, str]


async def run(context: ToolContext, args: MeasureArgs) -> MeasureResult:
    client_id = allowed(context, args.client_id)
    matched = select(await _records(context, client_id), args)
    url = f"GET /clients/{client_id}/timeline" if client_id else "POST /chat with the same question for one customer"
    customers = len({record.customer_id for record in matched})
    facts = [count_fact(_name(args), matched, "events", "measure", url)]
    if not client_id:
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
    if args.measure == "sum":
        facts.extend(_money_facts(matched, url))
    shown = [record.message_id for record in sorted(matched, key=lambda r: r.order)[-_SHOWN:]]
    return MeasureResult(
        facts=facts,
        passages=await passages(context, shown, client_id),
        count=len(matched),
        customers=customers,
        sums={currency: str(amount) for currency, amount in sums.items()},
    )


def select(records: Sequence[Record], args: MeasureArgs) -> list[Record]:
    """The records that the arguments describe."""
    titles = {title.lower() for title in args.titles}
    item = args.item.lower() if args.item else None
    return [
        record
        for record in records
        if args.holds(record.occurred_at)
        and (not titles or record.title.lower() in titles)
        and _is_kind(record, args.kind)
        and (item is None or any(item in name.lower() for name in record.items))
    ]


def _is_kind(record: Record, kind: Kind) -> bool:
    money = record.meaning.money
    return {
        "any": True,
        "purchase": money > 0,
        "refund": money < 0,
        "money": record.amount is not None,
        "activity": record.meaning.active,
    }[kind]


def _name(args: MeasureArgs) -> str:
    return (
        " or ".join(args.titles)
        if args.titles
        else {"any": "events", "money": "payments and refunds"}.get(args.kind, f"{args.kind} events")
    )


def _money_facts(matched: Sequence[Record], url: str) -> list[Fact]:
    by_currency: defaultdict[str, list[Record]] = defaultdict(list)
    for record in matched:
        if record.amount is not None:
            by_currency[record.currency or UNKNOWN_CURRENCY].append(record)
    sums = net_value(matched)
    return [
        money_fact("sum", sums[currency], currency, found, "measure", url)
        for currency, found in sorted(by_currency.items())
    ]


async def _records(context: ToolContext, client_id: str | None) -> list[Record]:
    if client_id:
        return (await read_customer(context, client_id)).records
    survey = await context.survey()
    if not survey.customers:
        raise ToolError("there is no customer in this workspace yet")
    return [record for customer in survey.customers.values() for record in customer.records]


TOOL = Tool(
    "measure",
    "Count events or sum money (net of refunds, by currency) of one customer or of everyone.",
    MeasureArgs,
    run,
)
