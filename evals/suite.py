"""What a suite is: samples, how each is put to the target, how the output is scored, and which figures come of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, Field

from evals.sample import Sample
from evals.stats.weighted import Statistic, mean
from evals.target import Json, Target


class Score(BaseModel):
    """One judgement of one output: 0 to 1; below 1, `why` says what is wrong."""

    value: float
    why: str | None = None


class Record(BaseModel):
    """One sample as it went: a line of the log. `output` is all that scoring needs, so it can be scored again."""

    suite: str
    id: str
    epoch: int = 0
    category: str
    cluster: str
    output: Json = Field(default_factory=dict)
    error: str | None = None
    scores: dict[str, Score] = Field(default_factory=dict)
    ms: float = 0.0
    tokens: int | None = None

    @property
    def key(self) -> str:
        return f"{self.id}#{self.epoch}"


@dataclass(frozen=True, slots=True)
class Observation:
    """What a figure is computed from: `values` of one case; cases of one `cluster` are resampled together.

    Two runs are paired by `key`.
    """

    key: str
    cluster: str
    values: tuple[float, ...]


Observe = Callable[[Record], Iterable[Observation]]


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure of a suite: a statistic over observations.

    `gated`: a run is refused where it got worse than its baseline beyond doubt. `zero_tolerance`: where any
    observation is below 1. `by_category`: shown for each category too.
    """

    name: str
    title: str
    #: By default the score of the metric's name.
    observe: Observe | None = None
    statistic: Statistic = mean
    better: Literal["higher", "lower"] | None = "higher"
    gated: bool = False
    zero_tolerance: bool = False
    by_category: bool = False
    #: Shown with the first although it decides nothing: how far the product is from what one would use otherwise.
    headline: bool = False
    #: "share" is shown as a percentage, any other unit behind the number.
    unit: str = "share"

    def observations(self, records: Iterable[Record]) -> list[Observation]:
        observe = self.observe or scored(self.name)
        return [observation for record in records for observation in observe(record)]


class Plot(BaseModel):
    """Data for a chart of the report; `kind` is one that `evals.report.charts` draws."""

    kind: str
    title: str
    note: str = ""
    data: dict[str, Any]


def no_plots(records: Sequence[Record]) -> list[Plot]:
    return []


@dataclass(frozen=True, slots=True)
class Suite:
    """One row of the registry. `score` is pure: the same output gets the same scores."""

    name: str
    title: str
    samples: Callable[[], Sequence[Sample]]
    solve: Callable[[Target, Sample], Awaitable[Json]]
    score: Callable[[Sample, Json], dict[str, Score]]
    metrics: tuple[Metric, ...]
    #: The score that says whether a sample passes: those below 1 are listed as misses.
    passes: str = "passed"
    plots: Callable[[Sequence[Record]], list[Plot]] = field(default=no_plots)
    #: Whether it searches by meaning, for which all events must be embedded first.
    by_meaning: bool = True

    def failed(self, error: str) -> dict[str, Score]:
        """The scores of a sample that ended in an error: none is to look better for it."""
        plain = [metric.name for metric in self.metrics if metric.observe is None and metric.better]
        return {name: Score(value=0.0, why=error) for name in (self.passes, *plain)}


def scored(name: str) -> Observe:
    """Observes the score of this name; a sample without it does not count."""

    def observe(record: Record) -> Iterable[Observation]:
        score = record.scores.get(name)
        return [Observation(record.key, record.cluster, (score.value,))] if score else []

    return observe
