"""The commands of `throughline eval`: each returns its exit status."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from evals.backtest.history import TooShort
from evals.choose import NothingChosen
from evals.conclusion import baseline_for, going_on, report_of, unfinished, write
from evals.judge.calibration import Rate, gate_refusal, save
from evals.judge.judge import JudgeFailed
from evals.judge.labelled import BadLabels, read_labelled
from evals.judge.opinion import calibrate_judge
from evals.measured import BASELINES, Measured, accept, measured, of_manifest
from evals.product import CannotPrepare
from evals.progress import bar
from evals.registry import SUITES
from evals.remote import Unreachable
from evals.report import console as on_console
from evals.report.readme import NoMarkers
from evals.report.schema import Report
from evals.report.wording import counted
from evals.run import score_again
from evals.runs import RUNS, Run, RunError, open_run
from evals.sample import BadSamples
from evals.scripted import told
from evals.scripted.actor import character_of
from evals.scripted.beside import beside, without_model
from evals.session import (
    JUDGES,
    Targets,
    Wanted,
    begin,
    carry_out,
    go_on,
    open_target,
    samples_by_suite,
    suites_in,
    suites_of,
)
from evals.sources import BadData
from evals.suite import Suite
from server.settings import InvalidSettings

PASS, REGRESSION, HARNESS_FAILED = 0, 1, 2
_STATUSES = {"pass": PASS, "regression": REGRESSION, "harness-failed": HARNESS_FAILED}
#: As a shell reports a program that Ctrl-C ended.
_INTERRUPTED = 130
_SAID = (
    NothingChosen, RunError, BadSamples, BadData, TooShort, CannotPrepare, Unreachable, NoMarkers, JudgeFailed,
    BadLabels, InvalidSettings, OSError, httpx.HTTPError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Folders:
    """Where runs are kept, and what was accepted."""

    runs: Path = RUNS
    baselines: Path = BASELINES


console = Console()
errors = Console(stderr=True)


def _guarded(command: Callable[..., int]) -> Callable[..., int]:
    """The harness's own failures become one sentence and exit status 2; others keep their trace."""

    @wraps(command)
    def guarded(*given: object, **named: object) -> int:
        try:
            return command(*given, **named)
        except KeyboardInterrupt:
            errors.print("Interrupted.")
            return _INTERRUPTED
        except _SAID as error:
            errors.print(str(error) or type(error).__name__, style="red", markup=False, highlight=False)
        except Exception:  # noqa: BLE001 - whatever it is: 1 would say that the product got worse
            errors.print_exception()
        return HARNESS_FAILED

    return guarded


@_guarded
def run_command(
    wanted: Wanted, resume: str | None, readme: Path | None, folders: Folders, targets: Targets = open_target
) -> int:
    """Run, compare with the accepted baseline, report."""
    if resume:
        run = open_run(folders.runs, resume)
        suites = suites_in(run)
        go_on(wanted, run)
    else:
        suites = suites_of(wanted)
        if readme and wanted.only:
            raise NothingChosen("The table of a README tells of whole suites: leave out --readme, or what chooses.")
        run = begin(wanted, suites, folders.runs)
    try:
        with run.held():
            asyncio.run(carry_out(wanted, run, suites, console, targets))
        return _conclude(run, suites, readme, folders)
    except KeyboardInterrupt:
        errors.print(f"Interrupted. Go on with: {going_on(run)}", markup=False, highlight=False, soft_wrap=True)
        return _INTERRUPTED
    except BaseExceptionGroup as group:
        # Several samples are under way at once: the first that failed says why.
        raise group.exceptions[0] from group


@_guarded
def compare_command(name: str, other: str, folders: Folders) -> int:
    run = open_run(folders.runs, name)
    suites = suites_in(run)
    old = baseline_for(run, folders.baselines) if other == "baseline" else _other(folders.runs, other, suites)
    if old is None:
        raise RunError("No baseline has been accepted for these suites: throughline eval baseline RUN")
    if not _samples_in(measured(run, suites)) & _samples_in(old):
        raise RunError(f"{run.id} and {old.id} have no sample in common: there is nothing to compare.")
    report = _report(run, suites, old)
    on_console.show(report, console)
    return _status(report)


