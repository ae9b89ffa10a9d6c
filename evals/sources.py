"""The workspaces that are judged: whose events, under which settings, and who was erased. One row each."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from gzip import BadGzipFile
from hashlib import sha256
from pathlib import Path
from typing import Any

from evals.attacked.registry import ATTACKED
from evals.domains.workspaces import WORKSPACES

Line = dict[str, Any]

#: Of data whose makers did not define it: a quarter without activity, within two months.
_CHURN = {"kind": "inactivity", "inactive_days": 90, "horizon_days": 60}
DEMO_DATA = Path(__file__).parents[1] / "server" / "demo_data"
_DOMAIN_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Source:
    """A workspace: `lines` are events as they are sent; `erased` are customers that are erased once all is loaded."""

    name: str
    title: str
    settings: dict[str, Any]
    lines: Callable[[], Sequence[Line]]
    erased: tuple[str, ...] = ()


def read_lines(file: Path) -> list[Line]:
    """The JSON objects of a JSONL file, gzipped or not."""
    packed = file.read_bytes()
    text = (gzip.decompress(packed) if file.suffix == ".gz" else packed).decode()
    return [json.loads(line) for line in text.split("\n") if line.strip()]


def _demo(name: str, definition: dict[str, Any]) -> Source:
    return Source(name, definition["title"], definition["settings"], lambda: read_lines(DEMO_DATA / definition["file"]))


def _domain(name: str, title: str, settings: dict[str, Any], _: object) -> Source:
    return Source(name, title, settings, lambda: read_lines(_DOMAIN_DATA / f"domain_{name}_events.jsonl"))


_DEMO = {
    name: _demo(name, definition)
    for name, definition in json.loads((DEMO_DATA / "workspaces.json").read_text()).items()
}
_ATTACKED = {name: Source(name, *made) for name, made in ATTACKED.items()}
_DOMAINS = {name: _domain(name, *made) for name, made in WORKSPACES.items()}
SOURCES: dict[str, Source] = {**_DEMO, **_ATTACKED, **_DOMAINS}


class BadData(ValueError):
    """A file that is no history of events; the sentence says why."""


def add_file(file: Path) -> str:
    """Make a file of events a workspace whose clock stands at the end of its last day; returns the workspace's name.

    It tells time in UTC and has the churn definition below. Raises OSError and BadData.
    """
    try:
        lines = read_lines(file)
        now = max(datetime.fromisoformat(line["timestamp"]) for line in lines).date().isoformat()
    except (KeyError, TypeError, ValueError, EOFError, BadGzipFile):
        raise BadData(f"{file.name} is no file of events: a JSON object a line, each with an ISO timestamp.") from None
    name = f"data-{sha256(file.read_bytes()).hexdigest()[:8]}"
    settings = {"now": now, "time_zone": "UTC", "week_start": "monday", "churn": _CHURN}
    SOURCES[name] = Source(name, file.name, settings, lambda: lines)
    return name
