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
    """A suite's name, the figures that a run stands or falls by, the categories of the first; and one line for all
    that is never to fail."""
    yield f"**{escaped(suite.name)}**", "", "", ""
    shown = [figure for figure in wording.headlines(suite) if not figure.zero_tolerance]
    for figure in shown:
        yield escaped(figure.title), f"{figure.n:,}", wording.outcome(figure), _chance(figure.chance, figure)
        if figure is shown[0]:
            for name, of in sorted(figure.by_category.items()):
                yield f"· {_plain(name)}", f"{of.n:,}", wording.result(of, figure.unit), _chance(of.chance, figure)
    strict = [figure for figure in suite.figures if figure.zero_tolerance]
    if strict:
        broken = [escaped(figure.title) for figure in strict if wording.held(figure) == "broken"]
        said = f"broken: {', '.join(broken)}" if broken else "all held"
        yield f"{len(strict)} checks that may never fail", f"{max(f.n for f in strict):,}", said, ""


def _plain(category: str) -> str:
    return escaped(category.replace("_", " "))


def _chance(chance: float | None, figure: FigureReport) -> str:
    return "" if chance is None else wording.number(chance, figure.unit)


def _origin(report: Report) -> str:
    run = report.run
    commit = f"commit `{run.commit[:12]}`" if run.commit else "an unknown commit"
    changes = " with changes that had not been committed" if run.dirty else ""
    model = f"model {escaped(run.model)}" if run.model else "without a language model"
    missed = wording.counted(wording.misses_of(report), "miss", "misses")
    return f"Measured on {escaped(run.date[:10])} at {commit}{changes}, {model}; {missed}."
