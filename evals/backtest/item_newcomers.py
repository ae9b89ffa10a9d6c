"""Items that nobody took up before an origin: how well their names alone tell who takes them up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import comb

import numpy as np

from evals.backtest.baskets import Order
from evals.backtest.datasets import Event
from evals.backtest.item_cases import Case
from evals.backtest.item_figures import K
from evals.backtest.item_store import Shop
from evals.stats.estimate import Estimate, estimate
from evals.stats.lists import hit_at
from evals.stats.weighted import mean

#: Later they are no newcomers to a shop.
WINDOW_DAYS = 28
#: The moment before an origin at which somebody looks at everything that is to come.
_SHOWN = timedelta(hours=1)
_WINDOW_SHOPPER = "window-shopper"


@dataclass(frozen=True, slots=True)
class Newcomers:
    """The customers who took up newcomers soon after an origin: how often one of the first ten was right (95 %), and
    how often it would be among ten drawn blindly."""

    title: str
    items: int
    cases: int
    hit: Estimate
    chance: float


def newcomers_of(orders: Sequence[Order], at: datetime) -> frozenset[str]:
    """What was taken up for the first time ever in the window that begins at the origin."""
    return frozenset(item for order in _soon(orders, at) for item in order.items) - _sold(orders, at)


def newcomer_cases(orders: Sequence[Order], at: datetime) -> list[Case]:
    """Who had taken something up before the origin and took up newcomers in the window, by name."""
    new = newcomers_of(orders, at)
    owned, wanted = _items_of(order for order in orders if order.at < at), _items_of(_soon(orders, at))
    return [Case(who, at, wanted[who] & new, owned[who]) for who in sorted(owned) if wanted.get(who, frozenset()) & new]


def shown_before(items: Collection[str], at: datetime) -> list[Event]:
    """Somebody looks at each of these items just before the origin, so that the shop knows them by name."""
    return [
        {
            "messageId": f"shown-{number}",
            "type": "track",
            "event": "Product Viewed",
            "anonymousId": _WINDOW_SHOPPER,
            "timestamp": (at - _SHOWN).isoformat(),
            "properties": {"product_id": f"new-{number}", "name": item},
        }
        for number, item in enumerate(sorted(items))
    ]


async def judge_newcomers(shop: Shop, title: str, at: datetime, orders: Sequence[Order]) -> Newcomers:
    """The product's lists of newcomers at one origin, in a workspace that knows them by name."""
    new, cases = newcomers_of(orders, at), newcomer_cases(orders, at)
    ranked = await shop.rank(cases, K, new=True, without=_sold(orders, at))
    hits = [hit_at(K, [each.item for each in found], case.items) for found, case in zip(ranked, cases, strict=True)]
    sure = estimate(np.array(hits, dtype=np.float64)[:, None], [case.customer for case in cases], mean)
    blind = float(np.mean([by_chance(len(new), len(case.items)) for case in cases]))
    return Newcomers(title, len(new), len(cases), sure, blind)


def by_chance(items: int, wanted: int) -> float:
    """How likely one of ten drawn blindly from so many is one of those wanted."""
    drawn = min(K, items)
    return 1 - comb(items - wanted, drawn) / comb(items, drawn)


def _sold(orders: Sequence[Order], at: datetime) -> frozenset[str]:
    return frozenset(item for order in orders if order.at < at for item in order.items)


def _soon(orders: Sequence[Order], at: datetime) -> list[Order]:
    return [order for order in orders if at <= order.at < at + timedelta(days=WINDOW_DAYS)]


def _items_of(orders: Iterable[Order]) -> dict[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for order in orders:
        found[order.customer] |= order.items
    return {who: frozenset(items) for who, items in found.items()}
