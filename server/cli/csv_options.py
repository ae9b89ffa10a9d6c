"""How a CSV file is to be read as events, from the command line and from a mapping file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from server.cli.connection import CommandFailed


class CsvOptions(BaseModel):
    """The content of a mapping file. A source is a column's name, or "=" and a constant (JSON, or else a text)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    map: dict[str, str] = Field(default_factory=dict, description="Event field -> source")
    item: dict[str, str] = Field(default_factory=dict, description="Field of a product of the event -> source")
    sum: dict[str, str] = Field(default_factory=dict, description="Event field -> column, or columns joined by *")
    group_by: str | None = Field(default=None, description="Rows next to each other with the same value are one event")
    time_format: str | None = Field(default=None, description="Of `timestamp`, as strptime takes it; else ISO 8601")
    encoding: str = "utf-8-sig"
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)


def read_options(mapping: Path | None, pairs: dict[str, list[str]], given: dict[str, Any]) -> CsvOptions:
    """The options of a mapping file, overridden by those of the command line; raises CommandFailed.

    `pairs` holds "target=source" texts under the names of the options that take them.
    """
    read = _read(mapping) if mapping else CsvOptions()
    named = {
        name: {**getattr(read, name), **dict(_pair(name, text) for text in texts)} for name, texts in pairs.items()
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    return _checked({**read.model_dump(), **named, **chosen}, "The options")


def _read(mapping: Path) -> CsvOptions:
    try:
        return _checked(json.loads(mapping.read_text(encoding="utf-8")), str(mapping))
    except FileNotFoundError:
        raise CommandFailed(f"There is no file {mapping}.") from None
    except ValueError as error:
        raise CommandFailed(f"{mapping} is not JSON: {error}") from None


def _checked(values: Any, where: str) -> CsvOptions:
    try:
        return CsvOptions.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(map(str, first["loc"]))
        raise CommandFailed(f"{where}: {name + ': ' if name else ''}{first['msg']}") from None


def _pair(name: str, text: str) -> tuple[str, str]:
    target, equals, source = text.partition("=")
    if not equals or not target.strip() or not source:
        raise CommandFailed(f"--{name} {text}: is not of the form FIELD=COLUMN")
    return target.strip(), source
