"""The store of record, as an interface: every call takes a Scope, every read of events an instant."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from memory.record import Record
from memory.scope import Scope


class StoreError(Exception):
    """The store cannot do its work."""


class StoreUnavailable(StoreError):
    """The store is away or in use; a later try may go through."""


class StoreMismatch(StoreError):
    """The data were written by another schema or for another embedding model."""


class Verdict(StrEnum):
    """What became of an event that was sent."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    QUARANTINED = "quarantined"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class SparseVector:
    """Word weights by token id, both of the same length."""

    indices: list[int]
    values: list[float]


#: The words of an event that is written.
WordsOf = Callable[[Record], SparseVector]


@dataclass(frozen=True, slots=True)
class Where:
    """Which events of a scope: `since` <= occurred_at < `before` and received_at < `known_before`; None is unbounded.

    `ids` asks for events that carry one of these ids, whoever they belong to.
    """

    before: datetime | None = None
    since: datetime | None = None
    known_before: datetime | None = None
    ids: tuple[str, ...] = ()

    def holds(self, record: Record) -> bool:
        """Whether this record would be found."""
        return (
            (self.before is None or record.occurred_at < self.before)
            and (self.since is None or self.since <= record.occurred_at)
            and (self.known_before is None or record.received_at < self.known_before)
            and (not self.ids or not set(self.ids).isdisjoint(record.ids))
        )


@dataclass(frozen=True, slots=True)
class Hit:
    """A candidate of a search: its event's point, with the engine's raw score."""

    point_id: str
    score: float
    record: Record


#: Records that the caller has read already, by point id.
Held = Mapping[str, Record]


@dataclass(frozen=True, slots=True)
class Control:
    """A payload-only point that is no event: a quarantined item, a workspace's settings."""

    kind: str
    key: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Point:
    """A point to be written: its id, its payload, and its words when it is an event."""

    id: str
    payload: dict[str, Any]
    words: SparseVector | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many points a workspace has: events, of which `embedded` + `pending` + `failed`; and what is no event."""

    events: int
    embedded: int
    pending: int
    failed: int
    conflicts: int
    quarantined: int


class Store(Protocol):
    """Events, their vectors and control data of all workspaces."""

    async def insert(self, scope: Scope, records: Sequence[Record], words_of: WordsOf) -> list[Verdict]:
        """Keep new events; `accepted`, `duplicate` or `conflict` for each, in order, after the write.

        A conflicting version is kept beside the first one, which stays in force. Words are asked for new events only.
        """

    def pages(self, scope: Scope, where: Where, *, bodies: bool = False) -> AsyncIterator[list[Record]]:
        """All matching events of the workspace, or of the scope's customer, in pages in no order."""

    async def get(self, scope: Scope, message_ids: Sequence[str]) -> list[Record]:
        """The events with these ids that exist in the workspace, bodies included."""

    async def search_words(
        self, scope: Scope, query: SparseVector, where: Where, limit: int, held: Held | None = None
    ) -> list[Hit]:
        """Candidates by BM25, with word statistics over just the events that match.

        With `held`, hits are among these records, and nothing but scores is read: four fifths of the time.
        """

    async def search_meaning(
        self, scope: Scope, query: Sequence[float], where: Where, limit: int, held: Held | None = None
    ) -> list[Hit]:
        """Candidates by cosine similarity of their best part; events not yet embedded are absent. `held` as above."""

    async def count_holding(self, scope: Scope, term: int, where: Where, at_most: int) -> int:
        """How many of the events that match hold this word, counted up to `at_most`."""

    async def versions(self, scope: Scope, message_id: str) -> list[Record]:
        """The event with this id, in force first, then those that came in conflict with it, bodies included."""

    async def pending(self, scope: Scope, limit: int) -> list[Record]:
        """Events that wait for their vectors, bodies included."""

    async def count_pending(self, scope: Scope) -> int: ...

    async def tally(self, scope: Scope) -> Tally:
        """What the workspace holds, counted in the store."""

    async def set_vectors(self, scope: Scope, vectors: Mapping[str, list[list[float]]]) -> None:
        """One multi-vector (parts x dimensions) for each message id; those that are gone meanwhile are left out."""

    async def set_aside(self, scope: Scope, message_id: str, reason: str) -> None:
        """Stop waiting for the vectors of an event that cannot be embedded."""

    async def put(self, scope: Scope, controls: Sequence[Control]) -> None:
        """Write control points, replacing those of the same kind and key."""

    async def control(self, scope: Scope, kind: str, key: str) -> Control | None:
        """The control point of this kind and key, if there is one."""

    async def controls(self, scope: Scope, kind: str, keys: Sequence[str] | None = None) -> list[Control]:
        """All control points of a kind, or those of these keys that exist; by key."""

    async def delete_controls(self, scope: Scope, kind: str, keys: Sequence[str]) -> None:
        """Remove control points of a kind; keys that are not there are no error."""

    async def delete(self, scope: Scope, point_ids: Sequence[str]) -> int:
        """Remove points of this workspace by their ids; how many there were."""

    def dump(self, scope: Scope, *kinds: str, where: Where | None = None) -> AsyncIterator[list[dict[str, Any]]]:
        """Payloads as they lie in the store, with their point `id`, by id: of all kinds, or of these that match."""

    async def restore(self, scope: Scope, points: Sequence[Point]) -> int:
        """Write points that are not there yet; how many were new."""

    async def compact(self) -> bool:
        """Copy what is live into fresh files, and remove the old ones with all that was deleted.

        Reads and writes go on meanwhile. False where the store does this by itself.
        """

    async def flush(self) -> None:
        """Bring all that was written to the disk, so that it survives a loss of power."""

    async def close(self) -> None: ...