@_guarded
def score_command(name: str, folders: Folders) -> int:
    run = open_run(folders.runs, name)
    suites = suites_in(run)
    with errors.status("Scoring again"):
        run.rewrite(score_again(run.records(), suites, samples_by_suite(run)))
    return _conclude(run, suites, None, folders)


@_guarded
def baseline_command(name: str, folders: Folders) -> int:
    run = open_run(folders.runs, name)
    if not of_manifest(run.manifest()):
        raise RunError(f"{run.id} judged a part, a model or another service: a baseline is of the whole product.")
    missing = len(unfinished(run))
    if missing:
        raise RunError(f"{run.id} was interrupted, {missing} samples are missing: go on with it first.")
    for file in accept(run, suites_in(run), folders.baselines):
        console.print(f"Accepted as {_short(file)}", markup=False, highlight=False)
    return PASS


@_guarded
def report_command(name: str, readme: Path | None, folders: Folders) -> int:
    run = open_run(folders.runs, name)
    suites = suites_in(run)
    _written(run, _report(run, suites, _compared_with(run, suites, folders)), readme)
    return PASS


@_guarded
def list_command(folders: Folders) -> int:
    table = Table("suite", "samples", "categories")
    for suite in SUITES.values():
        samples = suite.samples()
        table.add_row(suite.name, str(len(samples)), ", ".join(sorted({sample.category for sample in samples})))
    console.print(table)
    for file in sorted(folders.runs.glob("*/run.json")):
        console.print(_listed(Run(file.parent)), markup=False, highlight=False)
    return PASS


def _listed(run: Run) -> str:
    try:
        missing = len(unfinished(run))
    except RunError as error:
        return f"{run.id}  ({error})"
    return f"{run.id}  ({counted(missing, 'sample')} to do)" if missing else run.id


@_guarded
def calibrate_command(model: str) -> int:
    """Ask a judge about labelled answers; what it is worth is kept, and printed."""
    with bar(console, f"Asking {model}", len(read_labelled())) as advance:
        found = asyncio.run(calibrate_judge(model, advance=advance))
    save(found, JUDGES)
    table = Table("figure", "n", "value", "95% interval", title=f"{model}, prompt {found.prompt_hash}")
    for name in ("true_positive_rate", "false_positive_rate", "kappa"):
        rate = getattr(found, name)
        table.add_row(name.replace("_", " "), str(rate.n), *(_told(rate)))
    console.print(table)
    refusal = gate_refusal(found, model, found.prompt_hash)
    console.print(f"It decides nothing: {refusal}." if refusal else "It may decide.", markup=False)
    return PASS


def _told(rate: Rate) -> tuple[str, str]:
    if rate.value is None:
        return "not defined", ""
    return f"{rate.value:.2f}", "not defined" if rate.low is None else f"{rate.low:.2f} to {rate.high:.2f}"


def _conclude(run: Run, suites: Mapping[str, Suite], readme: Path | None, folders: Folders) -> int:
    report = _report(run, suites, _compared_with(run, suites, folders))
    on_console.show(report, console)
    if character_of(run.manifest().model):
        told.show(beside(run, suites), console)
    _written(run, report, readme)
    return _status(report)


def _compared_with(run: Run, suites: Mapping[str, Suite], folders: Folders) -> Measured | None:
    """What was accepted; for a scripted model, what the product answered beside it."""
    scripted = character_of(run.manifest().model)
    return without_model(run, suites) if scripted else baseline_for(run, folders.baselines)


def _report(run: Run, suites: Mapping[str, Suite], old: Measured | None) -> Report:
    # Of a long history the intervals take minutes.
    with errors.status("Working out the figures and their intervals"):
        return report_of(run, suites, old)


def _written(run: Run, report: Report, readme: Path | None) -> None:
    page = write(run, report, readme)
    console.print(f"\nReport: {page}", markup=False, highlight=False)


def _other(runs: Path, name: str, suites: Mapping[str, Suite]) -> Measured:
    """Another run, as a baseline would keep it."""
    other = open_run(runs, name)
    return measured(other, {**suites_in(other), **suites}, gated_only=True)


def _samples_in(found: Measured) -> set[tuple[str, str]]:
    return {(name, key) for name, suite in found.suites.items() for key in suite.categories}


def _status(report: Report) -> int:
    return _STATUSES[report.verdict.status]


def _short(file: Path) -> str:
    return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else str(file)
