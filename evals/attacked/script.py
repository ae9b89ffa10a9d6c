"""Writes the events of a made-up workspace: one line each, numbered as they are told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Line = dict[str, Any]
#: An item and its price.
Priced = tuple[str, float]


class Made(NamedTuple):
    """A made-up workspace: its title, its settings, its events as they are sent, and who is erased afterwards."""

    title: str
    settings: dict[str, Any]
    lines: Callable[[], Sequence[Line]]
    erased: tuple[str, ...] = ()


@dataclass(slots=True)
class Script:
    """Collects lines; a message id is the prefix and a number. Times are "YYYY-MM-DD" or "YYYY-MM-DD HH:MM", in UTC."""

    prefix: str
    currency: str
    lines: list[Line] = field(default_factory=list)

    def add(self, who: str, when: str, kind: str, **fields: Any) -> None:
        """Any call; a `who` that starts with "anon-" is a visitor without an account."""
        day, _, clock = when.partition(" ")
        whose = {"anonymousId" if who.startswith("anon-") else "userId": who}
        key = f"{self.prefix}{len(self.lines) + 1:04d}"
        self.lines.append(
            {"messageId": key, "type": kind, **whose, "timestamp": f"{day}T{clock or '10:00'}:00Z", **fields}
        )

    def track(self, who: str, when: str, event: str, **properties: Any) -> None:
        self.add(who, when, "track", event=event, properties=properties)

    def page(self, who: str, when: str, name: str, **properties: Any) -> None:
        self.add(who, when, "page", name=name, properties=properties)

    def identify(self, who: str, when: str, anonymous: str | None = None, **traits: Any) -> None:
        """Who somebody is; with `anonymous`, that visitor was they."""
        joined = {"anonymousId": anonymous} if anonymous else {}
        self.add(who, when, "identify", traits=traits, **joined)

    def order(self, who: str, when: str, *bought: Priced) -> None:
        self._sale("Order Completed", who, when, bought)

    def refund(self, who: str, when: str, *returned: Priced) -> None:
        self._sale("Order Refunded", who, when, returned)

    def ticket(self, who: str, when: str, number: str, message: str, **more: Any) -> None:
        self.track(who, when, "Support Ticket Opened", ticket_id=number, message=message, **more)

    def _sale(self, event: str, who: str, when: str, items: Sequence[Priced]) -> None:
        products = [{"name": name, "quantity": 1, "price": price} for name, price in items]
        revenue = round(sum(price for _, price in items), 2)
        self.track(who, when, event, revenue=revenue, currency=self.currency, products=products)
