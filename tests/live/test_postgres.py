"""Threads of several servers in a real Postgres: one of this machine's, or THROUGHLINE_TEST_POSTGRES_URL.

With that URL it has to be a database of its own, whose user may see the server's files for all tests to run.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from agent.checkpoints import Place, ThreadBusy, ThreadsUnavailable
from agent.places import InPostgres
from agent.postgres_session import SessionLocks
from agent.threads import Threads
from memory.holders import Person
from tests.service.conftest import Launch, Serve, launch, serve_app
from tests.service.test_threads import SPENT, ask, send, shop_events
from tests.service.test_threads import questions as asked_in

# Every test of the contract is collected here too, and finds the `place` below.
from tests.service.test_threads_contract import *  # noqa: F403
from tests.service.test_threads_contract import ADA, OTHER, SHOP, questions, say, threads, turn

pytestmark = pytest.mark.live
__all__ = ["launch", "serve_app", "threads"]

URL = os.environ.get("THROUGHLINE_TEST_POSTGRES_URL", "")
#: Postgres refuses to run as root.
_USER = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
_CAN_START = all(map(shutil.which, ("initdb", "pg_ctl", "postgres"))) and _USER in {
    each.pw_name for each in pwd.getpwall()
}
if not URL and not _CAN_START:
    pytest.skip("there is no Postgres, and THROUGHLINE_TEST_POSTGRES_URL is not set", allow_module_level=True)

GRACE = Person("grace", frozenset({"grace"}), frozenset())


class Server:
    """A Postgres of these tests, on a socket in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"postgresql://{_USER}@/postgres?host={quote(str(folder), safe='')}"

    def run(self, *command: str) -> None:
        user = _USER if os.geteuid() == 0 else None
        subprocess.run(command, check=True, user=user, cwd=self.folder, stdout=subprocess.DEVNULL)

    def start(self) -> None:
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off"
        log = str(self.folder / "log")
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-o", options, "-l", log, "-w", "start")

    def stop(self) -> None:
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")


@pytest.fixture(scope="session")
def server() -> Iterator[Server | None]:
    if URL:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="throughline-pg-") as name:
        made = Server(Path(name))
        shutil.chown(name, _USER)
        made.run("initdb", "-D", f"{name}/data", "-U", _USER, "-A", "trust", "-E", "UTF8", "-N")
        made.start()
        yield made
        made.stop()


