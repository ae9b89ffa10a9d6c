"""Where threads are kept: what every form can do, whether a file of one server's or a database of several."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from memory.store import StoreUnavailable

#: The one channel of a checkpoint that is kept.
TURNS = "turns"
#: Threads read at a time: at most 5 MB.
PAGE = 10

Turns = list[dict[str, Any]]


class ThreadsUnavailable(StoreUnavailable):
    """The threads' database is away, or holds them closed for too long; a later try may go through."""


class ThreadBusy(Exception):
    """Another question of the thread has been in the making for longer than one waits for it."""

    def __init__(self, thread_id: str, waited_s: float) -> None:
        super().__init__(f"another question in thread {thread_id!r} was still unanswered after {waited_s:g} s")


@dataclass(frozen=True, slots=True)
class Kept:
    """One thread in the list: its key, and the few words that were kept with it."""

    key: str
    about: dict[str, Any]


class Rows(Protocol):
    """Turns by thread key. Keys of one workspace begin with the same text, up to and with a slash."""

    async def read(self, key: str) -> Turns:
        """The turns of a thread, oldest first; none of a thread that is not there."""

    async def write(self, key: str, turns: Turns, about: dict[str, Any]) -> None:
        """Keep these turns in place of all that was there; `about` is told by `listed`."""

    async def listed(self, prefix: str) -> list[Kept]:
        """The threads whose key begins so, without their turns."""

    def pages(self, prefix: str) -> AsyncIterator[list[tuple[str, Turns]]]:
        """The threads whose key begins so, each with its turns, a few at a time; they may be deleted meanwhile."""

    async def delete(self, key: str) -> None: ...

    async def erasures(self, prefix: str) -> int:
        """How many erasures have looked through the threads whose key begins so."""

    async def count_erasure(self, prefix: str) -> None:
        """One more of them."""


class Checkpoints(Protocol):
    """All threads. Each of its ways in raises ThreadsUnavailable."""

    def rows(self) -> AbstractAsyncContextManager[Rows]:
        """To look only."""

    def alone(self, prefix: str) -> AbstractAsyncContextManager[Rows]:
        """To change threads of one workspace, whose threads no other process changes meanwhile."""

    def turn(self, key: str) -> AbstractAsyncContextManager[None]:
        """To answer a question in a thread: other processes wait, as long as the caller does."""

    async def purge(self) -> bool:
        """Take the bytes of what was deleted off the disk; False while somebody else reads them."""

    async def close(self) -> None: ...


class Place(Protocol):
    """What leads to the threads; nothing is opened before it is needed."""

    def is_empty(self) -> bool:
        """Whether nothing was ever kept there, as far as can be told without opening it."""

    async def open(self) -> Checkpoints:
        """Opened, and made where there is none; raises ThreadsUnavailable."""
