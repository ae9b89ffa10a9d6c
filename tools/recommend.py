"""What a customer may want next, and what we can do for them now, each with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import NAMESPACE_URL, uuid5

from pydantic import BaseModel, Field

from memory.record import Record
from memory.vocabulary import Trouble
from tools.churn import open_troubles
from tools.fact import Fact
from tools.naming import client_facts, item_fact
from tools.profile import read_customer
from tools.similar import NextItem, next_items
from tools.survey import Customer
from tools.tool import Tool, ToolArgs, ToolContext, ToolResult, passages, required

#: What settles each open trouble. No effect is claimed: that needs an experiment.
ACTIONS: dict[Trouble, tuple[str, str]] = {
    "payment": ("Help to settle the failed payment", "a payment failed and none has gone through since"),
    "support": ("Answer the open support ticket", "a support ticket is still open"),
    "downgrade": ("Ask what was missing before the downgrade", "the plan was downgraded"),
    "refund": ("Ask what was wrong with the refunded order", "an order was refunded"),
    "feedback": ("Reply to the feedback", "unhappy feedback was left"),
}
CHECK_IN = ("Check in personally", "the silence is long against the customer's own rhythm")
_EVIDENCE = 5


class RecommendArgs(ToolArgs):
    client_id: str | None = Field(default=None, description="whose recommendations")
    limit: Annotated[int, Field(ge=1, le=25)] = 3


class Recommendation(BaseModel):
    """`kind` is item or action. Of items: `support` of `similar` customers took it up after what they share
    with this one (`after`), and `score` is their weighted share.

    `expected_effect` is unknown: history alone cannot tell what an action causes.
    """

    id: str
    kind: str
    title: str
    why: str
    score: float | None = None
    support: int | None = None
    similar: int | None = None
    after: list[str] = Field(default_factory=list)
    expected_effect: str = "unknown"
    evidence: list[str]


class RecommendResult(ToolResult):
    client_id: str
    recommendations: list[Recommendation]


async def run(context: ToolContext, args: RecommendArgs) -> RecommendResult:
    customer = await read_customer(context, required(context, args.client_id))
    # Others as of the start of the day, this customer as of now.
    everyone = {**(await context.reference()).everyone, customer.client_id: customer.records}
    items = next_items(customer.client_id, everyone, args.limit)
    actions = _actions(context, customer)
    recommended = [*actions, *(_item(customer, item) for item in items)][: args.limit]
    shown = await passages(context, [key for each in recommended for key in each.evidence], customer.client_id)
    return RecommendResult(
        facts=_facts(customer, items),
        passages=shown,
        client_id=customer.client_id,
        recommendations=recommended,
    )


def _actions(context: ToolContext, customer: Customer) -> list[Recommendation]:
    """One action for each kind of open trouble, and a check-in for a long silence; none for who has left."""
    if customer.stage == "churned":
        return []
    found: dict[Trouble, list[Record]] = {}
    for record in open_troubles(customer.records, context.as_of):
        if record.meaning.trouble:
            found.setdefault(record.meaning.trouble, []).append(record)
    actions = [_action(customer, *ACTIONS[kind], [r.message_id for r in records]) for kind, records in found.items()]
    if customer.signal.band == "high":
        actions.append(_action(customer, *CHECK_IN, list(customer.signal.drivers[0].evidence)))
    return actions


def _action(customer: Customer, title: str, why: str, evidence: Sequence[str]) -> Recommendation:
    return Recommendation(
        id=_id(customer, title), kind="action", title=title, why=why, evidence=list(evidence)[-_EVIDENCE:]
    )


def _item(customer: Customer, item: NextItem) -> Recommendation:
    shared = " and ".join(f'"{name}"' for name in item.shared)
    own = [r for r in customer.records if set(item.shared) & set(r.items) and r.meaning.money >= 0]
    # Last, because the last are shown first: for each shared item an event that names it.
    newest = [next(r for r in reversed(own) if name in r.items) for name in item.shared]
    evidence = list(dict.fromkeys(r.message_id for r in [*reversed(newest), *reversed(own)]))[:_EVIDENCE][::-1]
    return Recommendation(
        id=_id(customer, item.item),
        kind="item",
        title=item.item,
        why=f"{item.support} of {item.neighbours} similar customers took it up after {shared}",
        score=item.score,
        support=item.support,
        similar=item.neighbours,
        after=list(item.shared),
        evidence=evidence,
    )


def _facts(customer: Customer, items: Sequence[NextItem]) -> list[Fact]:
    own = customer.profile.evidence.get("top_items", [])
    named = [
        *client_facts(customer, own[-1:], "recommend"),
        *(item_fact(each.item, own[-1:], "recommend") for each in items),
    ]
    # Counted among other customers, whose events are not theirs to show: at least one of each was looked at.
    counts = [
        Fact(
            name=name,
            value=value,
            unit="customers",
            tool="recommend",
            evidence=own,
            evidence_total=len(own) + value,
            query=f"GET /clients/{customer.client_id}",
        )
        for item in items
        for name, value in (("support", item.support), ("similar_customers", item.neighbours))
    ]
    return [*named, *counts]


def _id(customer: Customer, what: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"{customer.client_id}\0{what}"))


TOOL = Tool(
    "recommend",
    "What one customer may want next, from similar customers, and what to do about open troubles.",
    RecommendArgs,
    run,
)
