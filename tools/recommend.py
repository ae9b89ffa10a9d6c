"""What a customer may want next, and what we can do for them now, each with its evidence."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tools.advice import Advice, advise, foundations
from tools.fact import Fact
from tools.naming import client_facts, item_fact
from tools.playbook.because import because_facts
from tools.profile import read_customer
from tools.recommendation import Kind, Recommendation
from tools.tool import Tool, ToolArgs, ToolContext, ToolResult, passages, required


class RecommendArgs(ToolArgs):
    client_id: str | None = Field(default=None, description="whose recommendations")
    limit: Annotated[int, Field(ge=1, le=25)] = 3
    kind: Kind | None = Field(default=None, description="only items they may want, or only actions of ours")
    exclude_owned: bool = Field(default=False, description="only items that they have not taken up before")


class RecommendResult(ToolResult):
    """`reason` says why there is nothing, where there is nothing."""

    client_id: str
    recommendations: list[Recommendation]
    reason: str | None = None


async def run(context: ToolContext, args: RecommendArgs) -> RecommendResult:
    customer = await read_customer(context, required(context, args.client_id))
    grounds = await foundations(context)
    advice = await advise(context, grounds, customer, args.kind, args.limit, exclude_owned=args.exclude_owned)
    keys = [key for each in advice.recommendations for key in each.evidence]
    # That there is nothing rests on what was last seen, if on nothing else.
    keys = keys or [advice.shown_by or customer.records[-1].message_id]
    return RecommendResult(
        facts=recommend_facts(advice),
        passages=await passages(context, keys, customer.client_id),
        client_id=customer.client_id,
        recommendations=advice.recommendations,
        reason=advice.reason,
    )


def recommend_facts(advice: Advice) -> list[Fact]:
    """Every number and name that the sentences of recommendations use."""
    customer = advice.customer
    own = customer.profile.evidence.get("top_items", []) or [customer.records[-1].message_id]
    found = [*client_facts(customer, own[-1:], "recommend")]
    found += [fact for because in advice.becauses for fact in because_facts(because, "recommend")]
    for each in advice.recommendations:
        found.append(item_fact(each.title, each.evidence[-1:], "recommend"))
        found += [item_fact(name, each.evidence[-1:], "recommend") for name in each.after]
        found += _counts(each, customer.client_id)
    return found


def _counts(each: Recommendation, client_id: str) -> list[Fact]:
    """Counted among other customers, whose events are not theirs to show: at least one of each was looked at."""
    if each.kind == "action":
        return []
    told = {"support": each.support, "similar_customers": each.similar, "lately": each.lately, "others": each.others}
    counted = [(name, value, "customers", value) for name, value in told.items() if value is not None]
    own = [("times", each.times, "times", 0), ("lately_days", each.lately_days, "days", 0)]
    return [
        Fact(
            name=name,
            value=value,
            unit=unit,
            tool="recommend",
            evidence=each.evidence,
            evidence_total=len(each.evidence) + others,
            query=f"GET /clients/{client_id}/recommendations" if others else None,
        )
        for name, value, unit, others in [*counted, *own]
        if value is not None
    ]


TOOL = Tool(
    "recommend",
    "What one customer may want next (items), and what to do for them (actions of the playbook), each with why.",
    RecommendArgs,
    run,
)
