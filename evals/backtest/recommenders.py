"""The simple methods that recommendations have to beat: a score for each item of the catalogue; 0 is never shown."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from evals.backtest.ledger import Known
from evals.stats.weighted import Floats

#: A month: what sold last season says little about the next basket.
HALF_LIFE_DAYS = 30.0
#: Sums that differ by less only differ in how they were rounded.
_DIGITS = 9


def trend(known: Known, customer: str) -> Floats:
    """What everybody buys lately: orders with the item, each worth half as much every HALF_LIFE_DAYS."""
    return known.count(known.item, 0.5 ** (known.age_days / HALF_LIFE_DAYS))


def co_occurrence(known: Known, customer: str) -> Floats:
    """What goes with what they own: the cosines between items, by who bought both, summed over the items owned.

    Counted over the other customers: the sum of c_ij / sqrt(n_i n_j) over owned i other than j.
    """
    mine = known.who == known.ledger.customers[customer]
    others = known.first & ~mine
    who, item = known.who[others], known.item[others]
    buyers = known.count(item)
    inverse = np.divide(1, np.sqrt(buyers), out=np.zeros_like(buyers), where=buyers > 0)
    shared = np.where(known.count(known.item[mine]) > 0, inverse, 0.0)
    likeness = np.bincount(who, shared[item], minlength=len(known.ledger.customers))
    # What an owned item shares with itself is taken out again.
    scores = known.count(item, likeness[who] - shared[item]) * inverse
    return np.asarray(np.round(scores, _DIGITS), dtype=np.float64)


def personal(known: Known, customer: str) -> Floats:
    """What they bought most often; of equals what sells best lately."""
    often = known.count(known.item[known.who == known.ledger.customers[customer]])
    lately = trend(known, customer)
    return np.where(often > 0, often + lately / (1 + lately.sum()), 0.0)


#: name -> title and method.
RECOMMENDERS: dict[str, tuple[str, Callable[[Known, str], Floats]]] = {
    "trend": ("Trend popularity", trend),
    "co_occurrence": ("Co-occurrence", co_occurrence),
    "personal": ("Personal frequency", personal),
}
