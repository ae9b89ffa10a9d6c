"""Two workspaces of the same people under the same ids, who live other lives in each: nothing may cross over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from random import Random

from evals.attacked.script import Line, Made, Priced, Script

SETTINGS = {
    "now": "2026-05-31",
    "time_zone": "Europe/Paris",
    "week_start": "monday",
    "churn": {"kind": "inactivity", "inactive_days": 60, "horizon_days": 30},
}
PEOPLE = {
    "ines-duarte": "Ines Duarte",
    "noah-winter": "Noah Winter",
    "freya-solberg": "Freya Solberg",
    "marco-bellini": "Marco Bellini",
    "tess-vandijk": "Tess van Dijk",
    "piotr-nowak": "Piotr Nowak",
    "leila-mansour": "Leila Mansour",
    "c-1009": "Hugo Lambert",
}
#: Who is a customer of one of them only; their events have ids of their own.
ONLY = {"twin-a": ("quinn-abbott", "Quinn Abbott"), "twin-b": ("rhea-costa", "Rhea Costa")}
_FIRST_DAY = date(2026, 1, 12)
_ITEMS_AN_ORDER = 2


@dataclass(frozen=True, slots=True)
class Life:
    """What one twin is made of: a catalogue, a plan and a complaint for each person; `seed` draws the rest."""

    title: str
    seed: int
    catalogue: tuple[Priced, ...]
    plans: tuple[str, ...]
    complaints: tuple[str, ...]


_LAMPS = Life(
    "Lamp maker (made up twin)",
    41,
    (("Heron Desk Lamp", 89.0), ("Copper Pendant", 149.5), ("Linen Shade", 34.9), ("Quarterdeck Lantern", 62.4),
     ("Dimmer Switch", 18.75), ("Opal Globe Bulb", 11.2), ("Brass Wall Light", 118.6), ("Velvet Cable", 9.3)),
    ("Lighthouse", "Lighthouse", "Beacon", "Candle", "Beacon", "Candle", "Lighthouse", "Candle"),
    (
        "The heron lamp flickers whenever the dimmer is below half.",
        "My copper pendant arrived with a dent in its rim.",
        "The linen shade has yellowed after two months near the window.",
        "The lantern hums so loudly that I cannot read beside it.",
        "I was sent a brass fitting although I had ordered chrome.",
        "The velvet cable is a metre shorter than your page says.",
        "Two opal bulbs blew in the first week.",
        "The switch gets hot when it is left on overnight.",
    ),
)  # fmt: skip
_GARDENS = Life(
    "Garden nursery (made up twin)",
    97,
    (("Marigold Seed Box", 12.6), ("Ash Handle Spade", 54.3), ("Glazed Terrace Pot", 71.8), ("Slug Collar", 7.15),
     ("Espalier Pear Tree", 96.4), ("Rain Barrel", 132.9), ("Cold Frame", 164.7), ("Jute Twine", 5.45)),
    ("Orchard", "Meadow", "Orchard", "Meadow", "Sprout", "Orchard", "Sprout", "Meadow"),
    (
        "The marigold seeds never sprouted in any of my three beds.",
        "The spade split along the grain on its first day.",
        "My terrace pot cracked in the April frost you said it would survive.",
        "The pear tree came with canker on two branches.",
        "The rain barrel leaks at the tap.",
        "Slugs walk straight over the collars.",
        "The cold frame was delivered without its hinges.",
        "Your courier left the twine in the rain and it rotted.",
    ),
)  # fmt: skip


def _draw(name: str, life: Life) -> list[Line]:
    """Everybody's plan, orders, complaint and now and then a refund, in an order of its own."""
    random, script = Random(life.seed), Script("tw-", "EUR")
    _draw_people(script, random, life)
    alone, (who, called) = Script(f"{name}-", "EUR"), ONLY[name]
    alone.identify(who, "2026-02-01", name=called, email=f"{who}@mail.example.com")
    _draw_orders(alone, random, who, date(2026, 2, 1), life.catalogue)
    return script.lines + alone.lines


def _draw_people(script: Script, random: Random, life: Life) -> None:
    for place, (who, name) in enumerate(PEOPLE.items()):
        joined = _FIRST_DAY + timedelta(days=random.randrange(20))
        script.identify(who, str(joined), name=name, email=f"{who}@mail.example.com")
        script.track(who, f"{joined} 10:30", "Subscription Started", plan=life.plans[place])
        _draw_orders(script, random, who, joined, life.catalogue)
        told = joined + timedelta(days=random.randrange(30, 100))
        script.ticket(who, f"{told} 14:05", f"T-{2000 + place}", life.complaints[place])


def _draw_orders(script: Script, random: Random, who: str, joined: date, catalogue: tuple[Priced, ...]) -> None:
    day = joined
    for number in range(random.randrange(3, 9)):
        day += timedelta(days=random.randrange(5, 16))
        bought = random.sample(catalogue, _ITEMS_AN_ORDER)
        script.order(who, f"{day} 11:{number:02d}", *bought)
        if random.random() < 0.2:
            script.refund(who, f"{day + timedelta(days=2)} 16:20", bought[0])


@lru_cache
def lamps() -> list[Line]:
    return _draw("twin-a", _LAMPS)


@lru_cache
def gardens() -> list[Line]:
    return _draw("twin-b", _GARDENS)


TWINS = {
    "twin-a": Made(_LAMPS.title, SETTINGS, lamps),
    "twin-b": Made(_GARDENS.title, SETTINGS, gardens),
}
#: Each twin's other.
OTHER = {"twin-a": "twin-b", "twin-b": "twin-a"}
