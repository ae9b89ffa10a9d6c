"""The report in a terminal: short tables, the first misses, the verdict last, where the eye is."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from evals.report import wording
from evals.report.schema import Comparison, FigureReport, Interval, Report, SuiteReport

_MOST_MISSES, _MOST_CHARS = 20, 160
#: As many as fit beside the category in 100 characters.
_MOST_COLUMNS = 3
_STYLES = {"better": "cyan", "worse": "bold red", "pass": "bold cyan", "regression": "bold red"}


def show(report: Report, console: Console) -> None:
    """Print the report."""
    for suite in report.suites:
        console.print(_figures(suite))
        if any(figure.by_category for figure in suite.figures):
            console.print(_categories(suite))
    if report.comparison:
        console.print(_compared(report.comparison))
    _show_misses(report, console)
    status = report.verdict.status
    console.print(Text(f"\n{wording.TITLES[status]}. {wording.summary(report)}", style=_STYLES.get(status, "bold red")))
    for reason in report.verdict.reasons:
        console.print(Text(f"  - {wording.one_line(reason)}"))


def _figures(suite: SuiteReport) -> Table:
    table = _table(suite.title, "figure", "result (95% interval)", "n", "by chance")
    for figure in suite.figures:
        chance = "" if figure.chance is None else wording.number(figure.chance, figure.unit)
        style = "bold red" if figure.zero_tolerance and wording.held(figure) == "broken" else ""
        table.add_row(_text(figure.title), wording.outcome(figure), f"{figure.n:,}", chance, style=style)
    if not suite.figures:
        table.add_row("nothing was measured")
    return table


def _categories(suite: SuiteReport) -> Table:
    """The categories of the figures that a run stands or falls by, else of the first ones."""
    divided = [figure for figure in suite.figures if figure.by_category]
    gated = [figure for figure in divided if figure.gated or figure.zero_tolerance]
    chosen = (gated or divided)[:_MOST_COLUMNS]
    table = _table("", "category", *(figure.title for figure in chosen))
    for name in sorted({name for figure in chosen for name in figure.by_category}):
        table.add_row(_text(name), *(_cell(figure, figure.by_category.get(name)) for figure in chosen))
    return table


def _cell(figure: FigureReport, of: Interval | None) -> str:
    if of is None:
        return ""
    said = wording.held(of) if figure.zero_tolerance else wording.result(of, figure.unit)
    return f"{said}, n {of.n:,}"


def _compared(comparison: Comparison) -> Table:
    """What got better or worse, and whole figures."""
    table = _table(f"Against the baseline {comparison.baseline_id}", "", "figure", "was", "is", "difference", "p")
    for row in comparison.rows:
        if row.category is not None and row.verdict not in ("better", "worse"):
            continue
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
    broken_first = sorted(report.suites, key=lambda suite: not _is_broken(suite))
    misses = [(suite, miss) for suite in broken_first for miss in suite.misses]
    for suite, miss in misses[:_MOST_MISSES]:
        console.print(Text(f"\n✗ {suite.name}/{miss.id} ({miss.category}): ", style="bold red") + _text(miss.question))
        for score, why in miss.why.items():
            console.print(Text("  ") + _text(f"{score}: {why}"))
        console.print(Text("  expected: ") + _text(wording.shown(miss.expected)), style="dim")
        console.print(Text("  got: ") + _text(miss.got), style="dim")
    if len(misses) > _MOST_MISSES:
        console.print(f"\n… and {len(misses) - _MOST_MISSES:,} more misses, in the report.")


def _is_broken(suite: SuiteReport) -> bool:
    return any(figure.zero_tolerance and wording.held(figure) == "broken" for figure in suite.figures)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=_text(title) if title else None, title_justify="left", box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(_text(column))
    return table


def _text(words: str) -> Text:
    """Text in one line, of which nothing is read as markup."""
    return Text(wording.one_line(words, _MOST_CHARS))
