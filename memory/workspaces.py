"""The workspaces that exist, remembered in this process and written once each."""

from __future__ import annotations

from memory.scope import Scope
from memory.store import Store
from memory.workspace import WorkspaceSettings, list_workspaces, read_settings, write_settings


class CustomerFixed(ValueError):
    """Who a customer is cannot change any more: the events that are kept were filed by it."""

    def __init__(self, current: str) -> None:
        super().__init__(
            f"customers of this workspace are its {current}s, and its events are filed by that: "
            "send them to a new workspace that has the other setting from the start"
        )


class Workspaces:
    """Registers a workspace on its first write, so that background work can find it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: set[str] = set()

    async def register(self, scope: Scope) -> None:
        """Make sure the workspace is on the list before anything is written to it."""
        if scope.workspace in self._known:
            return
        if scope.workspace not in await list_workspaces(self._store):
            await write_settings(self._store, scope, WorkspaceSettings())
        self._known.add(scope.workspace)

    async def settings(self, scope: Scope) -> WorkspaceSettings:
        return await read_settings(self._store, scope)

    async def configure(self, scope: Scope, settings: WorkspaceSettings) -> None:
        """Replace the settings; raises CustomerFixed where events were filed by another kind of customer."""
        current = await self.settings(scope)
        if current.customer != settings.customer and (await self._store.tally(scope)).events:
            raise CustomerFixed(current.customer)
        await write_settings(self._store, scope, settings)
        self._known.add(scope.workspace)

    async def scopes(self) -> list[Scope]:
        """A scope for each workspace."""
        return [Scope(name) for name in await list_workspaces(self._store)]
