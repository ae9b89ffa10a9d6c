"""Files of events: the items of a JSONL file, one a line."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, cast

import orjson

from server.cli.connection import CommandFailed

#: Some programs begin every file with it.
_BOM = b"\xef\xbb\xbf"


class Entry(NamedTuple):
    """An item as JSON text, the number of its (first) line, and what is known to be wrong with it."""

    line: int
    body: bytes
    trouble: str | None = None


class Source(Protocol):
    """A file that can be read from its beginning again, with the same entries each time."""

    def count(self) -> int:
        """How many entries there are; raises CommandFailed for a file that cannot be read to its end."""

    def entries(self, skip: int) -> Iterator[Entry]:
        """The entries but the first `skip`; raises CommandFailed."""

    def notes(self) -> list[str]:
        """What was noticed on the way, once all entries were read."""


class JsonLines:
    """A file with an item on each line that is not empty, also compressed (.gz)."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def count(self) -> int:
        return sum(1 for _ in self._lines())

    def entries(self, skip: int) -> Iterator[Entry]:
        for number, (line, text) in enumerate(self._lines()):
            if number >= skip:
                yield Entry(line, _item(text))

    def notes(self) -> list[str]:
        return []

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        try:
            with open_binary(self._file) as lines:
                for number, line in enumerate(lines, start=1):
                    stripped = line.removeprefix(_BOM).strip() if number == 1 else line.strip()
                    if stripped:
                        yield number, stripped
        except (OSError, EOFError, zlib.error) as error:
            raise CommandFailed(f"{self._file} cannot be read: {error}") from error


def open_binary(file: Path) -> BinaryIO:
    """The bytes of a file, decompressed where its name ends in .gz."""
    return cast(BinaryIO, gzip.open(file)) if file.suffix == ".gz" else file.open("rb")


def _item(line: bytes) -> bytes:
    """The line as it is where it is JSON, or nearly: the server decides about NaN, lone surrogates and long numbers.

    Any other line is sent as text, and so is quarantined with its reason rather than lost here.
    """
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return _nearly(line.decode(errors="replace"))
    return line


def _nearly(text: str) -> bytes:
    try:
        json.loads(text, parse_int=str)
    except (ValueError, RecursionError):
        return orjson.dumps(text)
    return text.encode()
