"""Who is who, as operators see and correct it: joins listed with their reasons, made, and undone."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from memory.aliases import read_corrections, write_correction
from memory.attribution import visitor
from memory.cleaning import clean_text
from memory.fields import MAX_ID_CHARS
from memory.identity import Correction, Judged
from memory.ledger import Ledger, UnknownCustomer
from memory.scope import Scope
from memory.store import Store
from memory.suppression import Suppressions
from memory.unusable_ids import is_unusable_id

_END = datetime.max.replace(tzinfo=UTC)
#: Made "now", a join has to be seen by whoever asks as of now.
_JUST_BEFORE = timedelta(milliseconds=1)
#: The least by which two corrections of one alias are apart: the later has to be the last word.
_TICK = timedelta(microseconds=1)


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

    def __init__(self, store: Store, ledger: Ledger, suppressions: Suppressions) -> None:
        self._store = store
        self._ledger = ledger
        self._suppressions = suppressions
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def of(self, scope: Scope, client_id: str, as_of: datetime, known_at: datetime | None = None) -> Aliases:
        """The joins of a customer as of an instant; raises UnknownCustomer."""
        history = await self._ledger.history(scope, client_id, as_of, known_at)
        mine, owner = history.client_id, history.identity.owner
        log = [
            each for each in history.identity.log
            if mine in (owner(each.join.client_id, known=not each.join.to_visitor), owner(each.join.alias))
        ]  # fmt: skip
        return Aliases(mine, log)

    async def join(self, scope: Scope, client_id: str, alias: str, now: datetime, occurred_at: datetime) -> Correction:
        """From `occurred_at` on the alias is this customer, whatever events say; ids are cleaned as those of events.

        Raises CannotJoin or UnknownCustomer.
        """
        client_id, alias = clean_text(client_id), clean_text(alias)
        _check(alias)
        if await self._suppressions.among(scope, [alias, visitor(alias)]):
            raise CannotJoin("erased", f"{alias!r} is an id of an erased customer, and stays away until that is lifted")
        history = await self._ledger.history(scope, client_id, _END)
        if history.client_id == alias:
            raise CannotJoin("circle", f"{client_id!r} already leads to {alias!r}")
        return await self._write(scope, Correction(alias, history.client_id, occurred_at - _JUST_BEFORE, now))

    async def undo(self, scope: Scope, client_id: str, alias: str, now: datetime) -> Correction:
        """The alias stands for itself again, until an operator joins it; raises NotJoined or UnknownCustomer."""
        client_id, alias = clean_text(client_id), clean_text(alias)
        try:
            history = await self._ledger.history(scope, client_id, _END)
        except UnknownCustomer as error:
            raise NotJoined(client_id, alias) from error
        if alias == history.client_id or history.identity.owner(alias) != history.client_id:
            raise NotJoined(client_id, alias)
        return await self._write(scope, Correction(alias, None, now, now))

    async def _write(self, scope: Scope, correction: Correction) -> Correction:
        """Add it to the log, as the last that was said about its alias."""
        async with self._turns[scope.workspace]:
            said = [each for each in await read_corrections(self._store, scope) if each.alias == correction.alias]
            if said:
                correction = replace(correction, received_at=max(correction.received_at, said[-1].received_at + _TICK))
            await write_correction(self._store, scope, correction)
        self._ledger.rejoined(scope)
        return correction


def _check(alias: str) -> None:
    """Raises CannotJoin for what can be no id."""
    if not alias:
        raise CannotJoin("missing_id", "nothing that can be seen is left of the alias")
    if len(alias) > MAX_ID_CHARS:
        raise CannotJoin("too_long", f"an id has at most {MAX_ID_CHARS} characters")
    if is_unusable_id(alias):
        raise CannotJoin("unusable_id", f"{alias!r} names nobody: many would become one customer")
