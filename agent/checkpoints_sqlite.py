"""LangGraph's SQLite checkpointer, holding one checkpoint a thread, in plain JSON, with nothing left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite
import orjson
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from agent.checkpoints import PAGE, TURNS, Kept, Rows, Turns
from agent.plain_json import PlainJson, checkpoint_of, config

#: Another process may hold the file for a moment, in the server form.
_BUSY_S = 10.0


class FileCheckpoints:
    """Threads in a file of this process, which is both the way in and the rows."""

    def __init__(self, saver: AsyncSqliteSaver) -> None:
        self._saver = saver
        self._writing = asyncio.Lock()
        self._deleted = False
        #: Since the file was opened, which is longer than any answer takes.
        self._erasures: dict[str, int] = {}

    @asynccontextmanager
    async def rows(self) -> AsyncIterator[Rows]:
        yield self

    @asynccontextmanager
    async def alone(self, prefix: str) -> AsyncIterator[Rows]:
        async with self._writing:
            yield self
            if self._deleted:
                await self.purge()

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        # Questions of one process wait for each other in `Threads`.
        yield

    async def read(self, key: str) -> Turns:
        found = await self._saver.aget_tuple(config(key))
        turns: Turns = found.checkpoint["channel_values"].get(TURNS, []) if found else []
        return turns

    async def write(self, key: str, turns: Turns, about: dict[str, Any]) -> None:
        checkpoint = checkpoint_of(turns)
        versions = checkpoint["channel_versions"]
        await self._saver.aput(config(key), checkpoint, {"source": "update", "about": about}, versions)  # type: ignore[typeddict-unknown-key]
        await self._run("DELETE FROM checkpoints WHERE thread_id = ? AND checkpoint_id <> ?", key, checkpoint["id"])

    async def listed(self, prefix: str) -> list[Kept]:
        # A "0" follows the slash that ends a prefix, so that the primary key finds them.
        rows = await self._select(
            "SELECT thread_id, max(checkpoint_id), json_extract(CAST(metadata AS TEXT), '$.about') FROM checkpoints "
            "WHERE thread_id >= ? AND thread_id < ? GROUP BY thread_id",
            prefix,
            f"{prefix[:-1]}0",
        )
        return [Kept(key, orjson.loads(about)) for key, _, about in rows]

    async def pages(self, prefix: str) -> AsyncIterator[list[tuple[str, Turns]]]:
        # Every row, not only the newest of each thread: a crash may have left an older one.
        last: tuple[Any, ...] = (prefix, "")
        while rows := await self._select(
            "SELECT thread_id, checkpoint_id, type, checkpoint FROM checkpoints "
            "WHERE (thread_id, checkpoint_id) > (?, ?) AND thread_id < ? ORDER BY thread_id, checkpoint_id LIMIT ?",
            *last,
            f"{prefix[:-1]}0",
            PAGE,
        ):
            yield [(key, self._turns(kind, raw)) for key, _, kind, raw in rows]
            last = rows[-1][:2]

    async def delete(self, key: str) -> None:
        self._deleted = True
        await self._saver.adelete_thread(key)

    async def erasures(self, prefix: str) -> int:
        return self._erasures.get(prefix, 0)

    async def count_erasure(self, prefix: str) -> None:
        self._erasures[prefix] = self._erasures.get(prefix, 0) + 1

    async def purge(self) -> bool:
        rows = await self._select("PRAGMA wal_checkpoint(TRUNCATE)")
        purged = bool(rows[0][0] == 0)
        self._deleted = self._deleted and not purged
        return purged

    async def close(self) -> None:
        await self._saver.conn.close()

    def _turns(self, kind: str, raw: bytes) -> Turns:
        turns: Turns = self._saver.serde.loads_typed((kind, raw))["channel_values"].get(TURNS, [])
        return turns

    async def _run(self, statement: str, *values: Any) -> None:
        async with self._saver.lock, self._saver.conn.execute(statement, values):
            await self._saver.conn.commit()

    async def _select(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        async with self._saver.lock, self._saver.conn.execute(statement, values) as cursor:
            return [tuple(row) for row in await cursor.fetchall()]


async def open_file(path: Path) -> FileCheckpoints:
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
    return FileCheckpoints(saver)
