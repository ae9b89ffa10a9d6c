"""The playbook in force: read from a file when that changes, and never lost to a broken one."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import structlog

from memory.playbooks import KeptPlaybook, keep_playbook, kept_playbook
from memory.scope import Scope
from memory.store import Store
from tools.playbook.file import FileUnusable, Stamp, find_file, read_file
from tools.playbook.playbook import Playbook
from tools.playbook.problem import InvalidPlaybook, PlaybookError, PlaybookProblem
from tools.playbook.reading import read_playbook
from tools.playbook.starters import Starter, starter_playbook

log = structlog.get_logger()

Source = Literal["file", "kept", "starter"]
_GONE = "the file that was read before is gone; what it said stays in force until there is another"


@dataclass(frozen=True, slots=True)
class InForce:
    """The playbook that holds, and why it is not the file's where it is not.

    `source`: the `file` as it is now, what was `kept` of it while it is broken or gone, or a `starter`.
    """

    playbook: Playbook
    source: Source
    file: str | None = None
    read_at: datetime | None = None
    problem: PlaybookProblem | None = None

    @property
    def digest(self) -> str:
        return self.playbook.digest


@dataclass(frozen=True, slots=True)
class _Good:
    """A playbook that was read, with its text."""

    playbook: Playbook
    kept: KeptPlaybook


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the last look has found. Unless it is `settled` the file is read again: what was in the way may pass.

    `spoilt`: why what was kept by an earlier run is no playbook to this version.
    """

    stamp: Stamp | None
    good: _Good | None
    problem: PlaybookProblem | None
    settled: bool
    spoilt: PlaybookProblem | None = None


class Playbooks:
    """One for a process. A workspace's file is `<workspace>.yaml` in the folder, else `default.yaml`."""

    def __init__(self, folder: Path | None, store: Store) -> None:
        self._folder = folder
        self._store = store
        self._seen: dict[str, _Seen] = {}
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def in_force(self, scope: Scope, starter: Starter) -> InForce:
        """What holds now. Where the file names no outcome, success is what it is in the starter."""
        async with self._turns[scope.workspace]:
            seen = await self._look(scope)
        first = starter_playbook(starter)
        if seen.good is None:
            return InForce(first, "starter", problem=seen.problem)
        playbook, kept = seen.good.playbook.aiming_at(first.outcome), seen.good.kept
        return InForce(playbook, "kept" if seen.problem else "file", kept.file, kept.read_at, seen.problem)

    async def _look(self, scope: Scope) -> _Seen:
        before = self._seen.get(scope.workspace)
        stamp, trouble = self._find(scope)
        if before and before.settled and before.stamp == stamp and trouble is None:
            return before
        last, spoilt = (before.good, before.spoilt) if before else await self._kept(scope)
        if stamp:
            found = await self._read(stamp, last)
        else:
            found = _Seen(None, last, trouble or (_problem(last.kept.file, _GONE) if last else spoilt), trouble is None)
        found = replace(found, spoilt=spoilt)
        if found.good and found.good is not last:
            await keep_playbook(self._store, scope, found.good.kept)
            log.info("playbook.read", workspace=scope.workspace, file=found.good.kept.file)
        if found.problem and (before is None or before.problem != found.problem):
            _warn(scope, found.problem)
        self._seen[scope.workspace] = found
        return found

    def _find(self, scope: Scope) -> tuple[Stamp | None, PlaybookProblem | None]:
        """The file that counts, if there is one, or why it cannot be looked at."""
        if self._folder is None:
            return None, None
        try:
            return find_file(self._folder, scope.workspace), None
        except FileUnusable as error:
            return None, _problem(error.file, error.reason)

    async def _read(self, stamp: Stamp, good: _Good | None) -> _Seen:
        """What is in the file; what was good before stays where it is broken."""
        name = stamp.path.name
        try:
            data = await asyncio.to_thread(read_file, stamp)
            playbook = await asyncio.to_thread(read_playbook, data)
        except FileUnusable as error:
            return _Seen(stamp, good, _problem(name, error.reason), settled=False)
        except InvalidPlaybook as error:
            return _Seen(stamp, good, PlaybookProblem(name, error.errors), settled=True)
        text = data.decode("utf-8-sig")
        if good is None or (good.kept.text, good.kept.file) != (text, name):
            good = _Good(playbook, KeptPlaybook(text=text, file=name, read_at=datetime.now(UTC)))
        return _Seen(stamp, good, None, settled=True)

    async def _kept(self, scope: Scope) -> tuple[_Good | None, PlaybookProblem | None]:
        """The last good one of an earlier run, or why this version cannot read it."""
        kept = await kept_playbook(self._store, scope)
        if kept is None:
            return None, None
        try:
            return _Good(await asyncio.to_thread(read_playbook, kept.text.encode()), kept), None
        except InvalidPlaybook as error:
            return None, PlaybookProblem(kept.file, error.errors)


def _warn(scope: Scope, problem: PlaybookProblem) -> None:
    for each in problem.errors:
        log.warning(
            "playbook.refused", workspace=scope.workspace, file=problem.file, line=each.line, field=each.field,
            reason=each.reason,
        )  # fmt: skip


def _problem(file: str, reason: str) -> PlaybookProblem:
    return PlaybookProblem(file, (PlaybookError(None, "", reason),))
