"""The churn signal as a tool: of one customer, or of everyone who is at risk."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from tools.churn import Driver
from tools.cohort import check_bands, searched_fact, total_fact
from tools.fact import Fact
from tools.naming import client_facts
from tools.profile import read_customer
from tools.survey import Customer
from tools.tool import Tool, ToolArgs, ToolContext, ToolResult, allowed, passages
from tools.value import Money, main_currency, money_view, value_facts, value_of


class ChurnArgs(ToolArgs):
    client_id: str | None = Field(default=None, description="one customer; null ranks everyone, highest score first")
    bands: list[str] = Field(default_factory=list, description="only these bands: low, medium, high")
    rank: Literal["score", "value"] = Field(default="score", description="order of everyone: by score, or by net value")
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
    name: str | None
    value: list[Money]
    status: str
    probability: float | None
    band: str | None
    score: float | None
    percentile: float | None
    horizon_days: int
    drivers: list[DriverView]
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
        everyone = list((await context.survey()).customers.values())
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
    signal = customer.signal
    evidence = [key for driver in signal.drivers for key in driver.evidence]
    return SignalView(
        client_id=signal.client_id,
        name=customer.profile.name,
        value=money_view(customer.profile),
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
            evidence=list(driver.behind(name)),
            evidence_total=int(value) if unit == "events" else len(driver.behind(name)),
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
        *client_facts(customer, evidence, "churn"),
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


def by_score(customer: Customer) -> tuple[float, str]:
    score = customer.signal.score
    return (-score if score is not None else float("inf"), customer.client_id)


TOOL = Tool(
    "churn",
    "Why a customer may leave: status, band and drivers with their events; or who is most at risk.",
    ChurnArgs,
    run,
)
