"""Does long work beside the requests: scores everybody, trains a model; each job once in this process at a time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

import structlog

from memory.background import Background
from memory.cleaning import EARLIEST
from memory.jobs import MOST_STARTS, Job, Jobs, JobState
from memory.ledger import Ledger
from memory.scope import Scope
from memory.store import StoreError
from memory.suppression import Suppressions
from memory.workspaces import Workspaces
from tools.prediction.asked import Asked
from tools.prediction.retraining import Retrainer
from tools.prediction.shelf import Awaited, Shelf
from tools.prediction.trained import Trained, read_trained
from tools.prediction.trainer import TrainingFailed
from tools.survey import Survey
from tools.surveyor import Surveyor

log = structlog.get_logger()

#: Small workspaces are done within it, and need not be asked again.
WAIT_S = 1.0
#: A result that nobody fetched yet is held for so long where the surveyor holds none.
_HELD_S = 60.0
#: How often the progress is written, for other processes to tell.
_TELL_EVERY_S = 2.0

_Key = tuple[str, str]


@dataclass
class _Work:
    """A job that is being done here, or was a moment ago."""

    job: Job
    task: asyncio.Task[Survey | None]
    #: The erasures there were when it was begun, where they may happen elsewhere.
    erasures: frozenset[str] = frozenset()
    told_at: float = 0.0
    telling: asyncio.Task[None] | None = None
    ended_at: float | None = None


class ScoringJobs:
    """Begins jobs, tells how far they are, and goes on with those that a restart broke off."""

    def __init__(
        self,
        jobs: Jobs,
        workspaces: Workspaces,
        ledger: Ledger,
        suppressions: Suppressions,
        surveyor: Surveyor,
        shelf: Shelf,
        retrainer: Retrainer,
    ) -> None:
        self.jobs = jobs
        self._workspaces = workspaces
        self._told_of_erasures = ledger.remembers
        self._suppressions = suppressions
        self._surveyor = surveyor
        self._shelf = shelf
        self._retrainer = retrainer
        self._work: dict[_Key, _Work] = {}
        ledger.subscribe(self._forget)
        self.background = Background("jobs", self._resume)

    async def begin(self, scope: Scope, job: Job, wait_s: float = WAIT_S) -> tuple[Job, Survey | None]:
        """Keep a new job and begin it; how far it is after a moment, and its result if there is one."""
        await self._workspaces.register(scope)
        await self.jobs.add(scope, job)
        return await self._watch(self._start(scope, job, await self._erasures(scope)), wait_s)

    async def look(self, scope: Scope, job_id: str, wait_s: float = WAIT_S) -> tuple[Job, Survey | None] | None:
        """How far a job is, and its result once it is done: made again where this process does not hold it.

        None where there is no such job.
        """
        self._tidy()
        erasures = await self._erasures(scope)
        work = self._work.get((scope.workspace, job_id))
        if work is None or work.erasures != erasures:
            job = await self.jobs.find(scope, job_id)
            if job is None or job.status is JobState.FAILED or (job.task == "train" and job.ended):
                return (job, None) if job else None
            work = self._start(scope, job, erasures)
        return await self._watch(work, wait_s)

    async def close(self) -> None:
        """Break off what is being done; a job that is not done goes on with the next start."""
        await self.background.stop()
        tasks = [work.task for work in self._work.values() if not work.task.done()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _resume(self) -> None:
        for scope in await self._workspaces.scopes():
            for job in await self.jobs.all(scope):
                if job.ended or (scope.workspace, job.id) in self._work:
                    continue
                again = job.changed(starts=job.starts + 1)
                if again.starts > MOST_STARTS:
                    await self._end(scope, again, JobState.FAILED, reason=f"It did not end in {MOST_STARTS} starts.")
                else:
                    self._start(scope, again, await self._erasures(scope))

    async def _erasures(self, scope: Scope) -> frozenset[str]:
        return frozenset() if self._told_of_erasures else frozenset(await self._suppressions.receipts(scope))

    def _start(self, scope: Scope, job: Job, erasures: frozenset[str]) -> _Work:
        key = (scope.workspace, job.id)
        work = _Work(job, asyncio.create_task(self._do(scope, job)), erasures)
        self._work[key] = work
        work.task.add_done_callback(lambda _: setattr(work, "ended_at", monotonic()))
        return work

    async def _watch(self, work: _Work, wait_s: float) -> tuple[Job, Survey | None]:
        await asyncio.wait([work.task], timeout=wait_s)
        done = work.task.done() and not work.task.cancelled()
        return work.job, work.task.result() if done else None

    async def _do(self, scope: Scope, job: Job) -> Survey | None:
        """Do a job, and keep what became of it. Doing one that was done gives the same again."""
        if not job.ended:
            job = job.changed(status=JobState.RUNNING)
            await self._keep(scope, job)
        try:
            if job.task == "score":
                return await self._score(scope, job)
            await self._train(scope, job)
        except TrainingFailed as error:
            await self._end(scope, job, JobState.FAILED, reason=f"The model could not be trained: {error}.")
        except StoreError:
            # It is not over: whoever looks next begins it again.
            log.warning("job.broken_off", workspace=scope.workspace)
            self._work.pop((scope.workspace, job.id), None)
        except Exception as error:  # noqa: BLE001
            # Its text may name a customer.
            log.error("job.failed", workspace=scope.workspace, error=type(error).__name__)
            await self._end(scope, job, JobState.FAILED, reason="Something went wrong here; the log has more.")
        return None

    async def _score(self, scope: Scope, job: Job) -> Survey:
        model = await self._model(scope, job)
        changed = not job.ended or job.model != model.version
        job = job.changed(model=model.version)

        def told(done: int, total: int) -> None:
            self._tell(scope, job.changed(done=done, total=total))

        survey = await self._surveyor.survey(
            scope, job.as_of, job.settings, job.known_at, model=model, told=None if job.ended else told
        )
        count = len(survey.customers)
        if changed or job.total != count:
            await self._end(scope, job, JobState.DONE, done=count, total=count)
        return survey

    async def _model(self, scope: Scope, job: Job) -> Trained:
        """The version that answered before, if it is there still; else the one that answers such a question now."""
        kept = await self._shelf.models.get(scope, job.model) if job.model else None
        if kept:
            return read_trained(kept.model, kept.version)
        asked = Asked("churn", job.settings.churn)
        # What a question without a job is answered by, unless somebody was told already, and it is gone since.
        known_at = job.known_at if job.bounded or job.model else None
        found = await self._shelf.model(scope, asked, job.as_of, known_at, present=job.present and job.model is None)
        if isinstance(found, Awaited):
            return await self._retrainer.grid(scope, asked, job.as_of, known_at)
        return found

    async def _train(self, scope: Scope, job: Job) -> None:
        verdict = await self._retrainer.retrain(scope, Asked("churn", job.settings.churn), job.as_of)
        await self._end(scope, job, JobState.DONE, model=verdict.version, promoted=verdict.promoted, reason=verdict.why)

    def _tell(self, scope: Scope, job: Job) -> None:
        """Progress: known here at once, and elsewhere a little later."""
        work = self._work.get((scope.workspace, job.id))
        if work:
            work.job = job
            if monotonic() - work.told_at > _TELL_EVERY_S and (work.telling is None or work.telling.done()):
                work.told_at = monotonic()
                work.telling = asyncio.create_task(self.jobs.put(scope, job))

    async def _end(self, scope: Scope, job: Job, status: JobState, **fields: object) -> None:
        await self._keep(scope, job.changed(status=status, ended_at=datetime.now(UTC), **fields))

    async def _keep(self, scope: Scope, job: Job) -> None:
        work = self._work.get((scope.workspace, job.id))
        if work:
            work.job = job
            if work.telling:
                # What was told before may not be written after this.
                await asyncio.wait([work.telling])
        await self.jobs.put(scope, job)

    def _tidy(self) -> None:
        old = [k for k, work in self._work.items() if work.ended_at and monotonic() - work.ended_at > _HELD_S]
        for key in old:
            del self._work[key]

    def _forget(self, scope: Scope, earliest: datetime) -> None:
        """Somebody was erased, or who is who was corrected: results are made again."""
        if earliest <= EARLIEST:
            for key, work in list(self._work.items()):
                if key[0] == scope.workspace and work.job.task == "score":
                    work.task.cancel()
                    del self._work[key]
