"""The simple methods that recommendations have to beat: a score for each item of the catalogue; 0 is never shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from evals.backtest.ledger import Known
from evals.stats.weighted import Floats

#: What sold in another season says little about the next basket; how fast it fades differs from shop to shop.
HALF_LIVES_DAYS = (3.0, 7.0, 14.0)
#: Sums that differ by less only differ in how they were rounded.
_DIGITS = 9


def trend(known: Known, half_life_days: float) -> Floats:
    """What everybody takes up lately: each time counts, half as much every `half_life_days`."""
    return known.count(known.item, 0.5 ** (known.age_days / half_life_days))


def popularity(known: Known) -> Floats:
    """What everybody ever took up, each time alike."""
    return known.count(known.item)


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
    lately = trend(known, HALF_LIVES_DAYS[-1])
    return np.where(often > 0, often + lately / (1 + lately.sum()), 0.0)


#: What everybody gets alike: name -> title and method.
POPULAR: dict[str, tuple[str, Callable[[Known], Floats]]] = {
    **{
        f"trend_{days:.0f}": (f"Trend, half-life {days:.0f} days", partial(trend, half_life_days=days))
        for days in HALF_LIVES_DAYS
    },
    "popularity": ("All-time popularity", popularity),
}
TRENDS = tuple(name for name in POPULAR if name.startswith("trend"))
#: What each customer gets: name -> title and method.
RECOMMENDERS: dict[str, tuple[str, Callable[[Known, str], Floats]]] = {
    "co_occurrence": ("Co-occurrence", co_occurrence),
    "personal": ("Personal frequency", personal),
}
