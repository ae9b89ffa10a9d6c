"""Who is who, as operators see and correct it: joins listed with their reasons, made, and undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from memory.aliases import write_correction
from memory.identity import Correction, Judged
from memory.ledger import Ledger, UnknownCustomer
from memory.scope import Scope
from memory.store import Store
from memory.unusable_ids import is_unusable_id

_END = datetime.max.replace(tzinfo=UTC)
#: Made "now", a join has to be seen by whoever asks as of now.
_JUST_BEFORE = timedelta(milliseconds=1)


class NotJoined(LookupError):
    """The id does not lead to this customer, so there is nothing to undo."""

    def __init__(self, client_id: str, alias: str) -> None:
        super().__init__(f"{alias!r} is not joined to {client_id!r}")
        self.alias = alias


class CannotJoin(ValueError):
    """These two ids cannot be one customer; `reason` is a stable code."""

    def __init__(self, reason: str, why: str) -> None:
        super().__init__(why)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Aliases:
    """A customer's id, and every join that concerns them, in order."""

    client_id: str
    log: list[Judged]


class Joining:
    """Reads and corrects who is who in a workspace."""

    def __init__(self, store: Store, ledger: Ledger) -> None:
        self._store = store
        self._ledger = ledger

    async def of(self, scope: Scope, client_id: str, as_of: datetime, known_at: datetime | None = None) -> Aliases:
        """The joins of a customer as of an instant; raises UnknownCustomer."""
        history = await self._ledger.history(scope, client_id, as_of, known_at)
        mine, owner = history.client_id, history.identity.owner
        log = [each for each in history.identity.log if mine in (owner(each.join.client_id), owner(each.join.alias))]
        return Aliases(mine, log)

    async def join(self, scope: Scope, client_id: str, alias: str, now: datetime, occurred_at: datetime) -> Correction:
        """From `occurred_at` on the alias is this customer, whatever events say.

        Raises CannotJoin or UnknownCustomer.
        """
        if is_unusable_id(alias):
            raise CannotJoin("unusable_id", f"{alias!r} names nobody: many would become one customer")
        history = await self._ledger.history(scope, client_id, _END)
        if history.client_id == alias:
            raise CannotJoin("circle", f"{client_id!r} already leads to {alias!r}")
        correction = Correction(alias, history.client_id, occurred_at - _JUST_BEFORE, now)
        await self._write(scope, correction)
        return correction

    async def undo(self, scope: Scope, client_id: str, alias: str, now: datetime) -> Correction:
        """The alias stands for itself again, until an operator joins it; raises NotJoined or UnknownCustomer."""
        try:
            history = await self._ledger.history(scope, client_id, _END)
        except UnknownCustomer as error:
            raise NotJoined(client_id, alias) from error
        if alias == history.client_id or history.identity.owner(alias) != history.client_id:
            raise NotJoined(client_id, alias)
        correction = Correction(alias, None, now, now)
        await self._write(scope, correction)
        return correction

    async def _write(self, scope: Scope, correction: Correction) -> None:
        await write_correction(self._store, scope, correction)
        self._ledger.rejoined(scope)
