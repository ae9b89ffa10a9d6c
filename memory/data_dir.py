"""The data directory of the embedded store: one process at a time, one schema version, whole at every moment."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import portalocker

from memory.edge_store import EdgeStore, create_shard, load_shard, rewrite
from memory.points import SCHEMA_VERSION
from memory.store import StoreMismatch, StoreUnavailable


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where things lie. What is called "shard" is always complete; the others are left by a crash."""

    root: Path

    @property
    def shard(self) -> Path:
        return self.root / "shard"

    @property
    def fresh(self) -> Path:
        return self.root / "shard.new"

    @property
    def old(self) -> Path:
        return self.root / "shard.old"

    @property
    def schema(self) -> Path:
        return self.root / "schema.json"


def open_data_dir(path: Path, dimensions: int) -> EdgeStore:
    """The store in this directory, created or migrated as needed.

    Raises StoreMismatch for a newer schema or another embedding length, StoreUnavailable when it is in use.
    """
    path.mkdir(parents=True, exist_ok=True)
    # Held before anything is looked at: a second process must not tidy up a running migration.
    lock = _lock(path)
    try:
        _prepare(_Layout(path), dimensions)
        return EdgeStore(load_shard(_Layout(path).shard), lock)
    except BaseException:
        lock.close()
        raise


def _lock(path: Path) -> IO[str]:
    file = (path / "lock").open("a")
    try:
        portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
    except portalocker.LockException as error:
        file.close()
        raise StoreUnavailable(f"the data directory {path} is in use by another process") from error
    return file


def _prepare(at: _Layout, dimensions: int) -> None:
    """Leave a complete shard of this schema behind, whatever a crash left before."""
    if at.old.exists() and not at.shard.exists():
        # Killed between the two renames of a migration: the old shard is still whole.
        at.old.rename(at.shard)
    found = _read_schema(at.schema)
    if not at.shard.exists():
        _create(at, dimensions)
    elif found is None:
        raise StoreMismatch(f"{at.root} holds a store without {at.schema.name}: it was not written by this program")
    else:
        _check(at.root, found, dimensions)
        if found["version"] < SCHEMA_VERSION:
            _migrate(at, dimensions)
    for leftover in (at.fresh, at.old):
        shutil.rmtree(leftover, ignore_errors=True)


def _create(at: _Layout, dimensions: int) -> None:
    shutil.rmtree(at.fresh, ignore_errors=True)
    create_shard(at.fresh, dimensions).close()
    _write_schema(at.schema, dimensions)
    at.fresh.rename(at.shard)


def _migrate(at: _Layout, dimensions: int) -> None:
    """Copy every point into a new shard, its fields derived again; vectors follow in the background."""
    source = load_shard(at.shard)
    for leftover in (at.fresh, at.old):
        shutil.rmtree(leftover, ignore_errors=True)
    target = create_shard(at.fresh, dimensions)
    try:
        rewrite(source, target)
    except Exception as error:
        raise StoreMismatch(
            f"{at.root} holds an older store that cannot be brought to schema {SCHEMA_VERSION}, and is left as it was: "
            f"{error}"
        ) from error
    source.close()
    target.flush()
    target.close()
    at.shard.rename(at.old)
    at.fresh.rename(at.shard)
    _write_schema(at.schema, dimensions)


def _check(path: Path, found: dict[str, int], dimensions: int) -> None:
    if found["version"] > SCHEMA_VERSION:
        raise StoreMismatch(
            f"{path} was written by a newer version (schema {found['version']}, this one reads {SCHEMA_VERSION}): "
            "install that version, or export there and import here"
        )
    if found["dimensions"] != dimensions:
        raise StoreMismatch(
            f"{path} was made for an embedding model with {found['dimensions']} dimensions, this one has {dimensions}: "
            "export with the old model, and import into a new directory"
        )


def _read_schema(file: Path) -> dict[str, int] | None:
    try:
        found = json.loads(file.read_text())
        return {"version": int(found["version"]), "dimensions": int(found["dimensions"])}
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise StoreMismatch(f"{file} cannot be read: it holds no whole `version` and `dimensions` ({error})") from error


def _write_schema(file: Path, dimensions: int) -> None:
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps({"version": SCHEMA_VERSION, "dimensions": dimensions}) + "\n")
    draft.rename(file)
