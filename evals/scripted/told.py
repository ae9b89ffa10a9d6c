"""What a run with a scripted model came to, in a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from evals.report.wording import counted, number, one_line
from evals.scripted.beside import Beside

_MOST, _MOST_CHARS = 8, 160


def show(found: Sequence[Beside], console: Console) -> None:
    """A table of the suites; then why code answered, what was taken out, and each sample that got worse."""
    columns = ("passed", "without a model", "model", "fallback", "deterministic", "sentences sent back")
    table = Table("with a scripted model", *columns, box=box.SIMPLE_HEAD)
    for each in found:
        shares = [number(each.modes.get(mode, 0) / each.replies) for mode in columns[2:5]] if each.replies else [""] * 3
        passed = (str(each.passed), str(each.passed_without))
        table.add_row(each.suite, *passed, *shares, str(sum(each.fallen.values())))
    console.print(table)
    for each in found:
        _counts(f"{each.suite}: why code answered", each.reasons, console)
        _counts(f"{each.suite}: why sentences were sent back", each.fallen, console)
        for worse in each.worse:
            console.print(
                Text(f"▼ {worse.suite}/{worse.id} ({worse.mode}): {_short(worse.question)}", style="bold red")
            )
            console.print(Text(f"  {_short(worse.why)}"))
        console.print(f"  {each.suite}: {counted(len(each.worse), 'sample')} worse than without a model", style="dim")


def _counts(title: str, counts: Mapping[str, int], console: Console) -> None:
    if counts:
        console.print(Text(title), style="dim")
    for reason, n in sorted(counts.items(), key=lambda item: -item[1])[:_MOST]:
        console.print(Text(f"  {n:,} x {_short(reason)}"))


def _short(text: str) -> str:
    return one_line(text, _MOST_CHARS)
