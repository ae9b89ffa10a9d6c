"""The churn signal as a tool: of one customer, or of everyone who is at risk."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from memory.overrides import Word
from memory.workspace import ChurnDefinition
from tools.churn import Change, Forecast, Signal
from tools.cohort import check_bands, searched_fact, total_fact
from tools.fact import Fact
from tools.naming import client_facts
from tools.prediction.drivers import Driver, family_of
from tools.prediction.reasons import MAX_EVIDENCE, TROUBLE_WORDS, Known, Reason, reason_of
from tools.profile import read_customer
from tools.survey import Customer
from tools.tool import StillTraining, Tool, ToolArgs, ToolContext, ToolResult, allowed, passages
from tools.value import Money, main_currency, money_view, value_facts, value_of

#: Of each driver, in the list of all evidence.
_CITED = 6


class ChurnArgs(ToolArgs):
    client_id: str | None = Field(default=None, description="one customer; null ranks everyone, highest score first")
    bands: list[str] = Field(default_factory=list, description="only these bands: low, medium, high")
    rank: Literal["score", "value"] = Field(default="score", description="order of everyone: by score, or by net value")
    limit: Annotated[int, Field(ge=1, le=500)] = 10


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


class ChurnResult(ToolResult):
    """`total` customers match; `signals` are the first of them in order."""

    total: int
    signals: list[SignalView]


async def run(context: ToolContext, args: ChurnArgs) -> ChurnResult:
    client_id = allowed(context, args.client_id)
    if client_id:
        everyone = found = [await read_customer(context, client_id)]
    else:
        survey = await context.survey()
        if not survey.judged:
            raise StillTraining
        everyone = list(survey.customers.values())
        found = _ranked(everyone, args)
    customers = found[: args.limit]
    views = [signal_view(customer) for customer in customers]
    shown = await passages(context, [key for view in views[:20] for key in view.evidence])
    facts = [fact for customer in customers for fact in (*signal_facts(customer), *value_facts(customer, "churn"))]
    return ChurnResult(
        facts=facts if client_id else [*_totals(found, everyone), *facts],
        passages=shown,
        total=len(found),
        signals=views,
    )


def _totals(found: list[Customer], everyone: list[Customer]) -> list[Fact]:
    """How many customers match, and among how many was looked."""
    return [total_fact([customer.stages[-1] for customer in found], "churn"), searched_fact(everyone, "churn")]


def _ranked(customers: list[Customer], args: ChurnArgs) -> list[Customer]:
    """Everyone in these bands, highest score first or, currency by currency, highest value; ties by id."""
    check_bands(args.bands)
    chosen = [customer for customer in customers if not args.bands or customer.signal.band in args.bands]
    if args.rank == "value":
        return sorted(chosen, key=lambda c: (main_currency(c), -value_of(c), c.client_id))
    return sorted(chosen, key=by_score)


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


def unsettled(customer: Customer) -> list[tuple[str, Reason]]:
    """The troubles that were open when the customer was scored, by kind: a model of silence knows none of them."""
    forecast = customer.signal.forecast
    if forecast is None or customer.signal.status == "churned":
        return []
    known = Known([r for r in customer.records if r.occurred_at < forecast.at], forecast.at, ChurnDefinition())
    found = ((kind, reason_of(f"open_{kind}", known)) for kind in TROUBLE_WORDS)
    return [(kind, told) for kind, told in found if told and told.values[f"{kind}_events"][0]]


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


def signal_facts(customer: Customer) -> list[Fact]:
    """Every number that the signal's sentences use."""
    signal = customer.signal
    evidence = [key for driver in signal.drivers for key in driver.evidence]
    facts = [
        Fact(
            name=name,
            value=value,
            unit=unit,
            tool="churn",
            evidence=list(driver.behind(name)),
            evidence_total=max(int(value), 1) if unit == "events" else len(driver.behind(name)),
        )
        for driver in told_drivers(signal)
        for name, (value, unit) in driver.values.items()
    ]
    facts += [fact for _, told in unsettled(customer) for fact in _trouble_facts(told)]
    if signal.probability is not None:
        facts += _chance_facts(signal, evidence)
    if signal.percentile is not None:
        facts.append(
            Fact(
                name="churn_percentile",
                value=signal.percentile,
                unit="percentile",
                tool="churn",
                evidence=evidence,
                evidence_total=len(evidence),
            )
        )
    return [
        *client_facts(customer, evidence, "churn"),
        Fact(name="churn_status", value=signal.status, tool="churn", evidence=evidence, evidence_total=len(evidence)),
        *facts,
    ]


def told_drivers(signal: Signal) -> tuple[Driver, ...]:
    """The drivers whose numbers are of the instant asked about: of who has left, that they have."""
    if signal.status == "churned":
        return tuple(driver for driver in signal.drivers if driver.name == "churned")
    return signal.drivers


def _trouble_facts(told: Reason) -> list[Fact]:
    evidence = [record.message_id for record in told.shown][-MAX_EVIDENCE:]
    return [
        Fact(name=name, value=value, unit=unit, tool="churn", evidence=evidence, evidence_total=len(told.shown))
        for name, (value, unit) in told.values.items()
    ]


def _chance_facts(signal: Signal, evidence: list[str]) -> list[Fact]:
    """The probability in per cent and the horizon, as sentences tell them."""
    told = {"churn_probability": (round(100 * (signal.probability or 0.0)), "percent")}
    told["horizon_days"] = (signal.horizon_days, "days")
    return [
        Fact(name=name, value=value, unit=unit, tool="churn", evidence=evidence, evidence_total=len(evidence))
        for name, (value, unit) in told.items()
    ]


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


def by_score(customer: Customer) -> tuple[float, str]:
    score = customer.signal.score
    return (-score if score is not None else float("inf"), customer.client_id)


TOOL = Tool(
    "churn",
    "Why a customer may leave: status, band and drivers with their events; or who is most at risk.",
    ChurnArgs,
    run,
)
