"""Features of a workspace's own event types: how often and how lately each happened."""

from __future__ import annotations

import numpy as np

from tools.prediction.columns import Columns, Floats, Rows, known, within
from tools.prediction.table import DAY_S


def occurrences(columns: Columns, rows: Rows) -> dict[str, Floats]:
    """Counts in all and in 30 days, and days since the last, of each chosen event type; and events of no activity."""
    found: dict[str, Floats] = {f"other_events_{days}": within(columns.other, rows, days) for days in (30, 90)}
    for title, kept in columns.kinds.items():
        here = kept.before(rows.customer, rows.second)
        count = kept.count(rows.customer, here)
        found[f"count: {title}"] = count.astype(np.float64)
        found[f"count_30: {title}"] = within(kept, rows, 30)
        found[f"days_since: {title}"] = known((rows.second - kept.second(here - 1)) / DAY_S, count > 0)
        first = kept.second(kept.start[rows.customer])
        found[f"days_since_first: {title}"] = known((rows.second - first) / DAY_S, count > 0)
    return found
