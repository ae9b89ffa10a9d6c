"""One run from beginning to end: what is chosen, on which target, and what it comes to."""

from __future__ import annotations

import platform
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console

from evals import git
from evals.choose import NothingChosen, refuse_unknown, samples_of, suites_named
from evals.judge.calibration import Calibration, load
from evals.judge.judge import PROMPT_HASH
from evals.judge.labelled import labelled_hash, read_labelled
from evals.judge.opinion import CACHE, Judge, figure, open_judge, pinned
from evals.model_cache import OPENAI, ModelCache
from evals.product import product
from evals.progress import bar
from evals.registry import SUITES, backtests_on
from evals.remote import address_of, remote
from evals.run import Spent, jobs, left_of, work_off
from evals.runs import RUNS, Manifest, Run, RunError, free_id, hashes
from evals.sample import Sample
from evals.scripted.accompanied import accompanied
from evals.scripted.actor import character_of
from evals.suite import Suite
from evals.suites import own
from evals.target import Target
from server.settings import load_settings

#: Where what judges are worth is kept.
JUDGES = RUNS / "judges"
_OWN = "own"
#: Suites whose answers a judge can read.
_JUDGED = ("answers", _OWN)
_PACKAGES = ("throughline", "qdrant-edge-py", "sentence-transformers", "torch", "langgraph", "numpy")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    suites: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    limit: int | None = None
    epochs: int = 1
    concurrency: int = 1
    model: str | None = None
    seed: int = 0
    url: str | None = None
    key: str | None = None
    workspace: str | None = None
    judge: str | None = None
    data: Path | None = None

    @property
    def only(self) -> dict[str, Any]:
        """What makes this less than the whole of its suites, or another data set; it is kept with the run."""
        given: dict[str, Any] = {
            "categories": list(self.categories), "ids": list(self.ids), "limit": self.limit,
            "data": str(self.data) if self.data else None, "file": self.file, "workspace": self.workspace,
        }  # fmt: skip
        return {name: value for name, value in given.items() if value}

    @property
    def file(self) -> str | None:
        """The file of one's own samples, where one is asked."""
        return next((name for name in self.suites if name.endswith(".jsonl")), None)


#: What is judged, and the cache between it and its model.
Opened = tuple[Target, ModelCache | None]
Targets = Callable[[Wanted, Manifest], AbstractAsyncContextManager[Opened]]


def suites_of(wanted: Wanted) -> dict[str, Suite]:
    """The suites that are wanted; raises NothingChosen, and Unreachable for an address that may not be kept."""
    _refuse_contradictions(wanted)
    if wanted.file:
        chosen = [own.own_suite(Path(wanted.file))]
    else:
        chosen = suites_named(wanted.suites, backtests_on(wanted.data) if wanted.data else SUITES)
    refuse_unknown(chosen, wanted.categories, wanted.ids)
    suites = {suite.name: suite for suite in chosen}
    if wanted.judge and not suites.keys() & set(_JUDGED):
        raise NothingChosen(f"A judge reads answers: it has nothing to say of {', '.join(suites)}.")
    return _with_judge(suites, wanted.judge)


def _refuse_contradictions(wanted: Wanted) -> None:
    """What would be passed over in silence is refused."""
    if wanted.url:
        address_of(wanted.url)
    if wanted.file and (len(wanted.suites) > 1 or not wanted.url):
        raise NothingChosen("A file of samples is run alone, and on the service that --url names.")
    if wanted.url and wanted.model:
        raise NothingChosen("A running service answers with its own model: --model is for a run without --url.")
    if wanted.workspace and not wanted.url:
        raise NothingChosen("--workspace is for a running service: name it with --url.")


def suites_in(run: Run) -> dict[str, Suite]:
    """The suites of a run, in its order; raises RunError."""
    manifest = run.manifest()
    data = manifest.only.get("data")
    known = backtests_on(Path(data)) if data else SUITES
    missing = [name for name in manifest.suites if name not in known and name != _OWN]
    if missing:
        raise RunError(f"{run.id} is of a suite {missing[0]!r}, which there is no more.")
    found = {name: known[name] if name in known else own.own_suite(run.samples_file(name)) for name in manifest.suites}
    return _with_judge(found, manifest.judge["model"] if manifest.judge else None)


def _with_judge(suites: dict[str, Suite], model: str | None) -> dict[str, Suite]:
    """The suites with the judge's figure, where one is asked for his opinion."""
    if model is None:
        return suites
    opinions = figure(model, calibration_of(model))
    return {
        name: replace(suite, metrics=(*suite.metrics, opinions)) if name in _JUDGED else suite
        for name, suite in suites.items()
    }


