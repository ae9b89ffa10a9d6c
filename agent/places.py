"""Which form the threads are kept in. Its libraries take a second to import, so that happens beside the server."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from agent.checkpoints import Checkpoints

_FILE = "threads.sqlite"


@dataclass(frozen=True, slots=True)
class InFile:
    """A file in a server's own data directory."""

    folder: Path

    def is_empty(self) -> bool:
        return not (self.folder / _FILE).exists()

    async def open(self) -> Checkpoints:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        await asyncio.to_thread(import_module, "agent.checkpoints_sqlite")
        from agent.checkpoints_sqlite import open_file

        return await open_file(self.folder / _FILE)


@dataclass(frozen=True, slots=True)
class InPostgres:
    """A database that several servers share; the URL may hold a password."""

    url: str = field(repr=False)

    def is_empty(self) -> bool:
        return False

    async def open(self) -> Checkpoints:
        await asyncio.to_thread(import_module, "agent.checkpoints_postgres")
        from agent.checkpoints_postgres import open_postgres

        return await open_postgres(self.url)
