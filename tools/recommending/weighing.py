"""Chooses how much each part of a score counts, on the workspace's own past: the next basket after earlier months."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from tools.recommending.counts import Cells
from tools.recommending.own import HABIT_HALF_LIFE_DAYS
from tools.recommending.takes import Floats, Takes, by_owner, had_of, trend_of, worth_of
from tools.recommending.together import make_together
from tools.recommending.weights import Weights

_TOGETHER = (0.1, 0.2, 0.35, 0.5, 0.75, 1.0)
# More of it, and all would be shown the same.
_TREND = (0.0, 0.25, 0.5)
_SEASON = (0.0, 0.1, 0.25, 0.5)
_FRESH = (0.0, 0.25, 0.5)
#: Baskets to choose by: at so many a figure is known to a fiftieth or so; older months are not asked beyond that.
_ENOUGH = 400
#: With fewer the usual weights stand.
_FEWEST = 50
_MONTHS = 3
_LENGTH = 10
#: More than there are days until the year 9999.
_DAYS = 1 << 22
#: Of the places of a list, as in NDCG.
_DISCOUNT = 1 / np.log2(np.arange(2, _LENGTH + 2))


@dataclass(frozen=True, slots=True)
class _Trial:
    """What was known of some customers at the start of a month, by customer and item; and what they took up next.

    `habit` by the power of the season, `together` by that of freshness.
    """

    habit: dict[float, Floats]
    together: dict[float, Floats]
    popular: Floats
    had: NDArray[np.bool_]
    known: NDArray[np.bool_]
    wanted: NDArray[np.bool_]


def weigh(cells: Cells, month: date, half_life_days: float) -> Weights:
    """The weights with the best NDCG@10 over the months before this one, each told from what lay before it.

    Other weights than the usual ones only where they were better by more than the standard error of the difference. An
    id is taken for a customer here, so that who was joined when does not matter.
    """
    takes = by_owner(cells)
    trials: list[_Trial] = []
    for start, end in _months(month):
        trial = _trial(takes, len(cells.items), start.toordinal(), end.toordinal(), half_life_days)
        if trial is not None:
            trials.append(trial)
        if sum(len(each.wanted) for each in trials) >= _ENOUGH:
            break
    usual = Weights()
    if sum(len(each.wanted) for each in trials) < _FEWEST:
        return usual
    fresh = [replace(usual, trend=trend, fresh=power) for trend, power in product(_TREND, _FRESH)]
    found = _better(fresh, usual, lambda weights: _figures(trials, weights, new=True))
    mixed = [replace(found, together=each, season=power) for each, power in product(_TOGETHER, _SEASON)]
    return _better(mixed, found, lambda weights: _figures(trials, weights, new=False))


def _months(month: date) -> Iterator[tuple[date, date]]:
    """The months before, the last first, each with its end."""
    for _ in range(_MONTHS):
        if month == date.min:
            return
        earlier = (month - timedelta(days=1)).replace(day=1)
        yield earlier, month
        month = earlier


def _better(candidates: list[Weights], usual: Weights, figures: Callable[[Weights], Floats]) -> Weights:
    stood = figures(usual)
    if len(stood) < _FEWEST:
        return usual
    gains = [figures(each) - stood for each in candidates]
    # Rounded: which is best must not hang on the last bit of a sum.
    least = [round(float(gain.mean() - gain.std() / len(gain) ** 0.5), 9) for gain in gains]
    best = int(np.argmax(least))
    return candidates[best] if least[best] > 0 else usual


def _trial(takes: Takes, items: int, start: int, end: int, half_life_days: float) -> _Trial | None:
    """The customers who took something up before a day, and again until another."""
    past, later_takes = takes.before(start), takes.since(start).before(end)
    chosen = np.intersect1d(past.who, later_takes.who)
    if not len(chosen):
        return None
    chosen = chosen[np.linspace(0, len(chosen) - 1, min(len(chosen), _ENOUGH)).astype(np.int64)]
    had, trend = had_of(past, items), trend_of(past, items, start, half_life_days)
    later, mine = _later(past, items), worth_of(past, items, start, HABIT_HALF_LIFE_DAYS)[chosen].toarray()
    together = make_together(past, had, start, half_life_days)
    return _Trial(
        habit={power: _standard(mine * trend**power) for power in _SEASON},
        together={power: _standard(together.told_by_many(_fresh(later[chosen], power))) for power in _FRESH},
        popular=_standard(np.sqrt(trend)[None, :]),
        had=mine > 0,
        known=np.asarray(had.sum(axis=0)).ravel() > 0,
        wanted=_next(later_takes, items)[chosen].toarray() > 0,
    )


def _later(past: Takes, items: int) -> Any:
    """For each customer and item the days with anything since the last with it, that one included: as `own_items` has
    them, but of whole days.
    """
    days = np.unique(past.who * _DAYS + past.day)
    ends = np.searchsorted(days, (past.who + 1) * _DAYS)
    later = ends - np.searchsorted(days, past.who * _DAYS + past.day)
    last = np.flatnonzero(np.r_[(np.diff(past.who) != 0) | (np.diff(past.item) != 0), True])
    shape = (len(past.clients), items)
    return csr_matrix((later[last].astype(np.float64), (past.who[last], past.item[last])), shape=shape)


def _fresh(baskets: Any, power: float) -> Any:
    """How much each own item tells, from the number of baskets since, its own included."""
    found = baskets.copy()
    found.data **= -power
    return found


def _next(later: Takes, items: int) -> Any:
    """What each took up on their first day."""
    first = np.full(len(later.clients), np.iinfo(np.int64).max)
    np.minimum.at(first, later.who, later.day)
    on = later.day == first[later.who]
    return had_of(later.chosen(on), items)


def _standard(values: Floats) -> Floats:
    spread = values.std(axis=1, keepdims=True)
    return np.asarray((values - values.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0))


def _figures(trials: list[_Trial], weights: Weights, *, new: bool) -> Floats:
    """NDCG@10 of each customer who wants anything; of new items among those that they did not have."""
    return np.concatenate([_ndcg(trial, weights, new=new) for trial in trials])


def _ndcg(trial: _Trial, weights: Weights, *, new: bool) -> Floats:
    score = trial.together[weights.fresh] + weights.trend * trial.popular
    if not new:
        score = weights.together * score + trial.habit[weights.season]
    score = np.where(~trial.known[None, :] | trial.had if new else ~trial.known[None, :], -np.inf, np.round(score, 6))
    wanted = trial.wanted & ~trial.had if new else trial.wanted
    some = wanted.any(axis=1)
    score, wanted = score[some], wanted[some]
    top = _top(score)
    gained = np.take_along_axis(wanted, top, axis=1) @ _DISCOUNT[: top.shape[1]]
    ideal = np.cumsum(_DISCOUNT)[np.minimum(wanted.sum(axis=1), _LENGTH) - 1]
    return np.asarray(gained / ideal)


def _top(score: Floats) -> NDArray[np.int64]:
    """The places of the best of each row, best first."""
    length = min(_LENGTH, score.shape[1])
    among = np.sort(np.argpartition(-score, length - 1, axis=1)[:, :length], axis=1)
    order = np.argsort(-np.take_along_axis(score, among, axis=1), axis=1, kind="stable")
    return np.asarray(np.take_along_axis(among, order, axis=1), dtype=np.int64)
