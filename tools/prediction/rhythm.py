"""Features of the rhythm of a customer's active days: silence, tenure, gaps, and silence measured by their own gaps."""

from __future__ import annotations

import numpy as np

from tools.prediction.columns import Columns, Floats, Rows, at, known, ratio
from tools.prediction.table import DAY_S, Ints
from tools.prediction.tally import Days

#: The newest gaps, whose mean tells of a rhythm that changed.
RECENT_GAPS = (3, 8)


def rhythm(columns: Columns, rows: Rows) -> dict[str, Floats]:
    """Recency, tenure, the life from first to last activity, and the gaps; NaN for who was never active."""
    days = columns.days
    here = days.tally.before(rows.customer, rows.second)
    count = days.tally.count(rows.customer, here)
    first = days.tally.second(days.tally.start[rows.customer])
    last = columns.activity.second(columns.activity.before(rows.customer, rows.second) - 1)
    silent, tenure, lived = (
        known((end - begin) / DAY_S, count > 0)
        for end, begin in ((rows.second, last), (rows.second, first), (last, first))
    )
    gaps = _gaps(days, rows.customer, here, count - 1)
    mean, longest = gaps["gap_mean_days"], gaps["gap_longest_days"]
    seen = count.astype(np.float64)
    return {
        "recency_days": silent,
        "tenure_days": tenure,
        "lived_days": lived,
        "active_days": seen,
        **gaps,
        # Told up to the last active day, so that silence, which other features tell, does not change it.
        "gap_trend": ratio(gaps["gap_mean_3_days"], mean),
        "recency_over_gap": ratio(silent, np.maximum(mean, 1)),
        "recency_over_recent_gap": ratio(silent, np.maximum(gaps["gap_mean_8_days"], 1)),
        "recency_over_longest": ratio(silent, np.maximum(longest, 1)),
        "recency_over_tenure": ratio(silent, np.maximum(tenure, 1)),
        "active_share": ratio(seen, np.maximum(tenure, 1)),
        # Active days missed at the customer's own rate; the logarithm's first term, for logarithms differ by platform.
        "missed_days": ratio(seen * silent, tenure - silent / 2 + 1),
    }


def _gaps(days: Days, customer: Ints, here: Ints, count: Ints) -> dict[str, Floats]:
    """Mean, spread, longest, last and newest gaps in days; NaN where there is none."""
    first = np.minimum(days.tally.start[customer] + 1, here)
    mean = ratio(days.gaps[here] - days.gaps[first], count)
    squares = ratio(days.squares[here] - days.squares[first], count)
    found = {
        "gap_mean_days": mean,
        "gap_spread_days": np.sqrt(np.maximum(squares - mean * mean, 0)),
        "gap_longest_days": known(at(days.longest, here - 1), count > 0),
        "gap_last_days": known(at(days.gap, here - 1), count > 0),
    }
    for newest in RECENT_GAPS:
        since = np.maximum(here - newest, first)
        found[f"gap_mean_{newest}_days"] = ratio(days.gaps[here] - days.gaps[since], here - since)
    return found
