"""Conversations: what was asked and answered, one after the other, in a workspace and nowhere else."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from agent.turn import Traces, Turn
from memory.holders import Person
from memory.scope import Scope

if TYPE_CHECKING:
    from agent.checkpoints import Checkpoints, Kept

#: What a thread may be called, by whoever starts it.
THREAD_ID = r"[A-Za-z0-9_-]{1,64}"
_THREAD_ID = re.compile(THREAD_ID)
#: Together with the size of an answer it bounds a thread: older turns go first.
MAX_THREAD_BYTES = 512 * 1024
#: Of a question as it is listed: a line.
_TITLE_CHARS = 200
_FILE = "threads.sqlite"


class UnknownThread(LookupError):
    """No thread of this id can be used here; whether there is one elsewhere is not told."""

    def __init__(self, thread_id: str) -> None:
        super().__init__(f"there is no thread {thread_id!r} here")
        self.thread_id = thread_id


@dataclass(frozen=True, slots=True)
class Brief:
    """A thread in a list: `title` is the start of its first question that is still kept."""

    thread_id: str
    title: str
    turns: int
    asked_at: datetime
    bound_to: str | None


@dataclass(eq=False, slots=True)
class Conversation:
    """A thread while a question is answered in it; nobody else writes to it meanwhile."""

    scope: Scope
    thread_id: str
    turns: list[Turn]
    #: Whoever is erased before the answer is there.
    erased: list[Traces] = field(default_factory=list)

    @property
    def topics(self) -> list[dict[str, Any]]:
        """What the question may go on from."""
        return self.turns[-1].topics if self.turns else []


class Threads:
    """The threads of all workspaces, in one file of the data directory; a `Holder` of customers' data."""

    name = "threads"

    def __init__(self, folder: Path, max_threads: int, max_turns: int) -> None:
        self._path = folder / _FILE
        self._max_threads = max_threads
        self._max_turns = max_turns
        self._checkpoints: Checkpoints | None = None
        self._opening = asyncio.Lock()
        #: Held for one write, or for one erasure as a whole.
        self._writing = asyncio.Lock()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._open: set[Conversation] = set()
        self._keeping: set[asyncio.Task[None]] = set()

    async def briefs(self, scope: Scope) -> list[Brief]:
        """The threads of the workspace, in no order."""
        return [_brief(kept) for kept in await self._kept(scope)]

    async def read(self, scope: Scope, thread_id: str) -> list[Turn]:
        """The turns of a thread, oldest first; raises UnknownThread."""
        turns = await self._read(_key(scope, thread_id))
        if not turns:
            raise UnknownThread(thread_id)
        return turns

    async def check(self, scope: Scope, thread_id: str, bound_to: str | None) -> None:
        """Raises UnknownThread for a thread that a request held to this customer, or to none, may not use."""
        _check(thread_id, await self._read(_key(scope, thread_id)), bound_to)

    async def delete(self, scope: Scope, thread_id: str) -> None:
        """Let go of a thread, once the question in it is answered; raises UnknownThread."""
        async with self._turn_of(_key(scope, thread_id)), self._writing:
            await self.read(scope, thread_id)
            await self._let_go([_key(scope, thread_id)])

    @asynccontextmanager
    async def opened(self, scope: Scope, thread_id: str, bound_to: str | None) -> AsyncIterator[Conversation]:
        """A thread for one question: the next one waits. Nothing of it is kept but by `keep`; raises UnknownThread."""
        key = _key(scope, thread_id)
        async with self._turn_of(key):
            conversation = Conversation(scope.whole(), thread_id, [])
            # Known before anything is read: whoever is erased from here on is told of.
            self._open.add(conversation)
            try:
                conversation.turns = await self._read(key)
                _check(thread_id, conversation.turns, bound_to)
                yield conversation
            finally:
                self._open.discard(conversation)

    async def keep(self, conversation: Conversation, turn: Turn) -> None:
        """Add a turn, also when the caller is cut off; not one about somebody who was erased while it was answered."""
        task = asyncio.create_task(self._keep(conversation, turn))
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)
        await asyncio.shield(task)

    async def _keep(self, conversation: Conversation, turn: Turn) -> None:
        key = _key(conversation.scope, conversation.thread_id)
        async with self._writing:
            if any(traces.in_turn(turn) for traces in conversation.erased):
                return
            # Read again: an erasure may have let go of what was there.
            turns = self._bounded([*await self._read(key), turn])
            checkpoints = await self._opened()
            await checkpoints.write(key, [each.model_dump(mode="json") for each in turns], _about(turns))
            if len(turns) == 1:
                await self._drop_oldest(conversation.scope)

    async def count(self, scope: Scope, person: Person) -> int:
        return len({key async for key in self._of(scope, person)})

    async def erase(self, scope: Scope, person: Person) -> int:
        """Let go of every thread that is about a customer, cites or names them; their bytes leave the disk at once."""
        traces = Traces(person.ids, person.words)
        async with self._writing:
            for conversation in self._open:
                if conversation.scope == scope.whole():
                    conversation.erased.append(traces)
            found = {key async for key in self._of(scope, person)}
            await self._let_go(sorted(found))
        return len(found)

    async def forget_older(self, scope: Scope, before: datetime) -> int:
        """Let go of every thread that cites an event from before this instant; how many."""
        async with self._writing:
            kept = await self._kept(scope)
            found = [each.key for each in kept if (at := each.about["oldest"]) and datetime.fromisoformat(at) < before]
            await self._let_go(found)
        return len(found)

    async def purge(self) -> bool:
        """Take the bytes of what was let go of off the disk; False while another process reads the file."""
        return await (await self._opened()).purge() if self._there() else True

    async def close(self) -> None:
        if self._keeping:
            await asyncio.wait(self._keeping)
        if self._checkpoints:
            await self._checkpoints.close()

    async def _of(self, scope: Scope, person: Person) -> AsyncIterator[str]:
        if not self._there():
            return
        traces = Traces(person.ids, person.words)
        async for page in (await self._opened()).pages(_prefix(scope)):
            for key, turns in page:
                if any(traces.among(turn["customers"], turn) for turn in turns):
                    yield key
                # Much text may lie between two waits for the file.
                await asyncio.sleep(0)

    async def _drop_oldest(self, scope: Scope) -> None:
        kept = sorted(await self._kept(scope), key=lambda each: (each.about["asked_at"], each.key), reverse=True)
        await self._let_go([each.key for each in kept[self._max_threads :]])

    async def _let_go(self, keys: Sequence[str]) -> None:
        if not keys:
            return
        checkpoints = await self._opened()
        for key in keys:
            await checkpoints.delete(key)
        await checkpoints.purge()

    def _bounded(self, turns: Sequence[Turn]) -> list[Turn]:
        """The newest turns that a thread may hold, at least one."""
        kept: list[Turn] = []
        size = 0
        for turn in reversed(turns[-self._max_turns :]):
            size += len(turn.model_dump_json())
            if kept and size > MAX_THREAD_BYTES:
                break
            kept.append(turn)
        return kept[::-1]

    async def _kept(self, scope: Scope) -> Sequence[Kept]:
        return await (await self._opened()).listed(_prefix(scope)) if self._there() else []

    async def _read(self, key: str) -> list[Turn]:
        found = await (await self._opened()).read(key) if self._there() else []
        return [Turn.model_validate(each) for each in found]

    def _there(self) -> bool:
        # A workspace that nobody asked anything in waits for no library.
        return self._checkpoints is not None or self._path.exists()

    async def _opened(self) -> Checkpoints:
        """The checkpointer. Its libraries take a second to import, so that happens beside the running server."""
        async with self._opening:
            if self._checkpoints is None:
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                await asyncio.to_thread(import_module, "agent.checkpoints")
                from agent.checkpoints import open_checkpoints

                self._checkpoints = await open_checkpoints(self._path)
            return self._checkpoints

    @asynccontextmanager
    async def _turn_of(self, key: str) -> AsyncIterator[None]:
        """One question at a time in each thread."""
        lock = self._turns.setdefault(key, asyncio.Lock())
        async with lock:
            yield


