"""What the words of an anchor mean: one reader for each way to name a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from re import Match

from agent.time.days import Clock, Days, months, one, step
from agent.time.words import ORDINALS, SEASONS, WEEKDAYS, count_of, month_of

#: When the words mean a time: alone, behind a preposition or beside another time, or only as a part of a phrase.
SURE, WEAK, BOUND = 2, 1, 0


@dataclass(frozen=True, slots=True)
class Reading:
    """What an anchor means: days, a yearless stretch that waits for its year, or a time counted back from now."""

    days: Days | None = None
    in_year: Callable[[int], Days] | None = None
    month: int = 0
    back: timedelta | None = None
    open_end: bool = False
    sure: int = SURE
    leads: frozenset[str] = field(default=frozenset())


def iso_date(match: Match[str], clock: Clock) -> Reading:
    day = date.fromisoformat(match[1])
    return Reading(one(day), month=day.month)


def iso_month(match: Match[str], clock: Clock) -> Reading:
    return Reading(months(int(match[1]), int(match[2])), month=int(match[2]))


def iso_quarter(match: Match[str], clock: Clock) -> Reading:
    return Reading(months(int(match[1]), 3 * int(match[2]) - 2, 3))


def day_month(match: Match[str], clock: Clock) -> Reading:
    return _in_month(match, int(match["day"]), int(match["to"] or match["day"]))


def between_days(match: Match[str], clock: Clock) -> Reading | None:
    """ "between 1 and 5 May"; without "between" they are two days."""
    led = match.string[max(0, match.start() - 20) : match.start()].lower().split()[-2:]
    between = led[-1:] == ["between"] or led == ["between", "the"]
    return day_month(match, clock) if between else None


def _in_month(match: Match[str], first: int, last: int) -> Reading:
    month = month_of(match["month"])
    # "the 3 may have bought": only a capital or an ordinal makes it a date.
    doubtful = match["month"] == "may" and match["day"].isdigit() and not match["ordinal"]
    if doubtful and not 1 <= first <= 31:
        return Reading(sure=BOUND)
    if not 1 <= first <= last <= 31:
        raise ValueError("no day of a month")
    return Reading(
        in_year=lambda year: Days(date(year, month, first), one(date(year, month, last)).after),
        month=month,
        sure=WEAK if doubtful else SURE,
    )


def month(match: Match[str], clock: Clock) -> Reading:
    month = month_of(match[0])
    return Reading(in_year=lambda year: months(year, month), month=month, sure=WEAK)


def named_month(match: Match[str], clock: Clock) -> Reading:
    month, today = month_of(match["month"]), clock.today
    if match["which"].lower() == "this":
        if match["month"] in ("may", "march"):
            raise ValueError("a verb: this may be so")
        return Reading(months(today.year, month))
    if match["which"].lower() == "next":
        return Reading(months(today.year + (month <= today.month), month))
    return Reading(months(today.year - (month >= today.month), month))


def quarter(match: Match[str], clock: Clock) -> Reading:
    number = int(match["number"]) if match["number"] else ORDINALS[match["ordinal"].lower()]
    first = 3 * number - 2
    return Reading(in_year=lambda year: months(year, first, 3), month=first)


def half(match: Match[str], clock: Clock) -> Reading:
    first = 6 * int(match[1]) - 5
    return Reading(in_year=lambda year: months(year, first, 6), month=first)


def season(match: Match[str], clock: Clock) -> Reading:
    first = SEASONS[match[0].split()[-1].lower()]
    return Reading(in_year=lambda year: months(year, first, 3), month=first, sure=BOUND)


def free_season(match: Match[str], clock: Clock) -> Reading:
    first = SEASONS[match[1].lower()]
    return Reading(in_year=lambda year: months(year, first, 3), month=first, sure=WEAK, leads=_INSIDE)


def named_season(match: Match[str], clock: Clock) -> Reading:
    first = SEASONS[match["season"].lower()]
    latest = months(clock.latest_year(first), first, 3)
    current = latest.after > clock.today
    if match["which"].lower() == "this":
        return Reading(latest if current else months(clock.today.year, first, 3))
    return Reading(months(latest.first.year - 1, first, 3) if current else latest)


def year(match: Match[str], clock: Clock) -> Reading:
    year = int(match[0])
    # Round numbers are amounts ("over 2000") unless something sure stands before them.
    leads = _INSIDE if year % 100 == 0 else frozenset()
    return Reading(months(year, 1, 12), sure=WEAK, leads=leads)


def noun_year(match: Match[str], clock: Clock) -> Reading:
    """A year before another noun: only "in 2011 they bought", never "over 2011 orders"."""
    return Reading(months(int(match[0]), 1, 12), sure=WEAK, leads=_INSIDE)


def years(match: Match[str], clock: Clock) -> Reading:
    first, last = int(match[1]), int(match[2])
    if not first < last:
        raise ValueError("years run forward")
    return Reading(months(first, 1, 12 * (last - first + 1)), sure=WEAK)


def rolling(match: Match[str], clock: Clock) -> Reading:
    return Reading(back=_back(count_of(match["count"]), match["unit"], clock))


def rolling_unit(match: Match[str], clock: Clock) -> Reading:
    return Reading(back=_back(1, match["unit"], clock))


#: A month counted back from this instant is thirty days, a quarter ninety-one, a year 365.
_UNIT_HOURS = {"hour": 1, "day": 24, "week": 168, "fortnight": 336, "month": 720, "quarter": 2184, "year": 8760}


def _back(count: int, unit: str, clock: Clock) -> timedelta:
    back = timedelta(hours=count * _UNIT_HOURS[unit.lower()])
    if back > clock.now - datetime.min.replace(tzinfo=clock.now.tzinfo):
        raise OverflowError("before the calendar begins")
    return back


def unit(match: Match[str], clock: Clock) -> Reading:
    unit, which = match["unit"].lower(), match["which"].lower()
    if which == "this" or which == "current":
        return Reading(clock.unit(unit))
    return Reading(clock.unit(unit, 1 if which in ("next", "coming") else -1))


def before_last(match: Match[str], clock: Clock) -> Reading:
    return Reading(clock.unit(match["unit"].lower(), -2))


def to_date(match: Match[str], clock: Clock) -> Reading:
    said = match[0].lower()
    short = {"ytd": "year", "qtd": "quarter", "mtd": "month", "wtd": "week"}
    unit = next((unit for unit in short.values() if unit in said), None) or short[said]
    return Reading(clock.unit(unit), open_end=True)


def ago(match: Match[str], clock: Clock) -> Reading:
    count, unit = count_of(match["count"]), match["unit"].lower()
    if unit == "fortnight":
        return Reading(one(step(clock.today, "fortnight", -count)))
    return Reading(clock.unit(unit, -count))


def day_word(match: Match[str], clock: Clock) -> Reading:
    said = " ".join(match[0].lower().split()).removeprefix("the ")
    days = {"today": 0, "tonight": 0, "yesterday": -1, "tomorrow": 1, "day before yesterday": -2}
    return Reading(one(step(clock.today, "day", days[said])))


def weekday(match: Match[str], clock: Clock) -> Reading:
    which = (match["which"] or "").lower()
    back = (clock.today.weekday() - WEEKDAYS.index(match["day"].lower())) % 7
    if which == "last" and back == 0:
        back = 7
    return Reading(one(step(clock.today, "day", -back)), sure=SURE if which else WEAK, leads=_AT_DAY)


def weekday_of(match: Match[str], clock: Clock) -> Reading:
    week = clock.unit("week", 0 if match["which"].lower() == "this" else -1)
    on = (WEEKDAYS.index(match["day"].lower()) - week.first.weekday()) % 7
    return Reading(one(step(week.first, "day", on)))


def weekend(match: Match[str], clock: Clock) -> Reading:
    saturday = step(clock.today, "day", -((clock.today.weekday() - 5) % 7))
    which = (match["which"] or "").lower()
    if which == "this" and saturday < step(clock.today, "day", -1):
        saturday = step(saturday, "week", 1)
    if which not in ("", "this") and saturday >= step(clock.today, "day", -1):
        saturday = step(saturday, "week", -1)
    return Reading(Days(saturday, step(saturday, "day", 2)), sure=SURE if which else WEAK, leads=_AT_DAY | _INSIDE)


def the_unit(match: Match[str], clock: Clock) -> Reading:
    """ "of the year": only behind "start of" and the like."""
    return Reading(clock.unit(match["unit"].lower()), sure=BOUND)


#: Prepositions that make a number or a season a time even before another noun.
_INSIDE = frozenset({"in", "during", "since", "throughout"})
_AT_DAY = frozenset(
    {"on", "over", "at", "since", "until", "till", "before", "after", "by", "from", "between", "to", "through", "and"}
)
