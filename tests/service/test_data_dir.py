"""A data directory: made, opened again, held by one process, migrated, and refused when it must be."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import qdrant_edge as edge

from memory.data_dir import open_data_dir
from memory.edge_store import load_shard
from memory.points import SCHEMA_VERSION
from memory.store import StoreMismatch, StoreUnavailable, Verdict, Where
from tests.service.test_store_contract import ACME, DIMENSIONS, axis, dumped, event, filled, insert


async def written(path: Path) -> list[dict[str, Any]]:
    """A directory with every kind of point, closed again; what it dumps."""
    store = open_data_dir(path, DIMENSIONS)
    await filled(store)
    rows = await dumped(store)
    await store.close()
    return rows


async def reopened(path: Path) -> list[dict[str, Any]]:
    store = open_data_dir(path, DIMENSIONS)
    rows = await dumped(store)
    await store.close()
    return rows


def set_schema(path: Path, **changes: object) -> None:
    schema = json.loads((path / "schema.json").read_text())
    (path / "schema.json").write_text(json.dumps({**schema, **changes}))


def names(path: Path) -> list[str]:
    return sorted(found.name for found in path.iterdir())


def make_older(path: Path, rows: list[dict[str, Any]]) -> None:
    """As an older program would have left it: without some of the flat fields."""
    shard = load_shard(path / "shard")
    keys: list[edge.PointId] = [row["id"] for row in rows if row["kind"] in ("event", "conflict")]
    shard.update(edge.UpdateOperation.delete_payload(keys, ["title", "amount", "items"]))
    shard.flush()
    shard.close()
    set_schema(path, version=0)


async def test_a_directory_that_does_not_exist_is_made_and_empty(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "data"
    assert await reopened(path) == []
    assert json.loads((path / "schema.json").read_text()) == {"version": SCHEMA_VERSION, "dimensions": DIMENSIONS}


async def test_what_was_written_is_there_after_opening_again(tmp_path: Path) -> None:
    rows = await written(tmp_path)
    store = open_data_dir(tmp_path, DIMENSIONS)
    assert await dumped(store) == rows
    assert await store.count_pending(ACME) == 1
    assert len(await store.search_meaning(ACME, axis(1), Where(), 10)) == 2
    assert await insert(store, event("m2", anonymousId="visitor-7")) == [Verdict.DUPLICATE]
    await store.close()


async def test_a_directory_in_use_cannot_be_opened_a_second_time(tmp_path: Path) -> None:
    store = open_data_dir(tmp_path, DIMENSIONS)
    with pytest.raises(StoreUnavailable, match="in use by another process"):
        open_data_dir(tmp_path, DIMENSIONS)
    assert await insert(store, event("m1")) == [Verdict.ACCEPTED]
    await store.close()
    assert len(await reopened(tmp_path)) == 1


async def test_a_directory_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    rows = await written(tmp_path)
    set_schema(tmp_path, version=SCHEMA_VERSION + 1)
    with pytest.raises(StoreMismatch, match="newer version"):
        open_data_dir(tmp_path, DIMENSIONS)
    set_schema(tmp_path, version=SCHEMA_VERSION)
    assert await reopened(tmp_path) == rows


async def test_a_directory_for_another_embedding_length_is_refused(tmp_path: Path) -> None:
    await written(tmp_path)
    with pytest.raises(StoreMismatch, match="8 dimensions, this one has 16"):
        open_data_dir(tmp_path, 16)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"version": "x", "dimensions": 8}', '{"version": 1e400, "dimensions": 8}', '{"version": 0}'],
)
async def test_a_schema_that_cannot_be_read_is_refused(tmp_path: Path, text: str) -> None:
    await written(tmp_path)
    (tmp_path / "schema.json").write_text(text)
    with pytest.raises(StoreMismatch, match="cannot be read: it holds no whole `version` and `dimensions`"):
        open_data_dir(tmp_path, DIMENSIONS)


async def test_a_store_without_a_schema_is_refused(tmp_path: Path) -> None:
    await written(tmp_path)
    (tmp_path / "schema.json").unlink()
    with pytest.raises(StoreMismatch, match="not written by this program"):
        open_data_dir(tmp_path, DIMENSIONS)


async def test_an_older_directory_is_migrated_to_what_would_be_written_today(tmp_path: Path) -> None:
    rows = await written(tmp_path)
    make_older(tmp_path, rows)
    store = open_data_dir(tmp_path, DIMENSIONS)
    assert await dumped(store) == rows
    # Vectors are made again in the background.
    assert await store.count_pending(ACME) == 3
    await store.close()
    assert json.loads((tmp_path / "schema.json").read_text())["version"] == SCHEMA_VERSION
    assert names(tmp_path) == ["lock", "schema.json", "shard"]


async def test_a_migration_killed_between_its_two_renames_is_done_again(tmp_path: Path) -> None:
    rows = await written(tmp_path)
    shutil.copytree(tmp_path / "shard", tmp_path / "shard.new")
    make_older(tmp_path, rows)
    (tmp_path / "shard").rename(tmp_path / "shard.old")
    assert await reopened(tmp_path) == rows
    assert names(tmp_path) == ["lock", "schema.json", "shard"]


async def test_a_migration_killed_before_its_schema_was_written_is_done_again(tmp_path: Path) -> None:
    rows = await written(tmp_path)
    shutil.copytree(tmp_path / "shard", tmp_path / "shard.old")
    set_schema(tmp_path, version=0)
    assert await reopened(tmp_path) == rows
    assert names(tmp_path) == ["lock", "schema.json", "shard"]


async def test_a_migration_killed_while_it_copied_is_done_again(tmp_path: Path) -> None:
    rows = await written(tmp_path)
    make_older(tmp_path, rows)
    (tmp_path / "shard.new").mkdir()
    (tmp_path / "shard.new" / "half").write_text("written")
    assert await reopened(tmp_path) == rows


@pytest.mark.parametrize("version", [0, SCHEMA_VERSION])
async def test_a_damaged_store_is_told_in_a_sentence_whatever_its_schema(tmp_path: Path, version: int) -> None:
    await written(tmp_path)
    set_schema(tmp_path, version=version)
    (tmp_path / "shard" / "edge_config.json").write_text("{")
    with pytest.raises(StoreUnavailable, match="its store is damaged or another program's"):
        open_data_dir(tmp_path, DIMENSIONS)


async def test_an_older_store_that_is_none_of_ours_is_told_in_a_sentence_and_left_alone(tmp_path: Path) -> None:
    rows = await written(tmp_path)
    shard = load_shard(tmp_path / "shard")
    shard.update(edge.UpdateOperation.delete_payload([rows[0]["id"]], ["body", "data"]))
    shard.flush()
    shard.close()
    set_schema(tmp_path, version=0)
    with pytest.raises(StoreMismatch, match="cannot be brought to schema 1, and is left as it was"):
        open_data_dir(tmp_path, DIMENSIONS)
    set_schema(tmp_path, version=SCHEMA_VERSION)
    assert len(await reopened(tmp_path)) == len(rows)


async def test_a_directory_killed_while_it_was_made_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "shard.new").mkdir()
    (tmp_path / "shard.new" / "half").write_text("written")
    assert await reopened(tmp_path) == []


async def test_an_older_directory_in_use_is_neither_migrated_nor_harmed(tmp_path: Path) -> None:
    rows = await written(tmp_path)
    make_older(tmp_path, rows)
    holder = load_shard(tmp_path / "shard")
    shutil.copytree(tmp_path / "shard", tmp_path / "shard.new")
    with pytest.raises(StoreUnavailable, match="in use"):
        open_data_dir(tmp_path, DIMENSIONS)
    assert "shard.new" in names(tmp_path), "the copy that the other process is writing"
    holder.close()
    assert await reopened(tmp_path) == rows
