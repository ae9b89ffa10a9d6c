"""Every suite, one line each."""

from __future__ import annotations

from pathlib import Path

from evals.sources import add_file
from evals.suite import Suite
from evals.suites import answers, churn, recommend, retrieval, trust, unseen

SUITES: dict[str, Suite] = {
    suite.name: suite
    for suite in (retrieval.SUITE, answers.SUITE, unseen.SUITE, trust.SUITE, churn.SUITE, recommend.SUITE)
}


def backtests_on(file: Path) -> dict[str, Suite]:
    """The backtests over a file of events instead of the shipped data; raises OSError and BadData."""
    workspace = add_file(file)
    return {suite.name: suite for suite in (churn.churn_suite((workspace,)), recommend.recommend_suite(workspace))}
