"""Conversations: what was asked and answered, one after the other, in a workspace and nowhere else."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from weakref import WeakValueDictionary

from agent.checkpoints import Checkpoints, Kept, Place, Rows, ThreadBusy
from agent.history import bounded, retold
from agent.traces import Traces
from agent.turn import Turn
from memory.holders import Person
from memory.scope import Scope

#: What a thread may be called, by whoever starts it.
THREAD_ID = r"[A-Za-z0-9_-]{1,64}"
_THREAD_ID = re.compile(THREAD_ID)
#: A question waits for those before it in its thread: for two answers of a slow model.
PATIENCE_S = 120.0
#: Of a question as it is listed: a line.
_TITLE_CHARS = 200


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
    """A thread while a question is answered in it; no other question is meanwhile."""

    scope: Scope
    thread_id: str
    #: As much of them as a model may be told.
    turns: list[Turn] = field(default_factory=list)
    #: What the question may go on from.
    topics: list[dict[str, Any]] = field(default_factory=list)
    #: Whoever is erased before the answer is there.
    erased: list[Traces] = field(default_factory=list)
    #: The erasures of the workspace that are known of here.
    erasures: int = 0


class Threads:
    """The threads of all workspaces, in a file or a database; a `Holder` of customers' data.

    Raises ThreadsUnavailable wherever that cannot be used.
    """

    name = "threads"

    def __init__(self, place: Place, max_threads: int, max_turns: int, patience_s: float = PATIENCE_S) -> None:
        self._place = place
        self._max_threads = max_threads
        self._max_turns = max_turns
        self._patience_s = patience_s
        self._checkpoints: Checkpoints | None = None
        self._opening = asyncio.Lock()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._open: set[Conversation] = set()
        self._keeping: set[asyncio.Task[None]] = set()

    async def briefs(self, scope: Scope) -> list[Brief]:
        """The threads of the workspace, in no order."""
        if self._is_empty():
            return []
        async with (await self._opened()).rows() as rows:
            return [_brief(kept) for kept in await rows.listed(_prefix(scope))]

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
        """Let go of a thread, once the question in it is answered; raises UnknownThread or ThreadBusy."""
        key = _key(scope, thread_id)
        async with self._turn_of(key, thread_id):
            await self.read(scope, thread_id)
            async with self._alone(scope) as rows:
                await rows.delete(key)

    @asynccontextmanager
    async def opened(self, scope: Scope, thread_id: str, bound_to: str | None) -> AsyncIterator[Conversation]:
        """A thread for one question: the next one waits. Nothing of it is kept but by `keep`.

        Raises UnknownThread, and ThreadBusy once it has waited for too long.
        """
        key = _key(scope, thread_id)
        async with self._turn_of(key, thread_id):
            conversation = Conversation(scope.whole(), thread_id)
            # Known before anything is read: whoever is erased from here on is told of.
            self._open.add(conversation)
            try:
                await self._begin(conversation, key, bound_to)
                yield conversation
            finally:
                self._open.discard(conversation)

    async def _begin(self, conversation: Conversation, key: str, bound_to: str | None) -> None:
        if self._is_empty():
            return
        async with (await self._opened()).rows() as rows:
            conversation.erasures = await rows.erasures(_prefix(conversation.scope))
            turns = _turns(await rows.read(key))
        _check(conversation.thread_id, turns, bound_to)
        conversation.topics = turns[-1].topics if turns else []
        conversation.turns = [retold(turn) for turn in turns]

    async def keep(self, conversation: Conversation, turn: Turn) -> None:
        """Add a turn, also when the caller is cut off; not one about somebody who was erased while it was answered."""
        task = asyncio.create_task(self._keep(conversation, turn))
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)
        await asyncio.shield(task)

    async def _keep(self, conversation: Conversation, turn: Turn) -> None:
        scope, key = conversation.scope, _key(conversation.scope, conversation.thread_id)
        async with self._alone(scope) as rows:
            if any(traces.in_turn(turn) for traces in conversation.erased):
                return
            if await rows.erasures(_prefix(scope)) != conversation.erasures:
                # Another server erased somebody meanwhile. Whom, is written down nowhere.
                return
            # Read again: an erasure may have let go of what was there.
            turns = bounded([*_turns(await rows.read(key)), turn], self._max_turns)
            await rows.write(key, [each.model_dump(mode="json") for each in turns], _about(turns))
            if len(turns) == 1:
                await self._drop_oldest(rows, scope)

    async def count(self, scope: Scope, person: Person) -> int:
        if self._is_empty():
            return 0
        async with (await self._opened()).rows() as rows:
            return len(await _of(rows, scope, person))

    async def erase(self, scope: Scope, person: Person) -> int:
        """Let go of every thread that is about a customer, cites or names them.

        From a file their bytes are gone at once, from a database with the next `purge`.
        """
        traces = Traces(person.ids, person.words)
        if self._is_empty():
            self._tell(scope, traces)
            return 0
        async with self._alone(scope) as rows:
            told = self._tell(scope, traces)
            await rows.count_erasure(_prefix(scope))
            found = await _of(rows, scope, person)
            for key in sorted(found):
                await rows.delete(key)
        for conversation in told:
            conversation.erasures += 1
        return len(found)

    def _tell(self, scope: Scope, traces: Traces) -> list[Conversation]:
        told = [each for each in self._open if each.scope == scope.whole()]
        for conversation in told:
            conversation.erased.append(traces)
        return told

    async def forget_older(self, scope: Scope, before: datetime) -> int:
        """Let go of every thread that cites an event from before this instant; how many."""
        if self._is_empty():
            return 0
        async with self._alone(scope) as rows:
            kept = await rows.listed(_prefix(scope))
            found = [each.key for each in kept if (at := each.about["oldest"]) and datetime.fromisoformat(at) < before]
            for key in found:
                await rows.delete(key)
        return len(found)

    async def purge(self) -> bool:
        """Take the bytes of what was let go of off the disk; False while another process reads them."""
        return True if self._is_empty() else await (await self._opened()).purge()

    async def close(self) -> None:
        if self._keeping:
            await asyncio.wait(self._keeping)
        if self._checkpoints:
            await self._checkpoints.close()

    async def _drop_oldest(self, rows: Rows, scope: Scope) -> None:
        kept = await rows.listed(_prefix(scope))
        kept.sort(key=lambda each: (each.about["asked_at"], each.key), reverse=True)
        for each in kept[self._max_threads :]:
            await rows.delete(each.key)

    async def _read(self, key: str) -> list[Turn]:
        if self._is_empty():
            return []
        async with (await self._opened()).rows() as rows:
            return _turns(await rows.read(key))

    def _is_empty(self) -> bool:
        # A workspace that nobody asked anything in waits for no library.
        return self._checkpoints is None and self._place.is_empty()

    async def _opened(self) -> Checkpoints:
        async with self._opening:
            if self._checkpoints is None:
                self._checkpoints = await self._place.open()
            return self._checkpoints

    @asynccontextmanager
    async def _alone(self, scope: Scope) -> AsyncIterator[Rows]:
        async with (await self._opened()).alone(_prefix(scope)) as rows:
            yield rows

    @asynccontextmanager
    async def _turn_of(self, key: str, thread_id: str) -> AsyncIterator[None]:
        """One question at a time in each thread, here first and then everywhere; raises ThreadBusy."""
        checkpoints = None if self._is_empty() else await self._opened()
        lock = self._turns.setdefault(key, asyncio.Lock())
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(self._patience_s):
                    await stack.enter_async_context(lock)
                    if checkpoints:
                        await stack.enter_async_context(checkpoints.turn(key))
            except TimeoutError:
                raise ThreadBusy(thread_id, self._patience_s) from None
            yield


async def _of(rows: Rows, scope: Scope, person: Person) -> set[str]:
    """The keys of the threads that are about a customer."""
    traces, found = Traces(person.ids, person.words), set[str]()
    async for page in rows.pages(_prefix(scope)):
        for key, turns in page:
            if any(traces.among(turn["customers"], turn) for turn in turns):
                found.add(key)
            # Much text may lie between two waits for the database.
            await asyncio.sleep(0)
    return found


def _turns(kept: Sequence[dict[str, Any]]) -> list[Turn]:
    return [Turn.model_validate(each) for each in kept]


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
