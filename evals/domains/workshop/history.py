"""A year of the workshop: sessions at machines, inductions, classes, incidents, lockers, feedback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

Line = dict[str, Any]
_Told = tuple[datetime, str, str | None, dict[str, Any]]

NOW = "2026-02-28"
ZONE = "America/Halifax"
_ZONE = ZoneInfo(ZONE)
_BEGIN = datetime(2025, 3, 1, 9, tzinfo=_ZONE)
_END = datetime(2026, 3, 1, tzinfo=_ZONE)
#: What an hour at a machine costs.
MACHINES = {"Laser cutter": 18.0, "Wood lathe": 9.0, "Kiln": 14.0, "CNC router": 22.0, "Sewing station": 4.0}
MATERIALS = ("birch ply", "walnut", "acrylic", "stoneware clay", "canvas")
TRAINERS = ("Odette", "Baptiste", "Wendell")
CLASSES = {"Spoon carving": 45.0, "Screen printing": 60.0, "Welding basics": 95.0, "Leather belts": 55.0}
PLANS = ("Day pass", "Evenings", "Unlimited")
NOTES = {
    "minor": ("Belt slipped off, put back on.", "Small nick on the thumb, plaster given."),
    "moderate": ("Scorch marks on the bed, smoke for a minute.", "Bit snapped inside the workpiece."),
    "serious": ("Extractor caught fire, brigade called.",),
}
REMARKS = ("Dust extraction is far too weak.", "Best shop in the Maritimes.", "Queue for the laser every Saturday.")
#: Id, name, neighbourhood, trade, sessions in the year.
MEMBERS = (
    ("m4k.0031~ab", "Thea Comeau", "North End", "luthier", 22),
    ("m4k.0032~cd", "Felix Comeau", "North End", "teacher", 9),
    ("m4k.0047~ef", "Idris Okonkwo", "Dartmouth", "architect", 17),
    ("m4k.0058~gh", "Marguerite Boudreau", "Fairview", "potter", 25),
    ("m4k.0063~ij", "Callum MacAskill", "South End", "student", 12),
    ("m4k.0064~kl", "Callum Deveau", "Dartmouth", "plumber", 6),
    ("m4k.0080~mn", "Yuki Tanabe", "Fairview", "jeweller", 14),
    ("m4k.0091~op", "Rowan Googoo", "Bedford", "sculptor", 11),
    ("m4k.0102~qr", "Nadia Haddad", "Bedford", "tailor", 19),
    ("m4k.0103~st", "Samir Haddad", "Bedford", "student", 4),
    ("m4k.0115~uv", "Hollis Pye", "South End", "retired", 8),
    ("m4k.0126~wx", "Bronwen Pugh", "Dartmouth", "engineer", 15),
    ("m4k.0138~yz", "Lucien Theriault", "North End", "carpenter", 21),
    ("m4k.0149~ba", "Delphine Arsenault", "Fairview", "nurse", 3),
    ("m4k.0151~dc", "Ezra Whynacht", "South End", "baker", 7),
    ("m4k.0166~fe", "Priya Venkatesan", "Dartmouth", "engineer", 10),
    ("m4k.0177~hg", "Gwen Saulnier", "North End", "student", 0),
    ("m4k.0188~ji", "Otis Bonang", "Bedford", "retired", 0),
    ("m4k.0190~lk", "Atlantic Canoe Club", "Bedford", "club", 16),
    ("m4k.0195~nm", "Harbour Puppets", "South End", "theatre", 13),
)


def events(rng: Random) -> Iterator[Line]:
    """All events up to the end of NOW, by time, in the Segment shape."""
    told = [each for member in MEMBERS for each in _life(*member, rng)]
    known = sorted((each for each in told if each[0] < _END), key=lambda each: (each[0], each[1], each[2] or ""))
    for number, (at, who, name, content) in enumerate(known, start=1):
        kind: Line = {"type": "track", "event": name} if name else {"type": "identify"}
        stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        about = {"properties": content} if name else {"traits": content}
        yield {"messageId": f"hfx-{number:04}", **kind, "userId": who, "timestamp": stamp, **about}


def _life(who: str, name: str, area: str, trade: str, sessions: int, rng: Random) -> Iterator[_Told]:
    traits = {"name": name, "email": f"{name.split()[0].lower()}@mail.example", "neighbourhood": area, "trade": trade}
    joined = _BEGIN + timedelta(days=rng.randrange(20), minutes=rng.randrange(600))
    plan = PLANS[rng.randrange(2)]
    yield joined, who, None, {**traits, "plan": plan}
    if rng.random() < 0.45:
        later = joined + timedelta(days=rng.randrange(90, 300), minutes=rng.randrange(300))
        changed = rng.choice([each for each in PLANS if each != plan])
        yield later, who, "Plan Switched", {"plan": changed, "previous": plan}
        yield later + timedelta(seconds=7), who, None, {**traits, "plan": changed}
    favourite = rng.sample(sorted(MACHINES), 3)
    for machine in favourite if sessions else ():
        day = joined + timedelta(days=rng.randrange(1, 8), minutes=rng.randrange(300))
        yield day, who, "Induction Passed", {"machine": machine, "trainer": rng.choice(TRAINERS)}
    for _ in range(sessions):
        yield from _session(who, rng.choices(favourite, (5, 2, 1))[0], rng)
    for taken in rng.sample(sorted(CLASSES), rng.randrange(4)):
        seats = rng.choice((1, 1, 2))
        yield _some_time(rng), who, "Class Joined", {
            "class": taken, "seats": seats, "price": CLASSES[taken] * seats
        }  # fmt: skip


def _some_time(rng: Random) -> datetime:
    return _BEGIN + timedelta(days=rng.randrange(30, 364), minutes=rng.randrange(13 * 60))


def _session(who: str, machine: str, rng: Random) -> Iterator[_Told]:
    at = _some_time(rng)
    minutes = rng.choice((30, 45, 60, 90, 120, 180))
    if rng.random() < 0.12:
        yield at, who, "No-Show Recorded", {"machine": machine, "booked_minutes": minutes}
        return
    cost = round(MACHINES[machine] * minutes / 60 + rng.choice((0, 2.5, 6.2)), 2)
    told = {"machine": machine, "minutes": minutes, "material": rng.choice(MATERIALS), "cost": cost}
    yield at, who, "Bench Session Logged", told
    if rng.random() < 0.13:
        severity = rng.choices(("minor", "moderate", "serious"), (6, 3, 1))[0]
        note = {"severity": severity, "machine": machine, "note": rng.choice(NOTES[severity])}
        yield at + timedelta(minutes=minutes), who, "Incident Reported", note
    if rng.random() < 0.3:
        stars = rng.randint(1, 5)
        remark = {"remark": rng.choice(REMARKS)} if rng.random() < 0.6 else {}
        yield at + timedelta(hours=rng.randrange(3, 30)), who, "Feedback Left", {"stars": stars, **remark}
