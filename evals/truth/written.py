"""What the computed ones of the hand-written samples must come to: one line each, from the oracle in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from evals.oracle import Happening, World, bought, by_net, churned, ids, in_trial, net, open_tickets, own, returned

#: A gold value, and the ids of all events it rests on (none where no single event shows it).
Truth = tuple[Any, list[str]]
Compute = Callable[[World], Truth]
Find = Callable[[World], Sequence[Happening]]

_ORDERS, _REFUNDS = ("Order Completed",), ("Order Refunded",)
_TICKETS, _PAID, _FAILED = ("Support Ticket Opened",), ("Payment Succeeded",), ("Payment Failed",)


def select(who: str | None = None, titles: Sequence[str] = (), **narrowed: str) -> Find:
    """Finds what `World.select` finds."""
    return lambda world: world.select(who, titles, **narrowed)


def count(find: Find) -> Compute:
    """How many there are."""
    return lambda world: (len(find(world)), ids(find(world)))


def money(find: Find) -> Compute:
    """Net of what was given back, by currency."""
    return lambda world: (net(find(world)), ids(h for h in find(world) if h.amount is not None))


def day(find: Find, which: int) -> Compute:
    """The local date of the first (0) or last (-1)."""
    return lambda world: (world.day(find(world)[which].at), [find(world)[which].id])


def largest(find: Find) -> Compute:
    return money(lambda world: [max(find(world), key=lambda h: h.amount or 0)])


def average(find: Find) -> Compute:
    """The mean amount, by currency."""

    def compute(world: World) -> Truth:
        found = find(world)
        return {currency: round(total / len(found), 2) for currency, total in net(found).items()}, ids(found)

    return compute


def items(find: Find) -> Compute:
    """The names of all items in them."""
    return lambda world: (sorted({item for h in find(world) for item in h.items}), ids(find(world)))


def people(find: Callable[[World], list[str]]) -> Compute:
    return lambda world: (find(world), [])


def how_many(find: Callable[[World], list[str]]) -> Compute:
    return lambda world: (len(find(world)), [])


def as_of(last_day: str, compute: Compute) -> Compute:
    """The truth at the end of a day."""
    return lambda world: compute(world.until(last_day))


def parts(*computes: Compute) -> Compute:
    """A question that asks for several things: the value of each, and the evidence of all."""
    return lambda world: ([c(world)[0] for c in computes], [key for c in computes for key in c(world)[1]])


def _trial_end(world: World) -> Truth:
    started = world.select("lukas-novak", ["Trial Started"])[0]
    return world.day(started.at + timedelta(days=started.properties["trial_days"])), [started.id]


def _about_teams(world: World) -> list[Happening]:
    return [h for h in world.select("erik-lindqvist", _TICKETS) if "Microsoft Teams" in h.properties["message"]]


def _june_buyers(world: World) -> list[str]:
    return sorted({h.who for h in world.select(titles=_ORDERS, first="2011-06-01", last="2011-06-30")})


TRUTH: dict[str, Compute] = {
    # Software
    "maria-paid": money(select("maria-lopez")),
    "maria-tickets": count(select("maria-lopez", _TICKETS)),
    "maria-last-sign-in": day(select("maria-lopez", ["Signed In"]), -1),
    "okafor-unresolved": count(lambda world: open_tickets(world.select("dana-okafor"))),
    "brightline-paid": money(select("dana-okafor")),
    "okafor-last-active": day(lambda world: own(world.select("dana-okafor")), -1),
    "erik-teams-tickets": count(_about_teams),
    "giulia-failed": count(select("giulia-ferri", _FAILED, first="2026-03-01", last="2026-03-31")),
    "jonas-paid": money(select("jonas-weber")),
    "lukas-trial-end": _trial_end,
    "trials": how_many(in_trial),
    "churned-customers": people(churned),
    "came-back": people(returned),
    "top-3": people(lambda world: by_net(world, "EUR", 3)),
    "revenue-january": money(select(first="2026-01-01", last="2026-01-31")),
    "failed-march": count(select(None, _FAILED, first="2026-03-01", last="2026-03-31")),
    "maria-paid-2025": as_of("2025-12-31", money(select("maria-lopez"))),
    "trials-october": as_of("2025-10-10", how_many(in_trial)),
    "okafor-tickets-february": as_of("2026-02-05", count(select("dana-okafor", _TICKETS))),
    "jonas-paid-and-active": parts(
        money(select("jonas-weber")), day(lambda world: own(world.select("jonas-weber")), -1)
    ),
    "jonas-payments-by-mail": count(select("jonas-weber", _PAID)),
    "churned-january": as_of("2026-01-31", people(churned)),
    "okafor-open-january": as_of("2026-01-31", count(lambda world: open_tickets(world.select("dana-okafor")))),
    "norte-downgrade-then-date": day(select("maria-lopez", ["Plan Downgraded"]), 0),
    "dana-then-okafor": money(select("dana-okafor")),
    # Shop
    "churned-april": as_of("2011-04-30", how_many(churned)),
    "14735-orders": count(select("14735", _ORDERS)),
    "17675-refunds": count(select("17675", _REFUNDS)),
    "17675-net": money(select("17675")),
    "15827-spring": money(select("15827", first="2011-03-01", last="2011-05-31")),
    "15465-half": money(select("15465", first="2011-01-01", last="2011-06-30")),
    "16333-last-order": day(select("16333", _ORDERS), -1),
    "16333-april": count(select("16333", _ORDERS, first="2011-04-01", last="2011-04-30")),
    "12553-sent-back": items(select("12553", _REFUNDS)),
    "12823-first-order": items(lambda world: world.select("12823", _ORDERS)[:1]),
    "15856-largest": largest(select("15856", _ORDERS)),
    "churned-count": how_many(churned),
    "top-5": people(lambda world: by_net(world, "GBP", 5)),
    "revenue-march": money(select(first="2011-03-01", last="2011-03-31")),
    "orders-may": count(select(None, _ORDERS, first="2011-05-01", last="2011-05-31")),
    "buyers-june": how_many(_june_buyers),
    "14735-orders-march": as_of("2011-03-31", count(select("14735", _ORDERS))),
    "17675-net-january": as_of("2011-01-31", money(select("17675"))),
    "14735-offer": people(lambda world: bought(world.select("14735"))),
    "16333-offer": people(lambda world: bought(world.select("16333"))),
    "12823-refunds": count(select("12823", _REFUNDS)),
    "17675-bunting": count(select("17675", _ORDERS, item="Party Bunting")),
    "13576-frame": day(select("13576", _ORDERS, item="Black Record Cover Frame"), -1),
    "15465-first-order": day(select("15465", _ORDERS), 0),
    "14735-average": average(select("14735", _ORDERS)),
    "15856-orders-and-refunds": parts(count(select("15856", _ORDERS)), count(select("15856", _REFUNDS))),
    "17675-july": count(select("17675", _ORDERS, first="2011-07-01", last="2011-07-31")),
}
