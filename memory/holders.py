"""Everything that holds a customer's data: each can say how much, show it, and let go of it.

Whatever newly holds such data joins HOLDERS; a kind of point or a cache that is on no list fails a test.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from memory.attribution import point_owners, visitor
from memory.embedder import Embedder
from memory.kinds import CONFLICT, DELIVERY, EVENT, FEEDBACK, GIVEN, JOIN, OVERRIDE, QUARANTINE, SCORES
from memory.scope import Scope
from memory.store import Store, Where

#: Removed at a time.
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Person:
    """Who is meant: the customer's id, every id that leads to them, and the texts that are about them.

    The same text may be a user's id and a visitor's, and mean two people: `users` are theirs where it names a user or
    an account, `visitors` where it names nobody but a visitor.
    """

    client_id: str
    users: frozenset[str]
    visitors: frozenset[str]
    texts: frozenset[str] = frozenset()
    #: Their names and e-mail addresses, of all times.
    words: frozenset[str] = frozenset()

    @property
    def ids(self) -> frozenset[str]:
        return self.users | self.visitors

    @property
    def names(self) -> set[str]:
        """The ids in their roles, as `memory.attribution` compares them."""
        return {*self.users, *map(visitor, self.visitors)}


def person_of(names: Collection[str]) -> Person:
    """Whoever these ids in their roles name, as if it were one person."""
    users = frozenset(name for name in names if not name.startswith(visitor("")))
    visitors = frozenset(name.removeprefix(visitor("")) for name in names if name not in users)
    return Person("", users, visitors)


class Holder(Protocol):
    """One place that holds data of customers."""

    @property
    def name(self) -> str: ...

    async def count(self, scope: Scope, person: Person) -> int: ...

    async def erase(self, scope: Scope, person: Person) -> int:
        """Let go of all of it; how much it was. Doing it again is harmless."""


class AgingHolder(Holder, Protocol):
    """A holder outside of the store, which has a purge and a forgetting of its own."""

    async def forget_older(self, scope: Scope, before: datetime) -> int:
        """Let go of what shows an event from before an instant; how much it was."""

    async def purge(self) -> bool:
        """Take the bytes of what was let go of off the disk; False when that has to wait."""


@dataclass(frozen=True, slots=True)
class PointHolder:
    """Points of one kind in the store."""

    name: str
    kind: str
    store: Store
    #: Whether their points carry the customer's ids in an indexed field; else all of the kind are looked through.
    by_ids: bool

    async def points(self, scope: Scope, person: Person) -> AsyncIterator[list[dict[str, Any]]]:
        """Their payloads, with the id of each point."""
        where = Where(ids=tuple(sorted(person.ids))) if self.by_ids else None
        async for page in self.store.dump(scope.whole(), self.kind, where=where):
            theirs = [payload for payload in page if not point_owners(payload).isdisjoint(person.names)]
            if theirs:
                yield theirs

    async def count(self, scope: Scope, person: Person) -> int:
        return sum([len(page) async for page in self.points(scope, person)])

    async def erase(self, scope: Scope, person: Person) -> int:
        # Collected first: a page may not be read further while its points go.
        found = [payload["id"] async for page in self.points(scope, person) for payload in page]
        for start in range(0, len(found), _PAGE):
            await self.store.delete(scope.whole(), found[start : start + _PAGE])
        return len(found)


@dataclass(frozen=True, slots=True)
class TextHolder:
    """Texts whose vectors are kept in memory: of events, and of questions that name the customer."""

    name: str
    embedder: Embedder

    async def count(self, scope: Scope, person: Person) -> int:
        return self.embedder.forget(person.texts, person.ids, dry_run=True)

    async def erase(self, scope: Scope, person: Person) -> int:
        return self.embedder.forget(person.texts, person.ids)


def point_holders(store: Store) -> list[PointHolder]:
    """The kinds of points that hold customers' data; together they are a customer's own copy."""
    return [
        PointHolder("events", EVENT, store, by_ids=True),
        PointHolder("conflicts", CONFLICT, store, by_ids=True),
        PointHolder("quarantine", QUARANTINE, store, by_ids=False),
        PointHolder("aliases", JOIN, store, by_ids=False),
        PointHolder("deliveries", DELIVERY, store, by_ids=False),
        PointHolder("overrides", OVERRIDE, store, by_ids=True),
        PointHolder("scores", SCORES, store, by_ids=True),
        PointHolder("recommendations", GIVEN, store, by_ids=True),
        PointHolder("feedback", FEEDBACK, store, by_ids=True),
    ]


def holders(store: Store, embedder: Embedder) -> list[Holder]:
    """Every holder."""
    return [*point_holders(store), TextHolder("cached texts", embedder)]
