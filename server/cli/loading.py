"""Sends a file of events to /events, with a progress bar; what is sent twice changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from server.cli.connection import CommandFailed
from server.cli.load_jobs import LoadJob
from server.cli.sending import Refused, send
from server.cli.sources import Entry, JsonLines, Source

#: Events a request: larger ones gain nothing, smaller ones cost a round trip each.
BATCH = 100
#: Bytes a request, unless one event has more: a quarter of what a server takes by default.
BATCH_BYTES = 4 * 1024 * 1024
#: What is sent of a line that the server does not take.
_HEAD_CHARS = 2_000
#: Quarantined lines that are listed: enough to see what is wrong with the file.
_LISTED = 5


@dataclass
class Loaded:
    """How often each verdict came back; how many events were skipped as acknowledged before; what went wrong where."""

    verdicts: Counter[str] = field(default_factory=Counter)
    skipped: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, batch: list[Entry], reply: dict[str, Any]) -> None:
        """Take note of what became of a batch."""
        self.verdicts.update(reply["counts"])
        self.reasons.update(each["reason"] for each in reply["results"] if each["verdict"] == "quarantined")
        if reply["counts"]["quarantined"] and len(self.problems) < _LISTED:
            told = (_problem(*each) for each in zip(batch, reply["results"], strict=True))
            self.problems = [*self.problems, *filter(None, told)][:_LISTED]

    @property
    def futile(self) -> bool:
        """Whether there were events, and all of them were quarantined."""
        return not self.skipped and 0 < self.verdicts["quarantined"] == self.verdicts.total()


async def load_file(client: httpx.AsyncClient, file: Path, console: Console, label: str) -> Loaded:
    """Send every line of a JSONL file (also .gz), from its beginning; what became of them."""
    return await load(client, source_of(file), console, label)


async def load(
    client: httpx.AsyncClient, source: Source, console: Console, label: str, job: LoadJob | None = None
) -> Loaded:
    """Send every entry of a source that the job does not know as acknowledged; what became of them."""
    total = source.count()
    loaded = Loaded(skipped=min(job.acknowledged, total) if job else 0)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(label, total=total, completed=loaded.skipped)
        done = loaded.skipped
        for batch in _batches(source.entries(loaded.skipped)):
            await _send(client, batch, loaded)
            done += len(batch)
            if job:
                job.note(done)
            progress.advance(task, len(batch))
    if job:
        job.finish()
    loaded.notes += source.notes()
    return loaded


async def _send(client: httpx.AsyncClient, batch: list[Entry], loaded: Loaded) -> None:
    """Send a batch; where it is refused, one by one, and what is refused then as a text, to be quarantined."""
    try:
        loaded.add(batch, await send(client, [entry.body for entry in batch]))
        return
    except Refused as why:
        if len(batch) == 1:
            head = batch[0].body[: 4 * _HEAD_CHARS].decode(errors="replace")[:_HEAD_CHARS]
            told = batch[0]._replace(body=orjson.dumps(head), trouble=f"only its beginning was kept: {why}")
            loaded.add([told], await send(client, [told.body]))
            return
    for entry in batch:
        await _send(client, [entry], loaded)


def source_of(file: Path) -> Source:
    """The lines of a file; raises CommandFailed where there is none."""
    if not file.is_file():
        raise CommandFailed(f"There is no file {file}.")
    return JsonLines(file)


def summary(loaded: Loaded) -> str:
    """The verdicts that occurred, with their numbers, on one line."""
    parts = [f"{count:,} {verdict}" for verdict, count in loaded.verdicts.most_common() if count]
    if loaded.skipped:
        parts.append(f"{loaded.skipped:,} skipped: acknowledged by an earlier load that was interrupted")
    return ", ".join(parts) or "nothing to load"


def report(loaded: Loaded) -> Text:
    """The summary, the first lines that were quarantined with their reasons, and notes on the file."""
    lines = [summary(loaded), *(f"  {problem}" for problem in loaded.problems)]
    more = loaded.verdicts["quarantined"] - len(loaded.problems)
    if more > 0:
        lines.append(f"  and {more:,} more; `throughline quarantine list` shows all that is quarantined")
    return Text("\n".join([*lines, *loaded.notes]))


def _problem(entry: Entry, result: dict[str, Any]) -> str | None:
    if result["verdict"] != "quarantined":
        return None
    where = f" {result['field']}" if result["field"] else ""
    return f"line {entry.line}: {entry.trouble or f'''{result['reason']}{where}: {result['detail']}'''}"


def _batches(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        if batch and (len(batch) == BATCH or size + len(entry.body) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += len(entry.body) + 1
    if batch:
        yield batch
