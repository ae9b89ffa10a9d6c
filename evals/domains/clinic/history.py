"""Fourteen months of the practices: who books, stays away, comes, is vaccinated, pays, joins a plan and complains."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from evals.domains.clinic.people import OWNERS, Owner
from evals.domains.clinic.words import (
    BRANCHES,
    BREED_WEIGHTS,
    CHANNELS,
    CROSS,
    PAID_BY,
    PLANS,
    PLEASED,
    PRICES,
    QUESTIONS,
    REASONS,
    TOPICS,
    VACCINES,
    WEIGHTS,
)

Line = dict[str, Any]
#: When, by whom, the name of the event (None: identify), and what it tells.
_Told = tuple[datetime, str, str | None, dict[str, Any]]
_Pet = tuple[str, str, str]

#: A Thursday: the week that began on Sunday is half over.
NOW = "2026-03-19"
ZONE = "America/Denver"
_ZONE = ZoneInfo(ZONE)
_BEGIN = datetime(2025, 1, 6, 8, tzinfo=_ZONE)
_END = datetime(2026, 3, 20, tzinfo=_ZONE)
_DAYS = 455
_MISSED = 0.13


def events(rng: Random) -> Iterator[Line]:
    """All events up to the end of NOW, by time, in the Segment shape."""
    told = [each for owner in OWNERS for each in _life(owner, rng)]
    known = sorted((each for each in told if each[0] < _END), key=lambda each: (each[0], each[1], each[2] or ""))
    for number, (at, who, name, content) in enumerate(known, start=1):
        stamp = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        kind = {"type": "track", "event": name} if name else {"type": "identify"}
        about = {"properties" if name else "traits": content}
        yield {"messageId": f"v{number:05x}", **kind, "userId": who, "timestamp": stamp, **about}


def _life(owner: Owner, rng: Random) -> Iterator[_Told]:
    joined = _BEGIN + timedelta(days=rng.randrange(40), minutes=rng.randrange(9 * 60))
    yield joined, owner.id, None, _traits(owner, None, rng)
    for number, (name, species, breed) in enumerate(owner.pets):
        born = joined.date() - timedelta(days=rng.randrange(200, 3000))
        pet = {"name": name, "species": species, "breed": breed, "bornOn": born.isoformat()}
        chip = {"microchipped": rng.random() < 0.6}
        yield joined + timedelta(minutes=3 + number), owner.id, "Pet Registered", {"pet": pet, **chip}
    for _ in range(owner.visits):
        yield from _appointment(owner, rng.choice(owner.pets), rng)
    yield from _plans(owner, rng)
    yield from _mail(owner, rng)


def _traits(owner: Owner, plan: str | None, rng: Random) -> dict[str, Any]:
    told = {
        "name": owner.name,
        "emailAddress": f"{owner.name.lower().replace(' ', '.')}@mail.example",
        "homeBranch": owner.branch,
        "preferredContact": owner.contact,
        "smsOptIn": owner.contact == "text",
    }
    return {**told, "carePlan": plan} if plan else told


def _appointment(owner: Owner, pet: _Pet, rng: Random) -> Iterator[_Told]:
    """A booking and what comes of it."""
    who, (name, species, _) = owner.id, pet
    day = _BEGIN + timedelta(days=rng.randrange(45, _DAYS))
    at = day.replace(hour=rng.choice((9, 10, 11, 14, 15, 17)), minute=rng.choice((0, 15, 30, 45)))
    booked = max(at - timedelta(days=rng.randrange(1, 20), minutes=rng.randrange(600)), _BEGIN + timedelta(days=43))
    branch = owner.branch if rng.random() < 0.85 else rng.choice(sorted(BRANCHES))
    vet = rng.choice(BRANCHES[branch])
    fitting = [reason for reason in REASONS if species in VACCINES or reason != "Vaccination"]
    reason = rng.choices(fitting, [REASONS[each][0] for each in fitting])[0]
    number = f"APT-{rng.randrange(10000, 99999)}"
    animal = {"pet": {"name": name, "species": species}}
    yield booked, who, "Appointment Booked", {
        "appointmentId": number, "forDate": at.date().isoformat(), "reason": reason, "branch": branch, "vet": vet,
        "bookedOnline": rng.random() < 0.45, **animal,
    }  # fmt: skip
    if rng.random() < _MISSED:
        fee = {"noShowFee": rng.choice(("0.00", "25.00", "25.00", "40.00"))}
        yield at + timedelta(minutes=30), who, "Appointment Missed", {"appointmentId": number, "branch": branch, **fee}
        return
    yield from _visit(who, pet, at, reason, {"appointmentId": number, "branch": branch, "vet": vet}, rng)


def _visit(who: str, pet: _Pet, at: datetime, reason: str, where: dict[str, Any], rng: Random) -> Iterator[_Told]:
    name, species, breed = pet
    minutes = REASONS[reason][1] + rng.randrange(-4, 16)
    weight = round(BREED_WEIGHTS.get(breed, WEIGHTS[species]) * rng.uniform(0.92, 1.08), 1)
    animal = {"name": name, "species": species}
    left = at + timedelta(minutes=minutes)
    yield left, who, "Visit Completed", {
        **where, "minutes": minutes, "pet": {**animal, "weightLb": weight}
    }  # fmt: skip
    charged = ["Exam", *REASONS[reason][2]]
    if reason == "Vaccination":
        charged.append("Vaccine shot")
        due = (at + timedelta(days=rng.choice((182, 365)))).date().isoformat()
        vaccine = {"vaccine": rng.choice(VACCINES[species]), "nextDue": due}
        yield at + timedelta(minutes=8), who, "Vaccination Given", {"pet": animal, **vaccine, "vet": where["vet"]}
    yield left + timedelta(minutes=6), who, "Invoice Settled", _invoice(charged, rng)
    if rng.random() < 0.3:
        stars = rng.choice((1, 2, 2, 3, 4, 4, 5, 5, 5))
        words = {"body": rng.choice(PLEASED if stars > 3 else CROSS)}
        later = left + timedelta(hours=rng.randrange(2, 70))
        yield later, who, "Review Posted", {"stars": stars, **words, "branch": where["branch"]}


def _invoice(charged: list[str], rng: Random) -> dict[str, Any]:
    """The invoice in the way of old billing software: amounts are text."""
    lines = [{"service": each, "amount": f"{PRICES[each] * rng.choice((1, 1, 1.1)):.2f}"} for each in charged]
    total = sum(float(line["amount"]) for line in lines)
    paid = rng.choices(PAID_BY, (6, 2, 3, 1))[0]
    return {
        "invoiceNumber": f"INV-{rng.randrange(200000, 999999)}",
        "lines": lines,
        "total": f"{total:.2f}",
        "currency": "USD",
        "paidBy": paid,
        "claimFiled": paid == "insurance",
    }


def _plans(owner: Owner, rng: Random) -> Iterator[_Told]:
    """Two in five join a plan, and half of them change to a greater one later."""
    if rng.random() > 0.55 or not owner.visits:
        return
    names = list(PLANS)[rng.randrange(2) :][: rng.choice((1, 2, 2))]
    at = _BEGIN + timedelta(days=rng.randrange(60, 200), minutes=rng.randrange(500))
    for plan in names:
        told = {"name": plan, "monthlyFee": PLANS[plan]}
        yield at, owner.id, "Plan Joined", {"plan": told, "renewsOn": (at.date() + timedelta(days=365)).isoformat()}
        yield at + timedelta(seconds=5), owner.id, None, _traits(owner, plan, rng)
        at += timedelta(days=rng.randrange(80, 220), minutes=rng.randrange(300))


def _mail(owner: Owner, rng: Random) -> Iterator[_Told]:
    for _ in range(rng.randrange(6)):
        at = _BEGIN + timedelta(days=rng.randrange(46, 437), minutes=rng.randrange(500))
        yield at, owner.id, "Reminder Sent", {"topic": rng.choice(TOPICS), "channel": rng.choice(CHANNELS)}
    if rng.random() < 0.4:
        at = _BEGIN + timedelta(days=rng.randrange(46, 437), minutes=rng.randrange(600))
        yield at, owner.id, "Question Asked", {"via": rng.choice(("portal", "phone")), "body": rng.choice(QUESTIONS)}
