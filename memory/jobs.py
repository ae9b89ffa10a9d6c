"""Long work that somebody asked for: kept with how far it is, so that it goes on after a restart."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

from memory.kinds import JOB
from memory.scope import Scope
from memory.store import Control, Store
from memory.workspace import WorkspaceSettings

#: The newest of a workspace; older ones can be asked for again.
MOST_JOBS = 100
#: Work that ends the process each time it is done is not begun for ever.
MOST_STARTS = 3


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(BaseModel):
    """What was asked for, and how far it is. It names no customer.

    `score`: everybody's churn signal as of `as_of`, from what was received before `known_at`, which is when the job
    was made: so its result is the same whenever it is looked at. The result itself is not kept but made again from the
    events that are there: whoever was erased since is in none. With `present` the model in force answers; `model` is
    the version that did. `train`: a model from the events before `as_of`.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    task: Literal["score", "train"]
    created_at: datetime
    as_of: datetime
    known_at: datetime
    #: Whether the asker named `known_at`: a model then has to keep to it, too.
    bounded: bool = False
    present: bool = False
    settings: WorkspaceSettings
    status: JobState = JobState.QUEUED
    starts: int = 0
    done: int = 0
    total: int | None = None
    model: str | None = None
    promoted: bool | None = None
    reason: str | None = None
    ended_at: datetime | None = None

    @property
    def control(self) -> Control:
        return Control(JOB, self.id, self.model_dump(mode="json"))

    @property
    def ended(self) -> bool:
        return self.status in (JobState.DONE, JobState.FAILED)

    def changed(self, **fields: Any) -> Job:
        return self.model_copy(update=fields)


def new_job(task: Literal["score", "train"], now: datetime, as_of: datetime, **fields: Any) -> Job:
    """A job of now; `known_at` is now unless it is given."""
    return Job(id=uuid4().hex, task=task, created_at=now, as_of=as_of, **{"known_at": now, **fields})


class Jobs:
    """Reads and writes the jobs of any workspace."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, scope: Scope, job: Job) -> None:
        """Keep a job; of too many the oldest go."""
        await self.put(scope, job)
        every = await self.all(scope)
        if len(every) > MOST_JOBS:
            oldest = sorted(every, key=lambda each: (each.created_at, each.id))[: len(every) - MOST_JOBS]
            await self._store.delete_controls(scope.whole(), JOB, [each.id for each in oldest])

    async def put(self, scope: Scope, job: Job) -> None:
        await self._store.put(scope.whole(), [job.control])

    async def find(self, scope: Scope, job_id: str) -> Job | None:
        found = await self._store.control(scope.whole(), JOB, job_id)
        return Job.model_validate(found.data) if found else None

    async def all(self, scope: Scope) -> list[Job]:
        """Every job of a workspace, by id."""
        return [Job.model_validate(each.data) for each in await self._store.controls(scope.whole(), JOB)]
