"""Which half-life makes the trend foretell best: chosen with hindsight, so that nobody can say it was set too weak."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evals.backtest.baskets import Basket
from evals.backtest.ledger import Ledger, known_before
from evals.backtest.recommenders import HALF_LIVES_DAYS, trend
from evals.stats.lists import ndcg_at


def best_half_life(ledger: Ledger, baskets: Sequence[Basket], k: int, new: bool) -> float:
    """The one of HALF_LIVES_DAYS with the highest mean nDCG@k on these baskets, of all items or of new ones."""
    gains = np.array([row for basket in baskets if (row := _gains(ledger, basket, k, new))])
    return HALF_LIVES_DAYS[int(gains.mean(axis=0).argmax())] if len(gains) else HALF_LIVES_DAYS[0]


def _gains(ledger: Ledger, basket: Basket, k: int, new: bool) -> list[float]:
    """nDCG@k of each half-life; nothing where nothing new was bought."""
    known = known_before(ledger, basket.as_of)
    owned = known.owned(basket.customer) if new else frozenset()
    wanted = basket.items - owned
    return [ndcg_at(k, known.best(trend(known, days), k, owned), wanted) for days in HALF_LIVES_DAYS] if wanted else []
