"""The events of a CSV file: one a row, or one for several rows that belong together."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path as File
from typing import Any

import orjson

from server.cli.connection import CommandFailed
from server.cli.csv_mapping import ANONYMOUS, PRODUCTS, USER, Cell, CsvMapping, Path, Sources, as_number, make_mapping
from server.cli.csv_options import CsvOptions
from server.cli.csv_rows import CsvFile, Row
from server.cli.sources import Entry


@dataclass(frozen=True, slots=True)
class _Found:
    """An event's fields, or a row's text and what is wrong with it."""

    line: int
    item: Any
    trouble: str | None = None


class CsvEvents:
    """`Source` of a CSV file. Raises CommandFailed for a file or a mapping that cannot be used.

    An event without a messageId gets one that depends on what the file says, so that loading it again changes
    nothing: of a row on all its cells and on how many equal rows stand before it (equal rows are as many facts), of
    a group on its value, its customer and its event's name.
    """

    def __init__(self, file: File, options: CsvOptions) -> None:
        self._file = CsvFile(file, options.encoding, options.delimiter)
        self._mapping = make_mapping(self._file.columns, options)
        self._reading = _Reading(self._file, self._mapping)

    def count(self) -> int:
        return sum(1 for _ in _Reading(self._file, self._mapping).units())

    def entries(self, skip: int) -> Iterator[Entry]:
        self._reading = _Reading(self._file, self._mapping)
        for number, found in enumerate(self._reading.events()):
            if number >= skip:
                yield Entry(found.line, orjson.dumps(found.item), found.trouble)

    def notes(self) -> list[str]:
        unused = f"columns not loaded: {', '.join(self._mapping.unused)}" if self._mapping.unused else None
        return [note for note in (unused, *self._reading.notes()) if note]


class _Reading:
    """One pass over the file, with what has to be remembered on the way: 16 bytes and more of each row or group."""

    def __init__(self, file: CsvFile, mapping: CsvMapping) -> None:
        self._file = file
        self._mapping = mapping
        owners = [mapping.fields.get(path) for path in (USER, ANONYMOUS)]
        #: The group's value and its customer: rows of two customers are never one event.
        self._key_columns = [mapping.group or 0, *(each.index for each in owners if isinstance(each, Cell))]
        self._seen: Counter[bytes] = Counter()
        self._differing: Counter[str] = Counter()
        self._unsummed: Counter[str] = Counter()

    def events(self) -> Iterator[_Found]:
        for unit in self.units():
            yield unit if isinstance(unit, _Found) else _Found(unit[0].line, self._event(unit))

    def units(self) -> Iterator[_Found | list[Row]]:
        """The rows of each event, and the rows that cannot be one."""
        group: list[Row] = []
        for row in self._file.rows():
            misfit = self._misfit(row)
            if misfit:
                yield misfit
            elif self._mapping.group is None:
                yield [row]
            elif group and self._together(group[0], row):
                group.append(row)
            else:
                if group:
                    yield self._closed(group)
                group = [row]
        if group:
            yield self._closed(group)

    def notes(self) -> list[str]:
        return [
            *(
                f"{field} differs within {n:,} groups: the first row's was taken"
                for field, n in self._differing.items()
            ),
            *(f"{field} of {n:,} events could not be summed: not a number" for field, n in self._unsummed.items()),
        ]

    def _misfit(self, row: Row) -> _Found | None:
        """A row whose cells may stand under the wrong columns: sent as text, and so quarantined."""
        width = len(self._file.columns)
        if len(row.cells) == width or (len(row.cells) > width and not any(row.cells[width:])):
            return None
        return _Found(row.line, self._file.text_of(row), f"{len(row.cells)} cells, the header has {width}")

    def _together(self, first: Row, row: Row) -> bool:
        key = self._key(first)
        return key[0] != "" and key == self._key(row)

    def _key(self, row: Row) -> list[str]:
        return [row.cells[index].strip() for index in self._key_columns]

    def _closed(self, rows: list[Row]) -> list[Row]:
        """A group that is complete; raises CommandFailed when another one of its kind stood before it."""
        key = self._key(rows[0])
        if key[0] and self._times_seen(["group", *key]) > 1:
            name = self._file.columns[self._mapping.group or 0]
            raise CommandFailed(
                f"Line {rows[0].line}: rows with {name} {key[0]!r} stand in several places; sort the file by {name}."
            )
        return rows

    def _compare(self, rows: Sequence[Row]) -> None:
        """Take note of fields in which the rows of a group differ."""
        for path, source in self._mapping.fields.items():
            if isinstance(source, Cell) and len({row.cells[source.index] for row in rows}) > 1:
                self._differing[".".join(path)] += 1

    def _event(self, rows: Sequence[Row]) -> dict[str, Any]:
        event = _values(self._mapping.fields, rows[0])
        if len(rows) > 1:
            self._compare(rows)
        if self._mapping.item:
            _put(event, PRODUCTS, [_values(self._mapping.item, row) for row in rows])
        for path, factors in self._mapping.sums.items():
            total = _total(rows, factors)
            if total is None:
                self._unsummed[".".join(path)] += 1
            else:
                _put(event, path, total)
        if "messageId" not in event:
            event["messageId"] = self._message_id(rows[0], event)
        return event

    def _message_id(self, row: Row, event: dict[str, Any]) -> str:
        if self._mapping.group is not None and row.cells[self._mapping.group].strip():
            parts = [self._file.columns[self._mapping.group], *self._key(row), str(event.get("event", ""))]
            return f"csv-{_digest(parts).hex()}"
        cells = [list(pair) for pair in sorted(zip(self._file.columns, row.cells, strict=False))]
        return f"csv-{_digest([cells, self._times_seen(cells)]).hex()}"

    def _times_seen(self, said: Any) -> int:
        digest = _digest(said)
        self._seen[digest] += 1
        return self._seen[digest]


def _values(sources: Sources, row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path, source in sources.items():
        value = source.of(row.cells)
        if value is not None:
            _put(found, path, value)
    return found


def _put(event: dict[str, Any], path: Path, value: Any) -> None:
    *way, last = path
    for name in way:
        event = event.setdefault(name, {})
    event[last] = value


def _total(rows: Sequence[Row], factors: Sequence[int]) -> Any:
    """The sum over the rows of the product of these cells, exactly; None where one of them is no number."""
    total = Decimal(0)
    try:
        for row in rows:
            product = Decimal(1)
            for index in factors:
                product *= Decimal(row.cells[index].strip())
            total += product
    except InvalidOperation:
        return None
    return as_number(f"{total.normalize():f}") if total.is_finite() else None


def _digest(said: Any) -> bytes:
    return hashlib.sha256(orjson.dumps(said)).digest()[:16]
