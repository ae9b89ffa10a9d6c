"""/webhooks: who is told when a customer crosses a churn band, and what became of what they were sent."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import uuid4

from fastapi import APIRouter, Path, Query, status
from pydantic import BaseModel, ConfigDict, Field, model_validator

from memory.outbox import Outbox
from memory.quarantine import Place
from memory.scope import Scope
from memory.subscriptions import TooManyWebhooks, UnknownWebhook
from memory.webhooks import (
    Brief,
    DeadReason,
    Delivery,
    DeliveryState,
    EventType,
    Subscription,
    body_of,
    new_subscription,
)
from server.auth import OperateScope
from server.bootstrap import Services, ServicesDep
from server.cursors import newest_first
from server.openapi import problems
from server.problems import INVALID_REQUEST, FieldError, Kind, Refusal
from server.webhooks.guard import Guard, TargetRefused, parse_target
from server.webhooks.signing import new_secret
from server.webhooks.tidying import NEWEST

router = APIRouter(tags=["webhooks"])

UNKNOWN_WEBHOOK = Kind("unknown-webhook", 404, "Unknown webhook")
TOO_MANY_WEBHOOKS = Kind("too-many-webhooks", 409, "There are as many webhooks as may be")
WebhookId = Annotated[str, Path(max_length=100)]
Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before")]
_MOST_IDS = 1_000


class WebhookRequest(BaseModel):
    """Whom to tell, and of what."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(description="https:// or http://, without user name and password; private addresses are refused")
    events: Annotated[set[EventType], Field(min_length=1)]
    description: str = Field(default="", max_length=200, description="Who or what it is for")


class WebhookView(BaseModel):
    """A webhook without its secret."""

    id: str
    url: str
    events: list[EventType]
    description: str
    state: Literal["active", "disabled"]
    created_at: datetime
    disabled_at: datetime | None
    disabled_reason: str | None


class NewWebhook(WebhookView):
    """A webhook that was just made, with its secret."""

    secret: str = Field(description="Proves what is sent, by the Standard Webhooks specification. It is told this once")


class WebhooksReply(BaseModel):
    """The workspace's webhooks, oldest first."""

    webhooks: list[WebhookView]


class PingReply(BaseModel):
    """What became of a test. `error` is null where the receiver answered 2xx."""

    webhook_id: str
    message_id: str
    delivered: bool
    status: int | None = Field(description="The receiver's HTTP status; null where it gave none")
    error: str | None
    duration_ms: float


class DeliveryView(BaseModel):
    """One event on its way to one receiver; `id` is its `webhook-id` header, the same each time it is sent."""

    id: str
    webhook_id: str
    type: str
    client_id: str
    state: DeliveryState
    occurred_at: datetime
    queued_at: datetime = Field(description="When it was published, or last replayed")
    attempts: int
    next_at: datetime | None = Field(description="When it is tried next; null where it is tried no more")
    status: int | None = Field(description="What the receiver answered last")
    error: str | None
    reason: DeadReason | None = Field(description="Why it is tried no more")
    ended_at: datetime | None = Field(description="When it arrived or was given up")


class DeliveriesReply(BaseModel):
    """Deliveries to one receiver, newest first."""

    deliveries: list[DeliveryView]


class DeadPage(BaseModel):
    """Deliveries that were given up, latest first."""

    deliveries: list[DeliveryView]
    total: int
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last one")


class ReplayRequest(BaseModel):
    """Which dead deliveries are tried again: these, or all."""

    model_config = ConfigDict(extra="forbid")

    ids: list[str] | None = Field(default=None, min_length=1, max_length=_MOST_IDS)
    all: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> ReplayRequest:
        if (self.ids is None) == (not self.all):
            raise ValueError("send either ids, or all: true")
        return self


class ReplayReply(BaseModel):
    """`disabled`: those whose webhook is disabled; they stay dead until a test reaches it."""

    replayed: int
    unknown: list[str] = Field(description="Ids that no dead delivery has")
    disabled: list[str]


@router.post("/webhooks", status_code=status.HTTP_201_CREATED, responses=problems(400, 409, 413, 503))
async def post_webhook(asked: WebhookRequest, scope: OperateScope, services: ServicesDep) -> NewWebhook:
    """Tell this address from now on. Its secret is in this answer alone."""
    await _checked(services.courier.sender.guard, asked.url)
    made = new_subscription(asked.url, tuple(sorted(asked.events)), asked.description, new_secret(), datetime.now(UTC))
    await services.workspaces.register(scope)
    try:
        await services.subscriptions.add(scope, made)
    except TooManyWebhooks as error:
        raise Refusal(TOO_MANY_WEBHOOKS, str(error)) from None
    await services.commit()
    return NewWebhook(**_shown(made), secret=made.secret)


