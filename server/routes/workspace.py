"""GET and PUT /workspace: how a workspace tells time, and when a customer counts as gone."""

from __future__ import annotations

from fastapi import APIRouter

from memory.workspace import WorkspaceSettings
from server.auth import OperateScope
from server.bootstrap import ServicesDep
from server.openapi import problems

router = APIRouter(tags=["workspace"])


@router.get("/workspace", responses=problems(503))
async def get_workspace(scope: OperateScope, services: ServicesDep) -> WorkspaceSettings:
    """The workspace's clock, time zone, week and definition of churn."""
    return await services.workspaces.settings(scope)


@router.put("/workspace", responses=problems(400, 409, 413, 503))
async def put_workspace(settings: WorkspaceSettings, scope: OperateScope, services: ServicesDep) -> WorkspaceSettings:
    """Replace the workspace's settings; fields that are left out go back to their defaults."""
    await services.workspaces.configure(scope, settings)
    await services.commit()
    return settings
