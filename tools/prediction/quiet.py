"""Features of how long a customer was ever silent: the share of their own history that lay within long silences."""

from __future__ import annotations

import numpy as np

from tools.prediction.columns import Columns, Floats, Rows, known
from tools.prediction.table import DAY_S
from tools.prediction.tally import SILENCES


def quiet(columns: Columns, rows: Rows) -> dict[str, Floats]:
    """Days that lay so many days within a silence, over those from the first to the last active day.

    The running silence counts as far as it has come. NaN for who was never active.
    """
    days = columns.days
    here = days.tally.before(rows.customer, rows.second)
    start = days.tally.start[rows.customer]
    last = days.tally.second(here - 1) // DAY_S
    silent, lived = rows.second // DAY_S - last, last - days.tally.second(start) // DAY_S
    found = {}
    for length in SILENCES:
        over = days.over[length]
        lost = over[here] - over[np.minimum(start + 1, here)] + np.maximum(silent - length, 0)
        # Over the days up to the last active one, lest more silence seem less. A new customer's share is taken over as
        # many days as the silence is long, or it would be all or nothing.
        found[f"quiet_share_{length}"] = known(lost / np.maximum(lived, length), here > start)
    return found
