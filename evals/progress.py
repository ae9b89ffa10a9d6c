"""One look for everything that takes a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

#: Called with how many more are done.
Advance = Callable[[int], None]


@contextmanager
def bar(console: Console, label: str, total: int, done: int = 0) -> Iterator[Advance]:
    """A progress bar for as long as the block lasts."""
    columns = (
        TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(label, total=total, completed=done)
        yield lambda steps: progress.update(task, advance=steps)
