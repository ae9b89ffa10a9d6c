"""The report as one page of HTML that needs nothing else: no network, no script to be read, dark or light, to print."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from shlex import quote
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from evals.report import charts, wording
from evals.report.schema import ComparedFigure, Comparison, FigureReport, Report, RunInfo, SuiteReport
from evals.suite import Plot

_FOLDER = Path(__file__).parent
_CHOOSING = {
    "categories": "--category", "ids": "--id", "limit": "--limit", "data": "--data", "workspace": "--workspace",
}  # fmt: skip
#: Worse comes first: it is what somebody has to look at.
_ORDER = ("worse", "better", "same", "not compared")


@dataclass(frozen=True, slots=True)
class _Section:
    """A suite as the page shows it; `charts` are SVG, `checks` those that may never fail and have categories."""

    suite: SuiteReport
    charts: list[tuple[str, str, str]]
    checks: list[FigureReport]


def page(report: Report) -> str:
    """The whole page; the same for the same report. Raises charts.UnknownPlot."""
    script = (_FOLDER / "filter.js").read_text()
    return _template("template.html").render(
        report=report,
        run=report.run,
        sections=[_section(suite) for suite in report.suites],
        groups=_groups(report.comparison),
        difference_chart=_difference_chart(report.comparison),
        filters=_filters(report),
        command=command(report.run, [suite.name for suite in report.suites]),
        words=wording,
        style=Markup((_FOLDER / "style.css").read_text()),  # noqa: S704 - files of ours, not of a report
        script=Markup(script),  # noqa: S704
        script_hash=b64encode(sha256(script.encode()).digest()).decode(),
    )


def command(run: RunInfo, suites: Sequence[str]) -> str:
    """What repeats this run, to be typed into a shell."""
    named = [run.only["file"]] if "file" in run.only else suites
    parts = ["throughline eval run", *(quote(name) for name in named)]
    for name, option in _CHOOSING.items():
        chosen = run.only.get(name, [])
        parts += [f"{option} {quote(str(value))}" for value in (chosen if isinstance(chosen, list) else [chosen])]
    parts += [f"--seed {run.seed}"] if run.seed is not None else []
    parts += [f"--epochs {run.epochs}"] if run.epochs != 1 else []
    for option, value in (("--model", run.model), ("--judge", run.judge), ("--url", run.url)):
        parts += [f"{option} {quote(value)}"] if value else []
    return " ".join(parts)


def _template(name: str) -> Template:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def _printable(value: Any) -> Any:
    return wording.clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _section(suite: SuiteReport) -> _Section:
    shown = [figure for figure in suite.figures if figure.by_category]
    drawn = [_by_category(figure) for figure in shown if not figure.zero_tolerance] + suite.plots
    return _Section(
        suite,
        [(plot.title, charts.draw(plot), plot.note) for plot in drawn],
        [figure for figure in shown if figure.zero_tolerance],
    )


def _by_category(figure: FigureReport) -> Plot:
    """The categories of a figure, highest first, those without a value last."""
    rows = [
        {"label": name, **of.model_dump(include={"value", "low", "high", "n", "chance"})}
        for name, of in sorted(figure.by_category.items(), key=lambda item: (-_last_if_none(item[1].value), item[0]))
    ]
    note = "A diamond is what guessing would reach." if any(row["chance"] is not None for row in rows) else ""
    data = {"rows": rows, "unit": figure.unit}
    return Plot(kind="intervals", title=f"{figure.title}, by category", note=note, data=data)


def _last_if_none(value: float | None) -> float:
    return float("-inf") if value is None else value


def _groups(comparison: Comparison | None) -> list[tuple[str, list[ComparedFigure]]]:
    rows = comparison.rows if comparison else []
    return [(verdict, found) for verdict in _ORDER if (found := [row for row in rows if row.verdict == verdict])]


def _difference_chart(comparison: Comparison | None) -> str:
    """The differences of all shares over whole suites, in points."""
    rows = [
        {
            "label": f"{row.suite}: {row.figure}",
            "value": row.difference * 100,
            "low": None if row.low is None else row.low * 100,
            "high": None if row.high is None else row.high * 100,
            "n": row.n,
        }
        for row in (comparison.rows if comparison else [])
        if row.unit == "share" and row.category is None and row.difference is not None
    ]
    if not rows:
        return ""
    title = "Difference from the baseline, in points"
    return charts.draw(Plot(kind="intervals", title=title, data={"rows": rows, "unit": "points"}))


def _filters(report: Report) -> dict[str, list[str]]:
    """What misses can be chosen by, each with its values in order."""
    misses = [miss for suite in report.suites for miss in suite.misses]
    return {
        "suite": [suite.name for suite in report.suites if suite.misses],
        "category": sorted({miss.category for miss in misses}),
        "score": sorted({score for miss in misses for score in miss.why}),
    }
