"""The cases of an item task: whose next basket is foretold as of when, and the events that are known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from evals.backtest.baskets import Basket, Order, baskets_after, last_baskets
from evals.backtest.datasets import BOUGHT, RATED, Event
from evals.backtest.item_tasks import ItemTask
from evals.backtest.tasks import instant


@dataclass(frozen=True, slots=True)
class Case:
    """What a customer took up next, as of an instant, and what they had taken up before it."""

    customer: str
    as_of: datetime
    items: frozenset[str]
    owned: frozenset[str]

    def wanted(self, new: bool) -> frozenset[str]:
        """What a list should hold; of new items that may be nothing."""
        return self.items - self.owned if new else self.items


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of each origin by its title, the events that the product may know, and their orders."""

    origins: dict[str, list[Case]]
    events: list[Event]
    orders: list[Order]


def cases_of(task: ItemTask, events: Sequence[Event]) -> Cases:
    """The cases of a task on the events of its data set, in the order of time."""
    orders = [_order(event) for event in events]
    taken = [order for order in orders if order]
    if task.last is None:
        origins = {day: _cases(taken, baskets_after(taken, instant(day))) for day in task.origins}
        return Cases(origins, list(events), taken)
    baskets = last_baskets(taken)
    if task.last == "in its time":
        return Cases({"each one's last": _cases(taken, baskets)}, list(events), taken)
    last = {(basket.customer, basket.as_of) for basket in baskets}
    kept = [event for event, order in zip(events, orders, strict=True) if not order or _key(order) not in last]
    known = [order for order in taken if _key(order) not in last]
    end = max(order.at for order in taken) + timedelta(days=1)
    left_out = [Basket(basket.customer, end, basket.items, basket.earlier) for basket in baskets]
    return Cases({"each one's last": _cases(known, left_out)}, kept, known)


def _cases(orders: Sequence[Order], baskets: Sequence[Basket]) -> list[Case]:
    own: defaultdict[str, list[Order]] = defaultdict(list)
    for order in orders:
        own[order.customer].append(order)
    return [
        Case(
            basket.customer,
            basket.as_of,
            basket.items,
            frozenset().union(*(order.items for order in own[basket.customer] if order.at < basket.as_of)),
        )
        for basket in baskets
    ]


def _key(order: Order) -> tuple[str, datetime]:
    return order.customer, order.at


def _order(event: Event) -> Order | None:
    """What an event says was taken up: the products of an order, the film that was rated."""
    properties = event.get("properties", {})
    names = {
        BOUGHT: [product["name"] for product in properties.get("products", ()) if product.get("name")],
        RATED: [properties.get("name")],
    }.get(event.get("event", ""), [])
    if not names:
        return None
    return Order(event["userId"], datetime.fromisoformat(event["timestamp"]), frozenset(names))
