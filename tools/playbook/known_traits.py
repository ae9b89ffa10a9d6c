"""What was last said of one customer, looked up once a trait: an opt-out is asked of everybody in a cohort."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from memory.details import Value, folded_label
from memory.record import Record
from tools.traits import latest


class KnownTraits:
    """The traits of a customer, from their records in order."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = records
        self._found: dict[str, tuple[Value, Record] | None] = {}

    def last(self, label: str) -> tuple[Value, Record] | None:
        """The value that was last stated, and where; None where none ever was."""
        wanted = folded_label(label)
        if wanted not in self._found:
            self._found[wanted] = latest(self._records, label) if wanted in self._labels else None
        return self._found[wanted]

    @cached_property
    def _labels(self) -> frozenset[str]:
        # Most customers never state most traits: their events need not be gone through for each.
        return frozenset(map(folded_label, {name for record in self._records for name, _ in record.details}))
