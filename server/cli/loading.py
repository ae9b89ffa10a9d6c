"""Sends a file of events to /events, with a progress bar; what is sent twice changes nothing."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_exponential_jitter

from server.cli.connection import CommandFailed, checked

#: Events a request: larger ones gain nothing, smaller ones cost a round trip each.
BATCH = 100
_ATTEMPTS = 6
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 10.0


class _Busy(Exception):
    """The server asked to come again."""


async def load_file(client: httpx.AsyncClient, file: Path, console: Console, label: str) -> Counter[str]:
    """Send every line of a JSONL file (also .gz); how often each verdict came back.

    A line that is not JSON is sent as text, and so is quarantined with its reason rather than lost here.
    """
    total = _count_lines(file)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    verdicts: Counter[str] = Counter()
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(label, total=total)
        for batch in _batches(file):
            verdicts.update((await _send(client, batch))["counts"])
            progress.advance(task, len(batch))
    return verdicts


def summary(verdicts: Counter[str]) -> str:
    """The verdicts that occurred, with their numbers."""
    return ", ".join(f"{count:,} {verdict}" for verdict, count in verdicts.most_common() if count) or "nothing to load"


async def _send(client: httpx.AsyncClient, batch: list[Any]) -> Any:
    retrying = AsyncRetrying(
        retry=retry_if_exception_type((httpx.TransportError, _Busy)),
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_exponential_jitter(_FIRST_WAIT_S, _LONGEST_WAIT_S),
        reraise=True,
    )
    try:
        # A repeat is harmless: what was kept the first time comes back as a duplicate.
        async for attempt in retrying:
            with attempt:
                response = await client.post("/events", json=batch)
                if response.status_code in (429, 503):
                    raise _Busy
    except _Busy:
        raise CommandFailed("The server stayed too busy to take the events; loading again goes on.") from None
    return checked(response)


def _batches(file: Path) -> Iterator[list[Any]]:
    batch: list[Any] = []
    with _open(file) as lines:
        for line in filter(str.strip, lines):
            batch.append(_decode(line.strip()))
            if len(batch) == BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def _decode(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return line


def _open(file: Path) -> TextIO:
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8", errors="replace")
    return file.open(encoding="utf-8", errors="replace")


def _count_lines(file: Path) -> int:
    if not file.is_file():
        raise CommandFailed(f"There is no file {file}.")
    try:
        with _open(file) as lines:
            return sum(1 for line in lines if line.strip())
    except (OSError, EOFError) as error:
        raise CommandFailed(f"{file} cannot be read: {error}") from error
