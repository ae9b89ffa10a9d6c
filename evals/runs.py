"""A run on disk: what was asked for, the samples, and a line a sample as it finished.

RUNS/<run>/run.json       what was run: it must be the same to go on with it
RUNS/<run>/samples-<suite>.jsonl  the samples, so that a run can be scored and read without the code that made them
RUNS/<run>/log.jsonl      one record a line, written as each sample finishes
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from portalocker import AlreadyLocked, Lock, LockException, LockFlags
from pydantic import BaseModel, Field, ValidationError

from evals.sample import Sample, read_samples, samples_hash, write_samples
from evals.suite import Record

#: Where runs are kept, by default.
RUNS = Path(".evals")
_ID = re.compile(r"[\w.-]+")


class RunError(Exception):
    """A run cannot be read, or not be gone on with; the sentence says why."""


class Manifest(BaseModel):
    """What was run, and on what. `suites` maps each to the hash of its samples."""

    id: str
    title: str
    started: datetime
    commit: str
    dirty: bool
    suites: dict[str, str]
    model: str | None = None
    url: str | None = None
    epochs: int = 1
    seed: int = 0
    only: dict[str, Any] = Field(default_factory=dict, description="what of the suites was left out")
    judge: dict[str, Any] | None = None
    versions: dict[str, str] = Field(default_factory=dict)

    def same_work(self, other: Manifest) -> bool:
        """Whether the records of one may stand among those of the other."""
        fixed = ("suites", "model", "url", "epochs", "seed", "only", "judge", "commit", "dirty")
        return all(getattr(self, name) == getattr(other, name) for name in fixed)


class Run:
    """A folder with one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def id(self) -> str:
        return self.folder.name

    def create(self, manifest: Manifest, samples: Mapping[str, Sequence[Sample]]) -> None:
        self.folder.mkdir(parents=True)
        for suite, chosen in samples.items():
            write_samples(self.samples_file(suite), chosen)
        self._manifest.write_text(manifest.model_dump_json(indent=1) + "\n")

    def manifest(self) -> Manifest:
        """Raises RunError for a damaged one."""
        try:
            return Manifest.model_validate_json(self._manifest.read_text())
        except ValidationError:
            raise RunError(f"{self._manifest} is damaged.") from None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else goes on with this run meanwhile; raises RunError where somebody does."""
        try:
            with Lock(self.folder / "lock", timeout=0, flags=LockFlags.EXCLUSIVE | LockFlags.NON_BLOCKING):
                yield
        except (LockException, AlreadyLocked):
            raise RunError(f"{self.id} is being run by another process.") from None

    def samples(self, suite: str) -> list[Sample]:
        return read_samples(self.samples_file(suite))

    def append(self, record: Record) -> None:
        """Add a finished sample: one write of one line, so that a killed run has at most one line cut short."""
        with self._log.open("a") as log:
            log.write(record.model_dump_json() + "\n")

    def records(self) -> list[Record]:
        """All finished samples, in the order of the samples; a last line cut short does not count."""
        if not self._log.exists():
            return []
        lines = self._log.read_text(encoding="utf-8").split("\n")
        order = self._order()
        found: dict[tuple[str, str], Record] = {}
        for number, line in enumerate(lines, start=1):
            try:
                record = Record.model_validate_json(line)
            except ValidationError:
                if number < len(lines):
                    raise RunError(f"{self._log}, line {number} is damaged") from None
                continue
            if (record.suite, record.id) not in order:
                raise RunError(f"{self._log}, line {number} is of a sample that this run does not have")
            found[record.suite, record.key] = record
        return sorted(found.values(), key=lambda record: (order[record.suite, record.id], record.epoch))

    def rewrite(self, records: Iterable[Record]) -> None:
        """Replace the log: after scoring again, or to drop a line cut short."""
        part = self._log.with_suffix(".part")
        part.write_text("".join(record.model_dump_json() + "\n" for record in records))
        part.replace(self._log)

    def _order(self) -> dict[tuple[str, str], int]:
        """The place of each sample, suite by suite."""
        named = [(suite, sample.id) for suite in self.manifest().suites for sample in self.samples(suite)]
        return {key: place for place, key in enumerate(named)}

    def samples_file(self, suite: str) -> Path:
        return self.folder / f"samples-{suite}.jsonl"

    @property
    def _manifest(self) -> Path:
        return self.folder / "run.json"

    @property
    def _log(self) -> Path:
        return self.folder / "log.jsonl"


def open_run(runs: Path, name: str) -> Run:
    """The run of this name, or "latest"; raises RunError."""
    known = sorted(each.parent for each in runs.glob("*/run.json"))
    if name == "latest" and known:
        # Their names begin with the time.
        return Run(known[-1])
    folder = runs / name
    if not _ID.fullmatch(name) or folder not in known:
        there = ", ".join(each.name for each in known[-5:]) or "none"
        raise RunError(f"There is no run {name!r} in {runs}; the last ones are: {there}.")
    return Run(folder)


def free_id(runs: Path, now: datetime, suites: Iterable[str]) -> str:
    """A name that tells when and what, and that no run has."""
    name = f"{now.astimezone(UTC):%Y-%m-%dT%H-%M-%S}-{'+'.join(suites)}"
    return next(free for n in count(1) if not (runs / (free := f"{name}-{n}" if n > 1 else name)).exists())


def hashes(samples: Mapping[str, Sequence[Sample]]) -> dict[str, str]:
    return {suite: samples_hash(chosen) for suite, chosen in samples.items()}
