"""The card of a model that was just made, from what it was made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import numpy as np

from memory.workspace import Bands
from tools.prediction.additive import Floats, probabilities
from tools.prediction.asked import Asked
from tools.prediction.bands import thresholds
from tools.prediction.card import (
    BandFrom,
    CandidateLosses,
    Card,
    CardDefinition,
    Form,
    Holdout,
    Learnt,
    make_card,
    make_holdout,
)
from tools.prediction.choice import Choice
from tools.prediction.columns import Columns, is_activity
from tools.prediction.sampling import Training
from tools.prediction.specification import FEWEST_TOGETHER


@dataclass(frozen=True, slots=True)
class Made:
    """A model's making: `training` is None where nothing could be learnt; `contributions` of the rows it was shown."""

    known: Columns
    asked: Asked
    until: datetime
    choice: Choice
    training: Training | None
    contributions: Floats
    base_rate: float


def card_of(made: Made) -> Card:
    """The card; its version is known once it is kept."""
    choice = made.choice
    medium, high = thresholds(Bands(), made.base_rate)
    kinds = made.known.table.kinds
    active = is_activity(made.known.table, made.known.spec)
    return make_card(
        version="",
        made_at=made.until,
        definition=_definition(made.asked),
        form=cast(Form, choice.form),
        learnt=_learnt(made),
        terms=choice.model.terms,
        contributions=made.contributions,
        holdout=_tested(made),
        origins=[_moment(each) for each in choice.trials[0].origins] if choice.trials else [],
        candidates=list(_candidates(choice)),
        activity=[kinds[n].title for n in _shared(made.known) if active[n]],
        calendar=made.known.spec.calendar,
        bands=[BandFrom(band="medium", probability=medium), BandFrom(band="high", probability=high)],
    )


def _shared(known: Columns) -> list[int]:
    """The kinds of events that more than one customer has."""
    pairs = np.unique(np.stack([known.table.kind.astype(np.int64), known.table.owner]), axis=1)
    kinds, customers = np.unique(pairs[0], return_counts=True)
    return [int(each) for each in kinds[customers >= FEWEST_TOGETHER]]


def _definition(asked: Asked) -> CardDefinition:
    definition = asked.definition
    return CardDefinition(
        outcome=asked.outcome,
        kind=definition.kind if asked.outcome == "churn" else asked.outcome,
        horizon_days=definition.horizon_days,
        activity=definition.activity,
        cancel_events=definition.cancel_events,
    )


def _learnt(made: Made) -> Learnt:
    table, training = made.known.table, made.training
    second = table.second
    cut_offs = training.cut_offs if training else ()
    return Learnt(
        first_event=_moment(int(second.min())) if len(second) else None,
        last_event=_moment(int(second.max())) if len(second) else None,
        trained_until=made.until,
        cut_offs=tuple(_moment(each) for each in cut_offs),
        every_days=(cut_offs[1] - cut_offs[0]) // 86_400 if len(cut_offs) > 1 else None,
        customers=len(np.unique(training.rows.customer)) if training else len(table.customers),
        rows=len(training.rows) if training else 0,
        base_rate=training.rate if training else None,
    )


def _tested(made: Made) -> Holdout | None:
    """How the form that was chosen did at the newest origin, on rows that it had not seen."""
    judged, training = made.choice.judged, made.training
    if judged is None or training is None:
        return None
    origin = int(judged.second.max())
    newest = judged.second == origin
    horizon_s = made.asked.horizon_days * 86_400
    seen = sum(each + horizon_s <= origin for each in training.cut_offs)
    return make_holdout(_moment(origin), seen, probabilities(judged.odds[newest]), judged.labels[newest])


def _candidates(choice: Choice) -> Iterator[CandidateLosses]:
    for trial in choice.trials:
        yield CandidateLosses(
            form=cast(Form, trial.form), log_losses=trial.by_origin, log_loss=trial.log_loss, chosen=trial.chosen
        )


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
