"""Brings what waits in the outbox to its receivers, again and again until it arrives or is given up."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

import structlog

from memory.background import Background
from memory.outbox import Clock, Outbox, real_time
from memory.scope import Scope
from memory.subscriptions import Subscriptions
from memory.webhooks import Brief, DeadReason, Delivery, DeliveryState, Subscription
from memory.workspaces import Workspaces
from server.webhooks.backoff import GIVE_UP_AFTER, pause_s
from server.webhooks.sender import GONE, Outcome, Sender
from server.webhooks.tidying import outlived

log = structlog.get_logger()

#: Receivers that are sent to at once.
CONCURRENCY = 4
#: Longer than an attempt takes; what a process that died had claimed is sent by another one after this.
CLAIM = timedelta(seconds=60)
#: Then the others have their turn.
_TURN_S = 10.0
#: A receiver that failed is left alone as long as what failed there, but no longer than this unless it asks for it.
_LONGEST_REST_S = 120.0
#: What another process published is found after this long; alone, nothing comes unannounced.
_EVERY_S, _EVERY_ALONE_S = 5.0, 300.0


@dataclass(frozen=True, slots=True)
class _Turn:
    """What is due for one receiver, oldest first."""

    scope: Scope
    subscription: Subscription
    due: list[Brief]


class Courier:
    """One receiver gets its deliveries one after another; several receivers at once."""

    def __init__(
        self,
        outbox: Outbox,
        subscriptions: Subscriptions,
        workspaces: Workspaces,
        sender: Sender,
        *,
        alone: bool,
        clock: Clock = real_time,
        luck: Callable[[], float] = random.random,
    ) -> None:
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._workspaces = workspaces
        self.sender = sender
        self._every_s = _EVERY_ALONE_S if alone else _EVERY_S
        self._clock = clock
        self._luck = luck
        self._me = uuid4().hex
        #: Receivers that failed, by id, and until when nothing is sent to them.
        self._resting: dict[str, datetime] = {}
        self.background = Background("courier", self._run)

    async def round(self) -> datetime | None:
        """Try everything that is due now; when something will be due next, as far as is known here."""
        turns, ahead = list[_Turn](), list[datetime]()
        for scope in await self._workspaces.scopes():
            try:
                found, following = await self._look_through(scope)
            except Exception as error:  # noqa: BLE001
                # What is wrong in one workspace holds up no other. Its text may name a customer.
                log.warning("webhooks.failed", workspace=scope.workspace, error=type(error).__name__)
                continue
            turns += found
            ahead += following
        room = asyncio.Semaphore(CONCURRENCY)
        later = await asyncio.gather(*(self._in_turn(room, turn) for turn in turns))
        return min([*ahead, *filter(None, later)], default=None)

    async def ping(self, scope: Scope, subscription: Subscription, message_id: str, body: str) -> Outcome:
        """Send a receiver something outside of the outbox, once; where it arrives, a disabled one is enabled again."""
        outcome = await self._send(subscription, message_id, body)
        if outcome.delivered:
            self._resting.pop(subscription.id, None)
            if subscription.disabled_at:
                await self._subscriptions.enable(scope, subscription.id)
        return outcome

    async def _look_through(self, scope: Scope) -> tuple[list[_Turn], list[datetime]]:
        """Whose turn it is in a workspace, and when others are due; what has outlived its use is removed."""
        now, briefs = self._clock(), [each async for each in self._outbox.briefs(scope)]
        if not briefs:
            return [], []
        known = {each.id: each for each in await self._subscriptions.list(scope)}
        before = (await self._workspaces.settings(scope)).forgotten_before(now)
        await self._outbox.remove(scope, outlived(briefs, known, now, before, self._outbox.most))
        turns, ahead = list[_Turn](), list[datetime]()
        for webhook_id, waiting in _by_receiver(briefs).items():
            if webhook_id not in known:
                continue
            if known[webhook_id].disabled_at:
                await self._outbox.bury(scope, [each.id for each in waiting], DeadReason.WEBHOOK_DISABLED)
                continue
            rested = max(now, self._resting.get(webhook_id, now))
            due = [each for each in waiting if each.due_at <= now]
            ahead += [max(rested, each.due_at) for each in waiting if each.due_at > now or rested > now]
            if due and rested <= now:
                turns.append(_Turn(scope, known[webhook_id], due))
        return turns, ahead

    async def _in_turn(self, room: asyncio.Semaphore, turn: _Turn) -> datetime | None:
        async with room:
            try:
                return await self._deliver(turn)
            except Exception as error:  # noqa: BLE001
                log.warning("webhooks.failed", webhook=turn.subscription.id, error=type(error).__name__)
                return self._clock() + timedelta(seconds=_LONGEST_REST_S)

    async def _deliver(self, turn: _Turn) -> datetime | None:
        """Send what is due to one receiver until one fails or its time is over; when there is more to do, if ever."""
        loop = asyncio.get_running_loop()
        over = loop.time() + _TURN_S
        for number, brief in enumerate(turn.due):
            if loop.time() > over:
                return self._clock()
            until = self._clock() + CLAIM
            delivery = await self._outbox.take(turn.scope, brief.id, self._me, until)
            if delivery is None:
                continue
            outcome = await self._send(turn.subscription, delivery.id, delivery.body)
            if outcome.delivered:
                await self._outbox.change(
                    turn.scope, delivery.id, partial(_arrived, status=outcome.status, now=self._clock())
                )
                continue
            return await self._failed(turn, delivery, outcome, turn.due[number + 1 :])
        self._resting.pop(turn.subscription.id, None)
        return None

    async def _failed(
        self, turn: _Turn, delivery: Delivery, outcome: Outcome, others: Sequence[Brief]
    ) -> datetime | None:
        """Put a delivery off or give it up, and leave its receiver alone for a while; when it is due again."""
        now, webhook_id = self._clock(), turn.subscription.id
        pause = pause_s(delivery.attempts, outcome.retry_after_s, self._luck())
        next_at = None if pause is None else now + timedelta(seconds=pause)
        reason = _end_of(delivery, outcome, next_at)
        log.info(
            "webhooks.attempt_failed", workspace=turn.scope.workspace, webhook=webhook_id, delivery=delivery.id,
            attempts=delivery.attempts, status=outcome.status, error=outcome.error, dead=reason,
        )  # fmt: skip
        await self._outbox.change(turn.scope, delivery.id, lambda found: _put_off(found, outcome, next_at, reason, now))
        if reason is DeadReason.GONE:
            await self._subscriptions.disable(turn.scope, webhook_id, "it answered 410 Gone", now)
            log.warning("webhooks.disabled", workspace=turn.scope.workspace, webhook=webhook_id)
            return now
        expired = [each.id for each in others if each.queued_at + GIVE_UP_AFTER <= now]
        await self._outbox.bury(turn.scope, expired, DeadReason.EXPIRED)
        pause = _LONGEST_REST_S if pause is None else pause
        # What it asks for itself counts in full.
        rest_s = pause if outcome.retry_after_s else min(pause, _LONGEST_REST_S)
        self._resting[webhook_id] = now + timedelta(seconds=rest_s)
        return self._resting[webhook_id]

    async def _send(self, subscription: Subscription, message_id: str, body: str) -> Outcome:
        return await self.sender.send(subscription.url, subscription.secret, message_id, body, self._clock())

    async def _run(self) -> None:
        while True:
            self._outbox.news.clear()
            following = None
            try:
                following = await self.round()
            except Exception as error:  # noqa: BLE001
                # Whatever it is: without the courier nothing is sent.
                log.warning("webhooks.failed", error=type(error).__name__)
            wait_s = (following - self._clock()).total_seconds() if following else self._every_s
            with suppress(TimeoutError):
                async with asyncio.timeout(min(max(wait_s, 0.0), self._every_s)):
                    await self._outbox.news.wait()


def _by_receiver(briefs: Sequence[Brief]) -> dict[str, list[Brief]]:
    """What waits, by receiver, oldest first."""
    found = defaultdict[str, list[Brief]](list)
    for each in sorted(briefs, key=lambda brief: (brief.queued_at, brief.id)):
        if each.state is DeliveryState.WAITING:
            found[each.webhook_id].append(each)
    return found


def _end_of(delivery: Delivery, outcome: Outcome, next_at: datetime | None) -> DeadReason | None:
    """Why a delivery that failed is tried no more; None where it is."""
    if outcome.status == GONE:
        return DeadReason.GONE
    if next_at is None:
        return DeadReason.ATTEMPTS_EXHAUSTED
    return DeadReason.EXPIRED if next_at > delivery.queued_at + GIVE_UP_AFTER else None


def _put_off(
    found: Delivery, outcome: Outcome, next_at: datetime | None, reason: DeadReason | None, now: datetime
) -> Delivery | None:
    """A delivery that failed, to be tried again or no more; None where it does not wait any longer."""
    if found.state is not DeliveryState.WAITING:
        return None
    told = found.changed(status=outcome.status, error=outcome.error, claimed_by=None, claimed_until=None)
    return told.buried(reason, now) if reason else told.changed(next_at=next_at)


def _arrived(found: Delivery, status: int | None, now: datetime) -> Delivery:
    """Whatever was thought of it meanwhile, it is there; what it said is not needed any more."""
    return found.changed(
        state=DeliveryState.DELIVERED, status=status, error=None, reason=None, body="",
        ended_at=now, claimed_by=None, claimed_until=None,
    )  # fmt: skip
