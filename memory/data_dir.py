"""The data directory of the embedded store: one process at a time, one schema version, whole at every moment."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import IO

import portalocker
import qdrant_edge as edge

from memory.edge_shard import create_shard, load_shard, to_engine
from memory.edge_store import FLUSH_EVERY, PAGE, EdgeStore
from memory.generations import FIRST, Generations, Schema
from memory.points import SCHEMA_VERSION, rebuild
from memory.scope import Scope
from memory.store import StoreMismatch, StoreUnavailable


def open_data_dir(path: Path, dimensions: int) -> EdgeStore:
    """The store in this directory, created or migrated as needed.

    Raises StoreMismatch for a newer schema or another embedding length, StoreUnavailable when it is in use.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Held before anything is looked at: a second process must not tidy up a running compaction.
    lock = _lock(path)
    try:
        generations = Generations(path)
        return EdgeStore(open_shard(generations, dimensions), generations, lock)
    except BaseException:
        lock.close()
        raise


def open_shard(at: Generations, dimensions: int) -> edge.EdgeShard:
    """The shard in force, of this schema, whatever a crash left before; the leftovers are removed."""
    found = at.read()
    if found is None and at.names():
        raise StoreMismatch(f"{at.root} holds a store without schema.json: it was not written by this program")
    if found is None or (found.shard == FIRST and not at.names()):
        _create(at, dimensions)
    elif found.shard not in at.names():
        raise StoreMismatch(
            f"{at.root} is not whole: schema.json names {found.shard}, which is not there, and {', '.join(at.names())} "
            "is; put back a copy of the whole directory"
        )
    else:
        _check(at.root, found, dimensions)
        if found.version < SCHEMA_VERSION:
            _migrate(at)
    shard = load_shard(at.current)
    # Only now that the one in force has proved to be a store.
    at.tidy()
    return shard


def _lock(path: Path) -> IO[str]:
    file = (path / "lock").open("a")
    try:
        portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
    except portalocker.LockException as error:
        file.close()
        raise StoreUnavailable(f"the data directory {path} is in use by another process") from error
    return file


def _create(at: Generations, dimensions: int) -> None:
    """The first shard; a directory with a schema and no shard at all is one that was being made."""
    fresh = at.root / f"{FIRST}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    create_shard(fresh, dimensions).close()
    at.sync_tree(fresh)
    at.start(Schema(SCHEMA_VERSION, dimensions))
    fresh.rename(at.root / FIRST)
    at.sync()


def _migrate(at: Generations) -> None:
    """Copy every point into a new shard, its fields derived again; vectors follow in the background."""
    source = load_shard(at.current)
    at.tidy()
    fresh = at.fresh()
    target = create_shard(fresh, at.dimensions)
    try:
        _rewrite(source, target)
        target.flush()
    except Exception as error:
        raise StoreMismatch(
            f"{at.root} holds an older store that cannot be brought to schema {SCHEMA_VERSION}, and is left as it was: "
            f"{error}"
        ) from error
    finally:
        source.close()
        target.close()
    at.sync_tree(fresh)
    at.switch(fresh)
    at.sync()


def _rewrite(source: edge.EdgeShard, target: edge.EdgeShard) -> None:
    offset: edge.PointId | None = None
    written = 0
    while True:
        page, offset = source.scroll(
            edge.ScrollRequest(limit=PAGE, offset=offset, with_payload=True, with_vector=False)
        )
        payloads = [record.payload or {} for record in page]
        points = [to_engine(rebuild(Scope(payload["workspace"]), payload)) for payload in payloads]
        if points:
            target.update(edge.UpdateOperation.upsert_points(points, update_mode=edge.UpdateMode.InsertOnly))
        written += len(points)
        if written >= FLUSH_EVERY:
            target.flush()
            written = 0
        if offset is None:
            return


def _check(path: Path, found: Schema, dimensions: int) -> None:
    if found.version > SCHEMA_VERSION:
        raise StoreMismatch(
            f"{path} was written by a newer version (schema {found.version}, this one reads {SCHEMA_VERSION}): "
            "install that version, or export there and import here"
        )
    if found.dimensions != dimensions:
        raise StoreMismatch(
            f"{path} was made for an embedding model with {found.dimensions} dimensions, this one has {dimensions}: "
            "export with the old model, and import into a new directory"
        )
