"""What a customer is likely to pay within the horizon: a few of their amounts, with shares learnt from history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.prediction.features import Columns, Rows
from tools.prediction.table import DAY_S, Ints

Floats = NDArray[np.float64]
#: A quarter and half a year: what counts of somebody whose pace has changed.
WINDOWS = (90, 180)
#: One order of a wholesaler must not set everybody's share: targets above this quantile count as much as it. Scaling
#: the result up again by what that leaves out helped at some origins and hurt at others.
WINSOR = 0.995
#: What was paid, scaled to one horizon, in the order of `paid_parts`; the last is the same for everybody.
PARTS = ("own_mean", *(f"last_{days}" for days in WINDOWS), "workspace_mean")


@dataclass(frozen=True, slots=True)
class ValueModel:
    """Shares of each part (0 or more): `staying` times what the customer is likely to stay, `always` without.

    `mean_cents` is what a customer of the training rows paid within a horizon, on average.
    """

    horizon_days: int
    mean_cents: float
    staying: tuple[float, ...]
    always: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """What `read_value` makes the same model of."""
        return {
            "horizon_days": self.horizon_days,
            "mean_cents": self.mean_cents,
            "staying": dict(zip(PARTS, self.staying, strict=True)),
            "always": dict(zip(PARTS, self.always, strict=True)),
        }


def read_value(data: Mapping[str, Any]) -> ValueModel:
    """The model that `to_json` wrote; raises KeyError, TypeError or ValueError for what is none."""
    staying, always = (tuple(float(data[name][part]) for part in PARTS) for name in ("staying", "always"))
    if min(*staying, *always) < 0:
        raise ValueError("a share of what is paid is not negative")
    return ValueModel(int(data["horizon_days"]), float(data["mean_cents"]), staying, always)


def paid_within(known: Columns, rows: Rows, horizon_days: int) -> Floats:
    """Cents paid in [T, T + horizon) of each row, refunds aside. Looks at what came after: for training only."""
    paid = known.paid
    now = paid.before(rows.customer, rows.second)
    then = paid.before(rows.customer, rows.second + horizon_days * DAY_S)
    return paid.amount(now, then).astype(np.float64)


def own_mean(known: Columns, rows: Rows, horizon_days: int) -> Floats:
    """Cents that each customer paid per horizon from their first event to T; all they paid where that is less than one
    horizon."""
    since = known.paid.start[rows.customer]
    return _per_horizon(known, rows, since, np.maximum(_tenure_s(known, rows), horizon_days * DAY_S), horizon_days)


def paid_parts(known: Columns, rows: Rows, horizon_days: int) -> Floats:
    """Cents per horizon, shape (rows, PARTS less the workspace's mean): over all time, and lately."""
    found = [own_mean(known, rows, horizon_days)]
    for days in WINDOWS:
        since = known.paid.before(rows.customer, rows.second - days * DAY_S)
        # Somebody new had less than the window to pay in; a horizon at least, or one order would be a habit.
        least = min(horizon_days, days) * DAY_S
        span = np.clip(_tenure_s(known, rows), least, days * DAY_S)
        found.append(_per_horizon(known, rows, since, span, horizon_days))
    return np.stack(found).T


def fit_value(parts: Floats, churns: Floats, paid: Floats, horizon_days: int) -> ValueModel | None:
    """Shares by non-negative least squares, relative to what each row is about.

    `parts` (rows, 3) of `paid_parts`, `churns` the probability of each row, `paid` the cents that followed. None where
    nothing was paid, or for no rows.
    """
    # SciPy takes long to import, and is needed for training only.
    from scipy.optimize import nnls

    if not len(paid) or not paid.any():
        return None
    most = np.quantile(paid, WINSOR)
    # Where hardly anybody pays, those who do are no outliers.
    targets = np.minimum(paid, most) if most > 0 else paid
    mean = float(targets.mean())
    columns = np.stack(list(_columns(parts, churns, mean)))
    # The spread of what people pay grows with what they pay: each row counts as exactly as it can be known.
    weights = 1 / np.sqrt(columns[: len(PARTS)].mean(axis=0) + mean)
    # Amounts are millions of cents in one workspace and tens in another: the solver sees them as shares of the mean.
    shares, _ = nnls((columns * weights).T / np.sqrt(mean), targets * weights / np.sqrt(mean))
    return ValueModel(
        horizon_days, mean, tuple(map(float, shares[len(PARTS) :])), tuple(map(float, shares[: len(PARTS)]))
    )


def expected_value(model: ValueModel, parts: Floats, churns: Floats) -> Floats:
    """Cents that each row's customer is expected to pay within the horizon, 0 or more."""
    total = np.zeros(len(parts))
    # Added one by one, so that a row's sum does not depend on how many rows there are.
    for share, column in zip((*model.always, *model.staying), _columns(parts, churns, model.mean_cents), strict=True):
        total += share * column
    return total


def _columns(parts: Floats, churns: Floats, mean: float) -> Iterator[Floats]:
    """Every part as it is, then every part times what the customer is likely to stay; refunds make none negative."""
    whole = [*np.maximum(parts.T, 0), np.full(len(parts), mean)]
    yield from whole
    yield from (column * (1 - churns) for column in whole)


def _tenure_s(known: Columns, rows: Rows) -> Ints:
    """Seconds since each customer's first active day; 0 for whom nothing is known."""
    first = known.days.tally.start[rows.customer]
    some = known.days.tally.before(rows.customer, rows.second) > first
    return np.where(some, rows.second - known.days.tally.second(first), 0)


def _per_horizon(known: Columns, rows: Rows, since: Ints, span_s: Ints, horizon_days: int) -> Floats:
    paid = known.paid.amount(since, known.paid.before(rows.customer, rows.second))
    # In seconds of two years, what is paid in a currency of small units leaves 64 bits.
    return np.asarray(paid.astype(np.float64) * (horizon_days * DAY_S) / span_s, dtype=np.float64)
