"""LangGraph's Postgres checkpointer, for several servers: one checkpoint a thread, in plain JSON."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakValueDictionary

import orjson
import psycopg
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from agent.checkpoints import PAGE, TURNS, Kept, Rows, Turns
from agent.plain_json import PlainJson, checkpoint_of, config
from agent.postgres_session import Connection, SessionLocks, available, connect, conninfo

#: Of one server. A question needs one for a few milliseconds at its beginning and its end.
_MAX_CONNECTIONS = 8
#: Until a request is told that the database is away.
_PATIENCE_S = 5.0
#: An erasure on another server reads every thread of a workspace.
_LOCK_TIMEOUT = "30s"
#: Nobody can read a thread while tables are written anew, so that this rather waits for its next turn.
_PURGE_LOCK_TIMEOUT = "5s"
_TABLES = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")
_MARKS = "CREATE TABLE IF NOT EXISTS throughline_marks (name TEXT PRIMARY KEY, number BIGINT NOT NULL)"
#: Prefixes are compared byte by byte, whatever the database's own order is.
_INDEXES = (
    'CREATE INDEX IF NOT EXISTS throughline_threads ON checkpoints (thread_id COLLATE "C")',
    'CREATE INDEX IF NOT EXISTS throughline_turns ON checkpoint_blobs (thread_id COLLATE "C", version COLLATE "C")',
)
_COUNT = (
    "INSERT INTO throughline_marks AS m (name, number) VALUES (%s, 1) "
    "ON CONFLICT (name) DO UPDATE SET number = m.number + 1"
)
_DELETED = "deleted"


class PostgresRows:
    """Threads as one connection sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._saver = AsyncPostgresSaver(connection, serde=PlainJson())

    async def read(self, key: str) -> Turns:
        found = await self._saver.aget_tuple(config(key))
        turns: Turns = found.checkpoint["channel_values"].get(TURNS, []) if found else []
        return turns

    async def write(self, key: str, turns: Turns, about: dict[str, Any]) -> None:
        checkpoint = checkpoint_of(turns)
        # As a text: a question may hold a character that Postgres has no JSON for.
        metadata: Any = {"source": "update", "about": orjson.dumps(about).decode()}
        await self._saver.aput(config(key), checkpoint, metadata, checkpoint["channel_versions"])
        for table, column in (("checkpoints", "checkpoint_id"), ("checkpoint_blobs", "version")):
            statement = f"DELETE FROM {table} WHERE thread_id = %s AND {column} <> %s"  # noqa: S608
            await self._connection.execute(statement.encode(), (key, checkpoint["id"]))

    async def listed(self, prefix: str) -> list[Kept]:
        rows = await self._select(
            "SELECT thread_id, metadata ->> 'about' AS about FROM checkpoints "
            'WHERE thread_id COLLATE "C" >= %s AND thread_id COLLATE "C" < %s',
            prefix,
            _end(prefix),
        )
        return [Kept(row["thread_id"], orjson.loads(row["about"])) for row in rows]

    async def pages(self, prefix: str) -> AsyncIterator[list[tuple[str, Turns]]]:
        last = (prefix, "")
        while rows := await self._select(
            "SELECT thread_id, version, type, blob FROM checkpoint_blobs "
            'WHERE (thread_id COLLATE "C", version COLLATE "C") > (%s, %s) AND thread_id COLLATE "C" < %s '
            'ORDER BY thread_id COLLATE "C", version COLLATE "C" LIMIT %s',
            *last,
            _end(prefix),
            PAGE,
        ):
            yield [(row["thread_id"], self._saver.serde.loads_typed((row["type"], row["blob"]))) for row in rows]
            last = rows[-1]["thread_id"], rows[-1]["version"]

    async def delete(self, key: str) -> None:
        await self._saver.adelete_thread(key)
        await self._connection.execute(_COUNT, (_DELETED,))

    async def erasures(self, prefix: str) -> int:
        return await marked(self._connection, _erasures(prefix))

    async def count_erasure(self, prefix: str) -> None:
        # What a thread held before it was written anew still lies there, found by nobody.
        for name in (_erasures(prefix), _DELETED):
            await self._connection.execute(_COUNT, (name,))

    async def _select(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        return await (await self._connection.execute(statement.encode(), values)).fetchall()


class PostgresCheckpoints:
    """Threads in a database that other servers use, too."""

    def __init__(self, url: str, pool: AsyncConnectionPool[Connection], locks: SessionLocks) -> None:
        self._url = url
        self._pool = pool
        self._locks = locks
        #: Who waits for a workspace here holds no connection meanwhile.
        self._waiting: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def rows(self) -> AsyncIterator[Rows]:
        with available():
            async with self._pool.connection() as connection:
                yield PostgresRows(connection)

    @asynccontextmanager
    async def alone(self, prefix: str) -> AsyncIterator[Rows]:
        """As one transaction: all of it is kept, or nothing."""
        lock = self._waiting.setdefault(prefix, asyncio.Lock())
        async with lock:
            with available():
                async with self._pool.connection() as connection, connection.transaction():
                    await connection.execute("SELECT set_config('lock_timeout', %s, true)", (_LOCK_TIMEOUT,))
                    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", (prefix,))
                    yield PostgresRows(connection)

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        async with self._locks.held(key):
            yield

    async def purge(self) -> bool:
        """Write the tables anew without what was deleted; False while another transaction may still read it.

        That leaves the server's own copies: its write-ahead log, its replicas and its backups.
        """
        with available():
            async with await connect(self._url) as connection:
                deleted = await marked(connection, _DELETED)
                if deleted and not await _rewritten(connection):
                    return False
                gone = "DELETE FROM throughline_marks WHERE name = %s AND number = %s"
                await connection.execute(gone, (_DELETED, deleted))
        return True

    async def close(self) -> None:
        await self._pool.close()
        await self._locks.close()


async def open_postgres(url: str) -> PostgresCheckpoints:
    """The threads in this database, made where there are none; raises ThreadsUnavailable."""
    locks = SessionLocks(url)
    try:
        with available(psycopg.Error):
            # Two servers that start at once would stand in each other's way.
            async with locks.held("throughline setup"), await connect(url) as connection:
                await _set_up(connection)
            pool = AsyncConnectionPool(
                conninfo(url), connection_class=Connection, kwargs={"autocommit": True, "row_factory": dict_row},
                min_size=1, max_size=_MAX_CONNECTIONS, open=False, timeout=_PATIENCE_S, reconnect_timeout=_PATIENCE_S,
                check=AsyncConnectionPool.check_connection, name="threads",
            )  # fmt: skip
    except BaseException:
        await locks.close()
        raise
    await pool.open()
    return PostgresCheckpoints(url, pool, locks)


async def marked(connection: Connection, name: str) -> int:
    """A number that is kept beside the threads; 0 for one that is not there."""
    found = await (await connection.execute("SELECT number FROM throughline_marks WHERE name = %s", (name,))).fetchone()
    return int(found["number"]) if found else 0


async def _set_up(connection: Connection) -> None:
    await AsyncPostgresSaver(connection, serde=PlainJson()).setup()
    for statement in (_MARKS, *_INDEXES):
        await connection.execute(statement)


async def _rewritten(connection: Connection) -> bool:
    """Whether the new tables hold nothing that was deleted."""
    left: list[int] = []
    # "3 dead row versions cannot be removed yet": an older transaction, of whomever, could still see them.
    connection.add_notice_handler(lambda notice: left.extend(_first_number(notice.message_detail)))
    await connection.execute("SELECT set_config('lock_timeout', %s, false)", (_PURGE_LOCK_TIMEOUT,))
    try:
        for table in _TABLES:
            await connection.execute(f"VACUUM (FULL, VERBOSE) {table}".encode())
    except psycopg.errors.LockNotAvailable:
        return False
    return not any(left)


def _first_number(text: str | None) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text or "")[:1]]


def _end(prefix: str) -> str:
    """A "0" follows the slash that ends a prefix."""
    return f"{prefix[:-1]}0"


def _erasures(prefix: str) -> str:
    return f"erasures {prefix}"
