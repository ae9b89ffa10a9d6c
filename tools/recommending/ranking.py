"""The items that a customer is likely to take up next, best first, and what speaks for each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np

from memory.record import Record
from tools.recommending.counts import Ints
from tools.recommending.known import KnownItems
from tools.recommending.own import Own, own_items
from tools.recommending.takes import Floats

Why = Literal["again", "together", "popular", "alike"]
#: Sums that differ by less only differ in how they were rounded.
_DIGITS = 6
_SHARED = 2
#: Where nothing else speaks for an item, the trend orders, however little it was found to tell.
_LEAST_TREND = 0.01


@dataclass(frozen=True, slots=True)
class RankedItem:
    """One item: `score` is what it is ordered by; `times` and `last_taken` are this customer's, as of now.

    Of `similar` other customers who share an item with this one, `support` took this up; `takers` others ever did,
    `lately` of them in the last `lately_days`. `shared` are at most two of the customer's own items that tell most for
    it, `why` is which part weighs most. `newest` is the id of the newest event that names it, in anybody's history: to
    be read, never shown.
    """

    item: str
    kind: str
    score: float
    new: bool
    times: int
    last_taken: datetime | None
    support: int
    similar: int
    takers: int
    lately: int
    lately_days: int
    shared: tuple[str, ...]
    why: Why
    newest: str


@dataclass(frozen=True, slots=True)
class _Parts:
    """What speaks for each item, in standard deviations times its weight; `mine` are the numbers of own items.

    `alike` is the score of items that nobody took up, each with the own item that it is most like in `nearest`.
    """

    again: Floats
    together: Floats
    popular: Floats
    alike: Floats
    nearest: dict[int, int]
    mine: Ints
    fresh: Floats

    @property
    def score(self) -> Floats:
        return np.asarray(np.round(self.again + self.together + self.popular + self.alike, _DIGITS), dtype=np.float64)


def rank_items(
    known: KnownItems,
    client_id: str,
    records: Sequence[Record],
    as_of: datetime,
    limit: int,
    *,
    exclude_owned: bool = False,
    without: Collection[str] = (),
    joined: Collection[str] = (),
) -> list[RankedItem]:
    """At most `limit` items for a customer with these records (in order, before `as_of`), best first, ties by name.

    The score is z(own habit * trend^s) + w (z(what goes with own items) + v z(sqrt(trend))), each z over the whole
    catalogue of the day, with the workspace's `Weights`. Who has taken up nothing is ranked by the trend. `joined` are
    the customer's other ids: before they were known to be, each was somebody, who is nobody else now.
    """
    own = {item: each for item, each in own_items(records, as_of, pages=known.pages).items() if item in known.number}
    parts = _parts(known, own)
    banned = {*without, *own} if exclude_owned else set(without)
    best = _best(known, parts, banned, limit)
    others = _Others(known, {client_id, *joined}, parts.mine)
    return [_ranked(known, parts, own, others, number) for number in best]


def _parts(known: KnownItems, own: Mapping[str, Own]) -> _Parts:
    weights = known.weights
    mine = np.array([known.number[item] for item in own], dtype=np.int64)
    habit = np.zeros(len(known.names))
    habit[mine] = [each.habit for each in own.values()]
    habit *= known.trend**weights.season
    fresh = np.array([(1.0 + each.later) ** -weights.fresh for each in own.values()], dtype=np.float64)
    sold = known.takers > 0
    again = np.where(sold, standard(habit), 0.0)
    together = np.where(sold, weights.together * standard(known.together.told_by(mine, fresh)), 0.0)
    trend = weights.together * max(weights.trend, _LEAST_TREND)
    popular = np.where(sold, trend * standard(np.sqrt(known.trend)), 0.0)
    alike, nearest = _alike(known, mine, again + together + popular)
    return _Parts(again, together, popular, alike, nearest, mine, fresh)


def _alike(known: KnownItems, mine: Ints, score: Floats) -> tuple[Floats, dict[int, int]]:
    """The scores of newcomers between the worst and the best item that is new to the customer, as far up as they are
    like one of the customer's; and which that is.
    """
    found, nearest = np.zeros(len(known.names)), dict[int, int]()
    new = known.takers > 0
    new[mine] = False
    if not new.any():
        return found, nearest
    low, high = float(score[new].min()), float(score[new].max())
    for item, cosine, own in zip(known.likeness.items.tolist(), *known.likeness.to(mine), strict=True):
        if cosine > 0 and own != item:
            found[item], nearest[item] = low + float(cosine) * (high - low), int(own)
    return found, nearest


def standard(values: Floats) -> Floats:
    """In standard deviations from the mean; 0 where all are alike."""
    if not len(values):
        return values
    spread = values.std()
    return np.asarray((values - values.mean()) / spread if spread > 0 else np.zeros(len(values)), dtype=np.float64)


def _best(known: KnownItems, parts: _Parts, banned: Collection[str], limit: int) -> list[int]:
    """The numbers of the best; names are sorted, so that a stable order breaks ties by name."""
    offered = known.takers > 0
    offered[list(parts.nearest)] = True
    score = np.where(offered, parts.score, -np.inf)
    score[[known.number[name] for name in banned if name in known.number]] = -np.inf
    order = np.argsort(-score, kind="stable")[:limit]
    return [int(number) for number in order if np.isfinite(score[number])]


class _Others:
    """All customers but this one: who took up an item, and who of them shares one with this customer."""

    def __init__(self, known: KnownItems, ids: Collection[str], mine: Ints) -> None:
        self._known = known
        self._me = np.array([known.clients[each] for each in ids if each in known.clients], dtype=np.int64)
        self._sharing = np.zeros(len(known.clients), dtype=bool)
        for number in mine:
            self._sharing[_who(known.had, int(number))] = True
        self._sharing[self._me] = False
        self.similar = int(self._sharing.sum())

    def support(self, item: int) -> int:
        return int(self._sharing[_who(self._known.had, item)].sum())

    def takers(self, item: int) -> int:
        return self._but_me(_who(self._known.had, item))

    def lately(self, item: int) -> int:
        return self._but_me(_who(self._known.had_lately, item))

    def _but_me(self, who: Ints) -> int:
        return len(who) - int(np.isin(who, self._me).sum())


def _who(held: Any, item: int) -> Ints:
    """The numbers of the clients in a column."""
    return np.asarray(held.indices[held.indptr[item] : held.indptr[item + 1]])


def _ranked(known: KnownItems, parts: _Parts, own: Mapping[str, Own], others: _Others, number: int) -> RankedItem:
    name = known.names[number]
    mine, shared, takers = own.get(name), _shared(known, parts, number), others.takers(number)
    return RankedItem(
        item=name,
        kind=known.named[number].kind,
        score=float(parts.score[number]),
        new=mine is None,
        times=mine.times if mine else 0,
        last_taken=mine.last if mine else None,
        support=others.support(number),
        similar=others.similar,
        takers=takers,
        lately=others.lately(number),
        lately_days=known.lately_days,
        shared=shared,
        why=_why(parts, number, again=mine is not None, together=bool(shared), others=takers > 0),
        newest=known.named[number].newest[1],
    )


def _shared(known: KnownItems, parts: _Parts, number: int) -> tuple[str, ...]:
    """The customer's own items that tell most for this one."""
    if number in parts.nearest:
        return (known.names[parts.nearest[number]],)
    told = np.round(known.together.between(parts.mine, number) * parts.fresh, _DIGITS)
    most = np.argsort(-told, kind="stable")[:_SHARED]
    return tuple(known.names[int(parts.mine[place])] for place in most if told[place] > 0)


def _why(parts: _Parts, number: int, *, again: bool, together: bool, others: bool) -> Why:
    """What weighs most of what can be said: of an item that nobody else took up, only that they did."""
    if number in parts.nearest:
        return "alike"
    speaks: list[tuple[float, Why]] = [(float(parts.again[number]), "again")] if again else []
    if together and others:
        speaks.append((float(parts.together[number]), "together"))
    if others:
        speaks.append((float(parts.popular[number]), "popular"))
    return max(speaks, key=lambda each: each[0], default=(0.0, "popular"))[1]
