"""The results table of a README, between two markers: written by a run, never by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from evals.report import wording
from evals.report.markdown import escaped, table
from evals.report.schema import FigureReport, Report, SuiteReport

BEGIN, END = "<!-- eval:begin -->", "<!-- eval:end -->"


class NoMarkers(ValueError):
    """A README that does not say where its table stands."""


def write_table(readme: Path, report: Report) -> None:
    """Put the figures of a report between the markers; the rest stays byte for byte. Raises NoMarkers."""
    text = readme.read_bytes().decode()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoMarkers(f"{readme.name} has no place for the results: put {BEGIN} and {END} on lines of their own")
    readme.write_bytes(f"{before}{BEGIN}\n{results(report)}{END}{after}".encode())


def results(report: Report) -> str:
    """The table and a line on where it comes from, in Markdown."""
    rows = [row for suite in report.suites for row in _rows(suite)]
    lines = table(("figure", "n", "result (95% interval)", "by chance"), rows)
    return "\n".join([*lines, _origin(report), ""])


def _rows(suite: SuiteReport) -> Iterator[tuple[str, str, str, str]]:
    """The figures that a run stands or falls by, and under the first of them its categories."""
    divided = next((figure for figure in wording.headlines(suite) if figure.by_category), None)
    for figure in wording.headlines(suite):
        chance = _chance(figure.chance, figure)
        yield escaped(f"{suite.title}: {figure.title}"), f"{figure.n:,}", wording.outcome(figure), chance
        if figure is divided and not figure.zero_tolerance:
            for name, of in sorted(figure.by_category.items()):
                said = wording.result(of, figure.unit)
                yield f"· {escaped(name)}", f"{of.n:,}", said, _chance(of.chance, figure)


def _chance(chance: float | None, figure: FigureReport) -> str:
    return "" if chance is None else wording.number(chance, figure.unit)


def _origin(report: Report) -> str:
    run = report.run
    commit = f"commit `{run.commit[:12]}`" if run.commit else "an unknown commit"
    changes = " with changes that had not been committed" if run.dirty else ""
    model = f"model {escaped(run.model)}" if run.model else "without a language model"
    missed = wording.counted(wording.misses_of(report), "miss", "misses")
    return f"Measured on {escaped(run.date[:10])} at {commit}{changes}, {model}; {missed}."
