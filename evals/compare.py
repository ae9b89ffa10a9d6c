"""Whether a run got worse than another on the same samples, beyond doubt: paired, figure by figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    """Every gated figure of the suites that both have, over all and by category."""
    rows: list[ComparedFigure] = []
    changed: list[ChangedSample] = []
    only_new = only_old = 0
    for name in new.suites:
        if name not in old.suites:
            continue
        now, was = new.suites[name], old.suites[name]
        rows += _suite_rows(suites[name], now, was)
        changed += _changes(now, was)
        only_new += len(now.passed.keys() - was.passed.keys())
        only_old += len(was.passed.keys() - now.passed.keys())
    return Comparison(
        baseline_id=old.id,
        baseline_commit=old.commit,
        rows=rows,
        only_new=only_new,
        only_old=only_old,
        changed=changed,
    )


def regressions(comparison: Comparison) -> list[str]:
    """A sentence for each figure that got worse."""
    return [
        f"{row.suite}: {row.figure}{f' of {row.category}' if row.category else ''} fell from {_show(row.old)} to "
        f"{_show(row.new)} (difference {_show(row.difference)}, 95% {_show(row.low)} to {_show(row.high)}, n {row.n})"
        for row in comparison.rows
        if row.verdict == "worse"
    ]


def _suite_rows(suite: Suite, new: MeasuredSuite, old: MeasuredSuite) -> list[ComparedFigure]:
    rows: list[ComparedFigure] = []
    for metric in suite.metrics:
        if not metric.gated or metric.name not in old.figures:
            continue
        now, was = new.figures[metric.name], old.figures[metric.name]
        rows.append(_row(suite.name, metric, None, now, was))
        if metric.by_category:
            rows += _category_rows(suite.name, metric, new, now, was)
    return rows


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
    return ComparedFigure(
        suite=suite,
        figure=metric.title,
        category=category,
        new=metric.statistic(new_values, ones),
        old=metric.statistic(old_values, ones),
        difference=found.value,
        low=found.low,
        high=found.high,
        p=_p(new_values, old_values),
        n=len(keys),
        verdict=_by_interval(metric, found.low, found.high),
        unit=metric.unit,
    )


def _by_interval(metric: Metric, low: float, high: float) -> Change:
    up, down = low > 0, high < 0
    if metric.better == "lower":
        up, down = down, up
    return "better" if up else "worse" if down else "same"


def _by_test(row: ComparedFigure, p: float | None) -> Change:
    if row.verdict not in ("better", "worse") or p is None or p >= ALPHA:
        return "same" if row.n else "not compared"
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


def _word(passed: float) -> str:
    return "passed" if passed >= 1 else "missed"


def _only(kept: Kept, keys: Iterable[str]) -> Kept:
    return {key: kept[key] for key in keys if key in kept}


def _show(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
