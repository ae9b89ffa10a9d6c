"""The product on a store of its own, filled through its intake, and what it foretells there; nothing is embedded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from evals.backtest.datasets import Event
from evals.progress import Advance
from memory.scope import Scope
from memory.workspace import ChurnDefinition, WorkspaceSettings
from server import logs
from server.bootstrap import Services, build, close
from server.settings import Settings
from server.times import Moment
from tools.assessment import Basis, assess
from tools.churn import Signal
from tools.lifecycle import fold_lifecycle
from tools.prediction.asked import Asked
from tools.prediction.shelf import Awaited
from tools.prediction.trained import Trained
from tools.survey import last_daily

_BATCH = 200
#: Longer than any training takes: a task has nothing else to do.
_TRAIN_WAIT_S = 3600.0
_POLL_S = 1.0


class NotForetold(Exception):
    """The product gave no forecast; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the product said at an origin, by customer; the model, where it was trained for the origin itself."""

    at: datetime
    signals: Mapping[str, Signal]
    model: Trained | None = None


@asynccontextmanager
async def own_store() -> AsyncIterator[Services]:
    """The product's services on an empty store, for as long as the block lasts."""
    logs.configure("error")
    with TemporaryDirectory() as folder:
        services = await build(
            Settings(
                _env_file=None,
                data_dir=Path(folder) / "data",
                keys={},
                llm_model=None,
                qdrant_url=None,
                log_level="error",
                train_wait_s=_TRAIN_WAIT_S,
            )
        )
        try:
            yield services
        finally:
            await close(services)


async def fill(
    services: Services, workspace: str, events: Sequence[Event], definition: ChurnDefinition, advance: Advance
) -> None:
    """Take events into a workspace with this definition of churn; raises NotForetold for one that is not taken."""
    scope = Scope(workspace)
    await services.workspaces.register(scope)
    await services.workspaces.configure(scope, WorkspaceSettings(churn=definition))
    for start in range(0, len(events), _BATCH):
        batch = events[start : start + _BATCH]
        results = await services.intake.receive(scope, batch, datetime.now(UTC))
        refused = [each for each in results if each.verdict != "accepted"]
        if refused:
            raise NotForetold(f"{workspace}: an event was not accepted: {refused[0]}")
        advance(len(batch))


async def say_at(
    services: Services, workspace: str, definition: ChurnDefinition, at: datetime, taught: str | None = None
) -> Said:
    """Everybody's signal as of an instant, by the model trained at that instant; in `taught`, where it is given."""
    scope, asked = Scope(workspace), Asked("churn", definition)
    model = await services.desk.shelf.trained_at(Scope(taught or workspace), asked, at, wait_s=_TRAIN_WAIT_S)
    if isinstance(model, Awaited):
        raise NotForetold(f"The model of {at.date()} was not trained: {model.failure or 'it takes too long'}")
    return Said(at, await judge(services, scope, model, definition, at), model)


async def judge(
    services: Services,
    scope: Scope,
    model: Trained,
    definition: ChurnDefinition,
    at: datetime,
    before: datetime | None = None,
) -> dict[str, Signal]:
    """Everybody's signal as of an instant by this model, from what happened `before` (by default: that instant)."""
    everyone = await services.ledger.everyone(scope, before or at)
    zone = (await services.workspaces.settings(scope)).zone
    basis = Basis(model, definition, at, last_daily(at, zone), model.buyers)

    def judged() -> dict[str, Signal]:
        stages = {
            customer: fold_lifecycle(records, definition, at, buyers=model.buyers)
            for customer, records in everyone.items()
        }
        return assess(basis, everyone, stages)

    return await asyncio.to_thread(judged)


async def say_by_grid(services: Services, workspace: str, at: datetime) -> Said:
    """Everybody's signal as the API gives it for a past instant: by the model of the month's start before it."""
    scope = Scope(workspace)
    settings = await services.workspaces.settings(scope)
    while True:
        survey = await services.desk.context(scope, Moment(at, settings)).survey()
        signals = {customer: found.signal for customer, found in survey.customers.items()}
        waiting = next((signal for signal in signals.values() if signal.status == "training"), None)
        if waiting is None:
            return Said(at, signals)
        if "could not" in waiting.reason:
            raise NotForetold(waiting.reason)
        await asyncio.sleep(_POLL_S)
