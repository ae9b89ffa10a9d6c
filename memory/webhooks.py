"""Webhooks: who is told of which events, and one delivery of one event to one of them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import uuid4

import orjson
from pydantic import BaseModel, ConfigDict, Field

from memory.cleaning import format_time
from memory.kinds import DELIVERY, WEBHOOK
from memory.scope import Scope
from memory.store import Control

#: Receivers refuse larger bodies, and each is kept once for every receiver.
MAX_BODY_BYTES = 64 * 1024


class EventType(StrEnum):
    """What can be subscribed to."""

    CHURN_BAND_CHANGED = "churn.band_changed"


class DeliveryState(StrEnum):
    """Where a delivery stands; `dead` is tried no more until it is replayed."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


class DeadReason(StrEnum):
    """Why a delivery is tried no more."""

    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    EXPIRED = "expired"
    GONE = "gone"
    WEBHOOK_DISABLED = "webhook_disabled"
    OUTBOX_FULL = "outbox_full"


class EventTooLarge(ValueError):
    """An event whose body no receiver would take."""


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """Something that happened to a customer. `key` is the same whenever the same thing is published again."""

    type: str
    key: str
    client_id: str
    occurred_at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


class Subscription(BaseModel):
    """A receiver as it is kept. `secret` signs what it is sent, and so cannot be kept as a digest."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    url: str = Field(repr=False)
    events: tuple[EventType, ...]
    description: str = ""
    secret: str = Field(repr=False)
    created_at: datetime
    disabled_at: datetime | None = None
    disabled_reason: str | None = None

    @property
    def control(self) -> Control:
        """How it lies in the store."""
        return Control(WEBHOOK, self.id, self.model_dump(mode="json"))

    def takes(self, event_type: str) -> bool:
        return self.disabled_at is None and event_type in self.events


class Delivery(BaseModel):
    """One event on its way to one receiver. `body` is what is sent, the same bytes each time; empty once it arrived.

    `queued_at` is when it was published or last replayed, `ended_at` when it arrived or died. `claimed_by` is the
    process that sends it just now; nobody else does before `claimed_until`.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    webhook_id: str
    type: str
    client_id: str
    occurred_at: datetime
    queued_at: datetime
    body: str
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0
    next_at: datetime
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    status: int | None = None
    error: str | None = None
    reason: DeadReason | None = None
    ended_at: datetime | None = None

    @property
    def control(self) -> Control:
        """How it lies in the store: once for an event and a receiver."""
        return Control(DELIVERY, self.id, self.model_dump(mode="json"))

    def changed(self, **fields: Any) -> Delivery:
        return self.model_copy(update=fields)

    def buried(self, reason: DeadReason, now: datetime) -> Delivery:
        """Tried no more."""
        return self.changed(state=DeliveryState.DEAD, reason=reason, ended_at=now, claimed_by=None, claimed_until=None)


class Brief(NamedTuple):
    """What a delivery is chosen by, read without the rest of it."""

    id: str
    webhook_id: str
    state: DeliveryState
    occurred_at: datetime
    queued_at: datetime
    next_at: datetime
    claimed_until: datetime | None
    ended_at: datetime | None

    @property
    def due_at(self) -> datetime:
        """When it may be sent: at its time, unless another process sends it."""
        return max(self.next_at, self.claimed_until or self.next_at)


def new_subscription(
    url: str, events: tuple[EventType, ...], description: str, secret: str, now: datetime
) -> Subscription:
    return Subscription(id=uuid4().hex, url=url, events=events, description=description, secret=secret, created_at=now)


def new_delivery(scope: Scope, subscription: Subscription, event: WebhookEvent, now: datetime) -> Delivery:
    """The event on its way to this receiver; raises EventTooLarge.

    The id is an HMAC under the receiver's secret: the same for the same event, and it tells nobody whom that is about.
    """
    named = "\0".join((event.type, event.key)).encode(errors="surrogatepass")
    digest = hmac.new(f"{subscription.id}{subscription.secret}".encode(), named, hashlib.sha256).hexdigest()
    return Delivery(
        id=f"msg_{digest[:32]}", webhook_id=subscription.id, type=event.type, client_id=event.client_id,
        occurred_at=event.occurred_at, queued_at=now, next_at=now, body=_body(scope, event),
    )  # fmt: skip


def body_of(event_type: str, occurred_at: datetime, scope: Scope, data: Mapping[str, Any]) -> str:
    """The JSON text that a receiver is sent."""
    told = {"type": event_type, "timestamp": format_time(occurred_at), "workspace": scope.workspace, "data": data}
    return orjson.dumps(told).decode()


def _body(scope: Scope, event: WebhookEvent) -> str:
    body = body_of(event.type, event.occurred_at, scope, {**event.data, "client_id": event.client_id})
    if len(body.encode()) > MAX_BODY_BYTES:
        raise EventTooLarge(f"a {event.type} event has more than {MAX_BODY_BYTES:,} bytes")
    return body


def read_delivery(control: Control) -> Delivery:
    """What `Delivery.control` wrote."""
    return Delivery.model_validate(control.data)


def brief_of(control: Control) -> Brief:
    """A delivery in brief."""
    data = control.data
    return Brief(
        control.key, data["webhook_id"], DeliveryState(data["state"]), datetime.fromisoformat(data["occurred_at"]),
        datetime.fromisoformat(data["queued_at"]), datetime.fromisoformat(data["next_at"]),
        _time(data["claimed_until"]), _time(data["ended_at"]),
    )  # fmt: skip


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
