"""What the addresses of churn signals answer, whether at once or as a job."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import Response, status
from pydantic import BaseModel, Field

from memory.jobs import Job, JobState
from tools.paging import page_of
from tools.prediction.shelf import Awaited
from tools.risk_list import Order, RiskSort, in_order
from tools.signal_view import SignalView, signal_view
from tools.survey import Customer, Survey

_JOBS = "/signals/churn/"
LOCATION = {"Location": {"description": "The job's address", "required": True, "schema": {"type": "string"}}}


class ChurnReply(BaseModel):
    """Highest probability first, ties by id; named customers in the order named.

    `status` is `done` where `results` are what was asked for. Else ask again at the `job`: it is `queued` or `running`
    with `done` of `total` customers scored, or it `failed` for a `reason`; a model that is awaited is `training`.
    """

    as_of: datetime
    status: str
    job: str | None = Field(default=None, description="Of what takes longer: GET /signals/churn/{job}")
    task: str | None = Field(default=None, description="What the job does: score, or train a model")
    done: int | None = None
    total: int | None
    results: list[SignalView]
    next_cursor: str | None = None
    model: str | None = Field(default=None, description="The version that a job was answered by, or has trained")
    promoted: bool | None = Field(default=None, description="Whether a model that was trained answers from now on")
    reason: str | None = None


def accepted(of: type[BaseModel], meaning: str) -> dict[int | str, dict[str, Any]]:
    """How a route declares that it may answer with a job."""
    return {status.HTTP_202_ACCEPTED: {"model": of, "description": meaning, "headers": LOCATION}}


def point_at(response: Response, job: str) -> None:
    """Make an answer one that tells where to ask again."""
    response.status_code = status.HTTP_202_ACCEPTED
    response.headers["Location"] = f"{_JOBS}{job}"


def told(response: Response, as_of: datetime, customers: list[Customer], cursor: str | None, limit: int) -> ChurnReply:
    """A page of these customers, as they are ordered; 202 where their model is awaited. Raises ToolError."""
    page, following = page_of(customers, lambda customer: customer.client_id, cursor, limit)
    results = [signal_view(customer) for customer in page]
    signal = next((c.signal for c in customers if c.signal.status == "training"), None)
    if signal is None or signal.model is None:
        return ChurnReply(
            as_of=as_of, status="done", total=len(customers), results=results, next_cursor=following
        )  # fmt: skip
    point_at(response, signal.model)
    return ChurnReply(
        as_of=as_of, status="failed" if signal.failed else "training", job=signal.model, task="train",
        total=len(customers), results=results, next_cursor=following, reason=signal.reason if signal.failed else None,
    )  # fmt: skip


def told_of_job(
    job: Job,
    survey: Survey | None,
    cursor: str | None,
    limit: int,
    sort: RiskSort = "probability",
    order: Order = "desc",
) -> ChurnReply:
    """How far a job is, with a page of its result once it is done; raises ToolError for a bad cursor."""
    state = job.status if survey or job.task == "train" or job.status is not JobState.DONE else JobState.RUNNING
    reply = ChurnReply(
        as_of=job.as_of, status=state, job=job.id, task=job.task, done=job.done, total=job.total, results=[],
        model=job.model, promoted=job.promoted, reason=job.reason,
    )  # fmt: skip
    if survey is None:
        return reply
    customers = in_order(survey.customers.values(), sort, order)
    page, following = page_of(customers, lambda customer: customer.client_id, cursor, limit)
    results = [signal_view(customer) for customer in page]
    return reply.model_copy(update={"results": results, "next_cursor": following})


def told_of_training(awaited: Awaited | None, version: str, as_of: datetime) -> ChurnReply:
    """How far the training of a model is; None of one that is kept."""
    state = "done" if awaited is None else "failed" if awaited.failure else "running"
    reason = awaited.failure if awaited else None
    return ChurnReply(
        as_of=as_of, status=state, job=version, task="train", total=None, results=[],
        model=version if awaited is None else None, reason=reason,
    )  # fmt: skip
