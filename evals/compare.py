"""Whether a run got worse than another on the same samples, beyond doubt: paired, figure by figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from typing import Literal

import numpy as np

from evals.measured import Measured, MeasuredSuite
from evals.report.schema import ChangedSample, ComparedFigure, Comparison
from evals.stats.estimate import difference
from evals.stats.paired import holm, mcnemar
from evals.suite import Metric, Suite

#: A category is refused below this p-value, after Holm's correction for looking at all of them.
ALPHA = 0.05
Kept = Mapping[str, tuple[str, tuple[float, ...]]]
Change = Literal["better", "worse", "same", "not compared"]


def compare(new: Measured, old: Measured, suites: Mapping[str, Suite]) -> Comparison:
    """Every gated figure of the suites that both have, over all and by category.

    Of a whole run nothing may be missing: neither a figure nor a sample that the other has (`only_old`).
    """
    rows: list[ComparedFigure] = []
    changed: list[ChangedSample] = []
    only_new = only_old = 0
    for name in new.suites:
        if name not in old.suites:
            continue
        now, was = new.suites[name], old.suites[name]
        rows += _suite_rows(suites[name], now, was)
        if new.whole:
            rows += _lost(suites[name], now, was)
        changed += _changes(now, was)
        only_new += len(_ids(now) - _ids(was))
        only_old += len(_ids(was) - _ids(now)) if new.whole else 0
    return Comparison(
        baseline_id=old.id,
        baseline_commit=old.commit,
        rows=rows,
        only_new=only_new,
        only_old=only_old,
        changed=changed,
    )


def regressions(comparison: Comparison) -> list[str]:
    """A sentence for each figure that got worse or is gone, and for samples that are."""
    gone = comparison.only_old
    lost = [f"{gone} of the samples of {comparison.baseline_id} were not asked"] if gone else []
    return lost + [
        f"{row.suite}: {row.figure} cannot be measured any more"
        if row.new is None
        else f"{row.suite}: {row.figure}{f' of {row.category}' if row.category else ''} fell from {_show(row.old)} to "
        f"{_show(row.new)} (difference {_show(row.difference)}, 95% {_show(row.low)} to {_show(row.high)}, n {row.n})"
        for row in comparison.rows
        if row.verdict == "worse"
    ]


def _suite_rows(suite: Suite, new: MeasuredSuite, old: MeasuredSuite) -> list[ComparedFigure]:
    rows: list[ComparedFigure] = []
    for metric in suite.metrics:
        if not metric.gated:
            continue
        now, was = new.figures[metric.name], old.figures.get(metric.name, {})
        rows.append(_row(suite.name, metric, None, now, was))
        if metric.by_category:
            rows += _category_rows(suite.name, metric, new, now, was)
    return rows


def _lost(suite: Suite, new: MeasuredSuite, old: MeasuredSuite) -> list[ComparedFigure]:
    """What was gated and defined, and is neither now: a figure that is renamed, gated no more, or has no cases."""
    gated = {metric.name: metric for metric in suite.metrics if metric.gated}
    gone = [name for name, was in old.figures.items() if was and not (name in gated and new.figures.get(name))]
    return [
        ComparedFigure(
            suite=suite.name, figure=gated[name].title if name in gated else name,
            new=None, old=None, difference=None, n=0, verdict="worse",
        )
        for name in gone
    ]  # fmt: skip


def _category_rows(suite: str, metric: Metric, measured: MeasuredSuite, now: Kept, was: Kept) -> list[ComparedFigure]:
    """The categories of a figure whose cases are right or wrong, by McNemar's test with Holm's correction."""
    groups: dict[str, list[str]] = {}
    for key in now:
        if key in measured.categories:
            groups.setdefault(measured.categories[key], []).append(key)
    rows = [_row(suite, metric, name, _only(now, keys), _only(was, keys)) for name, keys in sorted(groups.items())]
    tested = [row for row in rows if row.p is not None]
    adjusted = dict(zip((r.category for r in tested), holm([r.p or 0.0 for r in tested]), strict=True))
    return [row.model_copy(update={"verdict": _by_test(row, adjusted.get(row.category))}) for row in rows]


def _row(suite: str, metric: Metric, category: str | None, now: Kept, was: Kept) -> ComparedFigure:
    keys = [key for key in now if key in was]
    if not keys:
        return ComparedFigure(
            suite=suite, figure=metric.title, category=category, new=None, old=None, difference=None, n=0,
            verdict="not compared", unit=metric.unit,
        )  # fmt: skip
    clusters = [now[key][0] for key in keys]
    new_values, old_values = (np.array([kept[key][1] for key in keys], float) for kept in (now, was))
    ones = np.ones(len(keys))
    found = difference(new_values, old_values, clusters, metric.statistic)
    value, before = metric.statistic(new_values, ones), metric.statistic(old_values, ones)
    # A figure that cannot be computed any more is no better for it.
    undefined: Change = "worse" if isnan(value) and not isnan(before) else "not compared"
    return ComparedFigure(
        suite=suite,
        figure=metric.title,
        category=category,
        new=value,
        old=before,
        difference=found.value,
        low=found.low,
        high=found.high,
        p=_p(new_values, old_values),
        n=len(keys),
        verdict=undefined if isnan(found.low) else _by_interval(metric, found.low, found.high),
        unit=metric.unit,
    )


def _by_interval(metric: Metric, low: float, high: float) -> Change:
    up, down = low > 0, high < 0
    if metric.better == "lower":
        up, down = down, up
    return "better" if up else "worse" if down else "same"


def _by_test(row: ComparedFigure, p: float | None) -> Change:
    if row.verdict not in ("better", "worse") or p is None or p >= ALPHA:
        return "not compared" if row.verdict == "not compared" else "same"
    return row.verdict


def _p(new: np.ndarray, old: np.ndarray) -> float | None:
    """McNemar's p, where every case is right or wrong."""
    if new.shape[1] != 1 or not np.isin(new, (0, 1)).all() or not np.isin(old, (0, 1)).all():
        return None
    return mcnemar(int((new > old).sum()), int((new < old).sum()))


def _changes(new: MeasuredSuite, old: MeasuredSuite) -> Sequence[ChangedSample]:
    shared = [key for key in new.passed if key in old.passed and (new.passed[key] < 1) != (old.passed[key] < 1)]
    return [ChangedSample(id=key.rsplit("#", 1)[0], was=_word(old.passed[key]), now=_word(new.passed[key]))
            for key in shared]  # fmt: skip


def _ids(measured: MeasuredSuite) -> set[str]:
    return {key.rsplit("#", 1)[0] for key in measured.categories}


def _word(passed: float) -> str:
    return "passed" if passed >= 1 else "missed"


def _only(kept: Kept, keys: Iterable[str]) -> Kept:
    return {key: kept[key] for key in keys if key in kept}


def _show(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
