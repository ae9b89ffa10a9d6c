"""Other outcomes by the code that foretells churn: a first purchase, another purchase."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from memory.record import Record
from tools.assessment import NOT_COUNTED, no_model_reason, prior_reason
from tools.prediction.asked import Asked
from tools.prediction.columns import Rows
from tools.prediction.drivers import make_drivers
from tools.prediction.known import BUYING, Known
from tools.prediction.scoring import Scores, prepare, rows_at, score
from tools.prediction.shelf import Awaited
from tools.prediction.table import kind_of
from tools.prediction.trained import NO_MODEL, Trained
from tools.signal_view import DriverView, ModelRef, driver_view, model_ref
from tools.tool import ToolContext

OtherOutcome = Literal["conversion", "repeat_purchase"]


class OutlookView(BaseModel):
    """`probability` that it happens within `horizon_days`; `score` is that in log-odds: `intercept` plus what all
    drivers add. `reason` says why there is no number, or what to think of it.
    """

    client_id: str
    outcome: str
    status: Literal["scored", "prior", "insufficient_data", "training"]
    reason: str | None
    probability: float | None
    score: float | None
    intercept: float | None
    horizon_days: int
    drivers: list[DriverView]
    model: ModelRef | None
    evidence: list[str]


async def foretell(
    context: ToolContext, asked: Asked, model: Trained | Awaited, everyone: Mapping[str, Sequence[Record]]
) -> dict[str, OutlookView]:
    """The outlook of these customers, by id; of one alone the same as among all. Computed beside the requests."""
    return await asyncio.to_thread(outlooks, asked, model, everyone, context.as_of)


def outlooks(
    asked: Asked, model: Trained | Awaited, everyone: Mapping[str, Sequence[Record]], as_of: datetime
) -> dict[str, OutlookView]:
    """As `foretell`, at once."""
    if isinstance(model, Awaited):
        return {client_id: _awaited(client_id, asked, model) for client_id in everyone}
    customers = sorted(everyone)
    rows: Rows = rows_at(range(len(customers)), [as_of] * len(customers))
    scores = score(model, prepare(model, everyone), rows)
    return {
        client_id: _outlook(asked, model, everyone[client_id], client_id, scores, n, as_of)
        for n, client_id in enumerate(customers)
    }


def _outlook(
    asked: Asked, model: Trained, records: Sequence[Record], client_id: str, scores: Scores, row: int, as_of: datetime
) -> OutlookView:
    why = _cannot(asked, model, records, bool(scores.eligible[row]))
    ref = model_ref(model.version, model.form, model.until)
    if why:
        return _without(client_id, asked, "insufficient_data", why, ref)
    terms = dict(zip(model.model.terms, map(float, scores.contributions[row]), strict=True))
    known = _known(asked, model, records, as_of)
    drivers = [driver_view(driver) for driver in make_drivers(terms, known)]
    return OutlookView(
        client_id=client_id,
        outcome=asked.outcome,
        status="scored" if model.calibrated else "prior",
        reason=None if model.calibrated else prior_reason(model),
        probability=float(scores.probability[row]),
        score=float(scores.logit[row]),
        intercept=model.model.intercept,
        horizon_days=asked.horizon_days,
        drivers=drivers,
        model=ref,
        evidence=list(dict.fromkeys(key for driver in drivers for key in driver.evidence[-6:])),
    )


def _known(asked: Asked, model: Trained, records: Sequence[Record], as_of: datetime) -> Known:
    """What reasons are counted from: the activity that the model has looked at."""
    calendar = frozenset(model.spec.calendar)
    if asked.outcome != "repeat_purchase":
        return Known(records, as_of, asked.definition, calendar)
    bought = asked.definition.model_copy(update={"activity": model.spec.activity})
    return Known(records, as_of, bought, calendar, BUYING)


def _cannot(asked: Asked, model: Trained, records: Sequence[Record], eligible: bool) -> str | None:
    """Why there is no number, in a sentence; None where there is one."""
    has_bought = any(kind_of(record.title).money > 0 for record in records)
    if asked.outcome == "conversion" and has_bought:
        return "They have bought already: a first purchase lies behind them."
    if asked.outcome == "repeat_purchase" and not has_bought:
        return "They have not bought anything yet: there is nothing to repeat."
    if not any(asked.definition.is_activity(record.title) for record in records):
        return NOT_COUNTED if asked.definition.activity else "They have done nothing of their own yet."
    if not eligible:
        return NOT_COUNTED
    if model.form == NO_MODEL:
        return no_model_reason(model)
    return None


def _awaited(client_id: str, asked: Asked, model: Awaited) -> OutlookView:
    return _without(client_id, asked, "training", model.reason, model_ref(model.job, None, None))


def _without(
    client_id: str, asked: Asked, status: Literal["insufficient_data", "training"], why: str, ref: ModelRef
) -> OutlookView:
    return OutlookView(
        client_id=client_id, outcome=asked.outcome, status=status, reason=why, probability=None, score=None,
        intercept=None, horizon_days=asked.horizon_days, drivers=[], model=ref, evidence=[],
    )  # fmt: skip
