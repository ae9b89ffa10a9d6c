"""Churn signals of one customer or of all: the model's numbers at the instant, before it, and since when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import numpy as np

from memory.record import Record
from memory.stages import StageChange
from memory.workspace import ChurnDefinition
from tools.churn import Change, Forecast, Signal, Status
from tools.lifecycle import BUYING_STAGES
from tools.prediction.bands import band_of, thresholds
from tools.prediction.columns import Columns, Rows
from tools.prediction.drivers import Driver, make_drivers
from tools.prediction.expected_time import days_to_churn
from tools.prediction.known import Known, plural
from tools.prediction.scoring import Scores, prepare, rows_at, score
from tools.prediction.shelf import Awaited
from tools.prediction.trained import FEW_CUSTOMERS, NO_MODEL, Trained
from tools.prediction.value import expected_value, own_mean, paid_parts, read_value

#: Days that are looked through for the one on which somebody's band became high.
LOOK_BACK_DAYS = 90
#: Customers whose days are scored together: some ten thousand rows.
_AT_ONCE = 500
#: Customers looked back at together: some 20,000 rows.
_LOOKED_AT = 200

Stages = Mapping[str, Sequence[StageChange]]


@dataclass(frozen=True, slots=True)
class Basis:
    """What customers are judged by at an instant: the model, when the last daily scoring was, who can leave."""

    model: Trained | Awaited
    definition: ChurnDefinition
    as_of: datetime
    last: datetime
    buyers: bool


def assess(basis: Basis, everyone: Mapping[str, Sequence[Record]], stages: Stages) -> dict[str, Signal]:
    """The signal of each of these customers; of one alone the same as among all."""
    model = basis.model
    if isinstance(model, Awaited):
        return {client_id: _awaited(client_id, basis, model) for client_id in everyone}
    customers = sorted(everyone)
    known = prepare(model, everyone)
    left = {client_id: _left(stages[client_id]) for client_id in customers}
    moments = [left[client_id] or basis.as_of for client_id in customers]
    numbers = list(range(len(customers)))
    earlier = [min(basis.last, moment) for moment in moments]
    # Both at once: of one customer the time goes into calls, not into numbers.
    both = score(model, known, rows_at([*numbers, *numbers], [*moments, *earlier]))
    now, before = both.part(0, len(numbers)), both.part(len(numbers), 2 * len(numbers))
    values = _values(model, known, now, rows_at(numbers, moments))
    found = {
        client_id: _signal(basis, model, everyone[client_id], stages[client_id], client_id, n, now, before, values)
        for n, client_id in enumerate(customers)
    }
    return _since(basis, model, known, customers, everyone, found)


def _left(stages: Sequence[StageChange]) -> datetime | None:
    """When a churned customer left: their score stays as it was then."""
    return stages[-1].since if stages and stages[-1].stage == "churned" else None


def _signal(
    basis: Basis,
    model: Trained,
    records: Sequence[Record],
    stages: Sequence[StageChange],
    client_id: str,
    row: int,
    now: Scores,
    before: Scores,
    values: Sequence[tuple[float, float] | None],
) -> Signal:
    horizon = basis.definition.horizon_days
    left = _left(stages)
    why = None if left else _cannot(basis, records, stages, bool(now.eligible[row]))
    if why:
        return Signal(client_id, "insufficient_data", horizon, why, model=model.version)
    at = left or basis.as_of
    change = None if left or not before.eligible[row] else _change(basis.last, model, now, before, row)
    value = values[row]
    forecast = Forecast(
        at=at,
        probability=float(now.probability[row]),
        logit=float(now.logit[row]),
        intercept=model.model.intercept,
        terms=dict(zip(model.model.terms, map(float, now.contributions[row]), strict=True)),
        change=change,
        expected=value[0] if value else None,
        own=value[1] if value else None,
        days=_days_to_churn(model, float(now.probability[row])),
    )
    status: Status = "churned" if left else "scored" if model.calibrated else "prior"
    levels = thresholds(basis.definition.bands, model.base_rate)
    # One who left before they did anything of their own has no score to freeze, nor has anybody without a model.
    told = forecast if now.eligible[row] and model.form != NO_MODEL else None
    return Signal(
        client_id,
        status,
        horizon,
        _reason(status, model) if told else "They have left; there is no score of when they did.",
        told,
        None if left else band_of(forecast.probability, levels),
        model=model.version,
        form=model.form,
        trained_until=model.until,
        explain=partial(_explain, basis, model, records, stages, told),
    )


NOT_COUNTED = "What they did so far does not count as activity here."


def prior_reason(model: Trained) -> str:
    """Why what is usual elsewhere answers."""
    return f"{model.why or FEW_CUSTOMERS}: what is usual elsewhere stands in, not calibrated here."


def no_model_reason(model: Trained) -> str:
    """Why nothing answers."""
    return f"{model.why or FEW_CUSTOMERS}, and what is usual elsewhere does not tell."


def _reason(status: Status, model: Trained) -> str:
    if status == "churned":
        return "They have left; the probability is that of when they did, as this model tells it."
    return prior_reason(model) if status == "prior" else ""


def _cannot(basis: Basis, records: Sequence[Record], stages: Sequence[StageChange], eligible: bool) -> str | None:
    """Why there is no number, in a sentence; None where there is one."""
    if not any(basis.definition.is_activity(record.title) for record in records):
        return NOT_COUNTED if basis.definition.activity else "They have done nothing of their own yet."
    if basis.buyers and (not stages or stages[-1].stage not in BUYING_STAGES):
        return "They have not bought anything yet: only who has bought can leave."
    if not eligible:
        return NOT_COUNTED
    if isinstance(basis.model, Trained) and basis.model.form == NO_MODEL:
        return no_model_reason(basis.model)
    return None


def _change(last: datetime, model: Trained, now: Scores, before: Scores, row: int) -> Change:
    added = now.contributions[row] - before.contributions[row]
    terms = {term: float(each) for term, each in zip(model.model.terms, added, strict=True) if each}
    return Change(last, float(before.probability[row]), float(before.logit[row]), terms)


def _values(model: Trained, known: Columns, scores: Scores, rows: Rows) -> list[tuple[float, float] | None]:
    """Of each row what its customer is expected to pay within the horizon, and paid in one so far; amounts."""
    if not model.value:
        return [None] * len(rows)
    horizon, shares = model.asked.horizon_days, read_value(model.value)
    expected = expected_value(shares, paid_parts(known, rows, horizon), scores.probability)
    own = own_mean(known, rows, horizon)
    return [(round(float(e) / 100, 2), round(float(o) / 100, 2)) for e, o in zip(expected, own, strict=True)]


def _since(
    basis: Basis,
    model: Trained,
    known: Columns,
    customers: Sequence[str],
    everyone: Mapping[str, Sequence[Record]],
    found: dict[str, Signal],
) -> dict[str, Signal]:
    """The signals with the day since which those that are high have been so without a break.

    Between events only time changes a score: it is enough to look back to the last one.
    """
    high = [n for n, client_id in enumerate(customers) if found[client_id].band == "high"]
    for begin in range(0, len(high), _AT_ONCE):
        some = high[begin : begin + _AT_ONCE]
        steps = {n: _days(everyone[customers[n]][-1].occurred_at, basis.as_of) for n in some}
        rows = rows_at([n for n in some for _ in steps[n]], [day for n in some for day in steps[n]])
        scores = score(model, known, rows)
        above = scores.eligible & (scores.probability >= thresholds(basis.definition.bands, model.base_rate)[1])
        at = 0
        for n in some:
            days = steps[n]
            below = np.flatnonzero(~above[at : at + len(days)])
            first = int(below[-1]) + 1 if len(below) else 0
            since = days[first] if first < len(days) else basis.as_of
            found[customers[n]] = replace(found[customers[n]], high_since=since)
            at += len(days)
    return found


def _days_to_churn(model: Trained, probability: float) -> float | None:
    days = days_to_churn(probability, model.asked.horizon_days, model.span_days)
    return None if days is None else round(days, 1)


def _days(last: datetime, as_of: datetime) -> list[datetime]:
    """Day by day up to the instant. Counted from just after the last event, they are the same until the next one."""
    after = last + timedelta(seconds=1)
    first = after - timedelta(days=(after - as_of + timedelta(days=LOOK_BACK_DAYS)) // timedelta(days=1))
    return [*(first + timedelta(days=day) for day in range((as_of - first).days + 1)), as_of]


def _explain(
    basis: Basis,
    model: Trained,
    records: Sequence[Record],
    stages: Sequence[StageChange],
    forecast: Forecast | None,
) -> tuple[Driver, ...]:
    left = _left(stages)
    gone = (_gone(stages[-1], records, basis),) if left else ()
    if forecast is None:
        return gone
    seen = [record for record in records if record.occurred_at < forecast.at]
    known = Known(seen, forecast.at, basis.definition, frozenset(model.spec.calendar))
    drivers = make_drivers(forecast.terms, known)
    return (
        (*gone, *(replace(each, sentence=f"when they left: {each.sentence}") for each in drivers)) if gone else drivers
    )


def _gone(change: StageChange, records: Sequence[Record], basis: Basis) -> Driver:
    days = (basis.as_of - change.since).days
    last = next((record for record in reversed(records) if basis.definition.is_activity(record.title)), None)
    values: dict[str, tuple[int | float, str]] = {"days_churned": (days, "days")}
    silence = ""
    if last:
        silent = (basis.as_of - last.occurred_at).days
        silence, values["days_silent"] = f"{plural(silent, 'day')} without activity; ", (silent, "days")
    evidence = tuple(dict.fromkeys((*change.evidence, *((last.message_id,) if last else ()))))
    return Driver(
        name="churned",
        sentence=f"{silence}counted as churned for {plural(days, 'day')}",
        direction="raises",
        contribution=0.0,
        values=values,
        evidence=evidence,
        rests_on={"days_churned": change.evidence, **({"days_silent": (last.message_id,)} if last else {})},
        evidence_total=len(evidence),
    )


def _awaited(client_id: str, basis: Basis, model: Awaited) -> Signal:
    horizon = basis.definition.horizon_days
    return Signal(client_id, "training", horizon, model.reason, model=model.job, failed=model.failure is not None)