@router.get("/webhooks", responses=problems(503))
async def get_webhooks(scope: OperateScope, services: ServicesDep) -> WebhooksReply:
    """The workspace's webhooks, without their secrets."""
    return WebhooksReply(webhooks=[WebhookView(**_shown(each)) for each in await services.subscriptions.list(scope)])


@router.get("/webhooks/dead", responses=problems(503))
async def get_dead(scope: OperateScope, services: ServicesDep, limit: Limit = 50, cursor: Cursor = None) -> DeadPage:
    """Deliveries that were given up, latest first, and why. They are kept for 30 days."""
    places = [_place(each) for each in await _dead(services.outbox, scope)]
    page, following = newest_first(places, limit, cursor)
    found = await services.outbox.find(scope, [place.key for place in page])
    return DeadPage(deliveries=[_view(each) for each in found], total=len(places), next_cursor=following)


@router.post("/webhooks/dead/replay", responses=problems(400, 413, 503))
async def replay_dead(asked: ReplayRequest, scope: OperateScope, services: ServicesDep) -> ReplayReply:
    """Try dead deliveries again from the first attempt on, under the ids that they had."""
    dead = {each.id: each.webhook_id for each in await _dead(services.outbox, scope)}
    wanted = list(dead if asked.ids is None else dict.fromkeys(asked.ids))
    active = {each.id for each in await services.subscriptions.list(scope) if each.disabled_at is None}
    chosen = [each for each in wanted if dead.get(each) in active]
    replayed = await services.outbox.replay(scope, chosen)
    await services.commit()
    return ReplayReply(
        replayed=replayed,
        unknown=[each for each in wanted if each not in dead],
        disabled=[each for each in wanted if each in dead and dead[each] not in active],
    )


@router.get("/webhooks/{webhook_id}/deliveries", responses=problems(404, 503))
async def get_deliveries(webhook_id: WebhookId, scope: OperateScope, services: ServicesDep) -> DeliveriesReply:
    """The newest 50 deliveries to a receiver, in every state."""
    await _found(services, scope, webhook_id)
    theirs = [_place(each) async for each in services.outbox.briefs(scope) if each.webhook_id == webhook_id]
    page, _ = newest_first(theirs, NEWEST, None)
    found = await services.outbox.find(scope, [place.key for place in page])
    return DeliveriesReply(deliveries=[_view(each) for each in found])


@router.post("/webhooks/{webhook_id}/test", responses=problems(404, 503))
async def ping_webhook(webhook_id: WebhookId, scope: OperateScope, services: ServicesDep) -> PingReply:
    """Send a signed `webhook.test`, and tell how it went. Where it arrives, a disabled webhook is active again."""
    found = await _found(services, scope, webhook_id)
    message_id, body = f"msg_{uuid4().hex}", body_of("webhook.test", datetime.now(UTC), scope, {})
    began = time.perf_counter()
    outcome = await services.courier.ping(scope, found, message_id, body)
    return PingReply(
        webhook_id=webhook_id, message_id=message_id, delivered=outcome.delivered, status=outcome.status,
        error=outcome.error, duration_ms=round((time.perf_counter() - began) * 1_000, 1),
    )  # fmt: skip


@router.delete("/webhooks/{webhook_id}", responses=problems(404, 503))
async def delete_webhook(webhook_id: WebhookId, scope: OperateScope, services: ServicesDep) -> WebhookView:
    """Remove a webhook, with all that was on its way to it."""
    found = await _found(services, scope, webhook_id)
    await services.subscriptions.remove(scope, webhook_id)
    await services.commit()
    return WebhookView(**_shown(found))


async def _checked(guard: Guard, url: str) -> None:
    try:
        await guard.check(parse_target(url))
    except TargetRefused as error:
        wrong = FieldError(field="/url", reason=error.reason, detail=str(error))
        raise Refusal(INVALID_REQUEST, f"/url: {error}", [wrong]) from None


async def _found(services: Services, scope: Scope, webhook_id: str) -> Subscription:
    try:
        return await services.subscriptions.find(scope, webhook_id)
    except UnknownWebhook as error:
        wrong = FieldError(field="webhook_id", reason="unknown_webhook", detail=str(error))
        raise Refusal(UNKNOWN_WEBHOOK, str(error), [wrong]) from None


async def _dead(outbox: Outbox, scope: Scope) -> list[Brief]:
    return [each async for each in outbox.briefs(scope) if each.state is DeliveryState.DEAD]


def _place(brief: Brief) -> Place:
    return Place(brief.ended_at or brief.queued_at, brief.id)


def _shown(subscription: Subscription) -> dict[str, object]:
    state = "active" if subscription.disabled_at is None else "disabled"
    return {**subscription.model_dump(exclude={"secret"}), "state": state}


def _view(delivery: Delivery) -> DeliveryView:
    waits = delivery.state is DeliveryState.WAITING
    return DeliveryView(**{**delivery.model_dump(), "next_at": delivery.next_at if waits else None})
