"""Churn bands that an operator set by hand: a log of what was said, so that the past stays as it was."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from memory.attribution import in_both_roles
from memory.cleaning import EARLIEST
from memory.kinds import OVERRIDE
from memory.ledger import Ledger
from memory.scope import Scope
from memory.store import Control, Store
from memory.suppression import Suppressions

#: What was said of one customer; who says more loses the oldest of it.
MOST_WORDS = 200
SetBand = Literal["low", "medium", "high"]


class Word(BaseModel):
    """What an operator said at `made_at` (by the workspace's clock): this band until `expires_at`; none lifts it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    band: SetBand | None
    author: str = Field(min_length=1)
    reason: str = ""
    made_at: AwareDatetime
    received_at: AwareDatetime
    expires_at: AwareDatetime | None = None


class Said(BaseModel):
    """All that was said of one customer, in order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: str = Field(min_length=1)
    words: tuple[Word, ...]

    @property
    def control(self) -> Control:
        return Control(OVERRIDE, self.client_id, self.model_dump(mode="json"))

    def at(self, as_of: datetime, known_at: datetime | None = None) -> Word | None:
        """What holds at an instant: a word counts from when it was made until it expires or another is said."""
        heard = [
            word for word in self.words
            if word.made_at <= as_of and (known_at is None or word.received_at < known_at)
        ]  # fmt: skip
        last = max(heard, key=lambda word: (word.made_at, word.received_at), default=None)
        if last is None or last.band is None or (last.expires_at is not None and last.expires_at <= as_of):
            return None
        return last


class Overrides:
    """Reads and writes them. Where every write passes this process, a workspace's are remembered."""

    def __init__(self, store: Store, ledger: Ledger, suppressions: Suppressions) -> None:
        self._store = store
        self._remember = ledger.remembers
        self._suppressions = suppressions
        self._kept: dict[str, list[Said]] = {}
        #: How often something was let go of: what was read before is not kept after.
        self._forgotten = 0
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        ledger.subscribe(self._forget)

    async def in_force(self, scope: Scope, as_of: datetime, known_at: datetime | None = None) -> dict[str, Word]:
        """Everybody's of an instant, by customer."""
        told = ((said.client_id, said.at(as_of, known_at)) for said in await self._all(scope))
        return {client_id: word for client_id, word in told if word}

    async def of(self, scope: Scope, client_ids: Collection[str], as_of: datetime) -> Word | None:
        """The one that holds for a customer of these ids."""
        found = await self._store.controls(scope.whole(), OVERRIDE, sorted(client_ids))
        return strongest(word for each in found if (word := read_said(each).at(as_of)))

    async def say(self, scope: Scope, client_id: str, word: Word) -> bool:
        """Add to what was said; False, and nothing kept, where the customer was erased meanwhile."""
        whole = scope.whole()
        async with self._turns[whole.workspace]:
            found = await self._store.control(whole, OVERRIDE, client_id)
            before: Sequence[Word] = read_said(found).words if found else ()
            said = Said(client_id=client_id, words=(*before, word)[-MOST_WORDS:])
            await self._store.put(whole, [said.control])
            self._kept.pop(whole.workspace, None)
            # After the write: an erasure that began before it would have found it, a later one suppresses first.
            if await self._suppressions.among(whole, in_both_roles([client_id])):
                await self._store.delete_controls(whole, OVERRIDE, [client_id])
                return False
            return True

    async def _all(self, scope: Scope) -> list[Said]:
        name = scope.workspace
        if name in self._kept:
            return self._kept[name]
        async with self._turns[name]:
            before = self._forgotten
            kept = [read_said(each) for each in await self._store.controls(scope.whole(), OVERRIDE)]
            if self._remember and before == self._forgotten:
                self._kept[name] = kept
            return kept

    def _forget(self, scope: Scope, earliest: datetime) -> None:
        """Somebody was erased or imported: what is kept here may no longer be there."""
        if earliest <= EARLIEST:
            self._forgotten += 1
            self._kept.pop(scope.workspace, None)


def strongest(words: Iterable[Word]) -> Word | None:
    """Of several that hold, as of ids that were joined since, the one said last."""
    return max(words, key=lambda word: (word.made_at, word.received_at), default=None)


def read_said(control: Control) -> Said:
    """What `Said.control` wrote; raises ValidationError for anything else."""
    return Said.model_validate(control.data)
