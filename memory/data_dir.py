"""The data directory of the embedded store: its schema version, and every way it can be opened."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import qdrant_edge as edge

from memory.edge_store import EdgeStore, create_shard, load_shard, rewrite
from memory.store import StoreMismatch

#: Raised with every change of what lies in a point; older directories are rewritten on opening.
SCHEMA_VERSION = 1
_FILE = "schema.json"


def open_data_dir(path: Path, dimensions: int) -> EdgeStore:
    """The store in this directory, created or migrated as needed.

    Raises StoreMismatch for a newer schema or another embedding length, StoreUnavailable when it is in use.
    """
    path.mkdir(parents=True, exist_ok=True)
    shard, fresh, old = path / "shard", path / "shard.new", path / "shard.old"
    if old.exists() and not shard.exists():
        # Killed between the two renames of a migration: the new shard is complete, the old one still whole.
        old.rename(shard)
    found = _read_schema(path)
    if not shard.exists():
        return EdgeStore(_create(path, shard, fresh, dimensions))
    if found is None:
        raise StoreMismatch(f"{path} holds a store without {_FILE}: it was not written by this program")
    _check(path, found, dimensions)
    if found["version"] < SCHEMA_VERSION:
        _migrate(path, shard, fresh, old, dimensions)
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    return EdgeStore(load_shard(shard))


def _create(path: Path, shard: Path, fresh: Path, dimensions: int) -> edge.EdgeShard:
    # Built aside and renamed: a directory called "shard" is always complete.
    shutil.rmtree(fresh, ignore_errors=True)
    create_shard(fresh, dimensions).close()
    _write_schema(path, dimensions)
    fresh.rename(shard)
    return load_shard(shard)


def _migrate(path: Path, shard: Path, fresh: Path, old: Path, dimensions: int) -> None:
    """Copy every point into a new shard, its fields derived again; vectors follow in the background."""
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
    source, target = load_shard(shard), create_shard(fresh, dimensions)
    rewrite(source, target)
    source.close()
    target.flush()
    target.close()
    shard.rename(old)
    fresh.rename(shard)
    _write_schema(path, dimensions)


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


def _read_schema(path: Path) -> dict[str, int] | None:
    try:
        found = json.loads((path / _FILE).read_text())
        return {"version": int(found["version"]), "dimensions": int(found["dimensions"])}
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise StoreMismatch(f"{path / _FILE} cannot be read: {error}") from error


def _write_schema(path: Path, dimensions: int) -> None:
    draft = path / f"{_FILE}.new"
    draft.write_text(json.dumps({"version": SCHEMA_VERSION, "dimensions": dimensions}) + "\n")
    draft.rename(path / _FILE)
