"""Stretches of time as people say them."""

from __future__ import annotations

from calendar import month_name, monthrange
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Period:
    """The local days from `first` to `last`, and the words for them."""

    first: str
    last: str
    words: str


#: The months that the shipped workspaces hold, in order.
MONTHS = {
    "shop": ["2010-12", "2011-01", "2011-02", "2011-03", "2011-04", "2011-05", "2011-06", "2011-07"],
    "software": ["2025-09", "2025-10", "2025-11", "2025-12", "2026-01", "2026-02", "2026-03"],
}
_LONGER = {
    "shop": [
        ("2011-01-01", "2011-03-31", ("in the first quarter of 2011", "in Q1 2011", "from January to March 2011")),
        ("2011-04-01", "2011-06-30", ("in the second quarter of 2011", "in Q2 2011", "between April and June 2011")),
        ("2011-03-01", "2011-05-31", ("in spring 2011", "between 1 March and 31 May 2011", "from March to May 2011")),
        ("2011-01-01", "2011-06-30", ("in the first half of 2011", "from January to June 2011")),
        ("2011-06-01", "2011-06-30", ("last month",)),
        ("2011-01-01", "2011-07-31", ("this year", "since the start of 2011", "in 2011")),
    ],
    "software": [
        ("2025-10-01", "2025-12-31", ("in the fourth quarter of 2025", "in Q4 2025", "from October to December 2025")),
        ("2026-01-01", "2026-03-31", ("in the first quarter of 2026", "in Q1 2026", "this year", "since January 2026")),
        ("2026-02-01", "2026-02-28", ("last month",)),
        ("2025-09-01", "2025-12-31", ("in 2025", "before 2026")),
    ],
}  # fmt: skip


def name(month: str) -> str:
    """ "2011-05" → "May 2011"."""
    return f"{month_name[int(month[5:])]} {month[:4]}"


def span(month: str) -> tuple[str, str]:
    """The first and last day of a month."""
    return f"{month}-01", f"{month}-{monthrange(int(month[:4]), int(month[5:]))[1]}"


def month(at: str, rng: Random) -> Period:
    """A month, with or without its year."""
    return Period(*span(at), rng.choice([f"in {name(at)}", f"in {name(at)}", f"during {name(at)}", f"in {bare(at)}"]))


def bare(at: str) -> str:
    """The month without its year: the last such month that has begun."""
    return month_name[int(at[5:])]


def some_month(workspace: str, rng: Random) -> Period:
    return month(rng.choice(MONTHS[workspace]), rng)


def longer(workspace: str, rng: Random) -> Period:
    """A quarter, a half, a season or the like."""
    first, last, words = rng.choice(_LONGER[workspace])
    return Period(first, last, rng.choice(words))


def every(workspace: str, rng: Random) -> list[Period]:
    """Each month and each longer stretch once, and all there is."""
    longest = [Period(first, last, rng.choice(words)) for first, last, words in _LONGER[workspace]]
    return [*(month(at, rng) for at in MONTHS[workspace]), *longest, Period("0001-01-01", "9999-12-31", "overall")]


def some_period(workspace: str, rng: Random) -> Period:
    return some_month(workspace, rng) if rng.random() < 0.5 else longer(workspace, rng)


def months_apart(workspace: str, rng: Random) -> tuple[str, str]:
    """Two months, the earlier first."""
    earlier, later = sorted(rng.sample(MONTHS[workspace], 2))
    return earlier, later
