"""The file of a workspace's playbook: which it is, whether it has changed, and what is in it."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from memory.scope import WORKSPACE_NAME
from tools.playbook.yaml_tree import MAX_BYTES

#: The one for every workspace that has none of its own.
_DEFAULT = "default"
_ENDINGS = (".yaml", ".yml")


class FileUnusable(Exception):
    """A file that is there and cannot be read, by its name without the folder."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.file = file
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Stamp:
    """A file as it was looked at; with any change of it, or of its rights, it is another."""

    path: Path
    changed: tuple[int, ...]


def find_file(folder: Path, workspace: str) -> Stamp | None:
    """`<workspace>.yaml`, else `default.yaml`; `.yml` will do. Raises FileUnusable for one that cannot be looked at."""
    stems = [workspace, _DEFAULT] if re.fullmatch(WORKSPACE_NAME, workspace) else [_DEFAULT]
    for path in (folder / f"{stem}{ending}" for stem in stems for ending in _ENDINGS):
        try:
            return Stamp(path, _changed(path.stat()))
        except FileNotFoundError:
            if path.is_symlink():
                raise FileUnusable(path.name, "it is a link to a file that is not there") from None
        except OSError as error:
            raise FileUnusable(path.name, f"it cannot be looked at: {_told(error)}") from None
    return None


def read_file(stamp: Stamp) -> bytes:
    """Its bytes, of a long one as many as MAX_BYTES and one more. Raises FileUnusable, also while it is written."""
    name = stamp.path.name
    try:
        with open(stamp.path, "rb", opener=_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise FileUnusable(name, "it is no regular file")
            data = file.read(MAX_BYTES + 1)
            after = _changed(os.fstat(file.fileno()))
    except OSError as error:
        raise FileUnusable(name, f"it cannot be read: {_told(error)}") from None
    if after != stamp.changed:
        raise FileUnusable(name, "it changed while it was read")
    return data


def _at_once(path: str, flags: int) -> int:
    """Opens without waiting, as a pipe would have it, for somebody who writes."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _changed(found: os.stat_result) -> tuple[int, ...]:
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def _told(error: OSError) -> str:
    """The reason without the path: callers of the API have no need of it."""
    return error.strerror or type(error).__name__
