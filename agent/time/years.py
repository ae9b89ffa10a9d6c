"""The year of a month that stands beside a dated one: "April vs May 2011" are both of 2011."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from agent.time.days import Clock, Days
from agent.time.phrases import Phrase, days_of, with_days

InYear = Callable[[int], Days]

#: Months apart beyond which the neighbouring year is nearer: December beside January 2011 is that of 2010.
_FAR = 6


def settle_years(phrases: list[Phrase], clock: Clock) -> list[Phrase]:
    """The phrases with their years settled, as far as a dated one lends its year.

    A range runs forward ("from December to January 2011" begins in 2010). Otherwise the year is the same, but what is
    compared with ("than in September"), or comes first, is of the year before where that is the nearer, or where the
    same year has not come to it yet; and what a list goes on with ("December 2010 and January") is of the year after.
    """
    settled: list[Phrase] = []
    for at, phrase in enumerate(phrases):
        days = _borrowed(at, phrases, clock) if phrase.reading.in_year else None
        settled.append(with_days(phrase, days) if days else phrase)
    return settled


def _borrowed(at: int, phrases: list[Phrase], clock: Clock) -> Days | None:
    other = _lender(at, phrases)
    in_year = phrases[at].reading.in_year
    if in_year is None:
        return None
    try:
        if other is None:
            return _undated_range(at, phrases, clock)
        dated = days_of(replace(phrases[other], parts=()), clock)
        first, link = at < other, phrases[max(at, other)]
        if abs(at - other) == 1 and is_range(phrases[min(at, other)], link):
            return _in_range(in_year, dated, first)
        goes_on = not first and link.link not in ("than", "to") and link.relation != "than"
        return _beside(in_year, dated, goes_on, clock)
    except (ValueError, OverflowError):
        return None


def _lender(at: int, phrases: list[Phrase]) -> int | None:
    """The nearest dated month, day or quarter; the one behind where two are as near."""
    dated = [i for i, phrase in enumerate(phrases) if phrase.reading.month and phrase.reading.days]
    return min(dated, key=lambda i: (abs(i - at), i < at), default=None)


def _undated_range(at: int, phrases: list[Phrase], clock: Clock) -> Days | None:
    """The first end of "between March and May": the last March that is not after that May."""
    in_year = phrases[at].reading.in_year
    if in_year is None or at + 1 == len(phrases) or not is_range(phrases[at], phrases[at + 1]):
        return None
    end = days_of(replace(phrases[at + 1], parts=()), clock)
    return _in_range(in_year, end, True)


def _in_range(in_year: InYear, dated: Days, first: bool) -> Days:
    days = in_year(dated.first.year)
    if first and days.first > dated.last:
        return in_year(dated.first.year - 1)
    if not first and days.last < dated.first:
        return in_year(dated.first.year + 1)
    return days


def _beside(in_year: InYear, dated: Days, goes_on: bool, clock: Clock) -> Days:
    year = dated.first.year
    days = in_year(year)
    months_after = days.first.month - dated.first.month
    not_yet = days.first > clock.today >= dated.first
    if not_yet or (months_after > _FAR and not goes_on):
        return in_year(year - 1)
    if goes_on and months_after < -_FAR:
        return in_year(year + 1)
    return days


def is_range(one: Phrase, other: Phrase) -> bool:
    """Whether two phrases that stand side by side are the ends of one stretch."""
    if not other.touches:
        return False
    if one.relation == "between":
        return other.link == "and" or other.relation == "and"
    runs = other.link in ("to", "until") or other.relation == "until"
    return runs and one.relation not in ("than", "until", "by", "before", "after", "as of")
