"""A table's events as the tallies that features and outcomes are read from, and how a number is read at many rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.prediction.spec import Spec
from tools.prediction.table import DAY_S, Bools, Ints, Table
from tools.prediction.tally import Days, Tally, active_days, tally

Floats = NDArray[np.float64]

MISSING = np.float64("nan")


@dataclass(frozen=True, slots=True)
class Rows:
    """Pairs of a customer (their number in the table) and an instant in seconds; equally long."""

    customer: Ints
    second: Ints

    def __len__(self) -> int:
        return len(self.customer)


@dataclass(frozen=True, slots=True)
class Columns:
    """The tallies that features are read from, made once for a table."""

    table: Table
    spec: Spec
    activity: Tally
    days: Days
    paid: Tally
    other: Tally
    kinds: dict[str, Tally]


def is_activity(table: Table, spec: Spec) -> list[bool]:
    """Whether each kind of event counts as something the customer started."""
    if spec.activity is not None:
        return [kind.title in spec.activity for kind in table.kinds]
    return [kind.active and kind.title not in spec.calendar for kind in table.kinds]


def columns(table: Table, spec: Spec) -> Columns:
    """The columns of a table for these features."""
    active = table.of_kinds(is_activity(table, spec))
    return Columns(
        table=table,
        spec=spec,
        activity=tally(table, active),
        days=active_days(table, active),
        paid=tally(table, table.of_kinds([kind.money > 0 for kind in table.kinds])),
        other=tally(table, ~active),
        kinds={
            title: tally(table, table.of_kinds([kind.title == title for kind in table.kinds])) for title in spec.titles
        },
    )


def since(kept: Tally, rows: Rows, days: int) -> Ints:
    """The position of the first of these events in the last `days` of each row."""
    return kept.before(rows.customer, rows.second - days * DAY_S)


def within(kept: Tally, rows: Rows, days: int) -> Floats:
    """How many of these events each row's last `days` hold."""
    return (kept.before(rows.customer, rows.second) - since(kept, rows, days)).astype(np.float64)


def at(values: Ints, position: Ints) -> Floats:
    """The value at each position; what stands outside of the values means nothing."""
    if not len(values):
        return np.zeros(len(position))
    return values[np.clip(position, 0, len(values) - 1)].astype(np.float64)


def known(values: NDArray[np.generic], where: Bools) -> Floats:
    """The values where they are known, NaN elsewhere."""
    return np.where(where, np.asarray(values, dtype=np.float64), MISSING)


def ratio(upper: NDArray[np.generic], lower: NDArray[np.generic]) -> Floats:
    """Their quotient; NaN where the lower is not above zero."""
    above = np.asarray(upper, dtype=np.float64)
    below = np.asarray(lower, dtype=np.float64)
    return np.divide(above, below, out=np.full(len(above), MISSING), where=below > 0)