def calibration_of(model: str) -> Calibration | None:
    """What this judge was worth on the labelled answers, with the prompt of today."""
    return load(JUDGES, model, PROMPT_HASH, labelled_hash(read_labelled()))


def begin(wanted: Wanted, suites: Mapping[str, Suite], folder: Path) -> Run:
    """A new run with its samples chosen; raises NothingChosen."""
    samples = {
        name: samples_of(suite, wanted.categories, wanted.ids, wanted.limit, wanted.seed)
        for name, suite in suites.items()
    }
    samples = {name: chosen for name, chosen in samples.items() if chosen}
    if not samples:
        raise NothingChosen("No sample fits what was asked for.")
    now = datetime.now(UTC)
    whole = len(samples) == len(SUITES)
    run = Run(folder / free_id(folder, now, ["all"] if whole else [Path(name).stem for name in samples]))
    run.create(_manifest(wanted, run.id, now, hashes(samples)), samples)
    return run


def go_on(wanted: Wanted, run: Run) -> None:
    """Check that the rest of a run would be the same work as what is done; raises RunError."""
    was = run.manifest()
    now = was.model_copy(update=dict(zip(("commit", "dirty"), git.commit(), strict=True)))
    if not was.same_work(now):
        raise RunError(f"{run.id} was begun at {_version(was)}, and this is {_version(now)}: begin a new run.")
    if replace(wanted, key=None, concurrency=1) != Wanted():
        raise RunError("A run is gone on with as it was begun: beside --resume name --key and --concurrency at most.")


def _version(manifest: Manifest) -> str:
    changes = "with changes" if manifest.dirty else "without changes"
    return f"commit {manifest.commit} {changes}" if manifest.commit else "an unknown commit"


async def carry_out(wanted: Wanted, run: Run, suites: Mapping[str, Suite], console: Console, targets: Targets) -> None:
    """Ask what has not been asked yet, and write it down."""
    manifest = run.manifest()
    samples = {name: run.samples(name) for name in manifest.suites}
    done = run.records()
    # Without a line that was cut short.
    run.rewrite(done)
    to_do = left_of(jobs(suites, samples, manifest.epochs), done)
    if not to_do:
        return
    async with targets(wanted, manifest) as (target, cache), _judge(manifest) as judge:
        by_meaning = any(suite.by_meaning for suite, _, _ in to_do)
        await target.prepare({sample.workspace for _, sample, _ in to_do}, console, by_meaning=by_meaning)
        with bar(console, "Asking", len(done) + len(to_do), len(done)) as advance:
            for epoch in range(manifest.epochs):
                if cache:
                    cache.epoch = epoch
                this = [job for job in to_do if job[2] == epoch]
                await work_off(this, target, run, wanted.concurrency, advance, judge, _spent_by(cache))


def _spent_by(cache: ModelCache | None) -> Spent | None:
    return (lambda: cache.tokens) if cache else None


@asynccontextmanager
async def open_target(wanted: Wanted, manifest: Manifest) -> AsyncIterator[Opened]:
    """What a run is about: a service, the product with a model, be it a script, or the product as it is."""
    if manifest.url:
        async with remote(manifest.url, wanted.key, manifest.only.get("workspace")) as far:
            yield far, None
    elif character := character_of(manifest.model):
        async with accompanied(character) as near:
            yield near, None
    elif manifest.model:
        given = load_settings()
        with ModelCache(given.llm_base_url or OPENAI, CACHE) as cache:
            model = {"llm_model": manifest.model, "llm_base_url": cache.base_url, "llm_api_key": given.llm_api_key}
            # Of the tokens of a run none go to the probe.
            async with product({**model, "llm_probe": False}) as own_model:
                yield own_model, cache
    else:
        async with product() as plain:
            yield plain, None


@asynccontextmanager
async def _judge(manifest: Manifest) -> AsyncIterator[Judge | None]:
    if manifest.judge is None:
        yield None
        return
    async with open_judge(manifest.judge["model"]) as judge:
        yield judge


def _manifest(wanted: Wanted, run_id: str, now: datetime, digests: dict[str, str]) -> Manifest:
    head, dirty = git.commit()
    title = f"the service at {wanted.url}" if wanted.url else "the product"
    title += f" with {wanted.model}" if wanted.model else "" if wanted.url else " without a language model"
    return Manifest(
        id=run_id, title=title, started=now, commit=head, dirty=dirty, suites=digests, model=wanted.model,
        url=wanted.url, epochs=wanted.epochs, seed=wanted.seed, only=wanted.only,
        judge=pinned(wanted.judge) if wanted.judge else None,
        versions={"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
    )  # fmt: skip


def samples_by_suite(run: Run) -> dict[str, list[Sample]]:
    return {name: run.samples(name) for name in run.manifest().suites}
