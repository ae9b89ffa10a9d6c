"""A run as a report: every figure with its interval, every miss with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evals.report.schema import (
    Comparison,
    FigureReport,
    Interval,
    Miss,
    Report,
    RunInfo,
    Speed,
    SuiteReport,
    Verdict,
)
from evals.runs import Manifest, Run
from evals.sample import Sample
from evals.stats.estimate import Estimate, estimate
from evals.suite import Metric, Observation, Record, Suite

#: The metric that says what guessing would reach, by the metric that it belongs to.
_CHANCE = {"recall_10": "chance_10", "recall_5": "chance_5"}


def build_report(
    run: Run, suites: Mapping[str, Suite], verdict: Verdict, comparison: Comparison | None = None
) -> Report:
    manifest, records = run.manifest(), run.records()
    reports = []
    for name in manifest.suites:
        own = [record for record in records if record.suite == name]
        reports.append(suite_report(suites[name], own, run.samples(name)))
    return Report(
        run=_info(manifest, records, run),
        suites=reports,
        verdict=verdict,
        comparison=comparison,
        speed=[speed_of(name, [r for r in records if r.suite == name]) for name in manifest.suites],
    )


def suite_report(suite: Suite, records: Sequence[Record], samples: Sequence[Sample]) -> SuiteReport:
    known = {sample.id: sample for sample in samples}
    found = {metric.name: _figure(metric, records) for metric in suite.metrics}
    shown = [figure for figure in found.values() if figure]
    return SuiteReport(
        name=suite.name,
        title=suite.title,
        samples=len(samples),
        records=len(records),
        figures=[_with_chance(figure, found) for figure in shown if figure.name not in _CHANCE.values()],
        misses=[_miss(suite, record, known[record.id]) for record in records if _missed(suite, record)],
        plots=suite.plots(records),
        errors=sum(1 for record in records if record.error),
    )


def speed_of(suite: str, records: Sequence[Record]) -> Speed:
    times = [record.ms for record in records if not record.error]
    tokens = [record.tokens for record in records if record.tokens is not None]
    if not times:
        return Speed(suite=suite, n=0)
    return Speed(
        suite=suite,
        n=len(times),
        p50_ms=round(float(np.percentile(times, 50)), 1),
        p95_ms=round(float(np.percentile(times, 95)), 1),
        total_s=round(sum(times) / 1000, 1),
        tokens=sum(tokens) if tokens else None,
    )


def _figure(metric: Metric, records: Sequence[Record]) -> FigureReport | None:
    """None where no record has anything to say of it."""
    observations = metric.observations(records)
    if not observations:
        return None
    return FigureReport(
        name=metric.name,
        title=metric.title,
        unit=metric.unit,
        better=metric.better,
        gated=metric.gated,
        zero_tolerance=metric.zero_tolerance,
        headline=metric.headline,
        by_category=_by_category(metric, records) if metric.by_category else {},
        **_numbers(_estimate(metric, observations)),
    )


def _by_category(metric: Metric, records: Sequence[Record]) -> dict[str, Interval]:
    found = {}
    for category in sorted({record.category for record in records}):
        observations = metric.observations([r for r in records if r.category == category])
        if observations:
            found[category] = Interval(**_numbers(_estimate(metric, observations)))
    return found


def _estimate(metric: Metric, observations: Sequence[Observation]) -> Estimate:
    values = np.array([each.values for each in observations], float)
    return estimate(values, [each.cluster for each in observations], metric.statistic)


def _numbers(found: Estimate) -> dict[str, Any]:
    return {
        "value": round(found.value, 4), "low": round(found.low, 4), "high": round(found.high, 4),
        "n": found.n, "clusters": found.clusters,
    }  # fmt: skip


def _with_chance(figure: FigureReport, found: Mapping[str, FigureReport | None]) -> FigureReport:
    chance = found.get(_CHANCE.get(figure.name, ""))
    if chance is None:
        return figure
    categories = {
        name: each.model_copy(update={"chance": chance.by_category[name].value})
        for name, each in figure.by_category.items()
    }
    return figure.model_copy(update={"chance": chance.value, "by_category": categories})


def _missed(suite: Suite, record: Record) -> bool:
    passed = record.scores.get(suite.passes)
    return passed is not None and passed.value < 1


def _miss(suite: Suite, record: Record, sample: Sample) -> Miss:
    reply = record.output.get("reply") or {}
    why = {name: score.why for name, score in record.scores.items() if score.why and name != suite.passes}
    own = record.scores[suite.passes].why
    return Miss(
        id=record.id if not record.epoch else f"{record.id} (epoch {record.epoch})",
        category=record.category,
        workspace=sample.workspace,
        question=sample.question,
        before=list(sample.before),
        as_of=sample.as_of,
        why=why or {suite.passes: own or ""},
        expected=sample.gold.value if sample.gold.value is not None else list(sample.gold.evidence) or sample.gold.kind,
        got=str(reply.get("answer", record.error or record.output.get("ranked", ""))),
        citations=[each["message_id"] for each in reply.get("citations", [])],
    )


def _info(manifest: Manifest, records: Sequence[Record], run: Run) -> RunInfo:
    modes = Counter(reply["mode"] for record in records if (reply := record.output.get("reply")))
    return RunInfo(
        id=manifest.id,
        title=manifest.title,
        date=manifest.started.date().isoformat(),
        commit=manifest.commit,
        dirty=manifest.dirty,
        model=manifest.model,
        modes=dict(sorted(modes.items())),
        url=manifest.url,
        only=manifest.only,
        judge=(manifest.judge or {}).get("model"),
        seed=manifest.seed,
        epochs=manifest.epochs,
        samples_hash=" ".join(f"{name}:{digest}" for name, digest in manifest.suites.items()),
        versions=manifest.versions,
        workspaces=sorted({sample.workspace for name in manifest.suites for sample in run.samples(name)}),
    )
