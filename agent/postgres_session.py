"""Connecting to Postgres, and the locks that one connection holds for as long as it lives."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row

from agent.checkpoints import ThreadsUnavailable

Connection = psycopg.AsyncConnection[DictRow]

#: A peer that is gone without a word is noticed within seconds. What the URL itself says comes first.
_DEFAULTS = {
    "application_name": "throughline", "connect_timeout": "5", "tcp_user_timeout": "10000",
    "keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "2",
}  # fmt: skip
#: Between two looks at a lock that somebody else holds: an answer of code takes 50 ms, a model's many seconds.
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.02, 0.5
_LOCK = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0)) AS done"
_UNLOCK = "SELECT pg_advisory_unlock(hashtextextended(%s, 0)) AS done"


def conninfo(url: str) -> str:
    """The URL with what it leaves open; raises psycopg.ProgrammingError for one that cannot be read."""
    return make_conninfo("", **{**_DEFAULTS, **conninfo_to_dict(url)})


async def connect(url: str) -> Connection:
    """A connection of one's own, each statement a transaction."""
    return await psycopg.AsyncConnection.connect(conninfo(url), autocommit=True, row_factory=dict_row)


@contextmanager
def available(*errors: type[psycopg.Error]) -> Iterator[None]:
    """Says in a sentence that the database is away; `errors` are those that mean so, too."""
    away: tuple[type[psycopg.Error], ...] = (psycopg.OperationalError, psycopg.InterfaceError, *errors)
    try:
        yield
    except away as error:
        why = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise ThreadsUnavailable(f"the threads' database cannot be used: {why}") from error


class SessionLocks:
    """Advisory locks of one session. Postgres lets go of them when the process, or its connection, ends.

    None is waited for inside of Postgres: the one connection serves all of a process's questions. It has to be a
    session of its own, and so no pooler in transaction mode can stand in between.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Connection | None = None
        self._using = asyncio.Lock()

    @asynccontextmanager
    async def held(self, name: str) -> AsyncIterator[None]:
        """Hold a lock, waiting for it; raises ThreadsUnavailable."""
        wait_s = _FIRST_WAIT_S
        while not await self._taken(name):
            await asyncio.sleep(wait_s * random.uniform(0.5, 1))  # noqa: S311
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
        try:
            yield
        finally:
            await asyncio.shield(self._let_go(name))

    async def close(self) -> None:
        if self._connection:
            await self._connection.close()

    async def _taken(self, name: str) -> bool:
        asking = asyncio.create_task(self._ask(_LOCK, name))
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            # Whoever gave up may have got it all the same, and would hold it for good.
            with suppress(ThreadsUnavailable):
                if await asking:
                    await self._let_go(name)
            raise

    async def _let_go(self, name: str) -> None:
        # Without the connection there is no lock to let go of.
        with suppress(ThreadsUnavailable):
            await self._ask(_UNLOCK, name)

    async def _ask(self, statement: str, name: str) -> bool:
        async with self._using:
            with available():
                try:
                    return await self._done(statement, name)
                except psycopg.OperationalError:
                    # A connection that was idle may have ended since; a new one tells whether the database is there.
                    return await self._done(statement, name)

    async def _done(self, statement: str, name: str) -> bool:
        if self._connection is None or self._connection.closed:
            self._connection = await connect(self._url)
        found = await (await self._connection.execute(statement, (name,))).fetchone()
        return bool(found and found["done"])
