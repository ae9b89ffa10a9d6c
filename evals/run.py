"""Judge the product on the shipped data: retrieval, and the demo questions. `python -m evals.run`"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from evals.product import demo_product
from evals.report import show, summarise
from evals.suites import Tell, judge_questions, measure_retrieval

RESULTS = Path(__file__).parent / "results" / "latest.json"
T = TypeVar("T")


async def judge(console: Console) -> dict[str, Any]:
    """The summary of both suites."""
    async with demo_product(console) as product:
        found = await _with_progress("Retrieval", console, lambda tell: measure_retrieval(product, tell))
        judged = await _with_progress("Questions", console, lambda tell: judge_questions(product, tell))
    return summarise(judged, found)


async def _with_progress(label: str, console: Console, suite: Callable[[Tell], Awaitable[T]]) -> T:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(label, total=None)
        return await suite(lambda done, of: progress.update(task, completed=done, total=of))


def main() -> None:
    """Print the numbers, and keep them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=RESULTS, help="JSON file to write")
    arguments = parser.parse_args()
    console = Console()
    summary = asyncio.run(judge(console))
    show(summary, console)
    kept = {"date": datetime.now(UTC).date().isoformat(), **summary}
    arguments.results.parent.mkdir(parents=True, exist_ok=True)
    arguments.results.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n")
    console.print(f"\nWritten to {arguments.results}", markup=False, highlight=False)


if __name__ == "__main__":
    main()
