"""All of a workspace as JSON lines, out and in again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson
from pydantic import ValidationError

from memory.ledger import Ledger
from memory.points import SET_ASIDE_FIELD, rebuild
from memory.scope import Scope
from memory.store import Point, Store, StoreMismatch
from memory.workspace import WorkspaceSettings, read_settings
from memory.workspaces import Workspaces

#: The first line of every export.
FORMAT = "throughline-export"
FORMAT_VERSION = 1


class BadLine(StoreMismatch):
    """A line that is no part of an export; `line` counts from 1 in the whole file."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line


async def export_lines(store: Store, scope: Scope) -> AsyncIterator[bytes]:
    """A header, then every event, conflict and quarantined item by point id; vectors are made again on import."""
    settings = await read_settings(store, scope)
    yield _line({"format": FORMAT, "version": FORMAT_VERSION, "settings": settings.model_dump(mode="json")})
    async for page in store.dump(scope):
        for payload in page:
            payload.pop(SET_ASIDE_FIELD, None)
            payload.pop("workspace", None)
            yield _line(payload)


class Importer:
    """Takes the lines of an export into a workspace; what is there already stays as it is."""

    def __init__(self, store: Store, workspaces: Workspaces, ledger: Ledger) -> None:
        self._store = store
        self._workspaces = workspaces
        self._ledger = ledger

    async def take(self, scope: Scope, lines: Sequence[bytes], first_line: int = 1) -> int:
        """How many points were new. Raises BadLine before any of these lines is written.

        `first_line` is the number of the first of them in the whole file.
        """
        await self._workspaces.register(scope)
        read = [_read(scope, number, line) for number, line in enumerate(lines, start=first_line) if line.strip()]
        for settings in (entry for entry in read if isinstance(entry, WorkspaceSettings)):
            await self._workspaces.configure(scope, settings)
        points = [entry for entry in read if isinstance(entry, Point)]
        added = await self._store.restore(scope, points) if points else 0
        self._ledger.forget(scope)
        return added


def _read(scope: Scope, number: int, line: bytes) -> Point | WorkspaceSettings:
    """A line's point, or the settings of a header."""
    try:
        payload = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadLine(number, f"not JSON: {error}") from error
    if not isinstance(payload, dict):
        raise BadLine(number, "not a JSON object")
    try:
        return _settings(payload) if payload.get("format") == FORMAT else rebuild(scope, payload)
    except ValidationError as error:
        raise BadLine(number, f"unusable settings: {error.errors()[0]['msg']}") from error
    except StoreMismatch as error:
        raise BadLine(number, str(error)) from error


def _settings(header: dict[str, Any]) -> WorkspaceSettings:
    if header.get("version") != FORMAT_VERSION:
        raise StoreMismatch(f"the export has version {header.get('version')}, this program reads {FORMAT_VERSION}")
    return WorkspaceSettings.model_validate(header.get("settings"))


def _line(payload: dict[str, Any]) -> bytes:
    return orjson.dumps(payload, option=orjson.OPT_SORT_KEYS) + b"\n"
