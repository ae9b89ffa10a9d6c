"""LangGraph's SQLite checkpointer, holding one checkpoint a thread, in plain JSON, with nothing left behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiosqlite
import orjson
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

#: The one channel that is kept.
TURNS = "turns"
#: Another process may hold the file for a moment, in the server form.
_BUSY_S = 10.0
#: Threads read at a time: at most 5 MB.
_PAGE = 10


class PlainJson:
    """A checkpoint as JSON: reading one back can make no object of any class."""

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        return "json", orjson.dumps(obj)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        kind, raw = data
        if kind != "json":
            raise ValueError(f"a checkpoint is JSON, and not {kind!r}")
        return orjson.loads(raw)


@dataclass(frozen=True, slots=True)
class Kept:
    """One thread in the list: its key, and the few words that were kept with it."""

    key: str
    about: dict[str, Any]


class Checkpoints:
    """Turns by thread key. Keys of one workspace begin with the same text, up to and with a slash."""

    def __init__(self, saver: AsyncSqliteSaver) -> None:
        self._saver = saver

    async def read(self, key: str) -> list[dict[str, Any]]:
        """The turns of a thread, oldest first; none of a thread that is not there."""
        found = await self._saver.aget_tuple(_config(key))
        turns: list[dict[str, Any]] = found.checkpoint["channel_values"].get(TURNS, []) if found else []
        return turns

    async def write(self, key: str, turns: list[dict[str, Any]], about: dict[str, Any]) -> None:
        """Keep these turns in place of all that was there; `about` is told by `listed`."""
        checkpoint = empty_checkpoint()
        checkpoint["channel_values"] = {TURNS: turns}
        checkpoint["channel_versions"] = {TURNS: str(len(turns))}
        await self._saver.aput(_config(key), checkpoint, {"source": "update", "about": about}, {TURNS: str(len(turns))})  # type: ignore[typeddict-unknown-key]
        await self._run("DELETE FROM checkpoints WHERE thread_id = ? AND checkpoint_id <> ?", key, checkpoint["id"])

    async def listed(self, prefix: str) -> list[Kept]:
        """The threads whose key begins so, without their turns."""
        # A "0" follows the slash that ends a prefix, so that the primary key finds them.
        rows = await self._rows(
            "SELECT thread_id, max(checkpoint_id), json_extract(CAST(metadata AS TEXT), '$.about') FROM checkpoints "
            "WHERE thread_id >= ? AND thread_id < ? GROUP BY thread_id",
            prefix,
            f"{prefix[:-1]}0",
        )
        return [Kept(key, orjson.loads(about)) for key, _, about in rows]

    async def pages(self, prefix: str) -> AsyncIterator[list[tuple[str, list[dict[str, Any]]]]]:
        """The threads whose key begins so, each with its turns, a few at a time; they may be deleted meanwhile."""
        # Every row, not only the newest of each thread: a crash may have left an older one.
        last: tuple[Any, ...] = (prefix, "")
        while rows := await self._rows(
            "SELECT thread_id, checkpoint_id, type, checkpoint FROM checkpoints "
            "WHERE (thread_id, checkpoint_id) > (?, ?) AND thread_id < ? ORDER BY thread_id, checkpoint_id LIMIT ?",
            *last,
            f"{prefix[:-1]}0",
            _PAGE,
        ):
            yield [(key, self._turns(kind, raw)) for key, _, kind, raw in rows]
            last = rows[-1][:2]

    async def delete(self, key: str) -> None:
        await self._saver.adelete_thread(key)

    async def purge(self) -> bool:
        """Take what was deleted off the disk, out of the write-ahead log as well; False while somebody else reads."""
        rows = await self._rows("PRAGMA wal_checkpoint(TRUNCATE)")
        return bool(rows[0][0] == 0)

    async def close(self) -> None:
        await self._saver.conn.close()

    def _turns(self, kind: str, raw: bytes) -> list[dict[str, Any]]:
        turns: list[dict[str, Any]] = self._saver.serde.loads_typed((kind, raw))["channel_values"].get(TURNS, [])
        return turns

    async def _run(self, statement: str, *values: Any) -> None:
        async with self._saver.lock, self._saver.conn.execute(statement, values):
            await self._saver.conn.commit()

    async def _rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        async with self._saver.lock, self._saver.conn.execute(statement, values) as cursor:
            return [tuple(row) for row in await cursor.fetchall()]


async def open_checkpoints(path: Path) -> Checkpoints:
    """The threads in this file, made where there is none; raises sqlite3.Error for a file that is none of SQLite's."""
    connection = await aiosqlite.connect(path, timeout=_BUSY_S)
    try:
        # What is deleted is overwritten. A killed process loses nothing; a loss of power may cost the last turns.
        await connection.executescript("PRAGMA secure_delete = ON; PRAGMA synchronous = NORMAL;")
        saver = AsyncSqliteSaver(connection, serde=PlainJson())
        await saver.setup()
    except BaseException:
        await connection.close()
        raise
    return Checkpoints(saver)


def _config(key: str) -> Any:
    return {"configurable": {"thread_id": key, "checkpoint_ns": ""}}