def _key(scope: Scope, thread_id: str) -> str:
    """What the checkpointer calls a thread; no workspace has a slash in its name, and no thread in its id."""
    if not _THREAD_ID.fullmatch(thread_id):
        raise UnknownThread(thread_id)
    return f"{_prefix(scope)}{thread_id}"


def _prefix(scope: Scope) -> str:
    return f"{scope.workspace}/"


def _check(thread_id: str, turns: Sequence[Turn], bound_to: str | None) -> None:
    if any(turn.bound_to != bound_to for turn in turns):
        raise UnknownThread(thread_id)


def _about(turns: Sequence[Turn]) -> dict[str, Any]:
    """What the list tells of a thread, and when the oldest event that it cites happened."""
    oldest = min((each.oldest for each in turns if each.oldest), default=None)
    return {
        "title": turns[0].question[:_TITLE_CHARS],
        "turns": len(turns),
        "asked_at": turns[-1].asked_at.isoformat(),
        "bound_to": turns[-1].bound_to,
        "oldest": oldest.isoformat() if oldest else None,
    }


def _brief(kept: Kept) -> Brief:
    about = kept.about
    return Brief(
        thread_id=kept.key.partition("/")[2],
        title=about["title"],
        turns=about["turns"],
        asked_at=datetime.fromisoformat(about["asked_at"]),
        bound_to=about["bound_to"],
    )
