"""`throughline eval`: whether the product got better, and whether it may ship.

Exits with 0 where it may, 1 where something got worse or a zero-tolerance check failed, 2 where the harness itself
failed. What takes long to import is imported by the command that needs it: every `throughline` command loads this file.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from evals.commands import Folders

app = typer.Typer(
    help="Measure quality, compare versions, and refuse those that got worse.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Runs = Annotated[Path, typer.Option(help="Where runs are kept.")]
Baselines = Annotated[Path | None, typer.Option(help="Where accepted runs are kept; by default with the suites.")]
RunName = Annotated[str, typer.Argument(help='The name of a run, or "latest".')]
RUNS = Path(".evals")


@app.command()
def run(
    suites: Annotated[
        list[str] | None, typer.Argument(help="Suites, or a JSONL file with --url; default: all.")
    ] = None,
    category: Annotated[list[str] | None, typer.Option(help="Only samples of this category; may be repeated.")] = None,
    id_: Annotated[list[str] | None, typer.Option("--id", help="Only the sample of this id; may be repeated.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many of each category, drawn by --seed.")] = None,
    epochs: Annotated[int, typer.Option(min=1, help="How often each sample is asked.")] = 1,
    concurrency: Annotated[int, typer.Option(min=1, max=32, help="Samples under way at once.")] = 1,
    model: Annotated[
        str | None,
        typer.Option(help="Let this chat model answer (THROUGHLINE_LLM_… name where); or scripted, scripted-liar."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Draws the samples of --limit.")] = 0,
    resume: Annotated[str | None, typer.Option(help="Go on with a run that was interrupted.")] = None,
    url: Annotated[str | None, typer.Option(help="Ask a running service instead of a fresh one.")] = None,
    key: Annotated[str | None, typer.Option(help="API key for --url.", envvar="THROUGHLINE_EVAL_KEY")] = None,
    workspace: Annotated[str | None, typer.Option("--workspace", "-w", help="Workspace for --url.")] = None,
    judge: Annotated[str | None, typer.Option(help="Let this model judge the answers too (suite answers).")] = None,
    data: Annotated[Path | None, typer.Option(help="Backtest on this file of events instead of the shipped.")] = None,
    readme: Annotated[Path | None, typer.Option(help="Write the table of results into this file.")] = None,
    runs: Runs = RUNS,
    baselines: Baselines = None,
) -> None:
    """Ask every sample, score the answers, and compare with the accepted baseline."""
    from evals.commands import run_command
    from evals.session import Wanted

    wanted = Wanted(
        suites=tuple(suites or ()), categories=tuple(category or ()), ids=tuple(id_ or ()), limit=limit,
        epochs=epochs, concurrency=concurrency, model=model, seed=seed, url=url, key=key, workspace=workspace,
        judge=judge, data=data,
    )  # fmt: skip
    raise typer.Exit(run_command(wanted, resume, readme, folders(runs, baselines)))


@app.command()
def compare(
    run_: RunName,
    baseline_: Annotated[str, typer.Argument(metavar="BASELINE", help='Another run, or "baseline".')],
    runs: Runs = RUNS,
    baselines: Baselines = None,
) -> None:
    """Compare two runs on the samples that both have."""
    from evals.commands import compare_command

    raise typer.Exit(compare_command(run_, baseline_, folders(runs, baselines)))


@app.command()
def score(run_: RunName = "latest", runs: Runs = RUNS, baselines: Baselines = None) -> None:
    """Score a run's outputs again, without asking anything: after a change to the scoring."""
    from evals.commands import score_command

    raise typer.Exit(score_command(run_, folders(runs, baselines)))


@app.command()
def baseline(run_: RunName = "latest", runs: Runs = RUNS, baselines: Baselines = None) -> None:
    """Accept a run: what comes after is compared with it."""
    from evals.commands import baseline_command

    raise typer.Exit(baseline_command(run_, folders(runs, baselines)))


@app.command()
def report(
    run_: RunName = "latest",
    readme: Annotated[Path | None, typer.Option(help="Write the table of results into this file.")] = None,
    runs: Runs = RUNS,
    baselines: Baselines = None,
) -> None:
    """Write a run's report (HTML, Markdown, JSON) and say where."""
    from evals.commands import report_command

    raise typer.Exit(report_command(run_, readme, folders(runs, baselines)))


@app.command()
def calibrate(judge: Annotated[str, typer.Option(help="The model that is to judge.")]) -> None:
    """Show how far a model can be trusted as a judge: it decides nothing before."""
    from evals.commands import calibrate_command

    raise typer.Exit(calibrate_command(judge))


@app.command("list")
def list_(runs: Runs = RUNS) -> None:
    """The suites with their samples, and the runs there are."""
    from evals.commands import list_command

    raise typer.Exit(list_command(folders(runs, None)))


def folders(runs: Path, baselines: Path | None) -> Folders:
    from evals.commands import Folders

    return Folders(runs, baselines) if baselines else Folders(runs)
