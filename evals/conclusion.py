"""What a run comes to: its report, held against what was accepted before; and where it is written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from shlex import quote

from evals.compare import compare
from evals.figures import build_report
from evals.gate import errors_of, judge_run
from evals.measured import Measured, measured, read_baseline
from evals.report import html, markdown
from evals.report.readme import write_table
from evals.report.schema import Report, Verdict
from evals.report.wording import counted
from evals.runs import RUNS, Run, RunError
from evals.suite import Suite


def report_of(run: Run, suites: Mapping[str, Suite], old: Measured | None) -> Report:
    """The report of a run, compared with `old` where there is one."""
    comparison = compare(measured(run, suites), old, suites) if old else None
    reasons = _not_judged(run)
    verdict = (
        Verdict(status="harness-failed", reasons=reasons)
        if reasons
        else judge_run(suites.values(), run.records(), comparison, errors_of(old), whole=not run.manifest().only)
    )
    return build_report(run, suites, verdict, comparison)


def _not_judged(run: Run) -> list[str]:
    """Why a run says nothing of what it is about, be it for good or bad."""
    records = run.records()
    reasons = []
    if missing := len(unfinished(run)):
        reasons.append(f"{counted(missing, 'sample')} of it {'is' if missing == 1 else 'are'} missing: {going_on(run)}")
    modes = {reply["mode"] for record in records if (reply := record.output.get("reply"))}
    if (model := run.manifest().model) and modes and "model" not in modes:
        reasons.append(f"The model {model} gave none of the answers: the product answered without it.")
    return reasons


def going_on(run: Run) -> str:
    """The command that asks what has not been asked yet."""
    runs = run.folder.parent
    return f"throughline eval run --resume {run.id}" + (f" --runs {quote(str(runs))}" if runs != RUNS else "")


def baseline_for(run: Run, folder: Path) -> Measured | None:
    """What is accepted for the product as it is built; a run of something else is compared on demand only."""
    manifest = run.manifest()
    other = manifest.url or manifest.model or manifest.only.get("data")
    return None if other else read_baseline(manifest.suites, folder)


def write(run: Run, report: Report, readme: Path | None) -> Path:
    """The report in its three forms, beside the run; returns the page. Raises RunError for a README's table of a run
    that is not whole."""
    for name, text in (
        ("report.html", html.page(report)),
        ("report.md", markdown.document(report)),
        ("report.json", report.model_dump_json(indent=1) + "\n"),
    ):
        (run.folder / name).write_text(text, encoding="utf-8")
    if readme:
        if report.verdict.status == "harness-failed" or report.run.only:
            raise RunError(f"{run.id} is no whole run: {readme.name} is left as it is.")
        write_table(readme, report)
    return run.folder / "report.html"


def unfinished(run: Run) -> list[str]:
    """The samples that have not been asked as often as they are to be."""
    done = {(record.suite, record.id, record.epoch) for record in run.records()}
    manifest = run.manifest()
    return [
        sample.id
        for name in manifest.suites
        for sample in run.samples(name)
        for epoch in range(manifest.epochs)
        if (name, sample.id, epoch) not in done
    ]
