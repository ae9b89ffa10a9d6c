"""What sells lately, or always, as lists: what an item task is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from evals.backtest.item_cases import Case
from evals.backtest.item_figures import K
from evals.backtest.ledger import Known, Ledger, known_before
from evals.backtest.recommenders import POPULAR
from evals.stats.weighted import Floats

Found = list[tuple[str, ...]]


def popular_lists(ledger: Ledger, cases: Sequence[Case], new: bool) -> dict[str, Found]:
    """By method the list of each case, in their order."""
    at: dict[datetime, tuple[Known, Mapping[str, Floats]]] = {}
    found: dict[str, Found] = {name: [] for name in POPULAR}
    for case in cases:
        if case.as_of not in at:
            known = known_before(ledger, case.as_of)
            at[case.as_of] = known, {name: method(known) for name, (_, method) in POPULAR.items()}
        known, scores = at[case.as_of]
        without = case.owned if new else ()
        for name, values in scores.items():
            found[name].append(known.best(values, K, without))
    return found


def catalogue_size(ledger: Ledger, cases: Sequence[Case]) -> int:
    """How many items were known when the last of the cases was foretold."""
    known = known_before(ledger, max(case.as_of for case in cases))
    return int((known.count(known.item) > 0).sum())
