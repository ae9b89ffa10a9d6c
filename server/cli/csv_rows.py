"""The rows of a CSV file, with their line numbers."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from server.cli.connection import CommandFailed
from server.cli.sources import open_binary

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_LINES = 30
_LINE_END = re.compile(r"\r\n|\r|\n")
#: A longer cell is a quotation mark that was never closed.
_MAX_CELL_CHARS = 16 * 1024 * 1024
#: Stands behind the last line: where it is not read as a row of its own, a quotation is still open.
_END = "\x1e"


class Row(NamedTuple):
    """The cells of a row, and the number of its first line."""

    line: int
    cells: list[str]


class CsvFile:
    """A CSV file with a header row, also compressed (.gz). Raises CommandFailed where it cannot be read."""

    def __init__(self, file: Path, encoding: str, delimiter: str | None) -> None:
        self._file = file
        self._encoding = _known(encoding)
        csv.field_size_limit(_MAX_CELL_CHARS)
        self._delimiter = delimiter or self._guessed()
        header = next(self._all(), None)
        if header is None:
            raise CommandFailed(f"{file} is empty: its first row has to name the columns.")
        self.columns = [cell.strip() for cell in header.cells]

    def rows(self) -> Iterator[Row]:
        """The rows behind the header that are not empty."""
        rows = self._all()
        next(rows, None)
        return rows

    def text_of(self, row: Row) -> str:
        """A row as it stands in the file, nearly."""
        line = io.StringIO()
        csv.writer(line, delimiter=self._delimiter, lineterminator="").writerow(row.cells)
        return line.getvalue()

    def _all(self) -> Iterator[Row]:
        reader = csv.reader(self._lines(), delimiter=self._delimiter)
        line, row = 1, Row(1, [_END])
        try:
            for cells in reader:
                row = Row(line, cells)
                if cells and cells != [_END]:
                    yield row
                line = reader.line_num + 1
        except csv.Error as error:
            raise CommandFailed(f"{self._file}, line {line}: {error}; is a quotation mark left open?") from error
        if row.cells != [_END]:
            raise CommandFailed(f"{self._file}: a quotation in the row of line {row.line} never ends.")

    def _lines(self) -> Iterator[str]:
        number = 0
        try:
            with open_binary(self._file) as binary, io.TextIOWrapper(binary, self._encoding, newline="") as text:
                for number, line in enumerate(text, start=1):  # noqa: B007  the number is told of a bad one
                    yield line
        except UnicodeDecodeError as error:
            raise CommandFailed(
                f"{self._file}, line {number + _lines_before(error)}: not {self._encoding}; "
                "name its encoding, such as --encoding cp1252."
            ) from error
        except (OSError, EOFError, zlib.error) as error:
            raise CommandFailed(f"{self._file} cannot be read: {error}") from error
        yield _END

    def _guessed(self) -> str:
        """The delimiter that splits the first lines into most columns, and all of them alike where one does."""
        lines = [line for line, _ in zip(self._lines(), range(_SAMPLE_LINES), strict=False) if line != _END]

        def fit(delimiter: str) -> tuple[bool, bool, int]:
            try:
                widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
            except csv.Error:
                # Told of with its line when the rows are read.
                return False, False, 0
            return bool(widths) and widths[0] > 1, len(set(widths)) == 1, widths[0] if widths else 0

        return max(_DELIMITERS, key=fit)


def _lines_before(error: UnicodeDecodeError) -> int:
    """Lines that begin in the piece that could not be decoded, up to the byte that is wrong."""
    good = error.object[: error.start].decode(error.encoding, errors="ignore")
    return len(_LINE_END.findall(good)) + 1


def _known(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise CommandFailed(f"{encoding!r} is no encoding that is known here; try utf-8 or cp1252.") from None
    return "utf-8-sig" if name == "utf-8" else name
