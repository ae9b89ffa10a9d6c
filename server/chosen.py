"""The customers that a request's body names, by their ids or by a filter; what is wrong is told by its place there."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from memory.ledger import UnknownCustomer
from server.problems import INVALID_REQUEST, UNKNOWN_CLIENT, FieldError, Kind, Refusal
from tools import profile, signals
from tools.cohort import CohortArgs, Days, check, select
from tools.survey import Customer
from tools.tool import ToolContext, ToolError


class ChurnFilter(BaseModel):
    """Which customers; empty fields do not filter."""

    model_config = ConfigDict(extra="forbid")

    stages: list[str] = Field(default_factory=list)
    bands: list[str] = Field(default_factory=list)
    silent_days_min: Days | None = None
    value_min: float | None = Field(default=None, allow_inf_nan=False)


async def named(context: ToolContext, client_id: str, pointer: str) -> Customer:
    """The customer behind an id; raises Refusal that points at it."""
    try:
        return await profile.read_customer(context, client_id)
    except UnknownCustomer as error:
        raise refused(UNKNOWN_CLIENT, pointer, "unknown_client", error) from error


async def several(context: ToolContext, client_ids: Sequence[str]) -> list[Customer]:
    """The customers of `/client_ids`, in the order named; raises Refusal."""
    found = [await named(context, key, f"/client_ids/{n}") for n, key in enumerate(client_ids)]
    # Named twice, or by an anonymous id as well, a customer is one result.
    return list({customer.client_id: customer for customer in found}.values())


async def filtered(context: ToolContext, asked: ChurnFilter | None) -> list[Customer]:
    """The customers that pass, who is most likely to leave first; raises ToolError."""
    args = CohortArgs(**(asked or ChurnFilter()).model_dump())
    check(args)
    chosen = select(list((await context.survey()).customers.values()), args, context.as_of)
    return sorted(chosen, key=signals.by_score)


#: Where arguments of tools stand in such a body.
_POINTERS = {"stage": "/filter/stages", "bands": "/filter/bands", "after": "/cursor"}


def misfit(error: ToolError) -> Refusal:
    """What a tool would not take, at its place in the body."""
    return refused(INVALID_REQUEST, _POINTERS[error.argument], "unknown_value", error)


def refused(kind: Kind, pointer: str, reason: str, error: Exception) -> Refusal:
    return Refusal(kind, str(error), [FieldError(field=pointer, reason=reason, detail=str(error))])
