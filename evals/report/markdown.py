"""The report in Markdown, for a code host: the same figures in tables, the misses folded away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from evals.report import wording
from evals.report.html import command
from evals.report.schema import Comparison, Miss, Report, RunInfo, Speed, SuiteReport

#: A code host stops rendering long files; the page and the JSON hold all of it.
_MOST_MISSES, _MOST_CHARS = 100, 600
_PUNCTUATION = re.compile(r"([\\`*_\[\]#|~$])")
_TICKS = re.compile(r"`+")


def document(report: Report) -> str:
    """The whole report; the same for the same report."""
    lines = [f"# {wording.title(report)}: {escaped(report.run.title)}", ""]
    lines += [escaped(wording.summary(report)), ""]
    lines += [*(f"- {escaped(reason)}" for reason in report.verdict.reasons), ""] if report.verdict.reasons else []
    for suite in report.suites:
        lines += _suite(suite)
    if report.comparison:
        lines += _comparison(report.comparison)
    for suite in report.suites:
        lines += _misses(suite)
    lines += _speed(report.speed) if report.speed else []
    lines += _run(report.run, [suite.name for suite in report.suites])
    return "\n".join(lines) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table; cells must have been escaped."""
    body = [f"| {' | '.join(cells)} |" for cells in rows]
    return [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}", *body, ""]


def escaped(text: str) -> str:
    """The text in one line, in which nothing is read as Markdown or HTML."""
    return _PUNCTUATION.sub(r"\\\1", _html(wording.one_line(text)))


def fenced(text: str) -> list[str]:
    """The text as it stands, in a fence longer than any in it."""
    text = wording.clean(text)
    text = text if len(text) <= _MOST_CHARS else text[:_MOST_CHARS] + "…"
    fence = "`" * max(3, 1 + max((len(found) for found in _TICKS.findall(text)), default=0))
    return [f"{fence}text", *text.split("\n"), fence, ""]


def _suite(suite: SuiteReport) -> Iterator[str]:
    errors = f", {suite.errors} ended in an error" if suite.errors else ""
    counts = f"{wording.counted(suite.samples, 'sample')}, {wording.counted(suite.records, 'record')}"
    yield from (f"## {escaped(suite.title)}", "", counts + errors + ".", "")
    if not suite.figures:
        yield from ("Nothing was measured.", "")
        return
    yield from table(
        ("figure", "result (95% interval)", "n", "by chance", "role"),
        [
            (
                escaped(figure.title),
                wording.outcome(figure),
                f"{figure.n:,}",
                "" if figure.chance is None else wording.number(figure.chance, figure.unit),
                wording.role(figure),
            )
            for figure in suite.figures
        ],
    )
    for figure in (figure for figure in suite.figures if figure.by_category):
        yield from (f"**{escaped(figure.title)}, by category**", "")
        yield from table(
            ("category", "result (95% interval)", "n"),
            [
                (escaped(name), wording.result(of, figure.unit), f"{of.n:,}")
                for name, of in sorted(figure.by_category.items())
            ],
        )


def _comparison(comparison: Comparison) -> Iterator[str]:
    commit = f", commit {escaped(comparison.baseline_commit)}" if comparison.baseline_commit else ""
    yield from ("## Against the baseline", "", f"Baseline {escaped(comparison.baseline_id)}{commit}. ")
    yield from (f"Samples only in this run: {comparison.only_new}; only in the baseline: {comparison.only_old}.", "")
    yield from table(
        ("", "figure", "was", "is", "difference (95% interval)", "n", "p"),
        [
            (
                f"{wording.SYMBOLS[row.verdict]} {row.verdict}",
                escaped(f"{row.suite}: {row.figure}" + (f" · {row.category}" if row.category else "")),
                wording.number(row.old, row.unit),
                wording.number(row.new, row.unit),
                wording.change(row),
                f"{row.n:,}",
                wording.p_value(row.p),
            )
            for row in comparison.rows
        ],
    )
    if comparison.changed:
        yield from table(
            ("sample", "was", "is"),
            [(escaped(changed.id), escaped(changed.was), escaped(changed.now)) for changed in comparison.changed],
        )


def _misses(suite: SuiteReport) -> Iterator[str]:
    if not suite.misses:
        return
    yield from (f"## Misses of {escaped(suite.title)}", "")
    for miss in suite.misses[:_MOST_MISSES]:
        yield from _miss(miss)
    if len(suite.misses) > _MOST_MISSES:
        yield from (f"… and {len(suite.misses) - _MOST_MISSES} more, in the page and the JSON.", "")


def _miss(miss: Miss) -> Iterator[str]:
    # A summary is HTML, in which Markdown is not read.
    title = _html(wording.one_line(f"{miss.id} ({miss.category}): {miss.question}", 240))
    yield from ("<details>", f"<summary>{title}</summary>", "")
    asked = [f"asked before: {escaped(question)}" for question in miss.before]
    asked += [f"as of: {escaped(miss.as_of)}"] if miss.as_of else []
    yield from (f"- {line}" for line in asked)
    yield from (f"- **{escaped(wording.failed(score))}**: {escaped(why)}" for score, why in miss.why.items())
    yield from ("", "Expected:", "", *fenced(wording.shown(miss.expected)))
    yield from ("Got:", "", *fenced(miss.got or "nothing"))
    yield from ("</details>", "")


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _speed(speeds: Sequence[Speed]) -> Iterator[str]:
    yield from ("## Speed", "")
    yield from table(
        ("suite", "n", "median", "95th percentile", "in all", "tokens"),
        [
            (
                escaped(speed.suite),
                f"{speed.n:,}",
                wording.number(speed.p50_ms, "ms"),
                wording.number(speed.p95_ms, "ms"),
                wording.number(speed.total_s, "s"),
                "" if speed.tokens is None else f"{speed.tokens:,}",
            )
            for speed in speeds
        ],
    )


def _run(run: RunInfo, suites: Sequence[str]) -> Iterator[str]:
    yield from ("## The run, and how to repeat it", "")
    facts = {
        "run": run.id,
        "date": run.date,
        "commit": (run.commit or "unknown") + (", with changes that had not been committed" if run.dirty else ""),
        "model": run.model or "none",
        "replies by mode": ", ".join(f"{mode} {n:,}" for mode, n in sorted(run.modes.items())) or "none",
        "seed, epochs": f"{'none' if run.seed is None else run.seed}, {run.epochs}",
        "samples": run.samples_hash or "unknown",
        "workspaces": ", ".join(run.workspaces) or "none",
        "versions": ", ".join(f"{name} {version}" for name, version in sorted(run.versions.items())) or "unknown",
    }
    yield from table(("fact", ""), [(name, escaped(value)) for name, value in facts.items()])
    yield from fenced(command(run, suites))
