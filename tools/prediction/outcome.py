"""What may happen to a customer within a horizon: which events, who is eligible, and whether it came to pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tools.prediction.columns import Columns, Rows
from tools.prediction.table import DAY_S, Bools, Ints, Kind
from tools.prediction.tally import Tally, tally

OutcomeName = Literal["churn", "conversion", "repeat_purchase"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Events that must (`happens`) or must not happen in [T, T + horizon), and who is asked about.

    `events` chooses kinds of events; None stands for activity as the features' spec defines it. Eligible is who was
    active before T, and: `after` events of these kinds, `without` any of these, not `gone` since they last `returned`.
    """

    name: OutcomeName
    horizon_days: int
    happens: bool
    events: Callable[[Kind], bool] | None = None
    after: Callable[[Kind], bool] | None = None
    without: Callable[[Kind], bool] | None = None
    gone: Callable[[Kind], bool] | None = None
    returned: Callable[[Kind], bool] | None = None


def silence(horizon_days: int) -> Outcome:
    """Churn by inactivity: nothing that the customer starts within the horizon."""
    return Outcome("churn", horizon_days, happens=False)


def cancellation(horizon_days: int, titles: frozenset[str] = frozenset()) -> Outcome:
    """Churn by an explicit end: one of these events, or where none is named any that means it."""

    def leaves(kind: Kind) -> bool:
        return kind.title in titles if titles else kind.leaves

    return Outcome("churn", horizon_days, True, leaves, gone=leaves, returned=lambda kind: kind.returns)


def conversion(horizon_days: int) -> Outcome:
    """A first purchase."""
    return Outcome("conversion", horizon_days, True, _pays, without=_pays)


def repeat_purchase(horizon_days: int) -> Outcome:
    """Another purchase of somebody who bought before."""
    return Outcome("repeat_purchase", horizon_days, True, _pays, after=_pays)


def eligible(known: Columns, outcome: Outcome, rows: Rows) -> Bools:
    """Who can be asked about at each row: from events before it only."""
    found = known.activity.before(rows.customer, rows.second) > known.activity.start[rows.customer]
    if outcome.after:
        found &= _had(known, outcome.after, rows)
    if outcome.without:
        found &= ~_had(known, outcome.without, rows)
    if outcome.gone and outcome.returned:
        found &= ~(_last(known, outcome.gone, rows) > _last(known, outcome.returned, rows))
    return found


def happened(known: Columns, outcome: Outcome, rows: Rows) -> Bools:
    """Whether the outcome came to pass in [T, T + horizon) of each row. Looks at what came after: for training only."""
    events = known.activity if outcome.events is None else _of(known, outcome.events)
    now = events.before(rows.customer, rows.second)
    then = events.before(rows.customer, rows.second + outcome.horizon_days * DAY_S)
    return np.asarray((then > now) == outcome.happens)


def _pays(kind: Kind) -> bool:
    return kind.money > 0


def _of(known: Columns, chosen: Callable[[Kind], bool]) -> Tally:
    return tally(known.table, known.table.of_kinds([chosen(kind) for kind in known.table.kinds]))


def _had(known: Columns, chosen: Callable[[Kind], bool], rows: Rows) -> Bools:
    events = _of(known, chosen)
    return events.before(rows.customer, rows.second) > events.start[rows.customer]


def _last(known: Columns, chosen: Callable[[Kind], bool], rows: Rows) -> Ints:
    """The second of the last such event before each row; -1 where there is none."""
    events = _of(known, chosen)
    at = events.before(rows.customer, rows.second)
    return np.where(at > events.start[rows.customer], events.second(at - 1), -1)
