"""All of a workspace as JSON lines, out and in again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from pydantic import ValidationError

from memory.aliases import correction_control, read_correction
from memory.attribution import point_ids, point_owners, visitor
from memory.erasure import Eraser
from memory.feedback import read_feedback
from memory.given import read_given
from memory.indexer import Indexer
from memory.kinds import (
    FEEDBACK,
    GIVEN,
    JOIN,
    KINDS,
    NAMING_CUSTOMER,
    OVERRIDE,
    QUARANTINE,
    RECEIPT,
    RESOLUTION,
    SUPPRESSION,
    SUPPRESSION_KEY,
)
from memory.ledger import Ledger
from memory.overrides import read_said
from memory.points import EVENT_KINDS, SET_ASIDE_FIELD, read_control, rebuild
from memory.quarantine import Quarantined
from memory.reading import FUTURE_TOLERANCE
from memory.receipt import Receipt
from memory.resolution import Resolution
from memory.scope import Scope
from memory.store import Control, Point, Store, StoreMismatch
from memory.suppression import Suppressions, check_key, check_suppression
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
    """A header, then every point by id: events in all versions, what is quarantined, who is who, who was erased.

    Vectors are made again on import.
    """
    settings = await read_settings(store, scope)
    yield _line({"format": FORMAT, "version": FORMAT_VERSION, "settings": settings.model_dump(mode="json")})
    async for page in store.dump(scope):
        for payload in page:
            if KINDS[payload["kind"]].travels:
                yield export_line(payload)


def export_line(payload: Mapping[str, Any]) -> bytes:
    """One point as a line of an export."""
    kept = {key: value for key, value in payload.items() if key not in (SET_ASIDE_FIELD, "workspace")}
    return _line(kept)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of lines: points that were new, and those left out, as of erased customers or as too old."""

    added: int = 0
    suppressed: int = 0
    forgotten: int = 0

    def __add__(self, other: Taken) -> Taken:
        return Taken(self.added + other.added, self.suppressed + other.suppressed, self.forgotten + other.forgotten)


class Importer:
    """Takes the lines of an export into a workspace; what is there already stays as it is, and who was erased away."""

    def __init__(
        self,
        store: Store,
        workspaces: Workspaces,
        ledger: Ledger,
        indexer: Indexer,
        suppressions: Suppressions,
        eraser: Eraser,
    ) -> None:
        self._store = store
        self._workspaces = workspaces
        self._ledger = ledger
        self._indexer = indexer
        self._suppressions = suppressions
        self._eraser = eraser
        self._finishing: set[asyncio.Task[None]] = set()

    async def take(self, scope: Scope, lines: Sequence[bytes], now: datetime, first_line: int = 1) -> Taken:
        """Keep what is new. Raises BadLine before any of these lines is written.

        `first_line` is the number of the first of them in the whole file; line 1 has to be the header.
        """
        read = [_read(scope, number, line, now) for number, line in enumerate(lines, start=first_line) if line.strip()]
        if first_line == 1 and not (lines and lines[0].strip() and isinstance(read[0], WorkspaceSettings)):
            raise BadLine(1, "the first line of an export is its header")
        await self._workspaces.register(scope)
        for settings in (entry for entry in read if isinstance(entry, WorkspaceSettings)):
            await self._configure(scope, settings)
        before = (await self._workspaces.settings(scope)).forgotten_before(now)
        points = [entry for entry in read if isinstance(entry, Point)]
        young = [point for point in points if not (before and _is_older(point, before))]
        kept = await self._unsuppressed(scope, young)
        added = await self._store.restore(scope, kept) if kept else 0
        self._ledger.forget(scope)
        return Taken(added, suppressed=len(young) - len(kept), forgotten=len(points) - len(young))

    async def finish(self, scope: Scope, now: datetime) -> None:
        """After the last lines, also where more should have come: whoever the import says was erased is erased here
        too; the rest is embedded. Goes on to its end when the caller is cancelled."""
        task = asyncio.create_task(self._finish(scope, now))
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)
        await asyncio.shield(task)

    async def _finish(self, scope: Scope, now: datetime) -> None:
        # What came in is embedded even where an erasure fails.
        try:
            await self._eraser.enforce(scope, now)
        finally:
            await self._indexer.recount(scope)

    async def _configure(self, scope: Scope, settings: WorkspaceSettings) -> None:
        """The settings of the header, where the workspace is new; those that somebody chose stay."""
        current = await self._workspaces.settings(scope)
        if current == WorkspaceSettings() and not (await self._store.tally(scope)).events:
            await self._workspaces.configure(scope, settings)
        elif current.customer != settings.customer:
            raise BadLine(
                1,
                f"customers of this workspace are its {current.customer}s, those of the export its "
                f"{settings.customer}s: import it into a new workspace",
            )

    async def _unsuppressed(self, scope: Scope, points: Sequence[Point]) -> list[Point]:
        """The points without what is about erased customers, and without their ids in what is about others."""
        ids = await self._suppressions.among(scope, {key for point in points for key in point_ids(point.payload)})
        kept = [point for point in points if point_owners(point.payload).isdisjoint(ids)]
        return [_without(scope, point, ids) if point_ids(point.payload) & ids else point for point in kept]


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
    if not isinstance(kind, str) or kind not in KINDS or not KINDS[kind].travels:
        raise StoreMismatch(f"not a line of an export: its kind is {kind!r}")
    point = rebuild(scope, payload)
    if kind in EVENT_KINDS:
        _check_times(point, now)
    else:
        _check_control(read_control(point.payload))
    return point


def _check_control(control: Control) -> None:
    """Raises StoreMismatch for a control that could not be read later."""
    try:
        key = _CHECKS[control.kind](control)
    except ValidationError as error:
        raise StoreMismatch(f"not a {control.kind} point: {_first(error)}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise StoreMismatch(f"not a {control.kind} point: {error}") from error
    if key != control.key:
        raise StoreMismatch(f"not a {control.kind} point: its key is not that of its data")


#: For each kind the key that its data demand; raises for data that are none.
_CHECKS = {
    QUARANTINE: lambda control: Quarantined.model_validate(control.data).control.key,
    RECEIPT: lambda control: Receipt.model_validate(control.data).control.key,
    RESOLUTION: lambda control: Resolution.model_validate(control.data).control.key,
    JOIN: lambda control: correction_control(read_correction(control)).key,
    OVERRIDE: lambda control: read_said(control).control.key,
    GIVEN: lambda control: read_given(control).control.key,
    FEEDBACK: lambda control: read_feedback(control).control.key,
    SUPPRESSION: check_suppression,
    SUPPRESSION_KEY: check_key,
}


def _without(scope: Scope, point: Point, ids: Collection[str]) -> Point:
    """Somebody else's event without the device of an erased visitor, where it names a person besides."""
    body = orjson.loads(point.payload["body"])
    if not body.get("user_id") or visitor(body.get("anonymous_id", "")) not in ids:
        return point
    del body["anonymous_id"]
    return rebuild(scope, {**point.payload, "body": orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()})


def _is_older(point: Point, before: datetime) -> bool:
    """Whether the point is an event, a recommendation or feedback from before this instant."""
    dated = point.payload["kind"] in (*EVENT_KINDS, *NAMING_CUSTOMER)
    return dated and datetime.fromisoformat(point.payload["occurred_at"]) < before


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
