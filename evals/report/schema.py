"""What a report holds: every figure of a run with its n and interval, the misses, the verdict; JSON both ways.

Shares are 0 to 1. A number that is not defined is None, be it given as NaN or as infinite.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from evals.suite import Plot


def _defined(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


Number = Annotated[float | None, BeforeValidator(_defined)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RunInfo(_Model):
    """What was run, on what. `title` names the target, `date` is a date or an instant, `modes` counts the replies;
    `only` is what of the suites was chosen, or other data (see `evals.session.Wanted`)."""

    id: str
    title: str
    date: str
    commit: str = ""
    dirty: bool = False
    model: str | None = None
    url: str | None = None
    only: dict[str, Any] = Field(default_factory=dict)
    judge: str | None = None
    modes: dict[str, int] = Field(default_factory=dict)
    seed: int | None = None
    epochs: int = 1
    samples_hash: str = ""
    versions: dict[str, str] = Field(default_factory=dict)
    workspaces: list[str] = Field(default_factory=list)


class Interval(_Model):
    """A figure of `n` cases in `clusters` clusters with its 95% interval; `chance` is what guessing would reach."""

    value: Number
    low: Number = None
    high: Number = None
    n: int
    clusters: int = 0
    chance: Number = None


class FigureReport(Interval):
    """One metric of a suite (see `evals.suite.Metric`), over all and by category."""

    name: str
    title: str
    unit: str = "share"
    better: Literal["higher", "lower"] | None = "higher"
    gated: bool = False
    zero_tolerance: bool = False
    headline: bool = False
    by_category: dict[str, Interval] = Field(default_factory=dict)


class Miss(_Model):
    """A sample that did not pass: `why` by the name of the score; `expected` is the gold as it stands."""

    id: str
    category: str
    workspace: str = "default"
    question: str
    before: list[str] = Field(default_factory=list)
    as_of: str | None = None
    why: dict[str, str] = Field(default_factory=dict)
    expected: Any = None
    got: str = ""
    citations: list[str] = Field(default_factory=list)


class SuiteReport(_Model):
    """One suite. `records` counts samples times epochs, `errors` those that ended in an error."""

    name: str
    title: str
    samples: int
    records: int
    figures: list[FigureReport] = Field(default_factory=list)
    misses: list[Miss] = Field(default_factory=list)
    plots: list[Plot] = Field(default_factory=list)
    errors: int = 0


class Verdict(_Model):
    """How the run ended; `reasons` are sentences."""

    status: Literal["pass", "regression", "harness-failed"]
    reasons: list[str] = Field(default_factory=list)


class ComparedFigure(_Model):
    """A figure in both runs, on the same cases; `category` is None for all. `low` and `high` are of the difference."""

    suite: str
    figure: str
    category: str | None = None
    new: Number
    old: Number
    difference: Number
    low: Number = None
    high: Number = None
    p: Number = None
    n: int
    verdict: Literal["better", "worse", "same", "not compared"]
    unit: str = "share"


class ChangedSample(_Model):
    """A sample that went otherwise than before: `was` and `now` in a word or two ("passed", "missed")."""

    id: str
    was: str
    now: str


class Comparison(_Model):
    """With the baseline; `only_new` and `only_old` count samples that the other run does not have."""

    baseline_id: str
    baseline_commit: str = ""
    rows: list[ComparedFigure] = Field(default_factory=list)
    only_new: int = 0
    only_old: int = 0
    changed: list[ChangedSample] = Field(default_factory=list)


class Speed(_Model):
    """How long a suite took; apart from the figures, so that two runs of the same answers differ here only."""

    suite: str
    n: int
    p50_ms: Number = None
    p95_ms: Number = None
    total_s: Number = None
    tokens: int | None = None


class Report(_Model):
    """A whole run."""

    run: RunInfo
    suites: list[SuiteReport] = Field(default_factory=list)
    verdict: Verdict
    comparison: Comparison | None = None
    speed: list[Speed] = Field(default_factory=list)
