"""The churn signal as a tool: of one customer, or of everyone who is at risk."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tools.cohort import check_bands, searched_fact, total_fact
from tools.fact import Fact
from tools.profile import read_customer
from tools.signal_facts import signal_facts
from tools.signal_view import SignalView, signal_view
from tools.survey import Customer
from tools.tool import StillTraining, Tool, ToolArgs, ToolContext, ToolResult, allowed, passages
from tools.value import main_currency, value_facts, value_of


class ChurnArgs(ToolArgs):
    client_id: str | None = Field(default=None, description="one customer; null ranks everyone, highest score first")
    bands: list[str] = Field(default_factory=list, description="only these bands: low, medium, high")
    rank: Literal["score", "value"] = Field(default="score", description="order of everyone: by score, or by net value")
    limit: Annotated[int, Field(ge=1, le=500)] = 10


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


def by_score(customer: Customer) -> tuple[float, str]:
    score = customer.signal.score
    return (-score if score is not None else float("inf"), customer.client_id)


TOOL = Tool(
    "churn",
    "Why a customer may leave: status, band and drivers with their events; or who is most at risk.",
    ChurnArgs,
    run,
)
