"""Who one customer is: profile, stages and value, each with its evidence."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from memory.profile import Profile
from memory.stages import StageChange
from tools.fact import Fact, count_fact
from tools.naming import client_facts
from tools.survey import Customer, fold_customer
from tools.tool import Tool, ToolArgs, ToolContext, ToolResult, passages, required
from tools.value import Money, money_view, value_facts


class ProfileArgs(ToolArgs):
    client_id: str | None = Field(default=None, description="whose profile")


class Item(BaseModel):
    name: str
    events: int


class ProfileView(BaseModel):
    """A profile; `value` is net of refunds, `evidence` holds message ids by field (the newest 50)."""

    name: str | None
    email: str | None
    company: str | None
    first_seen: datetime
    last_seen: datetime
    last_active: datetime | None
    events: int
    active_days: int
    purchases: int
    refunds: int
    value: list[Money]
    top_items: list[Item]
    joined_ids: list[str]
    evidence: dict[str, list[str]]


class StageView(BaseModel):
    stage: str
    since: datetime
    evidence: list[str]


class ProfileResult(ToolResult):
    client_id: str
    profile: ProfileView
    stage: str
    stage_history: list[StageView]


async def run(context: ToolContext, args: ProfileArgs) -> ProfileResult:
    customer = await read_customer(context, required(context, args.client_id))
    found = await passages(context, _cited(customer), customer.client_id)
    return ProfileResult(
        facts=profile_facts(customer),
        passages=found,
        client_id=customer.client_id,
        profile=view(customer.profile),
        stage=customer.stage,
        stage_history=[stage_view(change) for change in customer.stages],
    )


async def read_customer(context: ToolContext, client_id: str) -> Customer:
    """One customer, exactly as a survey would fold them; an anonymous id leads to who it belongs to.

    Raises UnknownCustomer.
    """
    history = await context.history(client_id)
    reference = await context.reference()
    return fold_customer(history.client_id, history.records, context.as_of, context.settings, reference)


def view(profile: Profile) -> ProfileView:
    return ProfileView(
        name=profile.name,
        email=profile.email,
        company=profile.company,
        first_seen=profile.first_seen,
        last_seen=profile.last_seen,
        last_active=profile.last_active,
        events=profile.events,
        active_days=profile.active_days,
        purchases=profile.purchases,
        refunds=profile.refunds,
        value=money_view(profile),
        top_items=[Item(name=name, events=events) for name, events in profile.top_items],
        joined_ids=list(profile.joined_ids),
        evidence=profile.evidence,
    )


def stage_view(change: StageChange) -> StageView:
    return StageView(stage=change.stage, since=change.since, evidence=list(change.evidence))


def profile_facts(customer: Customer) -> list[Fact]:
    """The numbers of a profile."""
    records = customer.records
    url = f"GET /clients/{customer.client_id}/timeline"
    return [
        *client_facts(customer, [records[-1].message_id], "profile"),
        count_fact("events", records, "events", "profile", url),
        count_fact("purchases", [r for r in records if r.meaning.money > 0], "purchases", "profile", url),
        count_fact("refunds", [r for r in records if r.meaning.money < 0], "refunds", "profile", url),
        *value_facts(customer, "profile"),
    ]


def _cited(customer: Customer) -> list[str]:
    evidence = customer.profile.evidence
    keys = [
        key
        for field in ("first_seen", "last_seen", "last_active", "name", "value")
        for key in evidence.get(field, [])[-3:]
    ]
    return [*keys, *(key for change in customer.stages for key in change.evidence[:2])]


TOOL = Tool(
    "profile", "Who one customer is: name, stage and its history, purchases, value net of refunds.", ProfileArgs, run
)
