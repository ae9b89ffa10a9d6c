"""Expressions that lean on the period before them: "the month before", "the same period last year"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from re import Match

from agent.time.days import Clock, step
from agent.time.phrases import Bounds
from agent.time.words import COUNT, compiled, count_of

_UNITS = r"day|week|fortnight|month|quarter|year"
_BACK = frozenset({"before", "earlier", "previous", "preceding", "prior", "last", "previously", "beforehand", "ago"})
#: Nothing may follow that it could lean on instead: "the month before she left".
_END = r"(?=\s*(?:$|[?!.,;:)\]]|(?:and|or|than|vs|versus|but|did|was|were|please)\b))"
_LEANING = compiled(
    r"\b(?:(?:in|for|on|over|during)\s+)?(?:"
    rf"(?:the\s+|its\s+)?same\s+(?:(?P<base>{_UNITS})|period|time|days|weekend|season)\s+(?:(?:of|in|from|a|one|the)\s+)*"
    rf"(?:(?P<same_way>last|previous|preceding|prior|following|next)\s+(?P<same>{_UNITS})\b"
    rf"|(?P<same_unit>{_UNITS})\s+(?P<same_side>before|earlier|ago|later|after){_END})"
    rf"|(?:the\s+|that\s+)(?P<unit>{_UNITS}|period)\s+(?P<side>before|after|previously|beforehand)"
    rf"(?:\s+(?:that|it|then))?{_END}"
    rf"|(?P<count>{COUNT})\s+(?P<counted>{_UNITS})s?\s+(?P<moved>before|earlier|later|after)(?:\s+(?:that|it|then))?{_END}"
    rf"|(?:(?:the\s+)?(?P<way>previous|preceding|prior|following)|the\s+(?P<next>next))\s+(?P<whole>{_UNITS}|period)\b"
    r")"
)


@dataclass(frozen=True, slots=True)
class Leaning:
    """Words that mean another period moved: by `count` units, or the whole `unit` beside it."""

    start: int
    end: int
    unit: str
    count: int
    moves: bool
    alone: bool
    base: str | None = None


def find_leaning(text: str) -> Iterator[Leaning]:
    """The leaning expressions of a text, in order; `alone` are those that mean something of today as well."""
    for match in _LEANING.finditer(text):
        yield _leaning(match)


def _leaning(match: Match[str]) -> Leaning:
    unit = match["same"] or match["same_unit"] or match["unit"] or match["counted"] or match["whole"]
    way = match["same_way"] or match["same_side"] or match["side"] or match["moved"] or match["way"] or match["next"]
    count = count_of(match["count"]) if match["count"] else 1
    return Leaning(
        start=match.start(),
        end=match.end(),
        unit=unit.lower(),
        count=-count if way.lower() in _BACK else count,
        moves=bool(match["same"] or match["same_unit"] or match["counted"]),
        alone=bool(match["way"] or match["next"]),
        base=match["base"].lower() if match["base"] else None,
    )


def lean(leaning: Leaning, bounds: Bounds, clock: Clock) -> Bounds | None:
    """The bounds that the words mean beside `bounds`, None where those have no start. May raise OverflowError.

    Years move the period ("the year before" May 2011 is May 2010); other units mean the whole calendar unit beside it,
    unless the words say how far to move it ("a week earlier", "the same week last month").
    """
    since, before = bounds
    if since is None:
        return None
    first = _local(since, clock)
    after = _local(before or clock.now, clock)
    if leaning.unit == "period":
        moved = _beside(first, after, leaning.count)
    elif leaning.moves or leaning.unit == "year":
        moved = _moved(first, leaning.unit, leaning.count), _moved(after, leaning.unit, leaning.count)
    else:
        day = (first if leaning.count < 0 else after - timedelta(microseconds=1)).date()
        unit = clock.unit(leaning.unit, leaning.count, day)
        return clock.start(unit.first), clock.start(unit.after)
    return _instant(moved[0], clock), _instant(moved[1], clock)


def _beside(first: datetime, after: datetime, count: int) -> tuple[datetime, datetime]:
    """The stretch of the same length before (-1) or after (1): in months where both ends are ends of months."""
    if first.time() == after.time() == time() and first.day == after.day == 1:
        months = 12 * (after.year - first.year) + after.month - first.month
        return _moved(first, "month", count * months), _moved(after, "month", count * months)
    length = (after - first) * count
    return first + length, after + length


def _moved(moment: datetime, unit: str, count: int) -> datetime:
    return datetime.combine(step(moment.date(), unit, count), moment.time())


def _local(moment: datetime, clock: Clock) -> datetime:
    return moment.astimezone(clock.zone).replace(tzinfo=None)


def _instant(local: datetime, clock: Clock) -> datetime:
    # A midnight goes the way of every other day's start.
    if local.time() == time():
        return clock.start(local.date())
    return local.replace(tzinfo=clock.zone).astimezone(clock.now.tzinfo)
