"""Every number that the sentences of a churn signal use, as a fact with its events."""

from __future__ import annotations

from memory.workspace import ChurnDefinition
from tools.churn import Signal
from tools.fact import Fact
from tools.naming import client_facts
from tools.prediction.drivers import Driver
from tools.prediction.known import Known, Reason
from tools.prediction.reasons import MAX_EVIDENCE, TROUBLE_WORDS, reason_of
from tools.survey import Customer


def signal_facts(customer: Customer) -> list[Fact]:
    """Every number that the signal's sentences use."""
    signal = customer.signal
    evidence = [key for driver in signal.drivers for key in driver.evidence]
    facts = [fact for driver in told_drivers(signal) for fact in driver_facts(driver, "churn")]
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


def driver_facts(driver: Driver, tool: str) -> list[Fact]:
    """The numbers in one driver's sentence."""
    return [
        Fact(
            name=name,
            value=value,
            unit=unit,
            tool=tool,
            evidence=list(driver.behind(name)),
            evidence_total=max(int(value), 1) if unit == "events" else len(driver.behind(name)),
        )
        for name, (value, unit) in driver.values.items()
    ]


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


def told_drivers(signal: Signal) -> tuple[Driver, ...]:
    """The drivers whose numbers are of the instant asked about: of who has left, that they have."""
    if signal.status == "churned":
        return tuple(driver for driver in signal.drivers if driver.name == "churned")
    return signal.drivers


def unsettled(customer: Customer) -> list[tuple[str, Reason]]:
    """The troubles that were open when the customer was scored, by kind: a model of silence knows none of them."""
    forecast = customer.signal.forecast
    if forecast is None or customer.signal.status == "churned":
        return []
    known = Known([r for r in customer.records if r.occurred_at < forecast.at], forecast.at, ChurnDefinition())
    found = ((kind, reason_of(f"open_{kind}", known)) for kind in TROUBLE_WORDS)
    return [(kind, told) for kind, told in found if told and told.values[f"{kind}_events"][0]]
