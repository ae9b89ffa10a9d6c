"""The churn signal as a tool: of one customer, or of everyone who is at risk."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from tools.churn import Driver, Signal
from tools.fact import Fact
from tools.profile import read_customer
from tools.survey import Customer
from tools.tool import Tool, ToolArgs, ToolContext, ToolResult, allowed, passages


class ChurnArgs(ToolArgs):
    client_id: str | None = Field(default=None, description="one customer; null ranks everyone, highest score first")
    limit: Annotated[int, Field(ge=1, le=500)] = 10


class DriverView(BaseModel):
    """One reason: `contribution` adds to the score, `evidence` holds message ids."""

    name: str
    sentence: str
    direction: str
    contribution: float
    evidence: list[str]


class SignalView(BaseModel):
    """`probability` is null until a model can give one; `percentile` is a rank in this workspace, 0 to 100."""

    client_id: str
    status: str
    probability: float | None
    band: str | None
    score: float | None
    percentile: float | None
    horizon_days: int
    drivers: list[DriverView]
    evidence: list[str]


class ChurnResult(ToolResult):
    signals: list[SignalView]


async def run(context: ToolContext, args: ChurnArgs) -> ChurnResult:
    client_id = allowed(context, args.client_id)
    if client_id:
        customers = [await read_customer(context, client_id)]
    else:
        everyone = (await context.survey()).customers.values()
        customers = sorted(everyone, key=_by_score)[: args.limit]
    views = [signal_view(customer.signal) for customer in customers]
    shown = await passages(context, [key for view in views[:20] for key in view.evidence])
    return ChurnResult(
        facts=[fact for customer in customers for fact in signal_facts(customer)], passages=shown, signals=views
    )


def signal_view(signal: Signal) -> SignalView:
    evidence = [key for driver in signal.drivers for key in driver.evidence]
    return SignalView(
        client_id=signal.client_id,
        status=signal.status,
        probability=None,
        band=signal.band,
        score=signal.score,
        percentile=signal.percentile,
        horizon_days=signal.horizon_days,
        drivers=[_driver_view(driver) for driver in signal.drivers],
        evidence=list(dict.fromkeys(evidence)),
    )


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
            evidence=list(driver.evidence),
            evidence_total=len(driver.evidence),
        )
        for driver in signal.drivers
        for name, (value, unit) in driver.values.items()
    ]
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
        Fact(name="client", value=customer.client_id, unit="id", tool="churn", evidence=evidence[:1], evidence_total=1),
        Fact(name="churn_status", value=signal.status, tool="churn", evidence=evidence, evidence_total=len(evidence)),
        *facts,
    ]


def _driver_view(driver: Driver) -> DriverView:
    return DriverView(
        name=driver.name,
        sentence=driver.sentence,
        direction=driver.direction,
        contribution=driver.contribution,
        evidence=list(driver.evidence),
    )


def _by_score(customer: Customer) -> tuple[float, str]:
    score = customer.signal.score
    return (-score if score is not None else float("inf"), customer.client_id)


TOOL = Tool(
    "churn",
    "Why a customer may leave: status, band and drivers with their events; or who is most at risk.",
    ChurnArgs,
    run,
)
