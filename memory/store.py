"""The store of record, as an interface: every call takes a Scope, every read of events an instant."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Where:
    """Which events of a scope: `since` <= occurred_at < `before`; None means unbounded.

    `anonymous_ids` asks for events that carry one of these ids, whoever they belong to.
    """

    before: datetime | None = None
    since: datetime | None = None
    anonymous_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A candidate of a search: its event's point, with the engine's raw score."""

    point_id: str
    score: float
    record: Record


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


class Store(Protocol):
    """Events, their vectors and control data of all workspaces."""

    async def insert(self, scope: Scope, records: Sequence[Record], words: Sequence[SparseVector]) -> list[Verdict]:
        """Keep new events; `accepted`, `duplicate` or `conflict` for each, in order, after the write.

        A conflicting version is kept beside the first one, which stays in force.
        """

    def pages(self, scope: Scope, where: Where, *, bodies: bool = False) -> AsyncIterator[list[Record]]:
        """All matching events of the workspace, or of the scope's customer, in pages in no order."""

    async def get(self, scope: Scope, message_ids: Sequence[str]) -> list[Record]:
        """The events with these ids that exist in the workspace, bodies included."""

    async def search_words(self, scope: Scope, query: SparseVector, where: Where, limit: int) -> list[Hit]:
        """Candidates by BM25, with word statistics over just the events that match."""

    async def search_meaning(self, scope: Scope, query: Sequence[float], where: Where, limit: int) -> list[Hit]:
        """Candidates by cosine similarity of their best part; events not yet embedded are absent."""

    async def pending(self, scope: Scope, limit: int) -> list[Record]:
        """Events that wait for their vectors, bodies included."""

    async def count_pending(self, scope: Scope) -> int: ...

    async def set_vectors(self, scope: Scope, vectors: Mapping[str, list[list[float]]]) -> None:
        """One multi-vector (parts x dimensions) for each message id."""

    async def set_aside(self, scope: Scope, message_id: str, reason: str) -> None:
        """Stop waiting for the vectors of an event that cannot be embedded."""

    async def put(self, scope: Scope, controls: Sequence[Control]) -> None:
        """Write control points, replacing those of the same kind and key."""

    async def control(self, scope: Scope, kind: str, key: str) -> Control | None:
        """The control point of this kind and key, if there is one."""

    async def controls(self, scope: Scope, kind: str) -> list[Control]:
        """All control points of a kind, by key."""

    def dump(self, scope: Scope) -> AsyncIterator[list[dict[str, Any]]]:
        """Every payload of the workspace as it lies in the store, with its point `id`, by id."""

    async def restore(self, scope: Scope, points: Sequence[Point]) -> int:
        """Write points that are not there yet; how many were new."""

    async def close(self) -> None: ...
