"""The baskets that are to be foretold, each from what was known at an instant: the cases of the item backtest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from evals.oracle import World

ORDER = "Order Completed"


@dataclass(frozen=True, slots=True)
class Order:
    """One order of one customer; `items` are their names, each once."""

    customer: str
    at: datetime
    items: frozenset[str]


@dataclass(frozen=True, slots=True)
class Basket:
    """What a customer bought next, as of an instant, and how many orders they had placed before it."""

    customer: str
    as_of: datetime
    items: frozenset[str]
    earlier: int


def orders_in(world: World) -> list[Order]:
    """The orders with items, oldest first."""
    return [Order(h.who, h.at, frozenset(h.items)) for h in world.happenings if h.title == ORDER and h.items]


def last_baskets(orders: Sequence[Order]) -> list[Basket]:
    """Each customer's last, as of just before it, by name; without those with no order before it."""
    found = [_next(customer, own, max(order.at for order in own)) for customer, own in _by_customer(orders)]
    return [basket for basket in found if basket]


def baskets_after(orders: Sequence[Order], as_of: datetime) -> list[Basket]:
    """Each customer's first at or after an instant, by name; of those with an order before it."""
    found = [_next(customer, own, as_of) for customer, own in _by_customer(orders)]
    return [basket for basket in found if basket]


def _next(customer: str, own: Sequence[Order], as_of: datetime) -> Basket | None:
    """Orders of one instant are one basket."""
    later, earlier = [o for o in own if o.at >= as_of], sum(o.at < as_of for o in own)
    if not later or not earlier:
        return None
    first = min(order.at for order in later)
    items = frozenset().union(*(order.items for order in later if order.at == first))
    return Basket(customer, as_of, items, earlier)


def _by_customer(orders: Sequence[Order]) -> list[tuple[str, list[Order]]]:
    found: defaultdict[str, list[Order]] = defaultdict(list)
    for order in orders:
        found[order.customer].append(order)
    return sorted(found.items())
