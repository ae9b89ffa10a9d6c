"""Makes surveys, and keeps them for as long as nothing is written that they would have seen."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from memory.ledger import Ledger
from memory.scope import Scope
from memory.workspace import WorkspaceSettings, start_of_day
from tools.survey import Reference, Survey, make_reference, make_survey

T = TypeVar("T")

#: The present of a few workspaces, and a few looks back.
_KEPT = 12
_Key = tuple[str, str, datetime, datetime | None, str]


class Surveyor:
    """One for a process. What it keeps is dropped when an event from before its instant arrives."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._kept: OrderedDict[_Key, object] = OrderedDict()
        self._turn = asyncio.Lock()
        #: The earliest event that arrived while something was being made.
        self._arrived: datetime | None = None
        ledger.subscribe(self._forget)

    async def survey(
        self, scope: Scope, as_of: datetime, settings: WorkspaceSettings, known_at: datetime | None = None
    ) -> Survey:
        """Everyone as of an instant, from what was received before `known_at`; the same whatever lies after either."""
        reference = await self.reference(scope, as_of, settings, known_at)

        async def make() -> Survey:
            everyone = await self._ledger.everyone(scope, as_of, known_at)
            return await make_survey(everyone, as_of, settings, reference)

        return await self._keep(("survey", scope.workspace, as_of, known_at, settings.model_dump_json()), make)

    async def reference(
        self, scope: Scope, as_of: datetime, settings: WorkspaceSettings, known_at: datetime | None = None
    ) -> Reference:
        """What customers are compared with at an instant: the workspace at the start of that day, in its zone."""
        # The first instant of a day still belongs to the day it ends: "as of" a date means its end.
        day = (as_of - timedelta(microseconds=1)).astimezone(settings.zone).date()
        ended = start_of_day(day + timedelta(days=1), settings.zone)
        start = as_of if as_of == ended else start_of_day(day, settings.zone)

        async def make() -> Reference:
            return await make_reference(await self._ledger.everyone(scope, start, known_at), start, settings)

        return await self._keep(("reference", scope.workspace, start, known_at, settings.model_dump_json()), make)

    async def _keep(self, key: _Key, make: Callable[[], Awaitable[T]]) -> T:
        async with self._turn:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]  # type: ignore[return-value] # the key begins with the kind
            self._arrived = None
            made = await make()
            if self._ledger.remembers and (self._arrived is None or self._arrived >= key[2]):
                self._kept[key] = made
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            return made

    def _forget(self, scope: Scope, earliest: datetime) -> None:
        """Drop what would have seen an event of this time."""
        self._arrived = min(self._arrived, earliest) if self._arrived else earliest
        for key in [key for key in self._kept if key[1] == scope.workspace and key[2] > earliest]:
            del self._kept[key]
