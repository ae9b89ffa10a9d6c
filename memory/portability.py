"""All of a workspace as JSON lines, out and in again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson

from memory.ledger import Ledger
from memory.points import SET_ASIDE_FIELD, rebuild
from memory.scope import Scope
from memory.store import Store, StoreMismatch
from memory.workspace import WorkspaceSettings, read_settings
from memory.workspaces import Workspaces

#: The first line of every export.
FORMAT = "throughline-export"
FORMAT_VERSION = 1


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

    async def take(self, scope: Scope, lines: Sequence[bytes]) -> int:
        """How many points were new. Raises StoreMismatch, naming the line, before anything is written."""
        await self._workspaces.register(scope)
        payloads = [_decode(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
        for header in (payload for payload in payloads if payload.get("format") == FORMAT):
            await self._configure(scope, header)
        points = [rebuild(scope, payload) for payload in payloads if payload.get("format") != FORMAT]
        added = await self._store.restore(scope, points) if points else 0
        self._ledger.forget(scope)
        return added

    async def _configure(self, scope: Scope, header: dict[str, Any]) -> None:
        if header.get("version") != FORMAT_VERSION:
            raise StoreMismatch(f"the export has version {header.get('version')}, this program reads {FORMAT_VERSION}")
        await self._workspaces.configure(scope, WorkspaceSettings.model_validate(header["settings"]))


def _decode(number: int, line: bytes) -> dict[str, Any]:
    try:
        payload = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise StoreMismatch(f"line {number} is not JSON: {error}") from error
    if not isinstance(payload, dict):
        raise StoreMismatch(f"line {number} is not a JSON object")
    return payload


def _line(payload: dict[str, Any]) -> bytes:
    return orjson.dumps(payload, option=orjson.OPT_SORT_KEYS) + b"\n"
