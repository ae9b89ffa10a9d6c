"""Makes surveys, and keeps them for as long as nothing is written that they would have seen."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from memory.ledger import Ledger
from memory.overrides import Overrides, Word
from memory.scope import Scope
from memory.workspace import WorkspaceSettings, end_of_day
from tools.prediction.asked import Asked
from tools.prediction.shelf import Awaited, Shelf
from tools.prediction.trained import Trained
from tools.survey import Reference, Survey, Told, last_daily, make_reference, make_survey

T = TypeVar("T")

#: The present of a few workspaces, and a few looks back.
_KEPT = 12
_Key = tuple[str, str, datetime, datetime | None, str, str, str]


class Surveyor:
    """One for a process. What it keeps is dropped when an event from before its instant arrives."""

    def __init__(self, ledger: Ledger, shelf: Shelf, overrides: Overrides) -> None:
        self._ledger = ledger
        self._shelf = shelf
        self._overrides = overrides
        self._kept: OrderedDict[_Key, object] = OrderedDict()
        self._turn = asyncio.Lock()
        #: The earliest event that arrived while something was being made.
        self._arrived: datetime | None = None
        ledger.subscribe(self._forget)

    async def survey(
        self,
        scope: Scope,
        as_of: datetime,
        settings: WorkspaceSettings,
        known_at: datetime | None = None,
        *,
        present: bool = False,
        model: Trained | Awaited | None = None,
        told: Told | None = None,
    ) -> Survey:
        """Everyone as of an instant, from what was received before `known_at`; the same whatever lies after either.

        Of the `present`, customers are judged by the model in force; else by the one of the time; or by the `model`
        that is given. `told` hears how far it is.
        """
        reference = await self.reference(scope, as_of, settings, known_at, present=present, model=model)

        async def make() -> Survey:
            everyone = await self._ledger.everyone(scope, as_of, known_at)
            return await make_survey(everyone, as_of, settings, reference, told)

        said, version = _said(reference.overrides), _version(reference.model)
        key = ("survey", scope.workspace, as_of, known_at, settings.model_dump_json(), version, said)
        return await self._keep(key, make, keep=isinstance(reference.model, Trained))

    async def reference(
        self,
        scope: Scope,
        as_of: datetime,
        settings: WorkspaceSettings,
        known_at: datetime | None = None,
        *,
        present: bool = False,
        model: Trained | Awaited | None = None,
    ) -> Reference:
        """What customers are judged by at an instant: the model, and the workspace at the start of that day."""
        if model is None:
            asked = Asked("churn", settings.churn)
            # Outside of the turn: whoever asks for another instant need not wait for a training.
            model = await self._shelf.model(scope, asked, as_of, known_at, present=present)
        judge = model
        # The first instant of a day still belongs to the day it ends: "as of" a date means its end.
        ended = end_of_day((as_of - timedelta(microseconds=1)).astimezone(settings.zone).date(), settings.zone)
        start = as_of if as_of == ended else last_daily(as_of, settings.zone)

        async def make() -> Reference:
            everyone = await self._ledger.everyone(scope, start, known_at)
            return await make_reference(everyone, start, settings, judge)

        key = ("reference", scope.workspace, start, known_at, settings.model_dump_json(), _version(judge), "")
        kept = await self._keep(key, make, keep=isinstance(judge, Trained))
        return replace(kept, overrides=await self._overrides.in_force(scope, as_of, known_at))

    async def _keep(self, key: _Key, make: Callable[[], Awaitable[T]], *, keep: bool) -> T:
        async with self._turn:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]  # type: ignore[return-value] # the key begins with the kind
            self._arrived = None
            made = await make()
            if keep and self._ledger.remembers and (self._arrived is None or self._arrived >= key[2]):
                self._kept[key] = made
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            return made

    def _forget(self, scope: Scope, earliest: datetime) -> None:
        """Drop what would have seen an event of this time."""
        self._arrived = min(self._arrived, earliest) if self._arrived else earliest
        for key in [key for key in self._kept if key[1] == scope.workspace and key[2] > earliest]:
            del self._kept[key]


def _said(overrides: Mapping[str, Word]) -> str:
    """What stands for these overrides in a key."""
    return ";".join(f"{key}={word.model_dump_json()}" for key, word in sorted(overrides.items()))


def _version(model: Trained | Awaited) -> str:
    return model.version if isinstance(model, Trained) else ""
