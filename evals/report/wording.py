"""How figures are put into words, the same in every form of the report."""

from __future__ import annotations

import json
import re
from typing import Any

from evals.report.schema import ComparedFigure, FigureReport, Interval, Report, SuiteReport

UNDEFINED = "not defined"
TITLES = {"pass": "Passed", "regression": "Regression", "harness-failed": "Not judged"}
SYMBOLS = {"better": "▲", "worse": "▼", "same": "=", "not compared": "–"}

#: Control characters, halves of characters, and those that turn the direction of writing: a terminal or a browser
#: would act on them.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: str) -> str:
    """The text with what a terminal or browser would obey replaced; line ends become \\n."""
    return _UNPRINTABLE.sub("�", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str, limit: int = 0) -> str:
    """The text in one line, and in at most `limit` characters where that is not 0."""
    line = " ".join(clean(text).split())
    return line if not limit or len(line) <= limit else line[: limit - 1].rstrip() + "…"


def shown(value: Any) -> str:
    """A gold value as text: a string as it is, all else as JSON."""
    return clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))


def number(value: float | None, unit: str = "share") -> str:
    """A figure with its unit; "share" is shown as a percentage, and is 0% or 100% only where it is just that.

    "points" are a difference of two percentages, with its sign.
    """
    if value is None:
        return UNDEFINED
    if unit == "points":
        return f"{value:+.1f} points"
    return f"{_percent(value)}%" if unit == "share" else f"{_plain(value)} {unit}".strip()


def result(figure: Interval, unit: str) -> str:
    """A figure with its interval: "90.1% (82.4 to 95.0)"."""
    if figure.value is None:
        return UNDEFINED
    return f"{number(figure.value, unit)}{_between(figure, unit)}"


def change(row: ComparedFigure) -> str:
    """A difference with its interval: "+3.2 points (-0.4 to +6.1)"."""
    if row.difference is None:
        return UNDEFINED
    unit = "points" if row.unit == "share" else row.unit
    between = "" if row.low is None or row.high is None else f" ({_signed(row.low, row)} to {_signed(row.high, row)})"
    return f"{_signed(row.difference, row)} {unit}".strip() + between


def p_value(p: float | None) -> str:
    if p is None:
        return ""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def held(figure: Interval) -> str:
    """What became of a check that may never fail: "held", "broken" or "not measured"."""
    if figure.value is None or not figure.n:
        return "not measured"
    return "held" if figure.value >= 1 else "broken"


def outcome(figure: FigureReport) -> str:
    """The result of a figure; of a check that may never fail, whether it held: an interval says nothing more."""
    if not figure.zero_tolerance or held(figure) == "not measured":
        return result(figure, figure.unit)
    return "held" if held(figure) == "held" else f"broken: {number(figure.value, figure.unit)} held"


def role(figure: FigureReport) -> str:
    """What a figure decides."""
    if figure.zero_tolerance:
        return "may never fail"
    return "compared with the baseline" if figure.gated else "shown"


def title(report: Report) -> str:
    """How the run ended, in a word or two."""
    if report.verdict.status == "pass" and report.comparison is None:
        return "Passed, with no baseline"
    return TITLES[report.verdict.status]


def headlines(suite: SuiteReport) -> list[FigureReport]:
    """The figures that a run stands or falls by, and those a reader looks for; the first where there are none."""
    chosen = [figure for figure in suite.figures if figure.gated or figure.zero_tolerance or figure.headline]
    return chosen or suite.figures[:1]


def others(suite: SuiteReport) -> list[FigureReport]:
    """The figures that decide nothing."""
    first = headlines(suite)
    return [figure for figure in suite.figures if figure not in first]


def checks_of(suite: SuiteReport) -> list[FigureReport]:
    """The checks of a suite that may never fail and were made."""
    return [figure for figure in suite.figures if figure.zero_tolerance and held(figure) != "not measured"]


def broken_of(suite: SuiteReport) -> list[FigureReport]:
    return [figure for figure in checks_of(suite) if held(figure) == "broken"]


def failed(score: str) -> str:
    """The name of a score for those who read that it failed: "✗ passed" would say the opposite."""
    return "missed" if score == "passed" else score


def summary(report: Report) -> str:
    """What came out, in plain sentences."""
    return " ".join([_ending(report), *_checks(report), _counts(report)])


def misses_of(report: Report) -> int:
    return sum(len(suite.misses) for suite in report.suites)


def counted(n: int, noun: str, plural: str = "") -> str:
    """1 sample, 2 samples."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def _ending(report: Report) -> str:
    if report.verdict.status == "harness-failed":
        return "The run is not whole, so nothing can be said of the product."
    if report.verdict.status == "regression":
        return "This run is worse than it may be."
    if report.comparison is None:
        return "There was no baseline to compare with: whether anything got worse is not known."
    if not any(row.n for row in report.comparison.rows):
        return f"Nothing could be compared with the baseline {one_line(report.comparison.baseline_id)}."
    return f"Nothing got worse than the baseline {one_line(report.comparison.baseline_id)} beyond doubt."


def _checks(report: Report) -> list[str]:
    checks = [figure for suite in report.suites for figure in checks_of(suite)]
    broken = sum(len(broken_of(suite)) for suite in report.suites)
    if not checks:
        return []
    if broken:
        return [
            f"Of {counted(len(checks), 'check')} that may never fail {broken} {'is' if broken == 1 else 'are'} broken."
        ]
    return [
        f"All {len(checks)} checks that may never fail held."
        if len(checks) > 1
        else "The check that may never fail held."
    ]


def _counts(report: Report) -> str:
    samples = sum(suite.samples for suite in report.suites)
    errors = sum(suite.errors for suite in report.suites)
    ended = f"; {errors:,} ended in an error" if errors else ""
    asked = f"{counted(samples, 'sample')} in {counted(len(report.suites), 'suite')}"
    return f"{asked}: {counted(misses_of(report), 'miss', 'misses')}{ended}."


def _percent(value: float) -> str:
    near = round(100 * value, 1)
    if 0 < value < 1:
        near = min(99.9, max(0.1, near))
    return f"{near:.0f}" if near in (0, 100) else f"{near:.1f}"


def _plain(value: float) -> str:
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    if abs(value) >= 1e9 or 0 < abs(value) < 0.001:
        return f"{value:.2e}"
    return f"{value:,.{0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3}f}"


def _between(figure: Interval, unit: str) -> str:
    if figure.low is None or figure.high is None:
        return ""
    ends = [_percent(end) if unit == "share" else _plain(end) for end in (figure.low, figure.high)]
    return f" ({ends[0]} to {ends[1]})"


def _signed(value: float, row: ComparedFigure) -> str:
    text = f"{100 * value:.1f}" if row.unit == "share" else _plain(value)
    if text.strip("-0.,") == "":
        return text.lstrip("-")
    return text if value < 0 else f"+{text}"
