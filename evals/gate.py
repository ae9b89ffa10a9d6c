"""What a run comes to: pass, or a regression, with the reasons in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from evals.compare import regressions
from evals.measured import Measured
from evals.report.schema import Comparison, Verdict
from evals.suite import Record, Suite

#: Violations that are named in the verdict; the report lists them all.
_NAMED = 5


def judge_run(
    suites: Iterable[Suite],
    records: Sequence[Record],
    comparison: Comparison | None,
    errors: Mapping[str, int],
    whole: bool = False,
) -> Verdict:
    """A regression where a zero-tolerance check failed once, or was not made by a `whole` run; where a gated figure
    fell beyond doubt; or where more samples ended in errors than before (`errors`: how many of the baseline, by suite).
    """
    reasons: list[str] = []
    for suite in suites:
        own = [record for record in records if record.suite == suite.name]
        reasons += violations(suite, own)
        reasons += unchecked(suite, own) if whole else []
        failed = [record for record in own if record.error]
        if len(failed) > errors.get(suite.name, 0):
            reasons.append(f"{suite.name}: {len(failed)} samples ended in an error, first {failed[0].id!r}")
    if comparison:
        reasons += regressions(comparison)
    return Verdict(status="regression" if reasons else "pass", reasons=reasons)


def violations(suite: Suite, records: Sequence[Record]) -> list[str]:
    """A sentence for each zero-tolerance check that failed."""
    found = []
    for metric in suite.metrics:
        if metric.zero_tolerance:
            # So that NaN is no pass.
            broken = [each.key.rsplit("#", 1)[0] for each in metric.observations(records) if not each.values[0] >= 1]
            if broken:
                more = f" and {len(broken) - _NAMED} more" if len(broken) > _NAMED else ""
                found.append(
                    f"{suite.name}: {metric.title} is not to fail once, and failed in {len(broken)}: "
                    f"{', '.join(broken[:_NAMED])}{more}"
                )
    return found


def unchecked(suite: Suite, records: Sequence[Record]) -> list[str]:
    """A sentence for each zero-tolerance check that no sample was put to: then nothing shows that it holds."""
    return [
        f"{suite.name}: {metric.title} is not to fail once, and was not checked"
        for metric in suite.metrics
        if metric.zero_tolerance and not metric.observations(records)
    ]


def errors_of(baseline: Measured | None) -> dict[str, int]:
    return {name: suite.errors for name, suite in baseline.suites.items()} if baseline else {}
