"""Who or what has most, one against another, one stretch of time against the next, and what came when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from evals.domains.asking import Asking
from evals.domains.clinic.asked import (
    BOOKED,
    DECEMBER,
    FEBRUARY,
    JANUARY,
    JOINED,
    MAY_2025,
    MISSED,
    NOVEMBER,
    OCTOBER,
    PAID,
    PLAN,
    Q2_2025,
    Q3_2025,
    Q4_2025,
    REMINDED,
    REVIEWED,
    SETTLED,
    SPECIES,
    STARS,
    VISITED,
    Y2025,
    Y2026,
)
from evals.domains.clinic.truths import entries, is_clear, tellable, values_first
from evals.domains.clinic.words import PLANS
from evals.domains.figures import Of, against, by_month, change, clear_first, number, ranked, word
from evals.sample import Sample

_LENGTH = f"sum({number('minutes')})"


def rankings(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables

    def people(words: str, of: Of, n: int, measure: str = "count(*)") -> Sample:
        return ask.ask(words, "ranking", clear_first(ranked(tables, of, "who", measure), n))

    yield people("our three best-paying customers by invoice total, biggest first", SETTLED, 3, PAID)
    yield people("Which customer had the most completed visits?", VISITED, 1)
    yield people("who stood us up most often, going by missed appointments?", MISSED, 1)
    yield ask.ask("Most frequent reason for booking an appointment?", "leads", values_first(tables, BOOKED, "reason"))
    yield ask.ask("rank the branches by number of completed visits in 2025", "leads", values_first(
        tables, VISITED.within(*Y2025), "branch", 3))  # fmt: skip
    yield ask.ask(
        "the two ways of paying invoices that are used most often", "leads", values_first(tables, SETTLED, "paidBy", 2)
    )
    yield ask.ask("After dogs, what species had the most completed visits?", "leads", values_first(
        tables, replace(VISITED, but=f"{word(SPECIES)} <> 'dog'"), SPECIES))  # fmt: skip
    yield ask.ask("Which vet completed the most visits in Q4 2025?", "leads", values_first(
        tables, VISITED.within(*Q4_2025), "vet"))  # fmt: skip
    who = ask.pick(VISITED, 5, lambda who: is_clear(tables, VISITED.by(who), "vet"))
    yield ask.ask("which vet has {0} seen most often?", "leads", values_first(tables, VISITED.by(who), "vet"), who)


def comparisons(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables

    def two(words: str, of: Of, least: int, measure: str = "count(*)") -> Sample:
        def differ(one: str, other: str) -> bool:
            return against(tables, of, (one, other), measure)[0]["winner"] is not None

        pair = ask.two(of, least, differ)
        return ask.ask(words, "compare", against(tables, of, pair, measure), *pair)

    yield two("Who has paid more on invoices, {0} or {1}?", SETTLED, 3, PAID)
    yield two("{0} against {1}: completed visits in 2025?", VISITED.within(*Y2025), 2)
    yield two("Between {0} and {1}, whose reviews average more stars?", REVIEWED, 2, STARS)
    yield two("Has {0} missed more appointments than {1}?", MISSED, 1)
    yield two("did {0} or {1} spend more minutes in visits overall?", VISITED, 3, _LENGTH)
    yield two("Compare how many reminders {0} and {1} were sent.", REMINDED, 2)


def trends(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables

    def way(words: str, of: Of, earlier: tuple[str, str], later: tuple[str, str], measure: str = "count(*)") -> Sample:
        return ask.ask(words, "trend", change(tables, of.within(*earlier), of.within(*later), measure))

    yield way("Did no-shows go up between Q3 and Q4 of 2025?", MISSED, Q3_2025, Q4_2025)
    yield way("invoice totals: is February 2026 above or below January 2026?", SETTLED, JANUARY, FEBRUARY, PAID)
    yield way(
        "Completed visits, November 2025 against October 2025: which way did they go?", VISITED, OCTOBER, NOVEMBER
    )
    yield way("Star average Q2 2025 versus Q3 2025, better or worse?", REVIEWED, Q2_2025, Q3_2025, STARS)
    yield way("Have bookings dropped from December 2025 to January 2026?", BOOKED, DECEMBER, JANUARY)
    yield ask.ask("completed visits month by month, July to September 2025", "series", by_month(
        tables, VISITED.within(*Q3_2025)))  # fmt: skip
    yield ask.ask("give me the invoice total per month for Q4 2025", "series", by_month(
        tables, SETTLED.within(*Q4_2025), PAID))  # fmt: skip


def timelines(ask: Asking) -> Iterator[Sample]:
    def story(words: str, of: Of, says: str, least: int = 2) -> Sample:
        who = ask.pick(of, least, lambda who: tellable(ask.tables, [(of.by(who), says)]))
        return ask.ask(words, "timeline", entries(ask.tables, [(of.by(who), says)]), who)

    yield story("Go through {0}'s completed visits of 2025 by date.", VISITED.within(*Y2025), "visit", 3)
    yield story("appointments that {0} missed, earliest first", MISSED, "miss|no-show", 2)
    yield story("What reviews has {0} posted, and when? Oldest on top.", REVIEWED, "review", 2)
    yield story("{0}: invoices settled in 2026, in order", SETTLED.within(*Y2026), "invoice|settled|paid", 2)
    who = ask.pick(JOINED, 2)
    plans = [(replace(JOINED.by(who), but=f"{word(PLAN)} = '{plan}'"), plan) for plan in PLANS]
    yield ask.ask(
        "Which plans did {0} join, and when? From first to latest.", "timeline", entries(ask.tables, plans), who
    )
    who = ask.pick(VISITED.within(*MAY_2025), 1, lambda who: tellable(ask.tables, _notable(who, MAY_2025)))
    yield ask.ask("what went on with {0} in May 2025? chronologically", "timeline", entries(
        ask.tables, _notable(who, MAY_2025)), who)  # fmt: skip


def _notable(who: str, period: tuple[str, str]) -> list[tuple[Of, str]]:
    """What a history of an owner must not leave out, and the words that say it."""
    wanted = ((BOOKED, "book"), (MISSED, "miss|no-show"), (VISITED, "visit"), (REVIEWED, "review"))
    return [(of.by(who).within(*period), says) for of, says in wanted]
