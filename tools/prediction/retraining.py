"""Trains a model again, and lets it answer about the present when it is not worse than the one that does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from memory.ledger import Ledger
from memory.scope import Scope
from tools.prediction.asked import Asked
from tools.prediction.gate import compare
from tools.prediction.shelf import Awaited, Shelf, grid_point
from tools.prediction.trained import Trained, read_trained
from tools.prediction.trainer import TrainingFailed

#: Longer than any training: whoever retrains has nothing else to do.
_WAIT_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a training: the version, whether it answers about the present now, and why or why not."""

    version: str
    promoted: bool
    why: str


class Retrainer:
    """Trains and promotes; what it finds in force it compares with."""

    def __init__(self, shelf: Shelf, ledger: Ledger) -> None:
        self._shelf = shelf
        self._ledger = ledger

    async def awaited(self, scope: Scope, asked: Asked, until: datetime, known_at: datetime | None = None) -> Trained:
        """The model of a time, however long its training takes; raises TrainingFailed."""
        found = await self._shelf.trained_at(scope, asked, until, known_at, _WAIT_S)
        if isinstance(found, Awaited) and found.failure:
            # Where somebody was erased meanwhile, another model is due; of any other failure the same is told again.
            found = await self._shelf.trained_at(scope, asked, until, known_at, _WAIT_S)
        if isinstance(found, Awaited):
            raise TrainingFailed(found.failure or "the training was broken off")
        return found

    async def grid(self, scope: Scope, asked: Asked, as_of: datetime, known_at: datetime | None) -> Trained:
        """The model of the grid point at or before an instant, as `awaited`."""
        return await self.awaited(scope, asked, grid_point(as_of), known_at)

    async def retrain(self, scope: Scope, asked: Asked, until: datetime, known_at: datetime | None = None) -> Verdict:
        """A model from the events before `until`, promoted unless it is worse; raises TrainingFailed."""
        made = await self.awaited(scope, asked, until, known_at)
        models = self._shelf.models
        if await models.get(scope, made.version) is None:
            return Verdict(made.version, False, "There is nobody to learn from yet.")
        current = await models.in_force(scope, asked.key)
        if current and current.version == made.version:
            return Verdict(made.version, True, "It is in force already.")
        allowed, why = await self._judged(scope, asked, made, current.version if current else None, until, known_at)
        if allowed:
            await models.promote(scope, asked.key, made.version, datetime.now(UTC))
        return Verdict(made.version, allowed, why)

    async def _judged(
        self,
        scope: Scope,
        asked: Asked,
        made: Trained,
        current: str | None,
        until: datetime,
        known_at: datetime | None,
    ) -> tuple[bool, str]:
        kept = await self._shelf.models.get(scope, current) if current else None
        if kept is None:
            return True, "No model was in force."
        if kept.retired:
            return True, "The model in force had seen a customer who was erased since."
        # The newest whose outcomes are known. The new model has seen them: in its place stands one made the same way
        # that has not; the one in force may have seen some.
        origin = grid_point(until - timedelta(days=asked.horizon_days))
        challenger = await self.awaited(scope, asked, origin, known_at)
        everyone = await self._ledger.everyone(scope, until, known_at)
        found = await asyncio.to_thread(compare, challenger, read_trained(kept.model, kept.version), everyone, origin)
        if found is None:
            return True, f"At {origin:%Y-%m-%d} there were too few customers to compare it with the one in force."
        told = (
            f"At {origin:%Y-%m-%d}, over {found.customers:,} customers, a model made like it had a log loss of "
            f"{found.new:.4f}, the one in force {found.old:.4f}; it may be worse by {found.margin:.4f}."
        )
        return found.passed, told
