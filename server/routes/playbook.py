"""GET /playbook: what can be done for customers as far as this workspace is concerned, and where that is written."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from memory.scope import Scope
from server.auth import ReadScope
from server.bootstrap import Services, ServicesDep
from server.openapi import problems
from server.times import moment
from tools.playbook.playbook import Playbook
from tools.playbook.problem import PlaybookProblem
from tools.playbook.shelf import InForce, Source
from tools.playbook.starters import starter_for

router = APIRouter(tags=["recommendations"])


class PlaybookErrorView(BaseModel):
    """One error of a file."""

    line: int | None = Field(description="From 1; null where it is about the file as a whole")
    field: str = Field(description="A path such as actions[2].when.stages[0]; empty where it is about the text")
    reason: str


class PlaybookProblemView(BaseModel):
    """Why a file is not in force."""

    file: str
    errors: list[PlaybookErrorView]


class PlaybookReply(BaseModel):
    """The playbook in force. With a `problem`, the file is broken or gone, and what was good before stays in force.

    `source`: the `file` as it is now, what was `kept` of it, or a `starter` that comes with the package.
    """

    source: Source
    file: str | None = Field(description="The file's name; null for a starter")
    read_at: datetime | None = Field(description="When this content came into force, by the real clock")
    digest: str = Field(description="The same for the same content, however it is written")
    problem: PlaybookProblemView | None
    playbook: Playbook


@router.get("/playbook", responses=problems(503))
async def get_playbook(scope: ReadScope, services: ServicesDep) -> PlaybookReply:
    """The actions that recommendations choose from, with their rules; a changed file is read again first."""
    found = await services.playbooks.in_force(scope, "shop")
    if found.source == "starter":
        found = await _fitting_starter(scope, services)
    return PlaybookReply(
        source=found.source,
        file=found.file,
        read_at=found.read_at,
        digest=found.digest,
        problem=_told(found.problem) if found.problem else None,
        playbook=found.playbook,
    )


async def _fitting_starter(scope: Scope, services: Services) -> InForce:
    """Which starter holds is seen in the events."""
    now = await moment(services, scope, None)
    reference = await services.desk.surveyor.reference(scope, now.as_of, now.settings, present=True)
    return await services.playbooks.in_force(scope, starter_for(reference.everyone))


def _told(problem: PlaybookProblem) -> PlaybookProblemView:
    errors = [PlaybookErrorView(line=each.line, field=each.field, reason=each.reason) for each in problem.errors]
    return PlaybookProblemView(file=problem.file, errors=errors)
