"""From the columns of a CSV file to the fields of events: which goes where, checked before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.cli.connection import CommandFailed
from server.cli.csv_options import CsvOptions

Path = tuple[str, ...]

#: Event fields that hold one value, and those that hold an object.
_VALUES = (
    "type", "event", "name", "userId", "anonymousId", "groupId", "previousId", "messageId", "timestamp",
    "originalTimestamp", "sentAt",
)  # fmt: skip
_OBJECTS = ("properties", "traits", "context", "integrations")
_FIELDS = {spelled: name for name in (*_VALUES, *_OBJECTS) for spelled in (name, name.replace("I", "_i").lower())} | {
    "original_timestamp": "originalTimestamp", "sent_at": "sentAt",
}  # fmt: skip
#: Names of values that are identifiers even where they look like numbers.
_IDENTIFIERS = ("id", "Id", "sku", "name", "code")
#: What is told of where a field can come from.
_KNOWN = f"a field is {', '.join(_VALUES)}, or {', '.join(f'{name}.NAME' for name in _OBJECTS)}"

USER: Path = ("userId",)
ANONYMOUS: Path = ("anonymousId",)
TIME: Path = ("timestamp",)
PRODUCTS: Path = ("properties", "products")


@dataclass(frozen=True, slots=True)
class Cell:
    """The column with this index; as a number where `typed`, and a time where it has a format."""

    index: int
    typed: bool = False
    time_format: str | None = None

    def of(self, cells: Sequence[str]) -> Any:
        """The value in this row; None for an empty cell."""
        text = cells[self.index].strip()
        if self.time_format:
            return _time(text, self.time_format)
        if not text:
            return None
        return as_number(text) if self.typed else text


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value in every row."""

    value: Any

    def of(self, cells: Sequence[str]) -> Any:
        return self.value


Sources = dict[Path, Cell | Constant]


@dataclass(frozen=True, slots=True)
class CsvMapping:
    """Where each field of an event, and of each product in it, comes from. `sums` and `group` are column indexes;
    `unused` names the columns that are not loaded."""

    fields: Sources
    item: Sources
    sums: dict[Path, list[int]]
    group: int | None
    unused: list[str]


def make_mapping(columns: Sequence[str], options: CsvOptions) -> CsvMapping:
    """The mapping of these columns; raises CommandFailed with a sentence that names the columns found.

    A column that is called like a field of an event (userId or user_id, properties.plan) goes there by itself.
    """
    stated = {_path("--map", target) for target in options.map if not target.endswith(".*")}
    own = [(path, at) for at, name in enumerate(columns) if (path := _known(name)) and path not in stated]
    fields = _cells(own, columns, options)
    for target, source in options.map.items():
        if not target.endswith(".*"):
            path = _path("--map", target)
            fields[path] = _source(path, source, columns, options)
    item = {
        tuple(name.split(".")): _source(("properties", *name.split(".")), source, columns, options)
        for name, source in options.item.items()
    }
    sums = {
        _path("--sum", target): [_column(name, columns) for name in source.split("*")]
        for target, source in options.sum.items()
    }
    group = None if options.group_by is None else _column(options.group_by, columns)
    used = {source.index for source in (*fields.values(), *item.values()) if isinstance(source, Cell)}
    used |= {at for factors in sums.values() for at in factors} | {-1 if group is None else group}
    fields |= _others(columns, used, options)
    used |= {source.index for source in fields.values() if isinstance(source, Cell)}
    unused = [name for at, name in enumerate(columns) if name and at not in used]
    mapping = CsvMapping(fields, item, sums, group, unused)
    _check(mapping, columns)
    return mapping


def as_number(text: str) -> Any:
    """A number where its text is exactly this text again; else the text: "007", "1.10" and "1,5" stay what they are."""
    if not text[-1:].isdecimal() or not (text[0].isdecimal() or text[0] == "-"):
        return text
    kind = float if "." in text or "e" in text else int
    try:
        # Beyond 15 digits other programs would round it.
        return kind(text) if len(text) <= 16 and str(kind(text)) == text else text
    except ValueError:
        return text


