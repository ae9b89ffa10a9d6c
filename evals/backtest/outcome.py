"""Who could churn at an origin, who did, and on which day they count as gone: the truth of the churn backtest.

Taken from the workspace's definition alone. A customer has bought at least once. They are gone when they cancel, or,
unless the definition is `cancel`, when they have done nothing of their own for `inactive_days`. At an origin those are
eligible who are not gone; the outcome is a silence of the whole horizon, or, by `cancel`, a cancellation in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from evals.oracle import PURCHASES, Happening, World, own

CANCELLED, RETURNED = "Subscription Cancelled", "Subscription Reactivated"


@dataclass(frozen=True, slots=True)
class Definition:
    """`silence`: it counts as leaving, and is what is foretold; if not, a cancellation is both."""

    inactive_days: int
    horizon_days: int
    silence: bool = True


@dataclass(frozen=True, slots=True)
class Leaving:
    """A customer who left, and when they began to count as gone."""

    customer: str
    gone_at: datetime


def leavings(world: World, definition: Definition) -> list[Leaving]:
    """Every time that somebody left, up to the world's clock; who came back can leave again."""
    return [
        Leaving(customer, gone_at)
        for customer, found in sorted(world.people().items())
        for gone_at, _ in absences(found, definition, world.now)
    ]


def eligible(found: Sequence[Happening], definition: Definition, at: datetime) -> bool:
    """Whether this customer has bought and is not gone at an instant."""
    before = [h for h in found if h.at < at]
    if not any(h.title in PURCHASES for h in before) or not own(before):
        return False
    return not any(back is None for _, back in absences(before, definition, at))


def churned(found: Sequence[Happening], definition: Definition, at: datetime) -> bool:
    """Whether who is eligible at an instant is silent in the whole horizon after it; or by `cancel`: cancels in it."""
    end = at + timedelta(days=definition.horizon_days)
    after = [h for h in found if at <= h.at < end]
    return not own(after) if definition.silence else any(h.title == CANCELLED for h in after)


def absences(
    found: Sequence[Happening], definition: Definition, now: datetime
) -> list[tuple[datetime, datetime | None]]:
    """When a customer left and came back (None: has not), from their happenings in order."""
    spells: list[tuple[datetime, datetime | None]] = []
    bought = cancelled = False
    last: datetime | None = None
    left: datetime | None = None
    for happening in found:
        theirs = bool(own([happening]))
        if left is None and bought and last is not None:
            left = _silent_since(last, definition, happening.at)
        if left is not None and (happening.title == RETURNED if cancelled else theirs):
            spells.append((left, happening.at))
            left, cancelled = None, False
        bought = bought or happening.title in PURCHASES
        if left is None and bought and happening.title == CANCELLED:
            left, cancelled = happening.at, True
        last = happening.at if theirs else last
    if left is None and bought and last is not None:
        left = _silent_since(last, definition, now)
    return [*spells, (left, None)] if left is not None else spells


def _silent_since(last: datetime, definition: Definition, now: datetime) -> datetime | None:
    gone = last + timedelta(days=definition.inactive_days)
    return gone if definition.silence and gone < now else None
