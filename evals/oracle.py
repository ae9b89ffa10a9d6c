"""The truth about the judged workspaces, computed again in plain Python: nothing of what is judged is used here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from evals.sources import SOURCES

#: Done by us or by a machine, not by the customer.
_NOT_THEIRS = {
    "Order Refunded", "Payment Succeeded", "Payment Failed", "Invoice Sent", "Campaign Email Sent",
    "Campaign Email Opened", "Trial Ended", "Support Ticket Resolved", "Subscription Cancelled", "identify",
}  # fmt: skip
#: What proves that somebody bought.
PURCHASES = frozenset({"Order Completed", "Subscription Started", "Subscription Reactivated", "Payment Succeeded"})


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of the file; `who` is the person behind it, `amount` what it brought in (given back: negative)."""

    id: str
    at: datetime
    who: str
    title: str
    amount: Decimal | None
    currency: str | None
    items: tuple[str, ...]
    properties: dict[str, Any]


@dataclass(frozen=True, slots=True)
class World:
    """One workspace up to its clock: its happenings in order, and how it tells time and churn."""

    happenings: list[Happening]
    zone: ZoneInfo
    now: datetime
    inactive_days: int

    def until(self, day: str) -> World:
        """The world as of the end of a day."""
        end = self.end_of(day)
        return World([h for h in self.happenings if h.at < end], self.zone, end, self.inactive_days)

    def end_of(self, day: str) -> datetime:
        return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), self.zone).astimezone(UTC)

    def day(self, moment: datetime) -> str:
        """The local date of a moment."""
        return moment.astimezone(self.zone).date().isoformat()

    def select(
        self,
        who: str | None = None,
        titles: Iterable[str] = (),
        *,
        first: str = "0001-01-01",
        last: str = "9999-12-31",
        item: str | None = None,
    ) -> list[Happening]:
        """Happenings of a person, with one of these titles, on the days from first to last, with an item."""
        wanted = set(titles)
        return [
            h
            for h in self.happenings
            if who in (None, h.who)
            and (not wanted or h.title in wanted)
            and first <= self.day(h.at) <= last
            and (item is None or item in h.items)
        ]

    def people(self) -> dict[str, list[Happening]]:
        """Everybody's happenings."""
        found: defaultdict[str, list[Happening]] = defaultdict(list)
        for happening in self.happenings:
            found[happening.who].append(happening)
        return dict(found)


@lru_cache
def read_world(name: str) -> World:
    """The workspace of this name up to its clock; without those who were erased. Raises KeyError."""
    source = SOURCES[name]
    lines = source.lines()
    joined = {
        line[name]: line["userId"] for line in lines for name in ("anonymousId", "previousId")
        if line.get(name) and line.get("userId")
    }  # fmt: skip
    happenings = sorted((_happening(line, joined) for line in lines), key=lambda h: (h.at, h.id))
    kept = [happening for happening in happenings if happening.who not in source.erased]
    settings = source.settings
    world = World(kept, ZoneInfo(settings["time_zone"]), datetime.max, settings["churn"]["inactive_days"])
    return world.until(settings["now"])


def ids(happenings: Iterable[Happening]) -> list[str]:
    return [happening.id for happening in happenings]


def net(happenings: Iterable[Happening]) -> dict[str, float]:
    """What came in less what was given back, by currency."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for happening in happenings:
        if happening.amount is not None:
            sums[happening.currency or ""] += happening.amount
    return {currency: float(amount) for currency, amount in sorted(sums.items())}


def by_net(world: World, currency: str, limit: int) -> list[str]:
    """The people who brought in most of a currency."""
    worth = {who: net(found).get(currency, 0.0) for who, found in world.people().items()}
    return sorted(worth, key=lambda who: (-worth[who], who))[:limit]


def own(happenings: Iterable[Happening]) -> list[Happening]:
    """What people did themselves."""
    return [h for h in happenings if h.title not in _NOT_THEIRS]


def churned(world: World) -> list[str]:
    """Who had bought and then cancelled for good, or did nothing of their own for `inactive_days`."""
    cutoff = world.now - timedelta(days=world.inactive_days)
    return sorted(
        who
        for who, found in world.people().items()
        if any(h.title in PURCHASES for h in found) and (_cancelled(found) or max(h.at for h in own(found)) < cutoff)
    )


def in_trial(world: World) -> list[str]:
    """Whose trial has begun and neither ended nor become a subscription."""
    over = {"Trial Ended", *PURCHASES}
    return sorted(
        who
        for who, found in world.people().items()
        if any(h.title == "Trial Started" for h in found) and not any(h.title in over for h in found)
    )


def returned(world: World) -> list[str]:
    """Who cancelled and later came back."""
    return sorted({h.who for h in world.select(titles=["Subscription Reactivated"])})


def open_tickets(happenings: Sequence[Happening]) -> list[Happening]:
    """Tickets without a resolution that names them."""
    solved = {h.properties["ticket_id"] for h in happenings if h.title == "Support Ticket Resolved"}
    opened = [h for h in happenings if h.title == "Support Ticket Opened"]
    return [h for h in opened if h.properties["ticket_id"] not in solved]


def bought(happenings: Iterable[Happening]) -> list[str]:
    """The names of all items in somebody's orders."""
    return sorted({item for h in happenings if h.title == "Order Completed" for item in h.items})


def _cancelled(found: Sequence[Happening]) -> bool:
    turns = [h.title for h in found if h.title in ("Subscription Cancelled", "Subscription Reactivated")]
    return bool(turns) and turns[-1] == "Subscription Cancelled"


def _happening(line: dict[str, Any], joined: dict[str, str]) -> Happening:
    properties = line.get("properties") or line.get("traits") or {}
    title = line.get("event") or (line.get("name") if line["type"] == "page" else None) or line["type"]
    sign = {"Order Completed": 1, "Payment Succeeded": 1, "Order Refunded": -1}.get(title)
    amount = properties.get("revenue", properties.get("amount"))
    return Happening(
        id=line["messageId"],
        at=datetime.fromisoformat(line["timestamp"].replace("Z", "+00:00")),
        who=line.get("userId") or joined.get(line["anonymousId"], line["anonymousId"]),
        title=title,
        amount=sign * abs(Decimal(str(amount))) if sign and amount is not None else None,
        currency=properties.get("currency"),
        items=tuple(product["name"] for product in properties.get("products", ())),
        properties=properties,
    )
