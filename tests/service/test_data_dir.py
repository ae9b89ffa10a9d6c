"""A data directory: made, opened again, held by one process, migrated, and refused when it must be."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import qdrant_edge as edge

from memory.data_dir import open_data_dir
from memory.edge_shard import load_shard
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
    """As a program of schema 1 left it: without the fields that came with schema 2, and with no shard named."""
    shard = load_shard(path / "shard")
    keys: list[edge.PointId] = [row["id"] for row in rows if row["kind"] in ("event", "conflict")]
    shard.update(edge.UpdateOperation.delete_payload(keys, ["ids", "group_id", "previous_id", "items"]))
    for name in ("ids", "received_at"):
        shard.update(edge.UpdateOperation.delete_field_index(name))
    shard.update(edge.UpdateOperation.create_field_index("anonymous_id", edge.KeywordIndexParams()))
    shard.flush()
    shard.close()
    (path / "schema.json").write_text(json.dumps({"version": 1, "dimensions": DIMENSIONS}))


async def test_a_directory_that_does_not_exist_is_made_and_empty(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "data"
    assert await reopened(path) == []
    assert json.loads((path / "schema.json").read_text()) == {
        "version": SCHEMA_VERSION, "dimensions": DIMENSIONS, "shard": "shard",
    }  # fmt: skip


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
    assert [row["message_id"] for row in await dumped(store, ACME, "event", where=Where(ids=("visitor-7",)))] == ["m2"]
    # Vectors are made again in the background.
    assert await store.count_pending(ACME) == 3
    await store.close()
    assert json.loads((tmp_path / "schema.json").read_text()) == {
        "version": SCHEMA_VERSION, "dimensions": DIMENSIONS, "shard": "shard-1",
    }  # fmt: skip
    assert names(tmp_path) == ["lock", "schema.json", "shard", "shard-1"]


async def test_a_migrated_directory_has_a_folder_where_an_older_program_looks_for_its_store(tmp_path: Path) -> None:
    make_older(tmp_path, await written(tmp_path))
    await reopened(tmp_path)
    assert list((tmp_path / "shard").iterdir()) == [], "found there, and refused by its schema; else made anew"


async def test_a_directory_that_names_no_shard_is_opened_by_its_first(tmp_path: Path) -> None:
    rows = await written(tmp_path)
    (tmp_path / "schema.json").write_text(json.dumps({"version": SCHEMA_VERSION, "dimensions": DIMENSIONS}))
    assert await reopened(tmp_path) == rows


async def test_a_migration_killed_before_its_schema_was_written_is_done_again(tmp_path: Path) -> None:
    rows = await written(tmp_path)
    shutil.copytree(tmp_path / "shard", tmp_path / "shard-1")
    make_older(tmp_path, rows)
    (tmp_path / "schema.new").write_text('{"version": 2, "dim')
    assert await reopened(tmp_path) == rows
    assert "shard-1" in names(tmp_path)
    assert list((tmp_path / "shard").iterdir()) == []


async def test_a_migration_killed_after_its_schema_was_written_is_not_done_again(tmp_path: Path) -> None:
    rows = await written(tmp_path)
    shutil.copytree(tmp_path / "shard", tmp_path / "shard-1")
    make_older(tmp_path, rows)
    set_schema(tmp_path, version=SCHEMA_VERSION, shard="shard-1")
    store = open_data_dir(tmp_path, DIMENSIONS)
    assert await dumped(store) == rows
    assert await store.count_pending(ACME) == 1
    await store.close()
    assert list((tmp_path / "shard").iterdir()) == []


async def test_a_migration_killed_while_it_copied_is_done_again(tmp_path: Path) -> None:
    rows = await written(tmp_path)
    make_older(tmp_path, rows)
    (tmp_path / "shard-1").mkdir()
    (tmp_path / "shard-1" / "half").write_text("written")
    assert await reopened(tmp_path) == rows


async def test_a_schema_that_names_a_shard_that_is_not_there_is_refused_and_nothing_removed(tmp_path: Path) -> None:
    rows = await written(tmp_path)
    set_schema(tmp_path, shard="shard-7")
    with pytest.raises(StoreMismatch, match=r"is not whole: schema.json names shard-7, .* and shard is"):
        open_data_dir(tmp_path, DIMENSIONS)
    set_schema(tmp_path, shard="shard")
    assert await reopened(tmp_path) == rows


async def test_an_older_copy_of_the_schema_removes_no_newer_shard(tmp_path: Path) -> None:
    rows = await written(tmp_path)
    store = open_data_dir(tmp_path, DIMENSIONS)
    await store.compact()
    await store.close()
    set_schema(tmp_path, shard="shard")
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        open_data_dir(tmp_path, DIMENSIONS)
    set_schema(tmp_path, shard="shard-1")
    assert await reopened(tmp_path) == rows


@pytest.mark.parametrize("shard", ["../shard", "shard-x", "", 7])
async def test_a_schema_that_names_no_shard_of_this_directory_is_refused(tmp_path: Path, shard: object) -> None:
    await written(tmp_path)
    set_schema(tmp_path, shard=shard)
    with pytest.raises(StoreMismatch, match="its `shard` is no name of a shard"):
        open_data_dir(tmp_path, DIMENSIONS)


@pytest.mark.parametrize("version", [1, SCHEMA_VERSION])
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
    set_schema(tmp_path, version=1)
    with pytest.raises(StoreMismatch, match=f"cannot be brought to schema {SCHEMA_VERSION}, and is left as it was"):
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
    shutil.copytree(tmp_path / "shard", tmp_path / "shard-1")
    with pytest.raises(StoreUnavailable, match="in use"):
        open_data_dir(tmp_path, DIMENSIONS)
    assert "shard-1" in names(tmp_path), "the copy that the other process is writing"
    holder.close()
    assert await reopened(tmp_path) == rows


async def test_a_new_directory_is_open_to_its_owner_alone(tmp_path: Path) -> None:
    await open_data_dir(tmp_path / "data", DIMENSIONS).close()
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
