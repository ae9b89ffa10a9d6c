"""One customer as their reasons are told: what they did before an instant, and how that is put into words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from memory.record import Record
from memory.workspace import ChurnDefinition

Number = tuple[int | float, str]


@dataclass(frozen=True, slots=True)
class Doing:
    """What activity is called: of a model that looks at purchases alone, nobody is without activity."""

    none: str = "without activity"
    day: str = "active day"
    on: str = "active on"
    first: str = "their first activity"
    once: str = "thing"
    did: str = "did {} of their own"


BUYING = Doing("without a purchase", "day with a purchase", "bought on", "their first purchase", "time", "bought {}")


@dataclass(frozen=True, slots=True)
class Known:
    """One customer as of an instant: their records before it, in order, and what counts as activity."""

    records: Sequence[Record]
    as_of: datetime
    definition: ChurnDefinition
    calendar: frozenset[str] = frozenset()
    doing: Doing = Doing()
    active: list[Record] = field(init=False)

    def __post_init__(self) -> None:
        started = [r for r in self.records if self.definition.is_activity(r.title)]
        named = bool(self.definition.activity)
        object.__setattr__(self, "active", [r for r in started if named or r.title not in self.calendar])

    def within(self, records: Sequence[Record], days: int, until: datetime | None = None) -> list[Record]:
        """Those of the last days before an instant."""
        end = until or self.as_of
        since = end - timedelta(days=days)
        return [record for record in records if since <= record.occurred_at < end]

    @property
    def days(self) -> list[Record]:
        """The first activity of each day."""
        return one_a_day(self.active)

    @property
    def paid(self) -> list[Record]:
        return [record for record in self.records if record.meaning.money > 0]

    @property
    def other(self) -> list[Record]:
        own = {record.message_id for record in self.active}
        return [record for record in self.records if record.message_id not in own]


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence, the numbers in it with their units, and the records that show them."""

    sentence: str
    values: dict[str, Number]
    shown: Sequence[Record]
    rests_on: dict[str, Sequence[Record]] = field(default_factory=dict)


def own_gap_days(active: Sequence[Record]) -> float | None:
    """The median gap between active days, or None for fewer than three of them: two gaps are the least rhythm."""
    days = sorted({record.occurred_at.date() for record in active})
    if len(days) < 3:
        return None
    return float(median((later - earlier).days for earlier, later in pairwise(days)))


def number_of_days(days: float) -> int | float:
    """Days as they are shown: whole, or with one digit."""
    return int(days) if float(days).is_integer() else round(days, 1)


def plural(count: float, noun: str) -> str:
    """A count with its noun."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def one_a_day(records: Iterable[Record]) -> list[Record]:
    """The first record of each day (UTC)."""
    found: dict[object, Record] = {}
    for record in records:
        found.setdefault(record.occurred_at.date(), record)
    return list(found.values())
