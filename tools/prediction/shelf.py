"""Which model answers: for the present the one in force, for a past instant that of the month's start before it."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

import structlog

from memory.cleaning import EARLIEST
from memory.ledger import Ledger
from memory.models import Kept, Models, version_of
from memory.record import Record
from memory.scope import Scope
from memory.store import Store
from tools.pace import Pace
from tools.prediction.asked import Asked
from tools.prediction.table import make_table
from tools.prediction.trained import Trained, read_trained
from tools.prediction.trainer import Trainer, TrainingFailed

log = structlog.get_logger()

#: Models held ready in memory.
_HELD = 32
#: What failed once mostly fails again; a full disk or memory may be free later.
_RETRY_S = 600.0
_Key = tuple[str, str, datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class Awaited:
    """A model that is being trained, or could not be (`failure`)."""

    job: str
    failure: str | None = None

    @property
    def reason(self) -> str:
        """Why there is no model yet, in a sentence."""
        return f"The model could not be trained: {self.failure}." if self.failure else "The model is being trained."


def grid_point(moment: datetime) -> datetime:
    """The start of the month (UTC) at or before an instant: the only times as of which models are trained."""
    day = max(moment.astimezone(UTC), EARLIEST)
    return datetime(day.year, day.month, 1, tzinfo=UTC)


class Shelf:
    """Finds models, and has those trained that are missing; one for a process."""

    def __init__(self, store: Store, ledger: Ledger, wait_s: float) -> None:
        self.models = Models(store)
        self._ledger = ledger
        self._wait_s = wait_s
        self._trainer = Trainer()
        self._held: OrderedDict[_Key, Trained] = OrderedDict()
        self._running: dict[str, asyncio.Task[Trained]] = {}
        self._awaited: dict[str, _Key] = {}
        #: Trainings that do not know of an event that came meanwhile.
        self._outdated: set[_Key] = set()
        #: Trainings on whom was erased, or on who is who as it no longer is.
        self._unsound: set[str] = set()
        #: Why a training failed, and when it may be tried again.
        self._failed: dict[str, tuple[str, float]] = {}
        ledger.subscribe(self._forget)

    async def model(
        self, scope: Scope, asked: Asked, as_of: datetime, known_at: datetime | None, *, present: bool
    ) -> Trained | Awaited:
        """The model for an instant. Waits a little for one that has to be trained."""
        if present and (found := await self.in_force(scope, asked)):
            return found
        return await self.trained_at(scope, asked, grid_point(as_of), known_at)

    async def in_force(self, scope: Scope, asked: Asked) -> Trained | None:
        """The model that was promoted, if one was."""
        pointer = await self.models.in_force(scope, asked.key)
        if pointer is None:
            return None
        key = (scope.workspace, pointer.version, pointer.since, None)
        if key not in self._held:
            kept = await self.models.get(scope, pointer.version)
            if kept is None:
                return None
            self._hold(key, read_trained(kept.model, kept.version))
        return self._held[key]

    async def trained_at(
        self, scope: Scope, asked: Asked, until: datetime, known_at: datetime | None = None, wait_s: float | None = None
    ) -> Trained | Awaited:
        """The model that has seen everything before `until`, as far as it was received before `known_at`."""
        key = (scope.workspace, asked.key, until, known_at)
        if key in self._held:
            self._held.move_to_end(key)
            return self._held[key]
        everyone = await self._ledger.everyone(scope, until, known_at)
        digest = await digest_of(everyone)
        version = version_of(asked.key, until, digest)
        kept = await self.models.find(scope, asked.key, until, digest)
        if kept:
            return self._hold(key, read_trained(kept.model, kept.version), remember=self._ledger.remembers)
        job = f"{scope.workspace}/{version}"
        if failed := self._failure(job):
            return Awaited(version, failed)
        if job not in self._running:
            self._outdated.discard(key)
            self._unsound.discard(job)
            self._awaited[job] = key
            self._start(job, self._train(scope, asked, until, everyone, digest))
        return await self._wait(version, job, key, self._wait_s if wait_s is None else wait_s)

    def job(self, scope: Scope, version: str) -> Awaited | None:
        """A training that is running, or has failed; None where there is none."""
        job = f"{scope.workspace}/{version}"
        failed = self._failure(job)
        return Awaited(version, failed) if job in self._running or failed else None

    async def close(self) -> None:
        for task in self._running.values():
            task.cancel()
        await self._trainer.close()

    def _start(self, job: str, work: Coroutine[None, None, Trained]) -> None:
        task = asyncio.create_task(work)
        self._running[job] = task
        task.add_done_callback(lambda done: self._ended(job, done))

    def _ended(self, job: str, task: asyncio.Task[Trained]) -> None:
        self._running.pop(job, None)
        self._awaited.pop(job, None)
        if not task.cancelled() and (error := task.exception()):
            why = str(error) if isinstance(error, TrainingFailed) else type(error).__name__
            now = monotonic()
            self._failed = {other: told for other, told in self._failed.items() if told[1] > now}
            self._failed[job] = (why, now + _RETRY_S)
            log.error("training.failed", workspace=job.split("/")[0], error=type(error).__name__)

    def _failure(self, job: str) -> str | None:
        why, until = self._failed.get(job, ("", 0.0))
        return why if monotonic() < until else None

    async def _wait(self, version: str, job: str, key: _Key, wait_s: float) -> Trained | Awaited:
        task = self._running[job]
        await asyncio.wait([task], timeout=wait_s)
        if not task.done() or task.cancelled():
            return Awaited(version)
        if task.exception():
            return Awaited(version, self._failure(job) or type(task.exception()).__name__)
        outdated = key in self._outdated
        return self._hold(key, task.result(), remember=self._ledger.remembers and not outdated)

    async def _train(
        self, scope: Scope, asked: Asked, until: datetime, everyone: Mapping[str, Sequence[Record]], digest: str
    ) -> Trained:
        table = await asyncio.to_thread(make_table, everyone)
        made = await self._trainer.train(table, asked, until)
        kept = Kept(asked.key, until, digest, datetime.now(UTC), made)
        if table.customers:
            await self.models.put(scope, kept)
        job = f"{scope.workspace}/{kept.version}"
        if job in self._unsound or await self._lost(scope, until, everyone):
            # An erasure looks for models that are kept: this one was not yet.
            self._unsound.discard(job)
            await self.models.remove(scope, [kept.version])
            raise TrainingFailed("somebody was erased, or turned out to be somebody else, meanwhile")
        return read_trained(made, kept.version)

    async def _lost(self, scope: Scope, until: datetime, everyone: Mapping[str, Sequence[Record]]) -> bool:
        """Whether somebody of these is no longer there: where another process erases, nobody tells this one."""
        if self._ledger.remembers:
            return False
        return not everyone.keys() <= (await self._ledger.everyone(scope, until)).keys()

    def _hold(self, key: _Key, found: Trained, *, remember: bool = True) -> Trained:
        if remember:
            self._held[key] = found
            while len(self._held) > _HELD:
                self._held.popitem(last=False)
        return found

    def _forget(self, scope: Scope, earliest: datetime) -> None:
        """Drop what has not seen an event of this time, and should have."""
        for key in [key for key in self._held if key[0] == scope.workspace and key[2] > earliest]:
            del self._held[key]
        if earliest <= EARLIEST:
            self._unsound.update(job for job, key in self._awaited.items() if key[0] == scope.workspace)
        late = [key for key in self._awaited.values() if key[0] == scope.workspace and key[2] > earliest]
        self._outdated.update(late)


async def digest_of(everyone: Mapping[str, Sequence[Record]]) -> str:
    """What a training sees, in 32 hex digits: every customer with the ids and contents of their events."""
    found, pace = hashlib.sha256(), Pace()
    for customer, records in everyone.items():
        found.update(customer.encode() + b"\0")
        found.update("\0".join(f"{r.message_id}\1{r.content_hash}" for r in records).encode() + b"\2")
        await pace.breathe()
    return found.hexdigest()[:32]
