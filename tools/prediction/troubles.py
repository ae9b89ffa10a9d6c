"""Features of trouble: per kind, how often it was opened lately and not settled since."""

from __future__ import annotations

import numpy as np

from tools.prediction.columns import Columns, Floats, Rows
from tools.prediction.table import DAY_S, TROUBLES
from tools.prediction.tally import tally

#: A quarter: what is older has been settled, or shows in the silence already.
LOOKBACK_DAYS = 90


def troubles(columns: Columns, rows: Rows) -> dict[str, Floats]:
    """Per kind of trouble, how often it was opened in the last quarter and not settled since."""
    return {f"open_{name}": _open(columns, rows, number) for number, name in enumerate(TROUBLES, start=1)}


def _open(columns: Columns, rows: Rows, number: int) -> Floats:
    table = columns.table
    opens = [kind.trouble == number for kind in table.kinds]
    if not any(opens):
        return np.zeros(len(rows))
    opened = tally(table, table.of_kinds(opens))
    settled = tally(table, table.of_kinds([kind.settles == number for kind in table.kinds]))
    done = settled.before(rows.customer, rows.second)
    over = np.where(settled.count(rows.customer, done) > 0, settled.second(done - 1), 0)
    since = np.maximum(over, rows.second - LOOKBACK_DAYS * DAY_S)
    here = opened.before(rows.customer, rows.second)
    return np.asarray(np.maximum(here - opened.before(rows.customer, since), 0), dtype=np.float64)
