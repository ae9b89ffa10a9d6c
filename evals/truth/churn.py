"""Who counts as gone and for how long they are silent, by the workspace's definition, in SQL."""

from __future__ import annotations

from dataclasses import dataclass

from evals.truth.tables import Tables

#: A customer silent for about as long as the definition says is no clear case.
_CLEAR_DAYS = 2
_SIGNALS = """
WITH known AS (
    SELECT * FROM events WHERE day <= $until::DATE
), turns AS (
    SELECT who, last(title ORDER BY moment, id) AS turn, last(id ORDER BY moment, id) AS turn_id FROM known
    WHERE title IN ('Subscription Cancelled', 'Subscription Reactivated') GROUP BY who
), silences AS (
    SELECT who, list(id ORDER BY id) FILTER (moment = last_moment) AS last_ids, max(day) AS last_day,
           date_diff('day', max(day), $until::DATE) AS silent_days, count(DISTINCT day) AS active_days
    FROM (SELECT *, max(moment) OVER (PARTITION BY who) AS last_moment FROM known WHERE own) GROUP BY who
), buyers AS (
    SELECT DISTINCT who FROM known
    WHERE title IN ('Order Completed', 'Payment Succeeded', 'Subscription Started', 'Subscription Reactivated')
)
SELECT who, silent_days, turn = 'Subscription Cancelled', last_ids, turn_id, active_days
FROM buyers JOIN silences USING (who) LEFT JOIN turns USING (who) ORDER BY who
"""


@dataclass(frozen=True, slots=True)
class Silence:
    """`silent_days`: whole days since the last day on which the customer did something themself.

    `churned`: they `cancelled` and did not come back, or are silent for longer than the workspace allows.
    `evidence` is what they did last (all of that moment) and, where there is one, the cancellation.
    """

    who: str
    silent_days: int
    churned: bool
    cancelled: bool
    evidence: tuple[str, ...]
    active_days: int
    clear: bool


def silences(tables: Tables, until: str | None = None) -> list[Silence]:
    """Everybody who has bought, as of the end of a day (today, where none is given)."""
    found = tables.rows(_SIGNALS, until=until or tables.today)
    return [
        Silence(
            who,
            days,
            bool(cancelled) or days >= tables.inactive_days,
            bool(cancelled),
            (*last_ids, turn_id) if cancelled else tuple(last_ids),
            active_days,
            bool(cancelled) or abs(days - tables.inactive_days) >= _CLEAR_DAYS,
        )
        for who, days, cancelled, last_ids, turn_id, active_days in found
    ]
