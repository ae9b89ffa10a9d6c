"""Who or what has most, one against another, one stretch of time against the next, and what came when."""

from __future__ import annotations

from collections.abc import Iterator

from evals.domains.asking import Asking
from evals.domains.clinic.truths import entries, is_clear, tellable, values_first
from evals.domains.figures import Of, against, by_month, change, clear_first, ranked
from evals.domains.library.asked import (
    APRIL,
    ATTENDED,
    BORROWED,
    FINED,
    FINES,
    HELD,
    JULY,
    JUNE,
    MARCH,
    MAY,
    MINUTES,
    Q1_2026,
    Q2_2026,
    Q3_2025,
    Q4_2025,
    RENEWED,
    STREAMED,
    Y2025,
    Y2026,
)
from evals.sample import Sample


def rankings(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables

    def people(words: str, of: Of, n: int, measure: str = "count(*)") -> Sample:
        return ask.ask(words, "ranking", clear_first(ranked(tables, of, "who", measure), n))

    yield people("Which member borrowed the most items?", BORROWED, 1)
    yield people("top three members by minutes streamed", STREAMED, 3, MINUTES)
    yield people("who was charged the most in fines overall, by amount?", FINED, 1, FINES)
    yield ask.ask("Which author gets borrowed most?", "leads", values_first(tables, BORROWED, "author"))
    yield ask.ask("which programme was attended most often?", "leads", values_first(tables, ATTENDED, "programme"))
    yield ask.ask("Order the libraries by items borrowed in 2026, busiest first.", "leads", values_first(
        tables, BORROWED.within(*Y2026), "library", 4))  # fmt: skip
    who = ask.pick(BORROWED, 5, lambda who: is_clear(tables, BORROWED.by(who), "genre"))
    yield ask.ask("what genre does {0} borrow most?", "leads", values_first(tables, BORROWED.by(who), "genre"), who)


def comparisons(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables

    def two(words: str, of: Of, least: int, measure: str = "count(*)") -> Sample:
        def differ(one: str, other: str) -> bool:
            return against(tables, of, (one, other), measure)[0]["winner"] is not None

        pair = ask.two(of, least, differ)
        return ask.ask(words, "compare", against(tables, of, pair, measure), *pair)

    yield two("Has {0} borrowed more items than {1}?", BORROWED, 4)
    yield two("{0} or {1}: who ran up the bigger sum of fines charged?", FINED, 2, FINES)
    yield two("Put {0} and {1} side by side: minutes streamed?", STREAMED, 2, MINUTES)
    yield two("Who placed more holds, {0} or {1}?", HELD, 1)
    yield two("which of {0} and {1} attended more programmes?", ATTENDED, 1)


def trends(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables

    def way(words: str, of: Of, earlier: tuple[str, str], later: tuple[str, str], measure: str = "count(*)") -> Sample:
        return ask.ask(words, "trend", change(tables, of.within(*earlier), of.within(*later), measure))

    yield way("Did we lend more items in Q2 2026 than in Q1 2026?", BORROWED, Q1_2026, Q2_2026)
    yield way("fines charged by amount, March 2026 to April 2026: rising or falling?", FINED, MARCH, APRIL, FINES)
    yield way("Number of holds placed, Q3 2025 versus Q4 2025?", HELD, Q3_2025, Q4_2025)
    yield way("Loan renewals in July 2026: higher or lower than in June 2026?", RENEWED, JUNE, JULY)
    yield ask.ask("items borrowed each month from April to June 2026", "series", by_month(
        tables, BORROWED.within(*Q2_2026)))  # fmt: skip
    yield ask.ask("Streaming minutes per month in Q1 2026?", "series", by_month(
        tables, STREAMED.within(*Q1_2026), MINUTES))  # fmt: skip


def timelines(ask: Asking) -> Iterator[Sample]:
    def story(words: str, of: Of, says: str, least: int = 2) -> Sample:
        who = ask.pick(of, least, lambda who: tellable(ask.tables, [(of.by(who), says)]))
        return ask.ask(words, "timeline", entries(ask.tables, [(of.by(who), says)]), who)

    yield story("Everything {0} borrowed in 2025, by date, oldest first.", BORROWED.within(*Y2025), "borrow", 3)
    yield story("fines charged to {0}, in the order they came", FINED, "fine", 2)
    yield story("Which programmes did {0} attend, and on what dates? Earliest first.", ATTENDED, "attend|programme", 2)
    yield story("{0}'s renewals, from earliest to latest", RENEWED, "renew", 2)
    who = ask.pick(BORROWED.within(*MAY), 1, lambda who: tellable(ask.tables, _notable(who, MAY), 3))
    yield ask.ask("Chronology for {0}, May 2026, please", "timeline", entries(
        ask.tables, _notable(who, MAY)), who)  # fmt: skip


def _notable(who: str, period: tuple[str, str]) -> list[tuple[Of, str]]:
    """What a history of a member must not leave out, and the words that say it."""
    wanted = ((BORROWED, "borrow"), (Of("Item Returned"), "return"), (FINED, "fine"), (ATTENDED, "attend|programme"))
    return [(of.by(who).within(*period), says) for of, says in wanted]
