"""How a churn signal is shown: its numbers, drivers, change, value and open troubles, each with its events."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from memory.overrides import Word
from tools.churn import Change, Forecast
from tools.prediction.drivers import Driver, family_of
from tools.prediction.known import Reason
from tools.prediction.reasons import MAX_EVIDENCE
from tools.signal_facts import unsettled
from tools.survey import Customer
from tools.value import Money, money_view

#: Of each driver, in the list of all evidence.
_CITED = 6


class DriverView(BaseModel):
    """One reason: what it adds to the score in log-odds, and the newest of the `evidence_total` events that show it.

    The sentence is about `feature`, which adds most of what it is made of.
    """

    name: str
    sentence: str
    direction: str
    contribution: float
    feature: str
    values: dict[str, float]
    evidence: list[str]
    evidence_total: int


class DriverChange(BaseModel):
    """What a driver has added since, in log-odds."""

    name: str
    contribution: float


class Delta(BaseModel):
    """How the score compares with that of the last daily scoring, and what moved it, most first."""

    since: datetime
    probability: float
    change: float
    drivers: list[DriverChange]


class ModelRef(BaseModel):
    """Which model said so; `form` is steps, offset, bgnbd or prior."""

    version: str
    form: str | None
    trained_until: datetime | None
    card: str


class ExpectedValue(BaseModel):
    """What the customer is expected to pay within the horizon, and what they paid in one on average so far."""

    amount: float
    own_mean: float
    currency: str | None
    at_stake: float


class OverrideView(BaseModel):
    """The band that an operator set by hand, and until when."""

    band: str
    author: str
    reason: str
    expires_at: datetime | None


class TroubleView(BaseModel):
    """What troubles a customer and is not settled, with the newest of its events."""

    kind: str
    sentence: str
    events: int
    evidence: list[str]


class SignalView(BaseModel):
    """`probability` of the outcome within `horizon_days`; `percentile` is a rank in this workspace, 0 to 100.

    `score` is the probability in log-odds: `intercept` plus the contributions of all drivers. `reason` says why there
    is no number, or what to think of it. A churned customer's numbers are of `scored_at`, when they left. With an
    `override`, the band is what an operator set.
    """

    client_id: str
    name: str | None
    value: list[Money]
    status: str
    reason: str | None
    probability: float | None
    band: str | None
    score: float | None
    intercept: float | None
    percentile: float | None
    horizon_days: int
    scored_at: datetime | None
    expected_days_to_churn: float | None
    expected_value: ExpectedValue | None
    delta: Delta | None
    drivers: list[DriverView]
    troubles: list[TroubleView]
    override: OverrideView | None
    model: ModelRef | None
    evidence: list[str]


def signal_view(customer: Customer) -> SignalView:
    signal, forecast = customer.signal, customer.signal.forecast
    troubles = [_trouble_view(kind, told) for kind, told in unsettled(customer)]
    shown = [*(driver.evidence for driver in signal.drivers), *(each.evidence for each in troubles)]
    evidence = [key for keys in shown for key in keys[-_CITED:]]
    return SignalView(
        client_id=signal.client_id,
        name=customer.profile.name,
        value=money_view(customer.profile),
        status=signal.status,
        reason=signal.reason or None,
        probability=forecast and forecast.probability,
        band=signal.band,
        score=forecast and forecast.logit,
        intercept=forecast and forecast.intercept,
        percentile=signal.percentile,
        horizon_days=signal.horizon_days,
        scored_at=forecast and forecast.at,
        expected_days_to_churn=forecast.days if forecast and signal.status == "scored" else None,
        expected_value=expected_value(customer),
        delta=_delta(forecast, forecast.change) if forecast and forecast.change else None,
        drivers=[driver_view(driver) for driver in signal.drivers],
        troubles=troubles,
        override=_override_view(signal.override) if signal.override else None,
        model=model_ref(signal.model, signal.form, signal.trained_until) if signal.model is not None else None,
        evidence=list(dict.fromkeys(evidence)),
    )


def _trouble_view(kind: str, told: Reason) -> TroubleView:
    evidence = [record.message_id for record in told.shown]
    events = int(told.values[f"{kind}_events"][0])
    return TroubleView(kind=kind, sentence=told.sentence, events=events, evidence=evidence[-MAX_EVIDENCE:])


def _override_view(word: Word) -> OverrideView:
    return OverrideView(band=str(word.band), author=word.author, reason=word.reason, expires_at=word.expires_at)


def expected_value(customer: Customer) -> ExpectedValue | None:
    """What is expected of them, and how much of it is at stake; None where there is nothing to tell it by."""
    forecast = customer.signal.forecast
    if forecast is None or forecast.expected is None or forecast.own is None:
        return None
    # Amounts of several currencies cannot be added up: of such a customer nothing is expected.
    currencies = list(customer.profile.value)
    if len(currencies) > 1:
        return None
    stake = round(forecast.probability * forecast.expected, 2)
    currency = currencies[0] if currencies else None
    return ExpectedValue(amount=forecast.expected, own_mean=forecast.own, currency=currency, at_stake=stake)


def _delta(forecast: Forecast, change: Change) -> Delta:
    added: dict[str, float] = {}
    for term, each in change.terms.items():
        name = family_of(term)
        added[name] = added.get(name, 0.0) + each
    moved = sorted(added.items(), key=lambda pair: (-abs(pair[1]), pair[0]))
    return Delta(
        since=change.since,
        probability=change.probability,
        change=forecast.probability - change.probability,
        drivers=[DriverChange(name=name, contribution=each) for name, each in moved if each],
    )


def model_ref(version: str, form: str | None, trained_until: datetime | None) -> ModelRef:
    """What points to a model and its card."""
    card = f"/signals/churn/model?version={version}"
    return ModelRef(version=version, form=form, trained_until=trained_until, card=card)


def driver_view(driver: Driver) -> DriverView:
    """One reason as it is told."""
    return DriverView(
        name=driver.name,
        sentence=driver.sentence,
        direction=driver.direction,
        contribution=driver.contribution,
        feature=driver.feature,
        values={name: float(number) for name, (number, _) in driver.values.items()},
        evidence=list(driver.evidence),
        evidence_total=driver.evidence_total,
    )
