"""Times in a model's sentence: those of the cited event, of the period a number was computed for, or as it states."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from agent.checks.carrier import Carrier
from agent.checks.tokens import Token, tokens_of
from agent.checks.words import FUNCTION, RELATIONS, REPORTING
from agent.evidence import Computed
from agent.periods import local_date

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Time:
    """As much of a day, or of a clock, as is said."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    quarter: int | None = None
    weekday: int | None = None
    clock: str = ""

    def holds(self, day: date) -> bool:
        return (
            self.year in (None, day.year)
            and self.month in (None, day.month)
            and self.day in (None, day.day)
            and self.quarter in (None, (day.month + 2) // 3)
            and self.weekday in (None, day.weekday())
        )

    def is_all_of(self, first: date, last: date) -> bool:
        """Whether this is the stretch from `first` to `last`, both included."""
        if self.day or self.weekday is not None or self.clock:
            return first == last and self.holds(first)
        months = [self.month] if self.month else _of_quarter(self.quarter) if self.quarter else [1, 12]
        year = self.year or first.year
        return first == date(year, months[0] or 1, 1) and last == date(
            year, months[-1], monthrange(year, months[-1])[1]
        )


def _of_quarter(quarter: int) -> list[int]:
    return [3 * quarter - 2, 3 * quarter]


def read_time(text: str) -> Time | None:
    """A time token, folded; None where it is not written plainly."""
    if found := re.fullmatch(r"(\d{4})-(\d{2})(?:-(\d{2}))?(?:[t ](\d{2}:\d{2}).*)?", text):
        return Time(int(found[1]), int(found[2]), int(found[3]) if found[3] else None, clock=found[4] or "")
    if re.fullmatch(r"\d{4}", text):
        return Time(int(text))
    if found := re.fullmatch(r"q([1-4])(?:\s(\d{4}))?", text):
        return Time(int(found[2]) if found[2] else None, quarter=int(found[1]))
    if re.fullmatch(r"\d{1,2}:\d{2}(?::\d{2})?", text):
        return Time(clock=text[:5].zfill(5))
    letters = re.search(r"[a-z]{3,}", text.replace("the ", ""))
    if letters and text.endswith(("day", "days")) and letters[0][:3] in _WEEKDAYS:
        return Time(weekday=_WEEKDAYS.index(letters[0][:3]))
    if letters and letters[0][:3] in _MONTHS:
        year, day = re.search(r"\b\d{4}\b", text), re.search(r"\b\d{1,2}(?=st|nd|rd|th|\b)", text)
        return Time(int(year[0]) if year else None, _MONTHS.index(letters[0][:3]) + 1, int(day[0]) if day else None)
    return None


def wrong_time(
    tokens: Sequence[Token], carrier: Carrier, used: Sequence[Computed], whole: Sequence[Token]
) -> str | None:
    """Why a time in a clause is not that of the event and of the numbers beside it, or None."""
    for index, token in enumerate(tokens):
        if token.kind != "time":
            continue
        said = read_time(token.text)
        if said is None:
            return f"the date {token.raw!r} is not written as YYYY-MM-DD"
        if not _fits(said, index, tokens, carrier, used):
            return f"{token.raw} is not the date of what is cited"
    return _without_its_period(whole, carrier, used)


def _fits(said: Time, index: int, tokens: Sequence[Token], carrier: Carrier, used: Sequence[Computed]) -> bool:
    led = _led_by(tokens, index)
    if used:
        times = [read_time(token.text) for token in tokens if token.kind == "time"]
        return all(_of_number(said, each, carrier, led, times) for each in used)
    if said.clock and said.clock not in (carrier.moment.strftime("%H:%M"), f"{carrier.passage.occurred_at:%H:%M}"):
        return said.clock in carrier.whole and said.year is None
    if said.year and said.month and said.day:
        day = date(said.year, said.month, said.day)
        if any(_lies(each, led, day, _ranges(tokens, index)) for each in carrier.days):
            return True
        if led & {"before", "after"}:
            return _is_told(said, tokens, carrier)
    return any(map(said.holds, carrier.days)) or _is_told(said, tokens, carrier)


def _of_number(said: Time, computed: Computed, carrier: Carrier, led: set[str], times: Sequence[Time | None]) -> bool:
    """Whether a time is the period that a number was computed for, or holds all it was computed from."""
    # What holds an extreme is one event, with a day of its own.
    if computed.fact.name in ("largest", "smallest") and any(map(said.holds, carrier.days)):
        return True
    key = read_time(computed.subject) if computed.subject else None
    if key and said.year in (None, key.year) and (said.month, said.day) == (key.month, key.day):
        return True
    ends = _ends(computed, carrier)
    if ends:
        return said.is_all_of(*ends) or _is_an_end(said, *ends, computed, led, times)
    return _holds_all(said, computed, carrier)


def _is_an_end(
    said: Time, first: date, last: date, computed: Computed, led: set[str], times: Sequence[Time | None]
) -> bool:
    """Whether a day is said to be where the period begins or ends; the other end is said too, or open."""
    period = computed.period
    if period is None or said.day is None:
        return False
    begins, ends = (any(each and each.day and each.holds(end) for each in times) for end in (first, last))
    if led & {"before"}:
        closes = period.before is not None and said.holds(last + timedelta(days=1))
        return closes and (begins or period.since is None)
    is_open = (period.before is None and said.holds(first)) or (period.since is None and said.holds(last))
    is_end = said.holds(first) or said.holds(last)
    return is_end and ((begins and ends) or is_open) and not led & {"on", "at", "after"}


def _ends(computed: Computed, carrier: Carrier) -> tuple[date, date] | None:
    """The first and the last day of the period that was asked for; an open end is the time of the question."""
    period = computed.period
    if period is None:
        return None
    settings = carrier.evidence.settings
    last = (period.before or carrier.evidence.as_of) - timedelta(microseconds=1)
    first = period.since or min((p.occurred_at for p in carrier.evidence.passages.values()), default=last)
    return date.fromisoformat(local_date(first, settings)), date.fromisoformat(local_date(last, settings))


def _holds_all(said: Time, computed: Computed, carrier: Carrier) -> bool:
    known = [carrier.evidence.passages.get(key) for key in computed.fact.evidence]
    if None in known or not known or computed.fact.evidence_total > len(known):
        return False
    zone = carrier.evidence.settings.zone
    return all(said.holds(each.occurred_at.astimezone(zone).date()) for each in known if each)


def _without_its_period(tokens: Sequence[Token], carrier: Carrier, used: Sequence[Computed]) -> str | None:
    """A number of a period without the period would read as one of all time."""
    for each in used:
        ends = _ends(each, carrier)
        one = each.fact.name in ("largest", "smallest")
        if ends and not one and not any(token.kind == "time" for token in tokens):
            return f"the number is of the time from {ends[0]} to {ends[1]}: say so"
    return None


def _is_told(said: Time, tokens: Sequence[Token], carrier: Carrier) -> bool:
    """Whether the event, or a row that rests on it, states this day of something that the clause says."""
    stems = {token.stem for token in tokens if token.kind == "word" and token.text not in FUNCTION}
    zone = carrier.evidence.settings.zone
    for each in carrier.findings:
        told = {token.stem for token in tokens_of(each.text) if token.text not in FUNCTION}
        # What rests on several events is said of none of them alone.
        same = stems - REPORTING - RELATIONS <= told if len(each.evidence) > 1 else True
        if same and stems & told and any(said.holds(moment.astimezone(zone).date()) for moment in each.moments):
            return True
    return any(_beside(line, said, stems) for line in carrier.lines)


def _beside(line: Sequence[Token], said: Time, stems: set[str]) -> bool:
    """Whether a line has this day within five tokens of a word of the clause."""
    for index, token in enumerate(line):
        told = read_time(token.text) if token.kind == "time" else None
        if told == said and stems & {near.stem for near in line[max(0, index - 5) : index + 5] if near.stem}:
            return True
    return False


def _lies(own: date, led: set[str], day: date, ranged: bool) -> bool:
    """Whether an event of a day is where the words before another day put it."""
    if led & {"before"}:
        return own < day
    if led & {"after"}:
        return own > day
    if not ranged:
        return False
    if led & {"from", "between"}:
        return own >= day
    return bool(led & {"to", "and"}) and own <= day


def _ranges(tokens: Sequence[Token], index: int) -> bool:
    """Whether a time is one end of a "from .. to .." or "between .. and .."."""
    near = tokens[max(0, index - 3) : index + 4]
    said = [token.text for token in near if token.kind == "word"]
    both = sum(token.kind == "time" for token in near) == 2
    return both and ("to" in said if "from" in said else "and" in said and "between" in said)


def _led_by(tokens: Sequence[Token], index: int) -> set[str]:
    return {token.text for token in tokens[max(0, index - 1) : index] if token.kind == "word"}
