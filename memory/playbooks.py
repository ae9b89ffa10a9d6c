"""The last good playbook of a workspace, kept as it was written: a file can break while no server runs."""

from __future__ import annotations

from pydantic import AwareDatetime, BaseModel, ConfigDict

from memory.kinds import PLAYBOOK
from memory.scope import Scope
from memory.store import Control, Store

#: A workspace has one.
_KEY = "last"


class KeptPlaybook(BaseModel):
    """The text of a file and the file's name; `read_at` is when it came into force, by the real clock."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    file: str
    read_at: AwareDatetime


async def keep_playbook(store: Store, scope: Scope, kept: KeptPlaybook) -> None:
    """Keep this one instead of the one before."""
    await store.put(scope.whole(), [Control(PLAYBOOK, _KEY, kept.model_dump(mode="json"))])


async def kept_playbook(store: Store, scope: Scope) -> KeptPlaybook | None:
    """The one that was kept; raises ValidationError for what `keep_playbook` did not write."""
    found = await store.control(scope.whole(), PLAYBOOK, _KEY)
    return KeptPlaybook.model_validate(found.data) if found else None
