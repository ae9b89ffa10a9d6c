"""From a workspace's own history to the model that answers: rows, the choice among candidates, value, the card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from tools.prediction.additive import Additive, Floats, StepModel, logits, probabilities
from tools.prediction.asked import Asked
from tools.prediction.carding import Made, card_of
from tools.prediction.choice import ORIGINS, Choice, Labelled, choose
from tools.prediction.columns import Columns, Rows, columns
from tools.prediction.contenders import contenders
from tools.prediction.features import make_features
from tools.prediction.outcome import Outcome, eligible
from tools.prediction.prior import SplineModel, centred, prior_for
from tools.prediction.sampling import TooLittleError, Training, training_set
from tools.prediction.specification import choose_spec
from tools.prediction.table import DAY_S, Table, seconds
from tools.prediction.trained import FEW_CUSTOMERS, NO_MODEL, Trained
from tools.prediction.trainer import FEWEST_CUSTOMERS
from tools.prediction.value import fit_value, paid_parts, paid_within

#: What is expected of nobody: the rate of a workspace without customers.
_UNKNOWN_RATE = 0.5
#: With so many customers one origin decides: each further one costs a training of everything.
_MANY_CUSTOMERS = 1_000
FEW_CASES = "Too few past cases to learn from"
NOT_BETTER = "Nothing that was learnt here did better on past cases"


def train(table: Table, asked: Asked, until: datetime, shuffled: int | None = None) -> Trained:
    """The best model that this history allows, from events before `until` only; without enough of it the prior.

    With `shuffled`, a seed, labels go to other rows: what it learns then, it learns from nothing (a check of leaks).
    """
    making = _begin(table, asked, until)
    if len(table.customers) < FEWEST_CUSTOMERS:
        return _prior(making, FEW_CUSTOMERS)
    try:
        training = training_set(making.known, making.outcome, seconds(until))
    except TooLittleError as error:
        return _prior(making, error.why)
    if shuffled is not None:
        training = replace(training, labels=np.random.default_rng(shuffled).permutation(training.labels))
    found = _chosen(making, training)
    return _made(making, training, found) if found else _prior(making, FEW_CASES)


def without_history(table: Table, asked: Asked, until: datetime) -> Trained:
    """The prior, for too few customers to learn from."""
    return _prior(_begin(table, asked, until), FEW_CUSTOMERS)


@dataclass(frozen=True, slots=True)
class _Making:
    """What a model is made of, and for."""

    known: Columns
    asked: Asked
    outcome: Outcome
    buyers: bool
    until: datetime


def _begin(table: Table, asked: Asked, until: datetime) -> _Making:
    buyers = asked.only_buyers(table)
    known = columns(table, choose_spec(table, asked.activity_of(table), seconds(until)))
    return _Making(known, asked, asked.outcome_of(buyers), buyers, until)


def _chosen(making: _Making, training: Training) -> Choice | None:
    known, rows = making.known, training.rows
    features = make_features(known, rows)
    labelled = Labelled(features, training.labels.astype(np.float64), rows.customer, rows.second)
    now = make_features(known, _asked_about(making))
    origins = ORIGINS if len(known.table.customers) <= _MANY_CUSTOMERS else 1
    return choose(contenders(known, making.outcome), labelled, now, making.outcome.horizon_days, origins)


def _made(making: _Making, training: Training, choice: Choice) -> Trained:
    known = making.known
    choice = replace(choice, model=_centred(choice.model, make_features(known, training.rows)))
    contributions = choice.model.contributions(make_features(known, training.rows))
    chances = probabilities(logits(choice.model, contributions))
    made = Made(known, making.asked, making.until, choice, training, contributions, training.rate)
    return Trained(
        asked=making.asked,
        until=making.until,
        form=choice.form,
        buyers=making.buyers,
        spec=known.spec,
        model=choice.model,
        base_rate=training.rate,
        value=_value(making, training, chances),
        card=card_of(made).model_dump(mode="json"),
        span_days=_span_days(making),
        why=NOT_BETTER if choice.form == "prior" else "",
    )


def _prior(making: _Making, why: str) -> Trained:
    """What is usual elsewhere; the rate is the one that it expects here. Of some outcomes nothing is usual."""
    usual = prior_for(making.outcome)
    if usual is None:
        return _nothing(making, why)
    features = make_features(making.known, _asked_about(making))
    model = _centred(usual, features)
    contributions = model.contributions(features)
    expected = probabilities(logits(model, contributions))
    rate = float(np.round(expected.mean(), 6)) if len(expected) else _UNKNOWN_RATE
    made = Made(making.known, making.asked, making.until, Choice("prior", model, ()), None, contributions, rate)
    return Trained(
        asked=making.asked,
        until=making.until,
        form="prior",
        buyers=making.buyers,
        spec=making.known.spec,
        model=model,
        base_rate=rate,
        card=card_of(made).model_dump(mode="json"),
        span_days=_span_days(making),
        why=why,
    )


def _centred(model: Additive, features: Mapping[str, Floats]) -> Additive:
    """The model told from these rows' usual customer: a reason speaks of what differs, not of where a curve lies."""
    found = model.contributions(features)
    return centred(model, found.mean(axis=0)) if isinstance(model, SplineModel) and len(found) else model


def _nothing(making: _Making, why: str) -> Trained:
    """No model: everybody is told that there is too little history."""
    bare = StepModel(0.0, ())
    return Trained(
        making.asked, making.until, NO_MODEL, making.buyers, making.known.spec, bare, _UNKNOWN_RATE, why=why
    )  # fmt: skip


def _value(making: _Making, training: Training, chances: Floats) -> dict[str, object]:
    """The shares of the expected value; of an outcome that means to buy, what is foretold is staying."""
    known, rows, horizon = making.known, training.rows, making.outcome.horizon_days
    gone = 1 - chances if making.outcome.name in ("conversion", "repeat_purchase") else chances
    found = fit_value(paid_parts(known, rows, horizon), gone, paid_within(known, rows, horizon), horizon)
    return found.to_json() if found else {}


def _asked_about(making: _Making) -> Rows:
    """Everybody whom the outcome can be asked about when training ends."""
    everyone = np.arange(len(making.known.table.customers), dtype=np.int64)
    rows = Rows(everyone, np.full(len(everyone), seconds(making.until), dtype=np.int64))
    some = eligible(making.known, making.outcome, rows)
    return Rows(rows.customer[some], rows.second[some])


def _span_days(making: _Making) -> float:
    table = making.known.table
    if not len(table.key):
        return 0.0
    first = datetime.fromtimestamp(int(table.second.min()), UTC)
    return (making.until - first).total_seconds() / DAY_S
