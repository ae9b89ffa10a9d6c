"""A model's card: what it foretells, what it learnt from, how good it was on what it had not seen, and its limits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import AwareDatetime, BaseModel, ConfigDict

from tools.prediction.card_limits import limits_of
from tools.prediction.feature_words import words_of
from tools.prediction.metrics import Metrics, ReliabilityBin, histogram, measure, reliability, top_of

Form = Literal["steps", "prior", "offset", "bgnbd"]

FORM_WORDS: dict[Form, str] = {
    "steps": "Explainable boosting machine, main effects only, learnt from this workspace's own history",
    "prior": "Shipped prior, learnt on other data sets; nothing of this workspace is in it",
    "offset": "Shipped prior, shifted to fit this workspace's own history",
    "bgnbd": "BG/NBD purchase model with a weak prior, fitted to this workspace's own history",
}


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CardDefinition(Frozen):
    """What is foretold: `activity` and `cancel_events` are event types, empty for all that mean it by their names.

    `kind` is `inactivity`, `cancel`, or the name of another outcome.
    """

    outcome: str
    kind: str
    horizon_days: int
    activity: tuple[str, ...] = ()
    cancel_events: tuple[str, ...] = ()


class Learnt(Frozen):
    """What a model has seen: `rows` are customers at cut-offs, `base_rate` how often the outcome followed them.

    `first_event` and `last_event` are those of the data, `trained_until` is after every label window.
    """

    first_event: AwareDatetime | None
    last_event: AwareDatetime | None
    trained_until: AwareDatetime
    cut_offs: tuple[AwareDatetime, ...] = ()
    every_days: int | None = None
    customers: int = 0
    rows: int = 0
    base_rate: float | None = None

    @property
    def span_days(self) -> float:
        """Days from the first event to the last; 0 without events."""
        if self.first_event is None or self.last_event is None:
            return 0.0
        return (self.last_event - self.first_event) / timedelta(days=1)


class Holdout(Frozen):
    """How a model of the same making did at `origin`, trained only on cut-offs whose label windows had ended by then.

    `histogram` counts the forecasts in equal parts of 0..`top`.
    """

    origin: AwareDatetime
    customers: int
    trained_on_cut_offs: int
    metrics: Metrics
    reliability: tuple[ReliabilityBin, ...]
    top: float
    histogram: tuple[int, ...]


class CandidateLosses(Frozen):
    """Log loss (nats) of one kind of model at each rolling origin, in order; None where it could not be fitted."""

    form: Form
    log_losses: tuple[float | None, ...]
    log_loss: float | None
    chosen: bool


class CardFeature(Frozen):
    """`importance`: the mean size of its contribution in log-odds over the rows shown to the model."""

    name: str
    words: str
    importance: float


class BandFrom(Frozen):
    """A band, and the probability from which a customer is in it."""

    band: str
    probability: float


class Card(Frozen):
    """A model's card. JSON by `model_dump(mode="json")`, and back by `Card.model_validate`."""

    version: str
    made_at: AwareDatetime
    definition: CardDefinition
    form: Form
    learnt: Learnt
    holdout: Holdout | None
    origins: tuple[AwareDatetime, ...]
    candidates: tuple[CandidateLosses, ...]
    features: tuple[CardFeature, ...]
    activity: tuple[str, ...]
    calendar: tuple[str, ...]
    bands: tuple[BandFrom, ...]
    limits: tuple[str, ...]

    @property
    def calibrated(self) -> bool:
        return self.form != "prior"

    @property
    def form_words(self) -> str:
        """What kind of model it is, in words."""
        return FORM_WORDS[self.form]

    @property
    def warning(self) -> str | None:
        """What has to stand beside every number of this model, if anything."""
        return None if self.calibrated else "prior, uncalibrated"


def make_card(
    *,
    version: str,
    made_at: datetime,
    definition: CardDefinition,
    form: Form,
    learnt: Learnt,
    terms: Sequence[str],
    contributions: NDArray[np.float64],
    holdout: Holdout | None = None,
    origins: Sequence[datetime] = (),
    candidates: Sequence[CandidateLosses] = (),
    activity: Sequence[str] = (),
    calendar: Sequence[str] = (),
    bands: Sequence[BandFrom] = (),
    unknown: Sequence[str] = (),
) -> Card:
    """The card of a model. `contributions` (rows, terms) are those of the rows that it learnt from, or is used on.

    `activity` are event types that counted as such, `calendar` those left out because they come by the calendar.
    `unknown` are limits to be told beside those that follow from the figures.
    """
    return Card(
        version=version,
        made_at=made_at,
        definition=definition,
        form=form,
        learnt=learnt,
        holdout=holdout,
        origins=tuple(origins),
        candidates=tuple(candidates),
        features=weigh(terms, contributions),
        activity=tuple(activity),
        calendar=tuple(calendar),
        bands=tuple(sorted(bands, key=lambda band: band.probability)),
        limits=(*limits_of(definition, form, learnt, holdout, calendar), *unknown),
    )


def make_holdout(
    origin: datetime,
    trained_on_cut_offs: int,
    probabilities: ArrayLike,
    labels: ArrayLike,
    customers: int | None = None,
) -> Holdout:
    """The test of forecasts (n,) made at `origin` against what came (n,); one row a customer unless told."""
    metrics, bins = measure(probabilities, labels), reliability(probabilities, labels)
    top = top_of(bins)
    return Holdout(
        origin=origin,
        customers=metrics.n if customers is None else customers,
        trained_on_cut_offs=trained_on_cut_offs,
        metrics=metrics,
        reliability=bins,
        top=top,
        histogram=histogram(probabilities, top),
    )


def weigh(terms: Sequence[str], contributions: NDArray[np.float64]) -> tuple[CardFeature, ...]:
    """Every term with its weight, heaviest first, ties by name; of no rows all weigh 0."""
    sizes = np.abs(contributions).mean(axis=0) if len(contributions) else np.zeros(len(terms))
    found = [
        CardFeature(name=name, words=words_of(name), importance=float(size))
        for name, size in zip(terms, sizes, strict=True)
    ]
    return tuple(sorted(found, key=lambda feature: (-feature.importance, feature.name)))
