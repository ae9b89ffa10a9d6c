"""`throughline eval` says with its exit status whether a change may ship; a run that was interrupted goes on."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from evals import git
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

    async def prepare(self, workspaces: Collection[str], console: Console, *, by_meaning: bool = True) -> None:
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

    async def recommend(
        self,
        workspace: str,
        customer_id: str,
        as_of: str,
        limit: int,
        *,
        kind: str | None = None,
        exclude_owned: bool = False,
    ) -> list[Json]:
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


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted(suites=("retrieval",), categories=("meaning, everyone", "mening")), "'mening'; there are"),
        (Wanted(suites=("retrieval",), ids=("no such",)), "'no such'"),
        (Wanted(suites=("retrieval",), judge="j"), "nothing to say of retrieval"),
        (Wanted(suites=("retrieval",), workspace="shop"), "--workspace is for a running service"),
        (Wanted(suites=("retrieval",), url="http://127.0.0.1:9", model="m"), "with its own model"),
        (Wanted(suites=("retrieval",), url="http://u:secret@127.0.0.1:9"), "leave it out"),
        (Wanted(suites=("retrieval",), url="http://127.0.0.1:9/?token=secret"), "leave it out"),
    ],
)
def test_what_would_be_passed_over_is_refused_before_a_run_is_begun(
    folders: Folders, wanted: Wanted, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folders, Ideal, wanted) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert said in told
    assert "secret" not in told
    assert not folders.runs.exists()


def test_a_history_too_short_for_a_suite_is_told_with_the_suite(
    folders: Folders, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text(
        '{"messageId": "1", "type": "track", "event": "x", "userId": "a", "timestamp": "2026-01-01T00:00:00Z"}'
    )
    assert run(folders, Ideal, Wanted(suites=("churn",), data=file)) == 2
    assert "suite 'churn'" in " ".join(capsys.readouterr().err.split())


def test_a_run_that_is_not_whole_neither_passes_nor_becomes_a_table(folders: Folders, tmp_path: Path) -> None:
    run(folders, Cut)
    assert score_command("latest", folders) == 2
    assert compare_command("latest", "latest", folders) == 2
    readme = tmp_path / "README.md"
    readme.write_text("<!-- eval:begin --><!-- eval:end -->")
    assert report_command("latest", readme, folders) == 2
    assert readme.read_text() == "<!-- eval:begin --><!-- eval:end -->"
    assert report_of(last(folders))["verdict"]["status"] == "harness-failed"


def test_a_table_of_part_of_the_suites_is_refused_before_anything_is_asked(folders: Folders, tmp_path: Path) -> None:
    wanted = Wanted(suites=("retrieval",), limit=1)
    assert run_command(wanted, None, tmp_path / "README.md", folders, targets(Ideal)) == 2
    assert not folders.runs.exists()


@pytest.mark.parametrize("wanted", [Wanted(epochs=2), Wanted(model="m"), Wanted(limit=1), Wanted(url="http://h")])
def test_a_run_is_not_gone_on_with_in_another_way(folders: Folders, wanted: Wanted) -> None:
    run(folders, Cut)
    assert run(folders, Ideal, wanted, resume=last(folders).id) == 2
    assert run(folders, Ideal, Wanted(concurrency=4), resume=last(folders).id) == 0


def test_runs_without_a_sample_in_common_are_not_compared(folders: Folders, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = SUITES["retrieval"].samples()[:2]
    for sample in (one, other):
        run(folders, Ideal, Wanted(suites=("retrieval",), ids=(sample.id,)))
    first, second = sorted(folder.name for folder in folders.runs.iterdir())
    assert compare_command(first, second, folders) == 2
    assert "no sample in common" in " ".join(capsys.readouterr().err.split())


class Interrupted(Ideal):
    """Whoever runs it presses Ctrl-C, once: a second time would not wait for what is under way."""

    def found(self, sample: Sample) -> list[str]:
        if self.asked == 1:
            signal.raise_signal(signal.SIGINT)
        return super().found(sample)


@pytest.fixture
def _as_at_a_terminal() -> Iterator[None]:
    """Tests that run in the background of a shell were started with Ctrl-C ignored."""
    found = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, found)


@pytest.mark.usefixtures("_as_at_a_terminal")
def test_an_interrupted_run_says_how_to_go_on_and_is_no_regression(
    folders: Folders, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folders, Interrupted) == 130
    told = capsys.readouterr().err
    assert f"throughline eval run --resume {last(folders).id} --runs {folders.runs}" in told


class Answering(Ideal):
    """Answers without its model."""

    mode = "fallback"

    async def ask(self, workspace: str, question: str, **_: str | None) -> Json:
        return {
            "thread_id": "t", "answer": "I do not know.", "citations": [], "facts": [], "tools": [], "abstained": True,
            "mode": self.mode, "as_of": "2026-01-01T00:00:00Z",
        }  # fmt: skip


class Speaking(Answering):
    mode = "model"


def test_a_model_that_gave_no_answer_is_not_judged(folders: Folders) -> None:
    wanted = Wanted(suites=("answers",), categories=("unanswerable",), limit=2, model="m")
    assert run(folders, Answering, wanted) == 2
    assert "The model m gave none" in report_of(last(folders))["verdict"]["reasons"][0]
    run(folders, Speaking, wanted)
    assert report_of(last(folders))["verdict"]["status"] != "harness-failed"


def test_the_commit_of_a_clone_around_the_code_is_not_taken_for_its_own(tmp_path: Path) -> None:
    for words in (("init", "-q"), ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x", "--allow-empty")):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    (tmp_path / "lib").mkdir()
    assert git.commit(tmp_path)[0]
    assert git.commit(tmp_path / "lib") == ("", False)


def test_a_limit_takes_the_same_samples_for_the_same_seed(folders: Folders) -> None:
    wanted = Wanted(suites=("retrieval",), limit=3, seed=5)
    for _ in range(2):
        run(folders, Ideal, wanted)
    first, second = (Run(folder) for folder in sorted(folders.runs.iterdir()))
    assert first.samples("retrieval") == second.samples("retrieval")
    assert len(first.samples("retrieval")) == 3 * len({s.category for s in SUITES["retrieval"].samples()})


def test_a_run_is_not_gone_on_with_twice_at_once(folders: Folders, capsys: pytest.CaptureFixture[str]) -> None:
    run(folders, Cut)
    half = last(folders)
    with half.held():
        assert run(folders, Ideal, Wanted(), resume=half.id) == 2
    assert "by another process" in " ".join(capsys.readouterr().err.split())
    assert run(folders, Ideal, Wanted(), resume=half.id) == 0


@pytest.mark.parametrize("damage", ["{", '{"id": "x"}', ""])
def test_a_damaged_run_is_said_in_a_sentence(folders: Folders, damage: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(folders, Ideal)
    (last(folders).folder / "run.json").write_text(damage)
    assert score_command("latest", folders) == 2
    said = capsys.readouterr().err
    assert "is damaged" in " ".join(said.split())
    assert "Traceback" not in said


def test_a_damaged_baseline_is_the_harnesss_failure(folders: Folders) -> None:
    run(folders, Ideal)
    baseline_command("latest", folders)
    (folders.baselines / "retrieval.json").write_text("{")
    assert run(folders, Ideal) == 2


class Metered(Ideal):
    """Spends seven tokens on every search; it stands for its own cache."""

    epoch = 0

    @property
    def tokens(self) -> int:
        return 7 * self.asked


@pytest.mark.parametrize(("concurrency", "told"), [(1, {7}), (4, {None})])
def test_the_tokens_of_a_sample_are_told_where_it_was_alone(
    folders: Folders, concurrency: int, told: set[int | None]
) -> None:
    metered = Metered()

    @asynccontextmanager
    async def opened(wanted: Wanted, manifest: Manifest) -> AsyncIterator[Any]:
        yield metered, metered

    wanted = Wanted(suites=("retrieval",), concurrency=concurrency)
    assert run_command(wanted, None, None, folders, opened) == 0
    assert {record.tokens for record in last(folders).records()} == told
