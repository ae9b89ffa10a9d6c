"""Which way a feature goes while a customer is silent: what may only ever raise, or lower, the chance of churn."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tools.prediction.columns import Columns, is_activity
from tools.prediction.outcome import Outcome

#: What silence makes longer.
_RISES = re.compile(r"recency_\w+|missed_days|quiet_share_\d+")
#: What silence makes smaller: what is counted in a window that ends now. What was paid in it is free: who bought much
#: at once may need nothing for a while.
_FALLS = re.compile(r"(active_days|events|active_weeks)_\d+|active_share")
#: What silence makes longer, and time as well: a contract's risk depends on its age both ways.
_AGES = re.compile(r"tenure_days|days_since_first")


def directions(columns: Columns, outcome: Outcome, names: Iterable[str]) -> dict[str, int]:
    """1 for features that grow with silence and so may only raise churn, -1 for those that shrink; others left out.

    Of an outcome that customers bring about by coming back, the reverse. A model bound so does not call silence a good
    sign where its rows are few.
    """
    active = _active_titles(columns)
    sign = -1 if outcome.happens and outcome.name != "churn" else 1
    found = {}
    for name in names:
        stem, _, title = name.partition(": ")
        own = not title or title in active
        if _RISES.fullmatch(name) or (stem == "days_since" and own):
            found[name] = sign
        elif _FALLS.fullmatch(name) or (stem == "count_30" and own):
            found[name] = -sign
        elif _AGES.fullmatch(stem) and own and not _is_contract(outcome):
            found[name] = sign
    return found


def _is_contract(outcome: Outcome) -> bool:
    return outcome.name == "churn" and outcome.happens


def _active_titles(columns: Columns) -> set[str]:
    kinds = columns.table.kinds
    return {kind.title for kind, own in zip(kinds, is_activity(columns.table, columns.spec), strict=True) if own}
