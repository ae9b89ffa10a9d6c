"""Worse than the baseline is refused, and so is what can be measured no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from evals.compare import compare, regressions
from evals.gate import judge_run
from evals.measured import Measured, MeasuredSuite
from evals.sample import Gold, Sample
from evals.suite import Metric, Record, Score, Suite
from evals.target import Json, Target
from tools.prediction.ranking import auc

RIGHT = {f"s{n}": 1.0 for n in range(40)}


def suite_of(*metrics: Metric) -> Suite:
    async def solve(target: Target, sample: Sample) -> Json:
        raise NotImplementedError("nothing is asked here")

    return Suite(
        name="any",
        title="Any",
        samples=lambda: [Sample(id="one", category="any", gold=Gold(kind="any"))],
        solve=solve,
        score=lambda sample, output: {},
        metrics=metrics,
    )


PASSED = suite_of(Metric("passed", "passed", gated=True, by_category=True))


def version(
    scores: Mapping[str, float], *, name: str = "passed", whole: bool = True, category: Callable[[str], str] = str
) -> Measured:
    """A version with these scores of samples, each in a cluster and a category of its own."""
    keys = {key if "#" in key else f"{key}#0": value for key, value in scores.items()}
    suite = MeasuredSuite(
        hash="",
        categories={key: category(key) for key in keys},
        passed=keys,
        errors=0,
        figures={name: {key: (key, (value,)) for key, value in keys.items()}},
    )
    return Measured(id="run", commit="", date="2026-01-01", whole=whole, suites={"any": suite})


def refused(new: Measured, old: Measured, suite: Suite = PASSED) -> list[str]:
    return regressions(compare(new, old, {"any": suite}))


def test_the_same_is_not_refused() -> None:
    assert refused(version(RIGHT), version(RIGHT)) == []


def test_a_fall_beyond_doubt_is() -> None:
    worse = RIGHT | {f"s{n}": 0.0 for n in range(10)}
    assert "passed fell from 1.000 to 0.750" in refused(version(worse), version(RIGHT))[0]


def test_samples_that_vanish_from_a_whole_run_are_refused_and_new_ones_are_not() -> None:
    fewer = dict(list(RIGHT.items())[:30])
    assert refused(version(fewer), version(RIGHT)) == ["10 of the samples of run were not asked"]
    assert refused(version(RIGHT), version(fewer)) == []


def test_a_run_of_some_samples_is_compared_on_those() -> None:
    fewer = dict(list(RIGHT.items())[:30])
    assert refused(version(fewer, whole=False), version(RIGHT)) == []


def test_fewer_epochs_are_no_fewer_samples() -> None:
    twice = RIGHT | {f"{key}#1": 1.0 for key in RIGHT}
    assert refused(version(RIGHT), version(twice)) == []


def test_a_figure_under_another_name_or_without_cases_is_refused() -> None:
    renamed = suite_of(Metric("success", "success", gated=True))
    new = version(RIGHT, name="success")
    assert refused(new, version(RIGHT), renamed) == ["any: passed cannot be measured any more"]
    empty = version(RIGHT)
    empty.suites["any"].figures["passed"] = {}
    assert refused(empty, version(RIGHT)) == ["any: passed cannot be measured any more"]
    found = compare(new, version(RIGHT), {"any": renamed})
    assert [row.verdict for row in found.rows if row.figure == "success"] == ["not compared"]


def test_a_figure_that_was_defined_and_is_not_is_refused() -> None:
    assert refused(version(RIGHT | {"s1": float("nan")}), version(RIGHT)) != []
    assert refused(version(RIGHT), version(RIGHT | {"s1": float("nan")})) == []


def test_an_area_without_one_of_the_outcomes_is_refused() -> None:
    suite = suite_of(Metric("auc", "auc", statistic=auc, gated=True))

    def labelled(label: Callable[[int], float]) -> Measured:
        found = version(RIGHT, name="auc")
        found.suites["any"].figures["auc"] = {f"s{n}#0": (f"s{n}", (float(n), label(n))) for n in range(40)}
        return found

    assert refused(labelled(lambda n: 0.0), labelled(lambda n: float(n > 20)), suite) == [
        "any: auc cannot be measured any more"
    ]


def test_one_customer_is_not_beyond_doubt() -> None:
    assert refused(version({"s1": 0.0}, whole=False), version({"s1": 1.0})) == []


def test_one_category_that_fell_is_refused_where_the_whole_did_not() -> None:
    def half(key: str) -> str:
        return "even" if int(key[1:].split("#")[0]) % 2 == 0 else "odd"

    scores = {f"s{n}": float(n % 2 == 0) for n in range(40)}
    swapped = {key: 1 - value for key, value in scores.items()}
    reasons = refused(version(swapped, category=half), version(scores, category=half))
    assert len(reasons) == 1
    assert "passed of even fell" in reasons[0]


STRICT = suite_of(Metric("kept", "kept", zero_tolerance=True))


def kept(value: float | None) -> Record:
    scores = {} if value is None else {"kept": Score(value=value)}
    return Record(suite="any", id="one", category="any", cluster="c", scores=scores)


@pytest.mark.parametrize("value", [0.0, 0.99, float("nan")])
def test_a_check_without_tolerance_fails_for_anything_below_one_and_for_what_is_no_number(value: float) -> None:
    assert judge_run([STRICT], [kept(1.0)], None, {}).status == "pass"
    assert judge_run([STRICT], [kept(value)], None, {}).status == "regression"


def test_a_whole_run_that_made_a_check_without_tolerance_nowhere_does_not_pass() -> None:
    assert judge_run([STRICT], [kept(None)], None, {}, whole=True).status == "regression"
    assert judge_run([STRICT], [kept(None)], None, {}).status == "pass"
