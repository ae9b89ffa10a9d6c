"""The daily round of a workspace: who does it, so that of several processes one does, and that it was done."""

from __future__ import annotations

from datetime import date, datetime
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

from memory.kinds import ROUND
from memory.scope import Scope
from memory.store import Control, Store

_KEY = "daily"


class Round(BaseModel):
    """The round of a day: claimed by a process (`token`) until `claimed_until`, `finished_at` once it was done.

    `retrained` names what was last trained on schedule: the definition's key and the month.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    day: date
    token: str
    claimed_until: datetime
    finished_at: datetime | None = None
    retrained: str | None = None

    @property
    def control(self) -> Control:
        return Control(ROUND, _KEY, self.model_dump(mode="json"))


class Rounds:
    """Claims rounds for one process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._me = uuid4().hex

    async def find(self, scope: Scope) -> Round | None:
        """The last round of a workspace."""
        found = await self._store.control(scope.whole(), ROUND, _KEY)
        return Round.model_validate(found.data) if found else None

    async def claim(self, scope: Scope, day: date, now: datetime, until: datetime) -> Round | None:
        """Take the round of a day, unless it was done or another process has it.

        Of two that claim at once the later write wins; should both go on, they do the same twice.
        """
        found = await self.find(scope)
        if found and found.day == day:
            held = found.token != self._me and found.claimed_until > now
            if found.finished_at or held:
                return None
        mine = Round(
            day=day, token=self._me, claimed_until=until, retrained=found.retrained if found else None
        )  # fmt: skip
        await self._store.put(scope.whole(), [mine.control])
        kept = await self.find(scope)
        return mine if kept and kept.token == self._me else None

    async def keep(self, scope: Scope, mine: Round) -> None:
        """Write a changed claim: prolonged, given up or finished."""
        await self._store.put(scope.whole(), [mine.control])
