"""The report in a terminal: short tables, the first misses, the verdict last, where the eye is."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from evals.report import wording
from evals.report.schema import ComparedFigure, Comparison, Report, SuiteReport

#: Of the misses of a suite.
_MOST_MISSES, _MOST_CHARS = 3, 160
#: Of the categories of a suite, the weakest.
_MOST_CATEGORIES = 4
_STYLES = {"better": "cyan", "worse": "bold red", "pass": "bold cyan", "regression": "bold red"}


def show(report: Report, console: Console) -> None:
    """Print what a run stands or falls by; all else is in the page."""
    for suite in report.suites:
        console.print(_figures(suite) or Text(wording.one_line(suite.title)))
        for line in (_checks(suite), _weakest(suite)):
            if line:
                console.print(Text(f"  {line}"), style="dim")
    if report.comparison:
        _show_comparison(report.comparison, console)
    _show_misses(report, console)
    style = _STYLES.get(report.verdict.status, "bold red")
    console.print(Text(f"\n{wording.title(report)}. {wording.summary(report)}", style=style))
    for reason in report.verdict.reasons:
        console.print(Text(f"  - {wording.one_line(reason)}"))


def _figures(suite: SuiteReport) -> Table | None:
    """The figures that a run stands or falls by, and each check that is broken; None where all there is are checks
    that held."""
    table = _table(suite.title, "figure", "result (95% interval)", "n", "by chance")
    for figure in wording.headlines(suite):
        if figure.zero_tolerance and wording.held(figure) != "broken":
            continue
        chance = "" if figure.chance is None else wording.number(figure.chance, figure.unit)
        style = "bold red" if figure.zero_tolerance else ""
        table.add_row(_text(figure.title), wording.outcome(figure), f"{figure.n:,}", chance, style=style)
    if not suite.figures:
        table.add_row("nothing was measured")
    return table if table.row_count else None


def _checks(suite: SuiteReport) -> str:
    """The checks that held, in one line."""
    held = len(wording.checks_of(suite)) - len(wording.broken_of(suite))
    return f"{wording.counted(held, 'check')} that may never fail: held" if held else ""


def _weakest(suite: SuiteReport) -> str:
    """Where most is missing, by the first figure that has categories."""
    divided = [figure for figure in wording.headlines(suite) if figure.by_category and not figure.zero_tolerance]
    if not divided or len(divided[0].by_category) < 2:
        return ""
    rows = [(of.value, name, of.n) for name, of in divided[0].by_category.items() if of.value is not None]
    said = [
        f"{wording.one_line(name)} {wording.number(value, divided[0].unit)} (n {n:,})"
        for value, name, n in sorted(rows)[:_MOST_CATEGORIES]
    ]
    return f"lowest: {', '.join(said)}"


def _show_comparison(comparison: Comparison, console: Console) -> None:
    """What got better or worse; the rest is counted."""
    moved = [row for row in comparison.rows if row.verdict in ("better", "worse")]
    if moved:
        console.print(_moved(moved, comparison.baseline_id))
    same = sum(row.verdict == "same" for row in comparison.rows)
    console.print(
        _text(
            f"\nBaseline {comparison.baseline_id}: {wording.counted(same, 'figure')} no better or worse beyond doubt"
        ),
        style="dim",
    )


def _moved(rows: Sequence[ComparedFigure], baseline_id: str) -> Table:
    table = _table(f"Against the baseline {baseline_id}", "", "figure", "was", "is", "difference", "p")
    for row in rows:
        category = f" · {row.category}" if row.category is not None else ""
        table.add_row(
            f"{wording.SYMBOLS[row.verdict]} {row.verdict}",
            _text(f"{row.suite}: {row.figure}{category}"),
            wording.number(row.old, row.unit),
            wording.number(row.new, row.unit),
            wording.change(row),
            wording.p_value(row.p),
            style=_STYLES.get(row.verdict, ""),
        )
    return table


def _show_misses(report: Report, console: Console) -> None:
    """The first misses of each suite, those of a broken one first."""
    for suite in sorted(report.suites, key=lambda suite: not wording.broken_of(suite)):
        for miss in suite.misses[:_MOST_MISSES]:
            name = f"\n✗ {suite.name}/{miss.id} ({miss.category}): "
            console.print(Text(name, style="bold red") + _text(miss.question))
            for score, why in miss.why.items():
                console.print(Text("  ") + _text(f"{wording.failed(score)}: {why}"))
        more = len(suite.misses) - _MOST_MISSES
        if more > 0:
            console.print(
                f"  … and {wording.counted(more, 'more miss', 'more misses')} of {suite.name}, in the report."
            )


def _table(title: str, *columns: str) -> Table:
    table = Table(title=_text(title) if title else None, title_justify="left", box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(_text(column))
    return table


def _text(words: str) -> Text:
    """Text in one line, of which nothing is read as markup."""
    return Text(wording.one_line(words, _MOST_CHARS))
