"""Features of what a customer paid: in all, lately, a purchase."""

from __future__ import annotations

import numpy as np

from tools.prediction.columns import Columns, Floats, Rows, known, ratio, since

WINDOWS = (30, 90, 180)


def spending(columns: Columns, rows: Rows) -> dict[str, Floats]:
    """What was paid in windows that end now and in all, how often, the mean, and the last over the mean."""
    paid = columns.paid
    start, here = paid.start[rows.customer], paid.before(rows.customer, rows.second)
    found = {f"value_{days}": paid.amount(since(paid, rows, days), here) / 100 for days in WINDOWS}
    value, count = paid.amount(start, here) / 100, (here - start).astype(np.float64)
    last = paid.amount(np.maximum(here - 1, start), here) / 100
    mean = ratio(value, count)
    return {
        **found,
        "value_total": value,
        "purchases": count,
        "value_mean": mean,
        "value_last_over_mean": ratio(known(last, count > 0), mean),
    }
