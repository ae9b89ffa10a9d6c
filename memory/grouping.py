"""Events that say the same, shown once: how many there are, and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from memory.record import Record


@dataclass(frozen=True, slots=True)
class Group:
    """The best of some events that say the same, and all of them in order of time, itself included."""

    best: Record
    score: float
    records: tuple[Record, ...]


def group(ranked: Sequence[tuple[Record, float]], said_by: Callable[[Record], str]) -> list[Group]:
    """Groups in the order of their best; those with the same `said_by` are one."""
    groups: dict[str, list[tuple[Record, float]]] = {}
    for record, score in ranked:
        groups.setdefault(said_by(record), []).append((record, score))
    return [
        Group(*found[0], tuple(sorted((record for record, _ in found), key=lambda record: record.order)))
        for found in groups.values()
    ]
