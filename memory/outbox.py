"""What waits to be sent to the receivers of webhooks: kept until it arrived, also over a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, datetime

from memory.attribution import in_both_roles
from memory.kinds import DELIVERY
from memory.points import control_point, read_control
from memory.scope import Scope
from memory.store import Store
from memory.subscriptions import Subscriptions
from memory.suppression import Suppressions
from memory.webhooks import (
    Brief,
    DeadReason,
    Delivery,
    DeliveryState,
    WebhookEvent,
    brief_of,
    new_delivery,
    read_delivery,
)

#: Removed at a time.
_PAGE = 500
Clock = Callable[[], datetime]


def real_time() -> datetime:
    return datetime.now(UTC)


class Outbox:
    """At most `most` deliveries of a workspace wait; the oldest make way."""

    def __init__(
        self,
        store: Store,
        subscriptions: Subscriptions,
        suppressions: Suppressions,
        most: int,
        clock: Clock = real_time,
    ) -> None:
        self._store = store
        self._subscriptions = subscriptions
        self._suppressions = suppressions
        self._clock = clock
        self.most = most
        #: Set whenever something new waits.
        self.news = asyncio.Event()
        #: Never fewer than wait: looked up in the store only where it might be too many.
        self._waiting: dict[str, int] = {}

    async def publish(self, scope: Scope, event: WebhookEvent) -> int:
        """Keep an event for every receiver that wants it; for how many it is new. Raises EventTooLarge.

        The same event again, also from another process, is new to nobody. Of an erased customer nothing is kept.
        """
        whole, now = scope.whole(), self._clock()
        wanted = [each for each in await self._subscriptions.list(whole) if each.takes(event.type)]
        made = [new_delivery(whole, each, event, now) for each in wanted]
        if not made:
            return 0
        added = await self._store.restore(whole, [control_point(whole, each.control) for each in made])
        # After the write: an erasure that began before it would have found it, one that began later suppresses first.
        if await self._is_erased(whole, event.client_id):
            await self._remove(whole, [each.id for each in made])
            return 0
        if added:
            await self._keep_bound(whole, added)
            self.news.set()
        return added

    async def briefs(self, scope: Scope) -> AsyncIterator[Brief]:
        """Every delivery of a workspace, in no order."""
        async for page in self._store.dump(scope.whole(), DELIVERY):
            for payload in page:
                yield brief_of(read_control(payload))

    async def find(self, scope: Scope, ids: Sequence[str]) -> list[Delivery]:
        """Those of these deliveries that exist, in the order of the ids."""
        found = await self._store.controls(scope.whole(), DELIVERY, ids) if ids else []
        by_id = {control.key: read_delivery(control) for control in found}
        return [by_id[key] for key in ids if key in by_id]

    async def take(self, scope: Scope, delivery_id: str, claimant: str, until: datetime) -> Delivery | None:
        """Claim what waits and is due, its attempt counted; None where somebody else was first, or it is gone.

        Two processes may both think they were first, now and then: it is then sent twice, under the same id.
        """
        now = self._clock()

        def claimed(found: Delivery) -> Delivery | None:
            held = found.claimed_until is not None and found.claimed_until > now
            if found.state is not DeliveryState.WAITING or found.next_at > now or held:
                return None
            return found.changed(claimed_by=claimant, claimed_until=until, attempts=found.attempts + 1)

        if await self.change(scope, delivery_id, claimed) is None:
            return None
        kept = await self.find(scope, [delivery_id])
        return kept[0] if kept and kept[0].claimed_by == claimant else None

    async def change(
        self, scope: Scope, delivery_id: str, change: Callable[[Delivery], Delivery | None]
    ) -> Delivery | None:
        """Write what `change` makes of a delivery; None where it makes nothing, or the delivery is gone."""
        found = await self.find(scope, [delivery_id])
        changed = change(found[0]) if found else None
        if changed is None:
            return None
        await self._store.put(scope.whole(), [changed.control])
        # It may have been erased between the reading and the writing, and would be there again.
        if await self._is_erased(scope.whole(), changed.client_id):
            await self._remove(scope.whole(), [delivery_id])
            return None
        return changed

    async def bury(self, scope: Scope, ids: Iterable[str], reason: DeadReason) -> int:
        """Try these no more, where they still wait; how many that were."""
        now, buried = self._clock(), 0

        def dead(found: Delivery) -> Delivery | None:
            return found.buried(reason, now) if found.state is DeliveryState.WAITING else None

        for each in ids:
            buried += await self.change(scope, each, dead) is not None
            await asyncio.sleep(0)
        return buried

    async def replay(self, scope: Scope, ids: Iterable[str]) -> int:
        """Let dead deliveries wait again, under their ids, with all attempts before them; how many that were."""
        now, replayed = self._clock(), 0

        def again(found: Delivery) -> Delivery | None:
            if found.state is not DeliveryState.DEAD:
                return None
            waiting = DeliveryState.WAITING
            return found.changed(state=waiting, attempts=0, queued_at=now, next_at=now, reason=None, ended_at=None)

        for each in ids:
            replayed += await self.change(scope, each, again) is not None
            await asyncio.sleep(0)
        if replayed:
            await self._keep_bound(scope.whole(), replayed)
            self.news.set()
        return replayed

    async def remove(self, scope: Scope, ids: Sequence[str]) -> None:
        await self._remove(scope.whole(), ids)

    async def _remove(self, scope: Scope, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), _PAGE):
            await self._store.delete_controls(scope, DELIVERY, ids[start : start + _PAGE])

    async def _is_erased(self, scope: Scope, client_id: str) -> bool:
        return bool(await self._suppressions.among(scope, in_both_roles([client_id])))

    async def _keep_bound(self, scope: Scope, added: int) -> None:
        """Bury the oldest where more wait than may, and a hundredth besides, so that not every event has to look."""
        estimate = self._waiting.get(scope.workspace, self.most) + added
        if estimate > self.most:
            found = [each async for each in self.briefs(scope) if each.state is DeliveryState.WAITING]
            estimate = len(found)
            if estimate > self.most:
                oldest = sorted(found, key=lambda each: (each.queued_at, each.id))
                too_many = oldest[: estimate - self.most + self.most // 100]
                estimate -= await self.bury(scope, [each.id for each in too_many], DeadReason.OUTBOX_FULL)
        self._waiting[scope.workspace] = estimate
