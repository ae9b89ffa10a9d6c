"""Fifteen months of the libraries: who borrows, renews, is late, pays, holds, streams, comes along and wishes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from evals.domains.library.people import MEMBERS, Member
from evals.domains.library.words import DEVICES, LIBRARIES, PROGRAMMES, STREAMS, TITLES, WHYS, WISHES

Line = dict[str, Any]
#: When, by whom, the name of the event (None: identify), and what it tells.
_Told = tuple[datetime, str, str | None, dict[str, Any]]

NOW = "2026-08-14"
ZONE = "Pacific/Auckland"
_ZONE = ZoneInfo(ZONE)
_BEGIN = datetime(2025, 5, 5, 9, tzinfo=_ZONE)
_END = datetime(2026, 8, 15, tzinfo=_ZONE)
_DAYS = 462
_A_DAY_LATE = 0.5
#: A fine is never more.
_MOST = 15.0


def events(rng: Random) -> Iterator[Line]:
    """All events up to the end of NOW, by time, in the Segment shape."""
    told = [each for member in MEMBERS for each in _life(member, rng)]
    known = sorted((each for each in told if each[0] < _END), key=lambda each: (each[0], each[1], each[2] or ""))
    for number, (at, who, name, content) in enumerate(known, start=1):
        kind = {"type": "track", "event": name} if name else {"type": "identify"}
        stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        about = {"properties" if name else "traits": content}
        yield {"messageId": f"lib-{number:04}-{who[-2:]}", **kind, "userId": who, "timestamp": stamp, **about}


def _life(member: Member, rng: Random) -> Iterator[_Told]:
    joined = _BEGIN + timedelta(days=rng.randrange(30), minutes=rng.randrange(8 * 60))
    yield joined, member.id, None, _traits(member, member.library)
    for _ in range(member.loans):
        yield from _loan(member, rng)
    yield from _around(member, rng)
    if rng.random() < 0.35:
        moved = _BEGIN + timedelta(days=rng.randrange(180, 420), minutes=rng.randrange(8 * 60))
        library = rng.choice([each for each in LIBRARIES if each != member.library])
        yield moved, member.id, "Home Library Changed", {"from": member.library, "to": library}
        yield moved + timedelta(seconds=2), member.id, None, _traits(member, library)


def _traits(member: Member, library: str) -> dict[str, Any]:
    return {
        "name": member.name,
        "email": f"{member.name.split()[0].lower()}.{member.id[-3:]}@inbox.example",
        "member-type": member.kind,
        "home-library": library,
        "suburb": member.suburb,
    }


def _open(day: int, rng: Random) -> datetime:
    at = _BEGIN + timedelta(days=day)
    return at.replace(hour=rng.randrange(9, 20), minute=rng.randrange(60))


def _loan(member: Member, rng: Random) -> Iterator[_Told]:
    """A loan and what comes of it: perhaps a hold before it, a renewal, a fine."""
    who, title = member.id, rng.choice(sorted(TITLES))
    author, kind, genre = TITLES[title]
    at = _open(rng.randrange(35, _DAYS), rng)
    branch = member.library if rng.random() < 0.8 else rng.choice(LIBRARIES)
    item = {"title": title, "item-type": kind}
    if rng.random() < 0.3:
        waited = rng.randrange(2, 21)
        placed = max(at - timedelta(days=waited), _BEGIN + timedelta(days=31))
        yield placed, who, "Hold Placed", {**item, "pickup-library": branch, "queue-position": rng.randint(1, 9)}
    number = f"LN{rng.randrange(100000, 999999)}"
    due = at + timedelta(days=7 if kind in ("DVD", "magazine") else 21)
    yield at, who, "Item Borrowed", {
        "loan-number": number, **item, "author": author, "genre": genre, "library": branch,
        "due-date": due.date().isoformat(), "self-checkout": rng.random() < 0.6,
    }  # fmt: skip
    if rng.random() < 0.2:
        due = due + timedelta(days=14)
        yield at + timedelta(days=5, minutes=30), who, "Loan Renewed", {
            "loan-number": number, "title": title, "new-due-date": due.date().isoformat()
        }  # fmt: skip
    late = rng.randrange(1, 19) if rng.random() < member.late else 0
    back = (due + timedelta(days=late)) if late else at + (due - at) * rng.uniform(0.4, 0.95)
    yield back, who, "Item Returned", {"loan-number": number, "title": title, "days-late": late, "library": branch}
    yield from _fined(who, number, back, late, rng)


def _fined(who: str, number: str, back: datetime, late: int, rng: Random) -> Iterator[_Told]:
    harmed = rng.random() < 0.04
    if not late and not harmed:
        return
    why = rng.choice(sorted(WHYS)) if harmed else "overdue"
    amount = WHYS[why] if harmed else min(_A_DAY_LATE * late, _MOST)
    yield back + timedelta(minutes=2), who, "Fine Charged", {
        "loan-number": number, "why": why, "amount": amount, "currency": "NZD"
    }  # fmt: skip
    if rng.random() < 0.7:
        paid = {"amount": amount, "currency": "NZD", "method": rng.choice(("card", "cash", "app"))}
        yield back + timedelta(days=rng.randrange(1, 25), minutes=40), who, "Fine Paid", {"loan-number": number, **paid}


def _around(member: Member, rng: Random) -> Iterator[_Told]:
    """What a member does beside borrowing."""
    who = member.id
    for _ in range(rng.choice((0, 0, 1, 2, 3, 4, 5))):
        name = rng.choice(sorted(STREAMS))
        form, length = STREAMS[name]
        minutes = rng.randrange(10, min(length, 180))
        yield _open(rng.randrange(35, _DAYS), rng), who, "E-Media Streamed", {
            "media": name, "format": form, "minutes": minutes, "device": rng.choice(DEVICES)
        }  # fmt: skip
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3, 4))):
        name = rng.choice(sorted(PROGRAMMES))
        at = _open(rng.randrange(35, _DAYS), rng).replace(minute=0)
        rating = {"rating": rng.randint(2, 5)} if rng.random() < 0.7 else {}
        yield at, who, "Programme Attended", {
            "programme": name, "theme": PROGRAMMES[name], "library": rng.choice(LIBRARIES),
            "guests": rng.randrange(4), **rating,
        }  # fmt: skip
    if rng.random() < 0.3:
        yield _open(rng.randrange(35, _DAYS), rng), who, "Suggestion Made", {"text": rng.choice(WISHES)}
