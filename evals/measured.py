"""What two versions are compared by: the observations behind each figure; of a run, or as a baseline keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ValidationError

from evals.runs import Manifest, Run, RunError
from evals.suite import Observation, Record, Suite

BASELINES = Path(__file__).parent / "baselines"
#: Digits that are kept of an observation: more than any figure is shown with.
_DIGITS = 6


class MeasuredSuite(BaseModel):
    """Observations of each metric as key -> (cluster, values); and for each sample whether it passed."""

    hash: str
    categories: dict[str, str]
    passed: dict[str, float]
    errors: int
    figures: dict[str, dict[str, tuple[str, tuple[float, ...]]]]


class Measured(BaseModel):
    """One version as it was measured; `whole`: every sample of its suites was chosen."""

    id: str
    commit: str
    date: str
    whole: bool = False
    suites: dict[str, MeasuredSuite]


def measured(run: Run, suites: Mapping[str, Suite], gated_only: bool = False) -> Measured:
    """A run's observations; `gated_only` leaves out those that no gate looks at."""
    return measured_of(run.manifest(), run.records(), suites, gated_only)


def measured_of(
    manifest: Manifest, records: Sequence[Record], suites: Mapping[str, Suite], gated_only: bool = False
) -> Measured:
    return Measured(
        id=manifest.id,
        commit=manifest.commit,
        date=manifest.started.date().isoformat(),
        whole=not manifest.only,
        suites={
            name: _suite(suites[name], [r for r in records if r.suite == name], digest, gated_only)
            for name, digest in manifest.suites.items()
        },
    )


def accept(run: Run, suites: Mapping[str, Suite], folder: Path = BASELINES) -> list[Path]:
    """Keep a run as the baseline of each of its suites; returns the files written."""
    whole = measured(run, suites, gated_only=True)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, suite in whole.suites.items():
        file = folder / f"{name}.json"
        file.write_text(whole.model_copy(update={"suites": {name: suite}}).model_dump_json(indent=0) + "\n")
        written.append(file)
    return written


def read_baseline(names: Iterable[str], folder: Path = BASELINES) -> Measured | None:
    """The accepted baseline of these suites, or None where none of them has one."""
    found = [_read(file) for file in (folder / f"{name}.json" for name in names) if file.exists()]
    if not found:
        return None
    # Suites may have been accepted at different times; the last one names the whole.
    newest = max(found, key=lambda each: each.date)
    return newest.model_copy(update={"suites": {k: v for each in found for k, v in each.suites.items()}})


def _read(file: Path) -> Measured:
    try:
        return Measured.model_validate_json(file.read_text())
    except ValidationError:
        raise RunError(f"{file} is damaged: accept a run anew.") from None


def of_manifest(manifest: Manifest) -> bool:
    """Whether a run judged the whole of its suites on this machine: only such a run can be a baseline."""
    return not manifest.only and manifest.url is None and manifest.model is None


def _suite(suite: Suite, records: Sequence[Record], digest: str, gated_only: bool) -> MeasuredSuite:
    metrics = [metric for metric in suite.metrics if metric.gated or not gated_only]
    return MeasuredSuite(
        hash=digest,
        categories={record.key: record.category for record in records},
        passed={r.key: r.scores[suite.passes].value for r in records if suite.passes in r.scores},
        errors=sum(1 for record in records if record.error),
        figures={metric.name: _kept(metric.observations(records)) for metric in metrics},
    )


def _kept(observations: Iterable[Observation]) -> dict[str, tuple[str, tuple[float, ...]]]:
    return {each.key: (each.cluster, tuple(round(v, _DIGITS) for v in each.values)) for each in observations}
