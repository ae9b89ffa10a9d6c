"""Fourteen months of the ferry line: who reserves, cancels, sails, eats, complains and rises in the loyalty scheme."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from unicodedata import combining, normalize
from zoneinfo import ZoneInfo

from evals.domains.ferry.people import PASSENGERS, Passenger
from evals.domains.ferry.words import (
    CABINS,
    CHANNELS,
    COMPLAINTS,
    GRUMBLES,
    ISSUES,
    MEALS,
    MESSAGES,
    PRAISE,
    REASONS,
    ROUTES,
    TIERS,
    VEHICLES,
)

Line = dict[str, Any]
#: When, by whom, the name of the event (None: identify), and what it tells.
_Told = tuple[datetime, str, str | None, dict[str, Any]]

NOW = "2026-05-31"
ZONE = "Europe/Helsinki"
_ZONE = ZoneInfo(ZONE)
_BEGIN = datetime(2025, 4, 1, 8, tzinfo=_ZONE)
_END = datetime(2026, 6, 1, tzinfo=_ZONE)
_DAYS = 420
#: Crossings after which a tier is reached.
_TIER_AT = {4: "Silver", 8: "Gold"}
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


def events(rng: Random) -> Iterator[Line]:
    """All events up to the end of NOW, by time, in the Segment shape."""
    told = [each for passenger in PASSENGERS for each in _life(passenger, rng)]
    known = sorted((each for each in told if each[0] < _END), key=lambda each: (each[0], each[1], each[2] or ""))
    for number, (at, who, name, content) in enumerate(known, start=1):
        yield _line(number, at, who, name, content)


def _line(number: int, at: datetime, who: str, name: str | None, content: dict[str, Any]) -> Line:
    kind = {"type": "track", "event": name} if name else {"type": "identify"}
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    about = {"properties": content} if name else {"traits": content}
    return {"messageId": f"nbl_{number:05}", **kind, "userId": who, "timestamp": stamp, **about}


def _life(passenger: Passenger, rng: Random) -> Iterator[_Told]:
    who = passenger.id
    joined = _BEGIN + timedelta(days=rng.randrange(45), minutes=rng.randrange(14 * 60))
    yield joined, who, None, _traits(passenger, TIERS[0])
    trips = sorted(rng.randrange(50, _DAYS) for _ in range(passenger.reservations))
    favourites = rng.sample(sorted(ROUTES), 2), rng.sample(sorted(CABINS), 3)
    sailed = 0
    for day in trips:
        story = list(_trip(passenger, _evening(day, rng), favourites, rng))
        yield from story
        if boarded := next((at for at, _, name, _ in story if name == "Crossing Boarded"), None):
            sailed += 1
            if tier := _TIER_AT.get(sailed):
                yield boarded + timedelta(hours=11), who, "Loyalty Tier Reached", {"tier": tier}
                yield boarded + timedelta(hours=11, seconds=4), who, None, _traits(passenger, tier)
    yield from _reading(who, rng)


def _traits(passenger: Passenger, tier: str) -> dict[str, Any]:
    mailbox = "".join(c for c in normalize("NFKD", passenger.name.lower()) if c.isalnum() and not combining(c))
    return {
        "name": passenger.name,
        "email": f"{mailbox}@post.example",
        "language": passenger.language,
        "home_port": passenger.home_port,
        "account_type": passenger.account,
        "tier": tier,
    }


def _evening(day: int, rng: Random) -> datetime:
    """When a ferry leaves: local, so that the clock change does not move it."""
    at = _BEGIN + timedelta(days=day)
    return at.replace(hour=rng.choice((17, 19, 20)), minute=rng.choice((0, 30, 45)))


def _trip(
    passenger: Passenger, leaves: datetime, favourites: tuple[list[str], list[str]], rng: Random
) -> Iterator[_Told]:
    """A reservation and what comes of it."""
    who = passenger.id
    booked = _booked(passenger, favourites, rng)
    number, route = booked["reservation_id"], booked["route"]
    ahead = timedelta(days=rng.randrange(3, 40), minutes=rng.randrange(24 * 60))
    reserved = max(leaves - ahead, _BEGIN + timedelta(days=46, minutes=rng.randrange(24 * 60)))
    yield reserved, who, "Cabin Reserved", booked
    for meal in rng.sample(sorted(MEALS), rng.choice((0, 0, 0, 1, 1, 2))):
        guests = rng.randint(1, booked["passengers"])
        price = {"meal": meal, "guests": guests, "price": round(MEALS[meal] * guests, 2)}
        yield reserved + timedelta(minutes=rng.randrange(5, 90)), who, "Meal Prebooked", {
            "reservation_id": number, **price
        }  # fmt: skip
    if rng.random() >= passenger.boards:
        late = reserved + (leaves - reserved) * rng.uniform(0.3, 0.95)
        fee = round(booked["fare"] * rng.choice((0.0, 0.1, 0.25)), 2)
        reason = rng.choices(REASONS, (3, 5, 2, 1, 1))[0]
        yield late, who, "Reservation Cancelled", {"reservation_id": number, "reason": reason, "fee": fee}
        return
    yield leaves - timedelta(minutes=rng.randrange(20, 80)), who, "Crossing Boarded", {
        "reservation_id": number, "route": route, "ship": ROUTES[route][0]
    }  # fmt: skip
    yield from _afterwards(who, leaves + timedelta(days=booked["nights"]), rng)


def _booked(passenger: Passenger, favourites: tuple[list[str], list[str]], rng: Random) -> dict[str, Any]:
    routes, cabins = favourites
    route, cabin = rng.choices(routes, (3, 1))[0], rng.choices(cabins, (4, 2, 1))[0]
    deck, night = CABINS[cabin]
    nights = ROUTES[route][1] + rng.choice((0, 0, 0, 1, 2))
    passengers = rng.randint(4, 9) if passenger.account == "company" else rng.choice((1, 2, 2, 2, 3, 4))
    vehicle = rng.choice((*VEHICLES, None, None, None))
    fare = night * nights * (0.7 + 0.15 * passengers) * rng.uniform(0.85, 1.25) + VEHICLES.get(vehicle or "", 0.0)
    number = "".join(rng.choice(_LETTERS if n % 2 else "23456789") for n in range(6))
    told = {"reservation_id": number, "route": route, "cabin": cabin, "deck": deck, "nights": nights}
    carried = {"vehicle": vehicle} if vehicle else {}
    return {**told, "passengers": passengers, **carried, "fare": round(fare, 1), "currency": "EUR"}


def _afterwards(who: str, home: datetime, rng: Random) -> Iterator[_Told]:
    """What passengers say once they are back: a complaint, a survey, or nothing."""
    annoyed = rng.random() < 0.2
    if annoyed:
        topic = rng.choices(sorted(COMPLAINTS), (2, 3, 2, 4, 1))[0]
        message = {"topic": topic, "message": rng.choice(COMPLAINTS[topic])}
        yield home + timedelta(hours=rng.randrange(2, 40)), who, "Complaint Filed", message
    if rng.random() < 0.45:
        score = rng.randint(1, 5) if annoyed else rng.randint(6, 10)
        said = {"comment": rng.choice(GRUMBLES if annoyed else PRAISE)} if rng.random() < 0.6 else {}
        yield home + timedelta(days=2, minutes=rng.randrange(600)), who, "Survey Answered", {"score": score, **said}


def _reading(who: str, rng: Random) -> Iterator[_Told]:
    for _ in range(rng.randrange(7)):
        at = _BEGIN + timedelta(days=rng.randrange(46, 425), minutes=rng.randrange(12 * 60))
        yield at, who, "Newsletter Opened", {"issue": rng.choice(ISSUES)}
    if rng.random() < 0.5:
        at = _BEGIN + timedelta(days=rng.randrange(46, 425), minutes=rng.randrange(12 * 60))
        yield at, who, "Message Received", {"channel": rng.choice(CHANNELS), "text": rng.choice(MESSAGES)}
