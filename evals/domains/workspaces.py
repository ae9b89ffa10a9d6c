"""Every domain's workspace, one line each: its title, its settings, and the events as they are sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from evals.domains.clinic import history as clinic
from evals.domains.ferry import history as ferry
from evals.domains.library import history as library
from evals.domains.workshop import history as workshop

Line = dict[str, Any]
#: Makes the events of a domain, in order; the same for the same random numbers.
Events = Callable[[Random], Iterator[Line]]
#: A quarter without a sign of life, as most who do not define it would say.
_CHURN = {"kind": "inactivity", "inactive_days": 90, "horizon_days": 60}
#: Another seed makes other histories of the same people.
SEED = 7

WORKSPACES: dict[str, tuple[str, dict[str, Any], Events]] = {
    "clinic": (
        "Veterinary practices (made up)",
        {"now": clinic.NOW, "time_zone": clinic.ZONE, "week_start": "sunday", "churn": _CHURN},
        clinic.events,
    ),
    "ferry": (
        "Overnight ferries (made up)",
        {"now": ferry.NOW, "time_zone": ferry.ZONE, "week_start": "monday", "churn": _CHURN},
        ferry.events,
    ),
    "library": (
        "City libraries (made up)",
        {"now": library.NOW, "time_zone": library.ZONE, "week_start": "monday", "churn": _CHURN},
        library.events,
    ),
    "workshop": (
        "A shared workshop (made up)",
        {"now": workshop.NOW, "time_zone": workshop.ZONE, "week_start": "sunday", "churn": _CHURN},
        workshop.events,
    ),
}


def lines_of(name: str, seed: int = SEED) -> list[Line]:
    """The events of a domain in the shape that POST /events takes, by time; raises KeyError."""
    *_, make = WORKSPACES[name]
    return list(make(Random(f"{seed}/{name}")))
