"""The receivers of a workspace's webhooks."""

from __future__ import annotations

from datetime import datetime

from memory.kinds import DELIVERY, WEBHOOK
from memory.points import read_control
from memory.scope import Scope
from memory.store import Store
from memory.webhooks import Subscription, brief_of

#: Every event is kept and sent once for each.
MAX_SUBSCRIPTIONS = 20


class UnknownWebhook(LookupError):
    """The workspace has no webhook of this id."""

    def __init__(self, webhook_id: str) -> None:
        super().__init__(f"there is no webhook {webhook_id!r}")


class TooManyWebhooks(ValueError):
    """The workspace has as many webhooks as it may."""

    def __init__(self) -> None:
        super().__init__(f"a workspace has at most {MAX_SUBSCRIPTIONS} webhooks: remove one first")


class Subscriptions:
    """Read from the store each time: another process may have changed them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def list(self, scope: Scope) -> list[Subscription]:
        """All of a workspace, oldest first."""
        found = [Subscription.model_validate(each.data) for each in await self._store.controls(scope.whole(), WEBHOOK)]
        return sorted(found, key=lambda each: (each.created_at, each.id))

    async def find(self, scope: Scope, webhook_id: str) -> Subscription:
        """The webhook of this id; raises UnknownWebhook."""
        found = await self._store.control(scope.whole(), WEBHOOK, webhook_id)
        if found is None:
            raise UnknownWebhook(webhook_id)
        return Subscription.model_validate(found.data)

    async def add(self, scope: Scope, subscription: Subscription) -> None:
        """Raises TooManyWebhooks."""
        if len(await self._store.controls(scope.whole(), WEBHOOK)) >= MAX_SUBSCRIPTIONS:
            raise TooManyWebhooks
        await self._store.put(scope.whole(), [subscription.control])

    async def remove(self, scope: Scope, webhook_id: str) -> None:
        """With all that was on its way to it; raises UnknownWebhook."""
        await self.find(scope, webhook_id)
        await self._store.delete_controls(scope.whole(), WEBHOOK, [webhook_id])
        theirs = [
            control.key
            async for page in self._store.dump(scope.whole(), DELIVERY)
            for control in map(read_control, page)
            if brief_of(control).webhook_id == webhook_id
        ]
        await self._store.delete_controls(scope.whole(), DELIVERY, theirs)

    async def disable(self, scope: Scope, webhook_id: str, reason: str, now: datetime) -> None:
        """Send it nothing more; one that is gone meanwhile stays gone."""
        await self._change(scope, webhook_id, disabled_at=now, disabled_reason=reason)

    async def enable(self, scope: Scope, webhook_id: str) -> None:
        await self._change(scope, webhook_id, disabled_at=None, disabled_reason=None)

    async def _change(self, scope: Scope, webhook_id: str, **fields: object) -> None:
        try:
            found = await self.find(scope, webhook_id)
        except UnknownWebhook:
            return
        await self._store.put(scope.whole(), [found.model_copy(update=fields).control])
