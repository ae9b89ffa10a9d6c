"""How far a load has come, so that one that was interrupted goes on; kept beside the data until it is done."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

_FOLDER = "loads"
_HEAD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class _Identity:
    """By what a file is known again, with how it is read: digests only, nothing of what it holds."""

    size: int
    mtime_ns: int
    head_sha256: str
    options_sha256: str


class LoadJob:
    """The number of events of one file that one workspace of one server has acknowledged, in the file's order."""

    def __init__(self, path: Path, identity: _Identity, restart: bool) -> None:
        self._path = path
        self._identity = identity
        found = None if restart else _read(path)
        #: Another file, or other options, were under way from the same place.
        self.changed = found is not None and found[0] != asdict(identity)
        self.acknowledged = 0 if found is None or self.changed else found[1]

    def note(self, acknowledged: int) -> None:
        """Write down how many events the server has acknowledged, whole or not at all.

        Where that cannot be written the load goes on: only an interruption would cost more.
        """
        self.acknowledged = acknowledged
        draft = self._path.with_suffix(f".{os.getpid()}")
        with suppress(OSError):
            # The data directory too, where this is its first use.
            self._path.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            draft.write_text(json.dumps({**asdict(self._identity), "acknowledged": acknowledged}) + "\n")
            draft.replace(self._path)

    def finish(self) -> None:
        """Forget it: another load of the file sends everything, and what is there already stays as it is."""
        # Drafts of loads that were killed while they wrote, too.
        for left in self._path.parent.glob(f"{self._path.stem}.*"):
            left.unlink(missing_ok=True)


def open_job(data_dir: Path, file: Path, target: tuple[str, str], options: str, *, restart: bool) -> LoadJob:
    """The job of this file for this target (a server's URL, or "" for the data directory's own, and a workspace).

    `options` is a text of everything that decides how the file is read. With `restart` an earlier job is ignored.
    """
    stat = file.stat()
    with file.open("rb") as source:
        head = source.read(_HEAD_BYTES)
    identity = _Identity(stat.st_size, stat.st_mtime_ns, _digest(head), _digest(options.encode()))
    # A digest, as file names name customers, and URLs may hold passwords.
    name = _digest("\0".join((str(file.resolve()), *target)).encode())[:32]
    return LoadJob(data_dir / _FOLDER / f"{name}.json", identity, restart)


def _read(path: Path) -> tuple[dict[str, object], int] | None:
    try:
        found = json.loads(path.read_text())
        return found, int(found.pop("acknowledged"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
