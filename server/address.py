"""Where the server of a data directory can be reached, for those who find the directory in use."""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

_FILE = "server.json"
_TIMEOUT_S = 2.0
#: The token opens everything: for whoever runs the server alone.
_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class Address:
    """A running server: its base URL, its process, and the token that opens it to commands on this machine."""

    url: str
    pid: int
    token: str = field(default="", repr=False)


def write_address(data_dir: Path, address: Address) -> None:
    """Leave word where the server is, whole or not at all, and readable by its owner alone."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = data_dir / f"{_FILE}.{address.pid}"
    # A draft left by an earlier process of this number keeps its mode when it is opened.
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "w") as file:
        file.write(json.dumps(asdict(address)) + "\n")
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
        return Address(str(found["url"]), int(found["pid"]), str(found.get("token", "")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
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


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine only."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    found = _ip(name)
    return found is not None and found.is_loopback


def is_same_machine(connection: Mapping[str, Any]) -> bool:
    """Whether an ASGI connection comes from this machine: over loopback, or from the address that it came to."""
    client, server = connection.get("client"), connection.get("server")
    if not client:
        return False
    here = _ip(str(client[0]))
    return here is not None and (here.is_loopback or bool(server and _ip(str(server[0])) == here))


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    # A socket for both families shows IPv4 callers in this form.
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found
