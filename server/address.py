"""Where the server of a data directory can be reached, for those who find the directory in use."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

_FILE = "server.json"
_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Address:
    """A running server: its base URL and its process."""

    url: str
    pid: int


def write_address(data_dir: Path, address: Address) -> None:
    """Leave word where the server is, whole or not at all."""
    data_dir.mkdir(parents=True, exist_ok=True)
    draft = data_dir / f"{_FILE}.{address.pid}"
    draft.write_text(json.dumps(asdict(address)) + "\n")
    draft.replace(data_dir / _FILE)


def remove_address(data_dir: Path) -> None:
    """Take the word back, unless another process has left its own since."""
    found = read_address(data_dir)
    if found and found.pid == os.getpid():
        (data_dir / _FILE).unlink(missing_ok=True)


def read_address(data_dir: Path) -> Address | None:
    """What was last left, whether or not that server still runs."""
    try:
        found = json.loads((data_dir / _FILE).read_text())
        return Address(str(found["url"]), int(found["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def running_server(data_dir: Path) -> Address | None:
    """The server of this directory, if it answers."""
    address = read_address(data_dir)
    if address is None:
        return None
    try:
        answer = httpx.get(f"{address.url}/health/live", timeout=_TIMEOUT_S)
    except (httpx.HTTPError, httpx.InvalidURL):
        return None
    return address if answer.is_success else None
