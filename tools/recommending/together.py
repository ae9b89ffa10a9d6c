"""What goes with what: how much each item of a customer's tells for each other that they take up now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.recommending.takes import Floats, Takes, worth_of

#: Items compared with each other: the square of it is kept, and its cube computed. Of the others too few took them up.
MAX_ITEMS = 2_000
#: Held against chance, in times of what the average item was taken up by.
_RIDGE = 7.0
#: How slowly what was taken up lately fades, in half-lives of the trend.
_LATELY_HALF_LIVES = 2
#: What an item taken up long ago counts, where one of every day counts this and almost 1.
_EVER = 0.25


@dataclass(frozen=True, slots=True)
class Together:
    """`weights[a, b]`: what having `items[a]` tells for `items[b]`; `place` is an item's row, -1 where it has none."""

    items: NDArray[np.int64]
    place: NDArray[np.int64]
    weights: NDArray[np.float32]

    def told_by(self, items: NDArray[np.int64], amounts: Floats) -> Floats:
        """What these items tell for each item of the catalogue."""
        scores = np.zeros(len(self.place))
        rows = self.place[items]
        known = rows >= 0
        if known.any():
            scores[self.items] = amounts[known] @ self.weights[rows[known]].astype(np.float64)
        return scores

    def told_by_many(self, amounts: Any) -> Floats:
        """The same for each row of a sparse matrix of amounts by item."""
        scores = np.zeros((amounts.shape[0], len(self.place)))
        scores[:, self.items] = amounts[:, self.items] @ self.weights.astype(np.float64)
        return scores

    def between(self, items: NDArray[np.int64], other: int) -> Floats:
        """What each of these items tells for one other."""
        rows, column = self.place[items], self.place[other]
        if column < 0:
            return np.zeros(len(items))
        return np.where(rows >= 0, self.weights[rows, column], 0.0)


def make_together(takes: Takes, had: Any, day: int, half_life_days: float) -> Together:
    """From what customers took up before a day, and `had_of` the same.

    The weights predict each item from all others that a customer had, by ridge regression: H. Steck, "Embarrassingly
    Shallow Autoencoders for Sparse Data" (2019), with eq. 8 for a target of its own. So what is common to all says
    nothing, and an item counts no more than it adds to the others. What is predicted is taken up lately rather than
    ever, for the next basket is like the last ones; bounded, for a machine that does something a thousand times a day
    must not tell everybody what goes with it.
    """
    takers = np.asarray(had.sum(axis=0)).ravel()
    # By name among equals, as the columns are.
    items = np.sort(np.argsort(-takers, kind="stable")[:MAX_ITEMS])
    items = items[takers[items] > 0]
    place = np.full(len(takers), -1, dtype=np.int64)
    place[items] = np.arange(len(items))
    if not len(items):
        return Together(items, place, np.zeros((0, 0), dtype=np.float32))
    chosen = had[:, items].astype(np.float64)
    worth = worth_of(takes, len(takers), day, _LATELY_HALF_LIVES * half_life_days)
    lately = worth[:, items].sqrt()
    lately.data /= 1.0 + lately.data
    wanted = _EVER * chosen + lately
    weights = _weights((chosen.T @ chosen).toarray(), (chosen.T @ wanted).toarray())
    return Together(items, place, weights.astype(np.float32))


def _weights(both: Floats, told: Floats) -> Floats:
    """The ridge regression of which no item tells itself: a Lagrange multiplier for each keeps the diagonal at 0."""
    diagonal = np.arange(len(both))
    both[diagonal, diagonal] += _RIDGE * both[diagonal, diagonal].mean()
    # By numpy: scipy's would hold up every other thread for as long as it takes.
    inverse = np.linalg.inv(both)
    weights = inverse @ told
    weights -= inverse * (weights[diagonal, diagonal] / inverse[diagonal, diagonal])
    weights[diagonal, diagonal] = 0.0
    return np.asarray(weights, dtype=np.float64)
