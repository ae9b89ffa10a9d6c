"""Features of activity in windows that end now: active days, events and weeks."""

from __future__ import annotations

import numpy as np

from tools.prediction.columns import Columns, Floats, Rows, within

WINDOWS = (7, 14, 30, 60, 90, 180)
#: A quarter: a rhythm of weeks shows in it, and a change of rhythm is still new.
WEEKS = 13


def windows(columns: Columns, rows: Rows) -> dict[str, Floats]:
    """How many active days and events each window that ends now holds, and weeks with activity."""
    found: dict[str, Floats] = {}
    for days in WINDOWS:
        found[f"active_days_{days}"] = within(columns.days.tally, rows, days)
        found[f"events_{days}"] = within(columns.activity, rows, days)
    found["active_weeks_13"] = _active_weeks(columns, rows)
    return found


def _active_weeks(columns: Columns, rows: Rows) -> Floats:
    """Of the last 13 spans of seven days, how many hold activity."""
    weeks = np.zeros(len(rows))
    before = within(columns.activity, rows, 0)
    for week in range(1, WEEKS + 1):
        longer = within(columns.activity, rows, 7 * week)
        weeks += longer > before
        before = longer
    return weeks
