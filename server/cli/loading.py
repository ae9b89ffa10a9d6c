"""Sends a file of events to /events, with a progress bar; what is sent twice changes nothing."""

from __future__ import annotations

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import httpx
import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_exponential_jitter

from server.cli.connection import CommandFailed, checked

#: Events a request: larger ones gain nothing, smaller ones cost a round trip each.
BATCH = 100
#: Bytes a request, unless one event has more: a quarter of what a server takes by default.
BATCH_BYTES = 4 * 1024 * 1024
_ATTEMPTS = 6
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 10.0


class _Busy(Exception):
    """The server asked to come again."""


async def load_file(client: httpx.AsyncClient, file: Path, console: Console, label: str) -> Counter[str]:
    """Send every line of a JSONL file (also .gz); how often each verdict came back.

    A line that is not JSON is sent as text, and so is quarantined with its reason rather than lost here.
    """
    if not file.is_file():
        raise CommandFailed(f"There is no file {file}.")
    total = sum(1 for _ in _lines(file))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    verdicts: Counter[str] = Counter()
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(label, total=total)
        for batch in _batches(map(_item, _lines(file))):
            verdicts.update((await _send(client, batch))["counts"])
            progress.advance(task, len(batch))
    return verdicts


def summary(verdicts: Counter[str]) -> str:
    """The verdicts that occurred, with their numbers."""
    return ", ".join(f"{count:,} {verdict}" for verdict, count in verdicts.most_common() if count) or "nothing to load"


async def _send(client: httpx.AsyncClient, batch: list[bytes]) -> Any:
    retrying = AsyncRetrying(
        retry=retry_if_exception_type((httpx.TransportError, _Busy)),
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_exponential_jitter(multiplier=_FIRST_WAIT_S, max=_LONGEST_WAIT_S),
        reraise=True,
    )
    body = b"[" + b",".join(batch) + b"]"
    try:
        # A repeat is harmless: what was kept the first time comes back as a duplicate.
        async for attempt in retrying:
            with attempt:
                response = await client.post("/events", content=body, headers={"Content-Type": "application/json"})
                if response.status_code in (429, 503):
                    raise _Busy
    except _Busy:
        raise CommandFailed("The server stayed too busy to take the events; loading again goes on.") from None
    return checked(response)


def _batches(items: Iterator[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for item in items:
        if batch and (len(batch) == BATCH or size + len(item) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += len(item) + 1
    if batch:
        yield batch


def _item(line: bytes) -> bytes:
    """The line as it is where it is JSON, or nearly: the server decides about NaN, lone surrogates and long numbers."""
    text = line.decode(errors="replace")
    try:
        json.loads(text, parse_int=str)
    except (ValueError, RecursionError):
        return orjson.dumps(text)
    return text.encode()


def _lines(file: Path) -> Iterator[bytes]:
    """The lines that are not empty; raises CommandFailed for a file that cannot be read to its end."""
    try:
        with _open(file) as lines:
            yield from filter(None, map(bytes.strip, lines))
    except (OSError, EOFError, zlib.error) as error:
        raise CommandFailed(f"{file} cannot be read: {error}") from error


def _open(file: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(file)) if file.suffix == ".gz" else file.open("rb")