@pytest.fixture
async def url(server: Server | None) -> str:
    """A database without threads."""
    address = server.url if server else URL
    await run_sql(address, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return address


@pytest.fixture
def place(url: str) -> Place:
    return InPostgres(url)


@pytest.fixture
async def replicas(url: str) -> AsyncIterator[list[Threads]]:
    """Four servers' threads, opened at once on one new database."""
    made = [Threads(InPostgres(url), max_threads=50, max_turns=50, patience_s=20) for _ in range(4)]
    await asyncio.gather(*(each.briefs(SHOP) for each in made))
    yield made
    for each in made:
        await each.close()


async def run_sql(url: str, *statements: str) -> list[tuple[Any, ...]]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        for statement in statements:
            cursor = await connection.execute(statement.encode())
        return await cursor.fetchall() if cursor.description else []


#: All connections but one's own.
_CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'throughline'"


async def test_servers_that_write_one_thread_at_once_lose_no_turn(replicas: list[Threads]) -> None:
    wanted = [f"{number}?" for number in range(20)]
    await asyncio.gather(*(say(replicas[n % 4], "busy", question) for n, question in enumerate(wanted)))
    assert sorted(await questions(replicas[0], "busy")) == sorted(wanted)


async def test_a_question_on_one_server_sees_the_answer_that_another_was_making(replicas: list[Threads]) -> None:
    first, second, *_ = replicas

    async def follow() -> list[str]:
        async with second.opened(SHOP, "t", None) as conversation:
            return [each.question for each in conversation.turns]

    async with first.opened(SHOP, "t", None) as conversation:
        following = asyncio.create_task(follow())
        await asyncio.sleep(0.2)
        assert not following.done()
        await first.keep(conversation, turn("First?"))
    assert await following == ["First?"]


async def test_waiting_for_another_server_has_its_end(url: str, replicas: list[Threads]) -> None:
    hasty = Threads(InPostgres(url), max_threads=3, max_turns=4, patience_s=0.5)
    await hasty.briefs(SHOP)
    async with replicas[0].opened(SHOP, "busy", None):
        with pytest.raises(ThreadBusy, match="busy"):
            await say(hasty, "busy", "Me too?")
    await say(hasty, "busy", "Now?")
    await hasty.close()


async def test_whoever_gives_up_while_a_lock_is_given_holds_it_no_longer(url: str) -> None:
    one, other = SessionLocks(url), SessionLocks(url)

    async def hold(locks: SessionLocks, name: str) -> None:
        async with locks.held(name):
            pass

    await asyncio.gather(hold(one, "first"), hold(other, "second"))
    for number in range(40):
        taking = asyncio.create_task(hold(one, f"lock {number}"))
        await asyncio.sleep(number / 20_000)
        taking.cancel()
        await asyncio.wait([taking])
        await asyncio.wait_for(hold(other, f"lock {number}"), timeout=5)
    await one.close()
    await other.close()


async def test_an_erasure_on_one_server_reaches_an_answer_in_the_making_on_another(replicas: list[Threads]) -> None:
    first, second, *_ = replicas
    await say(first, "hers", "What of c3?", "c3")
    async with first.opened(SHOP, "hers", None) as conversation:
        assert await second.erase(SHOP, ADA) == 0
        await first.keep(conversation, turn("And Ada Zebra?", "ada-7f3"))
    assert await questions(second, "hers") == ["What of c3?"]


async def test_a_servers_own_erasure_hides_none_of_another(replicas: list[Threads]) -> None:
    first, second, *_ = replicas
    await say(first, "hers", "What of c3?", "c3")
    async with first.opened(SHOP, "hers", None) as conversation:
        await first.erase(SHOP, GRACE)
        await second.erase(SHOP, ADA)
        await first.keep(conversation, turn("And Ada Zebra?", "ada-7f3"))
    assert await questions(second, "hers") == ["What of c3?"]


async def test_an_erasure_elsewhere_is_of_no_matter_to_another_workspace(replicas: list[Threads]) -> None:
    first, second, *_ = replicas
    async with first.opened(SHOP, "t", None) as conversation:
        await second.erase(OTHER, ADA)
        await first.keep(conversation, turn("And Ada Zebra?", "ada-7f3"))
    assert await questions(second, "t") == ["And Ada Zebra?"]


async def test_an_erasure_racing_with_answers_leaves_nothing_of_hers(replicas: list[Threads]) -> None:
    async def ask(number: int) -> None:
        for question in range(5):
            await say(replicas[number % 4], f"t{number}", f"And Ada Zebra {question}?", "ada-7f3")

    asking = [asyncio.create_task(ask(number)) for number in range(8)]
    await asyncio.sleep(0.1)
    erased = 0
    while not all(task.done() for task in asking):
        erased += await replicas[0].erase(SHOP, ADA)
    await asyncio.gather(*asking)
    await replicas[3].erase(SHOP, ADA)
    assert erased
    assert await replicas[0].briefs(SHOP) == []


async def test_the_bytes_of_what_was_erased_leave_the_tables(server: Server | None, place: Place, url: str) -> None:
    if server is None:
        pytest.skip("the files of a server elsewhere cannot be seen")
    threads = Threads(place, max_threads=3, max_turns=4)
    for number in range(3):
        await say(threads, "hers", f"What did zanzibar buy {number}?", "ada-7f3")
    await say(threads, "of-c3", "What of kilimanjaro?", "c3")
    await run_sql(url, "CHECKPOINT")
    assert holding(server, b"zanzibar")
    await threads.erase(SHOP, ADA)
    await run_sql(url, "CHECKPOINT")
    assert holding(server, b"zanzibar"), "deleting alone already did it"
    assert await threads.purge()
    await run_sql(url, "CHECKPOINT")
    assert not holding(server, b"zanzibar")
    assert holding(server, b"kilimanjaro")
    await threads.close()


async def test_what_a_thread_no_longer_holds_leaves_the_tables_with_her(
    server: Server | None, place: Place, url: str
) -> None:
    if server is None:
        pytest.skip("the files of a server elsewhere cannot be seen")
    threads = Threads(place, max_threads=3, max_turns=1)
    await say(threads, "t", "What did mwanza buy?", "ada-7f3")
    await say(threads, "t", "What of c3?", "c3")
    await run_sql(url, "CHECKPOINT")
    assert holding(server, b"mwanza")
    assert await threads.erase(SHOP, ADA) == 0
    assert await threads.purge()
    await run_sql(url, "CHECKPOINT")
    assert not holding(server, b"mwanza")
    await threads.close()


def holding(server: Server, mark: bytes) -> list[str]:
    tables = (server.folder / "data" / "base").rglob("*")
    return [str(path) for path in tables if path.is_file() and mark in path.read_bytes()]


@pytest.mark.parametrize("look", ["SELECT 1", "SELECT count(*) FROM checkpoints"])
async def test_a_purge_waits_for_whoever_could_still_see_what_was_erased(place: Place, url: str, look: str) -> None:
    threads = Threads(place, max_threads=3, max_turns=4)
    await say(threads, "hers", "?", "ada-7f3")
    async with await psycopg.AsyncConnection.connect(url) as reader:
        await reader.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
        await reader.execute(look.encode())
        await threads.erase(SHOP, ADA)
        assert not await threads.purge()
    assert await threads.purge()
    await threads.close()


async def test_nothing_is_rewritten_where_nothing_was_deleted(place: Place, url: str) -> None:
    threads = Threads(place, max_threads=3, max_turns=4)
    await say(threads, "t", "?")
    file = "SELECT pg_relation_filenode('checkpoint_blobs')"
    before = await run_sql(url, file)
    assert await threads.purge()
    assert await run_sql(url, file) == before
    await threads.close()


async def test_connections_that_were_cut_are_made_anew(replicas: list[Threads], url: str) -> None:
    threads = replicas[0]
    await say(threads, "t", "First?")
    await run_sql(url, _CUT)
    await say(threads, "t", "Second?")
    assert await questions(threads, "t") == ["First?", "Second?"]


async def test_a_connection_cut_while_a_question_is_answered_loses_no_turn(replicas: list[Threads], url: str) -> None:
    first, second, *_ = replicas
    async with first.opened(SHOP, "t", None) as conversation:
        await run_sql(url, _CUT)
        # The thread is free again, and so another question may be answered meanwhile.
        await say(second, "t", "Second?")
        await first.keep(conversation, turn("First?"))
    assert await questions(second, "t") == ["Second?", "First?"]


async def test_turns_kept_at_the_same_instant_are_all_there(replicas: list[Threads], url: str) -> None:
    async with AsyncExitStack() as stack:
        opened = []
        for replica in replicas:
            opened.append(await stack.enter_async_context(replica.opened(SHOP, "t", None)))
            # Without the lock, as after a network that failed, nothing keeps the next one out.
            await run_sql(url, _CUT)
        turns = [turn(f"{number}?") for number in range(4)]
        await asyncio.gather(*(r.keep(c, t) for r, c, t in zip(replicas, opened, turns, strict=True)))
    assert sorted(await questions(replicas[0], "t")) == ["0?", "1?", "2?", "3?"]


async def test_a_write_that_is_cut_off_leaves_the_thread_as_it_was(url: str, place: Place) -> None:
    threads = Threads(place, max_threads=3, max_turns=4)
    await say(threads, "t", "First?")
    async with await psycopg.AsyncConnection.connect(url) as blocker:
        await blocker.execute("LOCK TABLE checkpoints IN SHARE MODE")
        keeping = asyncio.create_task(say(threads, "t", "Second?"))
        for _ in range(500):
            if await run_sql(url, "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
                break
            await asyncio.sleep(0.02)
        await run_sql(url, f"{_CUT} AND wait_event_type = 'Lock'")
        with pytest.raises(ThreadsUnavailable, match="the threads' database cannot be used"):
            await keeping
    assert await questions(threads, "t") == ["First?"]
    await threads.close()


async def test_a_server_that_restarts_is_found_again(server: Server | None, place: Place) -> None:
    if server is None:
        pytest.skip("a server elsewhere is not restarted")
    threads = Threads(place, max_threads=3, max_turns=4)
    await say(threads, "t", "First?")
    server.stop()
    try:
        with pytest.raises(ThreadsUnavailable):
            await say(threads, "t", "Lost?")
    finally:
        server.start()
    await say(threads, "t", "Second?")
    assert await questions(threads, "t") == ["First?", "Second?"]
    await threads.close()


async def test_many_conversations_need_few_connections(url: str) -> None:
    threads = Threads(InPostgres(url), max_threads=100, max_turns=4)
    ready = asyncio.Barrier(50)

    async def talk(number: int) -> None:
        async with threads.opened(SHOP, f"t{number}", None) as conversation:
            # All are in the making at once.
            await ready.wait()
            await threads.keep(conversation, turn(f"{number}?"))

    await asyncio.gather(*(talk(number) for number in range(50)))
    assert len(await threads.briefs(SHOP)) == 50
    ((used,),) = await run_sql(url, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'throughline'")
    assert used <= 9
    await threads.close()


async def test_two_applications_carry_on_one_conversation(serve_app: Serve, url: str) -> None:
    async with serve_app(threads_url=url) as one, serve_app(threads_url=url) as other:
        for client in (one, other):
            await send(client, shop_events())
        as_of = "2026-04-01T00:00:00Z"
        await ask(one, SPENT, thread_id="shared", as_of=as_of)
        then = await ask(other, "How many orders did she place?", thread_id="shared", as_of=as_of)
        assert {citation["customer_id"] for citation in then["citations"]} == {"ada"}
        assert await asked_in(one, "shared") == [SPENT, "How many orders did she place?"]
        assert (await one.delete("/threads/shared")).status_code == 200
        assert (await other.get("/threads/shared")).status_code == 404


async def test_a_customer_is_erased_from_the_database_with_the_answers_about_them(serve_app: Serve, url: str) -> None:
    async with serve_app(threads_url=url) as client:
        await send(client, shop_events())
        await ask(client, SPENT, thread_id="hers")
        await ask(client, "How much has Grace Hopper spent?", thread_id="of-grace")
        assert (await client.delete("/clients/ada?dry_run=true")).json()["would_erase"]["threads"] == 1
        assert (await client.delete("/clients/ada")).json()["erased"]["threads"] == 1
        assert [row["thread_id"] for row in (await client.get("/threads")).json()["threads"]] == ["of-grace"]
        assert (await client.post("/compact")).status_code == 200
    held = await run_sql(url, "SELECT convert_from(blob, 'UTF8') FROM checkpoint_blobs")
    assert "Grace" in str(held)
    assert "Byron" not in str(held)


async def test_without_its_database_chat_is_answered_503_and_the_rest_works(serve_app: Serve, tmp_path: Path) -> None:
    nowhere = f"postgresql://throughline@/throughline?host={quote(str(tmp_path), safe='')}"
    async with serve_app(threads_url=nowhere) as client:
        await send(client, shop_events())
        response = await client.post("/chat", json={"message": SPENT})
        assert (response.status_code, response.json()["type"]) == (503, "/problems/threads-unavailable")
        assert response.headers["Retry-After"]
        assert (await client.get("/clients/ada")).status_code == 200


def test_a_server_whose_database_is_away_says_so_and_does_not_start(launch: Launch, tmp_path: Path) -> None:
    nowhere = f"postgresql://throughline:hunter2@/throughline?host={quote(str(tmp_path), safe='')}"
    status, said = launch(tmp_path / "data", threads_url=nowhere).ended()
    assert status == 1
    assert "THROUGHLINE_THREADS_URL" in said
    assert "hunter2" not in said
    assert "Traceback" not in said