def _others(columns: Sequence[str], used: set[int], options: CsvOptions) -> Sources:
    """What `properties.*=*` means: all columns that are not used yet, under their own names."""
    found: Sources = {}
    for target, source in options.map.items():
        if target.endswith(".*"):
            if source != "*":
                raise CommandFailed(
                    f"--map {target}={source}: the columns of {target} are given as *, all that are left."
                )
            base = _path("--map", f"{target[:-2]}.x")[:-1]
            rest = [((*base, name), at) for at, name in enumerate(columns) if name and at not in used]
            found |= _cells(rest, columns, options)
    return found


def _cells(places: Iterable[tuple[Path, int]], columns: Sequence[str], options: CsvOptions) -> Sources:
    """Each field with the column of this index; raises CommandFailed where two columns mean one field."""
    found: Sources = {}
    first: dict[Path, str] = {}
    for path, at in places:
        if path in found:
            raise CommandFailed(
                f"The columns {first[path]!r} and {columns[at]!r} are both {'.'.join(path)}: "
                "rename one of them in the file, or say with --map which one it is."
            )
        found[path], first[path] = _cell(path, at, options), columns[at]
    return found


def _source(path: Path, source: str, columns: Sequence[str], options: CsvOptions) -> Cell | Constant:
    if not source.startswith("="):
        return _cell(path, _column(source, columns), options)
    try:
        return Constant(json.loads(source[1:]))
    except ValueError:
        return Constant(source[1:])


def _cell(path: Path, index: int, options: CsvOptions) -> Cell:
    typed = path[0] in _OBJECTS and not path[-1].endswith(_IDENTIFIERS)
    return Cell(index, typed, options.time_format if path == TIME else None)


def _column(name: str, columns: Sequence[str]) -> int:
    wanted = name.strip()
    found = [at for at, column in enumerate(columns) if column == wanted]
    if len(found) == 1:
        return found[0]
    told = "is there more than once" if found else "is not there"
    raise CommandFailed(f"The column {wanted!r} {told}; the file has {_listed(columns)}.")


def _path(option: str, target: str) -> Path:
    path = _known(target)
    if path is None:
        raise CommandFailed(f"{option} {target}: no field of an event is called so; {_KNOWN}.")
    return path


def _known(name: str) -> Path | None:
    """The field that is called so, in camel or snake case; None where there is none."""
    root, *rest = name.split(".")
    field = _FIELDS.get(root)
    if field is None or (field in _OBJECTS) != bool(rest) or not all(rest):
        return None
    return (field, *rest)


def _check(mapping: CsvMapping, columns: Sequence[str]) -> None:
    if USER not in mapping.fields and ANONYMOUS not in mapping.fields:
        raise CommandFailed(
            f"No column says whose the events are: the file has {_listed(columns)}; name one with --map userId=COLUMN."
        )
    if ("event",) not in mapping.fields and ("type",) not in mapping.fields:
        raise CommandFailed(
            f"Nothing says what happened: the file has {_listed(columns)}; name a column with --map event=COLUMN, "
            "or the event itself with --map 'event==Order Completed'."
        )
    if mapping.group is not None and not mapping.item and not mapping.sums:
        raise CommandFailed("--group-by needs --item or --sum: without them only each group's first row would be kept.")
    if mapping.sums and mapping.group is None:
        raise CommandFailed("--sum needs --group-by: it adds up the rows of one event.")
    _check_places([*mapping.fields, *mapping.sums, *([PRODUCTS] if mapping.item else [])])
    _check_places(mapping.item)


def _check_places(paths: Iterable[Path]) -> None:
    """No field is given twice, or is both a value and an object."""
    seen: set[Path] = set()
    for path in sorted(paths):
        if any(path[:length] in seen for length in range(1, len(path) + 1)):
            raise CommandFailed(f"{'.'.join(path)} is given twice, or lies within another field that is given.")
        seen.add(path)


def _listed(columns: Sequence[str]) -> str:
    return "the columns " + ", ".join(columns) if any(columns) else "no named columns"


def _time(text: str, time_format: str) -> str | None:
    """ISO 8601; a text of another format as it is, so that the server says what is wrong with it."""
    try:
        return datetime.strptime(text, time_format).isoformat()
    except ValueError:
        return text or None
