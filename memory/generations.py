"""Which shard of a data directory is in force: its schema file names it, and is only ever replaced whole."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from memory.points import SCHEMA_VERSION
from memory.store import StoreMismatch

#: The first generation; later ones are "shard-1", "shard-2" and so on.
FIRST = "shard"
_NAME = re.compile(r"shard(?:-(\d+))?")
#: What a crash may leave: a generation that is not in force, or a first one that was being made.
_LEFTOVER = re.compile(r"shard(?:-\d+|\.new)?")


@dataclass(frozen=True, slots=True)
class Schema:
    """What the schema file says: the layout's version, the embedding's length, and the shard in force."""

    version: int
    dimensions: int
    shard: str = FIRST


class Generations:
    """The shards under one root, of which one is in force and the others are leftovers."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._file = root / "schema.json"

    def read(self) -> Schema | None:
        """What is in force, None in a directory without a schema; raises StoreMismatch when it cannot be read."""
        try:
            found = json.loads(self._file.read_text())
            schema = Schema(int(found["version"]), int(found["dimensions"]), found.get("shard", FIRST))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise StoreMismatch(
                f"{self._file} cannot be read: it holds no whole `version` and `dimensions` ({error})"
            ) from error
        if not isinstance(schema.shard, str) or not _NAME.fullmatch(schema.shard):
            raise StoreMismatch(f"{self._file} cannot be read: its `shard` is no name of a shard")
        return schema

    def names(self) -> list[str]:
        """Every generation that lies here, in force or not."""
        return sorted(path.name for path in self.root.iterdir() if _NAME.fullmatch(path.name))

    @property
    def current(self) -> Path:
        """Where the shard in force lies; only in a directory that has a schema."""
        return self.root / self._in_force().shard

    def fresh(self) -> Path:
        """Where the next generation is to be made; nothing is there yet."""
        taken = [int(found[1] or 0) for name in self.names() if (found := _NAME.fullmatch(name))]
        return self.root / f"{FIRST}-{max(taken, default=0) + 1}"

    def start(self, schema: Schema) -> None:
        """Write the schema of a new directory."""
        self._replace(schema)
        self.sync()

    def switch(self, path: Path) -> None:
        """Put a generation in force, which is whole and on the disk. Without an error it is; call `sync` then."""
        self._replace(replace(self._in_force(), version=SCHEMA_VERSION, shard=path.name))

    def sync(self) -> None:
        """Bring the names in this directory to the disk."""
        _sync(self.root)

    def sync_tree(self, path: Path) -> None:
        """Bring everything under `path`, and its name, to the disk."""
        for folder, _, files in os.walk(path):
            for name in [*files, "."]:
                _sync(Path(folder, name))
        self.sync()

    def tidy(self) -> None:
        """Remove every generation but the one in force, from the disk too; raises OSError."""
        kept = self._in_force().shard
        for path in sorted(self.root.iterdir()):
            if _LEFTOVER.fullmatch(path.name) and path.name != kept and not _is_placeholder(path):
                shutil.rmtree(path)
        # A program of schema 1 takes a directory without this name for a new one, and would not see what it holds.
        (self.root / FIRST).mkdir(exist_ok=True)
        self.sync()

    def free_bytes(self) -> int:
        """What the disk has left."""
        return shutil.disk_usage(self.root).free

    @property
    def dimensions(self) -> int:
        return self._in_force().dimensions

    def _in_force(self) -> Schema:
        found = self.read()
        if found is None:
            raise StoreMismatch(f"{self._file} is gone: put it back from a copy")
        return found

    def _replace(self, schema: Schema) -> None:
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps(asdict(schema)) + "\n")
        _sync(draft)
        draft.replace(self._file)


def _is_placeholder(path: Path) -> bool:
    return path.name == FIRST and not any(path.iterdir())


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
