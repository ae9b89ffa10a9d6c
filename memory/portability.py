"""All of a workspace as JSON lines, out and in again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import orjson
from pydantic import ValidationError

from memory.intake import FUTURE_TOLERANCE
from memory.ledger import Ledger
from memory.points import EVENT_KINDS, SET_ASIDE_FIELD, read_control, rebuild
from memory.quarantine import QUARANTINE, Quarantined
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

    async def take(self, scope: Scope, lines: Sequence[bytes], now: datetime, first_line: int = 1) -> int:
        """How many points were new. Raises BadLine before any of these lines is written.

        `first_line` is the number of the first of them in the whole file; line 1 has to be the header.
        """
        read = [_read(scope, number, line, now) for number, line in enumerate(lines, start=first_line) if line.strip()]
        if first_line == 1 and not (lines and lines[0].strip() and isinstance(read[0], WorkspaceSettings)):
            raise BadLine(1, "the first line of an export is its header")
        await self._workspaces.register(scope)
        for settings in (entry for entry in read if isinstance(entry, WorkspaceSettings)):
            await self._workspaces.configure(scope, settings)
        points = [entry for entry in read if isinstance(entry, Point)]
        added = await self._store.restore(scope, points) if points else 0
        self._ledger.forget(scope)
        return added


def _read(scope: Scope, number: int, line: bytes, now: datetime) -> Point | WorkspaceSettings:
    """A line's point, or the settings of a header."""
    try:
        payload = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadLine(number, f"not JSON: {error}") from error
    if not isinstance(payload, dict):
        raise BadLine(number, "not a JSON object")
    try:
        return _settings(payload) if payload.get("format") == FORMAT else _point(scope, payload, now)
    except StoreMismatch as error:
        raise BadLine(number, str(error)) from error


def _settings(header: dict[str, Any]) -> WorkspaceSettings:
    if header.get("version") != FORMAT_VERSION:
        raise StoreMismatch(f"the export has version {header.get('version')}, this program reads {FORMAT_VERSION}")
    try:
        return WorkspaceSettings.model_validate(header.get("settings"))
    except ValidationError as error:
        raise StoreMismatch(f"unusable settings: {_first(error)}") from error


def _point(scope: Scope, payload: dict[str, Any], now: datetime) -> Point:
    kind = payload.get("kind")
    if kind not in (*EVENT_KINDS, QUARANTINE):
        raise StoreMismatch(f"not a line of an export: its kind is {kind!r}")
    point = rebuild(scope, payload)
    if kind == QUARANTINE:
        _check_quarantined(point)
    else:
        _check_times(point, now)
    return point


def _check_quarantined(point: Point) -> None:
    control = read_control(point.payload)
    try:
        kept = Quarantined.model_validate(control.data)
    except ValidationError as error:
        raise StoreMismatch(f"not a quarantined item: {_first(error)}") from error
    if kept.sha256 != control.key:
        raise StoreMismatch("not a quarantined item: its key is not its digest")


def _check_times(point: Point, now: datetime) -> None:
    """The rule of the way in, which a damaged line must not get around."""
    received_at, occurred_at = (datetime.fromisoformat(point.payload[name]) for name in ("received_at", "occurred_at"))
    if received_at > now + FUTURE_TOLERANCE:
        raise StoreMismatch(f"received_at {received_at.isoformat()} is more than a day ahead of now")
    if occurred_at > received_at + FUTURE_TOLERANCE:
        raise StoreMismatch(f"its time {occurred_at.isoformat()} is more than a day after it was received")


def _first(error: ValidationError) -> str:
    wrong = error.errors(include_url=False, include_input=False)[0]
    return ": ".join(filter(None, (".".join(map(str, wrong["loc"])), wrong["msg"])))


def _line(payload: dict[str, Any]) -> bytes:
    return orjson.dumps(payload, option=orjson.OPT_SORT_KEYS) + b"\n"
