"""`throughline eval` says with its exit status whether a change may ship; a run that was interrupted goes on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from evals.commands import (
    Folders,
    baseline_command,
    compare_command,
    report_command,
    run_command,
    score_command,
)
from evals.registry import SUITES
from evals.runs import Manifest, Run
from evals.sample import Sample
from evals.session import Opened, Targets, Wanted
from evals.target import Json, TargetFailed

RETRIEVAL = Wanted(suites=("retrieval",))


class Ideal:
    """Finds what is to be found, and nothing else."""

    def __init__(self) -> None:
        self.asked = 0
        self._samples = {(s.workspace, s.bound_to, s.question): s for s in SUITES["retrieval"].samples()}

    async def prepare(self, workspaces: Collection[str], console: Console) -> None:
        pass

    async def search(
        self, workspace: str, customer_id: str | None, query: str, *, as_of: str | None = None, limit: int = 20
    ) -> list[str]:
        self.asked += 1
        return self.found(self._samples[workspace, customer_id, query])[:limit]

    def found(self, sample: Sample) -> list[str]:
        return list(sample.gold.evidence)

    async def ask(self, workspace: str, question: str, **_: str | None) -> Json:
        raise TargetFailed("it answers no questions")

    async def churn(self, workspace: str, as_of: str) -> list[Json]:
        raise TargetFailed("it gives no signals")

    async def recommend(self, workspace: str, customer_id: str, as_of: str, limit: int) -> list[Json]:
        raise TargetFailed("it recommends nothing")


class Forgetful(Ideal):
    """Finds nothing for one query in twenty."""

    def found(self, sample: Sample) -> list[str]:
        return [] if self.asked % 20 == 0 else super().found(sample)


class Failing(Ideal):
    """Answers one search with an error."""

    def found(self, sample: Sample) -> list[str]:
        if self.asked == 7:
            raise TargetFailed("500")
        return super().found(sample)


class Cut(Ideal):
    """Breaks off after half of the samples, not by the product's fault."""

    def found(self, sample: Sample) -> list[str]:
        if self.asked > len(self._samples) / 2:
            raise ConnectionError("the disk is gone")
        return super().found(sample)


def targets(make: Callable[[], Any]) -> Targets:
    @asynccontextmanager
    async def opened(wanted: Wanted, manifest: Manifest) -> AsyncIterator[Opened]:
        yield make(), None

    return opened


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path / "runs", tmp_path / "baselines")


def run(folders: Folders, make: Callable[[], Any], wanted: Wanted = RETRIEVAL, resume: str | None = None) -> int:
    return run_command(wanted, resume, None, folders, targets(make))


def last(folders: Folders) -> Run:
    return Run(max(folders.runs.iterdir()))


def report_of(run: Run) -> Json:
    """A run's report without what is of the moment: its name and its times."""
    report: Json = json.loads((run.folder / "report.json").read_text())
    del report["speed"], report["run"]["id"], report["run"]["date"]
    return report


def test_a_run_passes_without_a_baseline_and_against_itself(folders: Folders) -> None:
    assert run(folders, Ideal) == 0
    assert baseline_command("latest", folders) == 0
    assert run(folders, Ideal) == 0


def test_recall_broken_by_five_points_is_a_regression(folders: Folders) -> None:
    run(folders, Ideal)
    baseline_command("latest", folders)
    assert run(folders, Forgetful) == 1
    report = report_of(last(folders))
    recall = next(figure for figure in report["suites"][0]["figures"] if figure["name"] == "recall_10")
    assert 0.94 < recall["value"] < 0.96
    assert any("recall@10" in reason for reason in report["verdict"]["reasons"])


def test_better_than_the_baseline_is_no_regression(folders: Folders) -> None:
    run(folders, Forgetful)
    baseline_command("latest", folders)
    assert run(folders, Ideal) == 0


def test_a_sample_that_ends_in_an_error_is_a_regression_and_counts_as_wrong(folders: Folders) -> None:
    run(folders, Ideal)
    baseline_command("latest", folders)
    assert run(folders, Failing) == 1
    report = report_of(last(folders))
    assert report["suites"][0]["errors"] == 1
    assert any("500" in str(miss["why"]) for miss in report["suites"][0]["misses"])


def test_a_run_interrupted_at_half_and_resumed_gives_the_same_report(folders: Folders) -> None:
    run(folders, Ideal)
    whole = report_of(last(folders))
    assert run(folders, Cut) == 2
    half = last(folders)
    assert 0 < len(half.records()) < whole["suites"][0]["records"]
    # A line that was being written when the process ended.
    with (half.folder / "log.jsonl").open("a") as log:
        log.write('{"suite": "retrieval", "id": "cut sho')
    assert run(folders, Ideal, Wanted(), resume=half.id) == 0
    assert report_of(half) == whole


def test_a_resumed_run_asks_only_what_is_left(folders: Folders) -> None:
    run(folders, Cut)
    half = last(folders)
    left = len(SUITES["retrieval"].samples()) - len(half.records())
    target = Ideal()
    assert run(folders, lambda: target, Wanted(), resume=half.id) == 0
    assert target.asked == left


def test_a_run_of_another_version_is_not_gone_on_with(folders: Folders, capsys: pytest.CaptureFixture[str]) -> None:
    run(folders, Cut)
    half = last(folders)
    manifest = half.folder / "run.json"
    manifest.write_text(manifest.read_text().replace(f'"commit": "{half.manifest().commit}"', '"commit": "0000000000"'))
    assert run(folders, Ideal, Wanted(), resume=half.id) == 2
    assert "begin a new run" in " ".join(capsys.readouterr().err.split())


def test_a_run_that_was_interrupted_or_partial_cannot_become_the_baseline(folders: Folders) -> None:
    run(folders, Cut)
    assert baseline_command("latest", folders) == 2
    run(folders, Ideal, Wanted(suites=("retrieval",), limit=2))
    assert baseline_command("latest", folders) == 2


def test_two_runs_are_compared_on_demand(folders: Folders) -> None:
    run(folders, Ideal)
    ideal = last(folders)
    run(folders, Forgetful)
    assert compare_command("latest", ideal.id, folders) == 1
    assert compare_command(ideal.id, "latest", folders) == 0
    assert compare_command("latest", "baseline", folders) == 2


def test_scoring_again_gives_the_same_scores_without_asking(folders: Folders) -> None:
    run(folders, Forgetful)
    before = report_of(last(folders))
    assert score_command("latest", folders) == 0
    assert report_of(last(folders)) == before


def test_a_report_is_written_in_three_forms(folders: Folders) -> None:
    run(folders, Ideal)
    assert report_command("latest", None, folders) == 0
    assert {"report.html", "report.md", "report.json"} <= {file.name for file in last(folders).folder.iterdir()}


@pytest.mark.parametrize(
    "wanted",
    [Wanted(suites=("nonsense",)), Wanted(suites=("retrieval",), ids=("nobody",)), Wanted(suites=("a.jsonl",))],
)
def test_what_cannot_be_run_is_the_harnesss_failure(folders: Folders, wanted: Wanted) -> None:
    assert run(folders, Ideal, wanted) == 2


def test_a_limit_takes_the_same_samples_for_the_same_seed(folders: Folders) -> None:
    wanted = Wanted(suites=("retrieval",), limit=3, seed=5)
    for _ in range(2):
        run(folders, Ideal, wanted)
    first, second = (Run(folder) for folder in sorted(folders.runs.iterdir()))
    assert first.samples("retrieval") == second.samples("retrieval")
    assert len(first.samples("retrieval")) == 3 * len({s.category for s in SUITES["retrieval"].samples()})
