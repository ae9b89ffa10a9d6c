"""Who or what has most, one against another, one month against the next, and what came when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evals.domains.asking import Asking
from evals.domains.ferry.asked import (
    APRIL,
    BOARDED,
    CANCELLED,
    COMPLAINED,
    FEBRUARY,
    JANUARY,
    JULY_2025,
    JUNE_2025,
    MARCH,
    MAY,
    MEALS,
    OPENED,
    Q1_2026,
    Q4_2025,
    REACHED,
    RESERVED,
    SURVEYED,
    Y2025,
    Y2026,
)
from evals.domains.figures import (
    Of,
    against,
    by_month,
    change,
    clear_first,
    count,
    number,
    ranked,
    word,
)
from evals.sample import Sample
from evals.truth.figures import Evidence, bounded

FARES, NIGHTS, HEADS = (f"sum({number(name)})" for name in ("fare", "nights", "passengers"))
SCORE = f"avg({number('score')})"


def values_first(ask: Asking, of: Of, name: str, n: int = 1, measure: str = "count(*)") -> tuple[Any, Evidence]:
    """The first n values of a property, with their numbers, and all that could be named before them."""
    found = ranked(ask.tables, of, word(name), measure)
    first, ids = clear_first(found, n)
    led = {"of": [value for value, _, _ in found], "values": [number for _, number, _ in found[:n]]}
    return {"first": first, **led}, ids


def rankings(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables

    def people(words: str, of: Of, n: int, measure: str = "count(*)") -> Sample:
        return ask.ask(words, "ranking", clear_first(ranked(tables, of, "who", measure), n))

    yield people("top 3 customers by fare in 2025", RESERVED.within(*Y2025), 3, FARES)
    yield people("Who has made the most reservations?", RESERVED, 1)
    yield people("Who boarded the most crossings?", BOARDED, 1)
    yield people("who filed most complaints?", COMPLAINED, 1)
    yield people("Give me the 4 customers with the highest total fare, best first.", RESERVED, 4, FARES)
    yield ask.ask("which route is most popular?", "leads", values_first(ask, RESERVED, "route"))
    yield ask.ask("What's the most common complaint topic?", "leads", values_first(ask, COMPLAINED, "topic"))
    yield ask.ask(
        "which cabin got reserved most often in 2026?", "leads", values_first(ask, RESERVED.within(*Y2026), "cabin")
    )
    yield ask.ask(
        "rank the routes by total fare, highest first", "leads", values_first(ask, RESERVED, "route", 4, FARES)
    )
    yield ask.ask("Main reason for cancellations?", "leads", values_first(ask, CANCELLED, "reason"))
    yield ask.ask("top 2 ships by boardings in 2026?", "leads", values_first(ask, BOARDED.within(*Y2026), "ship", 2))
    yield ask.ask("what do people prebook most, which meal?", "leads", values_first(ask, MEALS, "meal"))
    who = ask.pick(RESERVED, 6, lambda who: _is_clear(ask, RESERVED.by(who), "route"))
    yield ask.ask("favourite route of {0}?", "leads", values_first(ask, RESERVED.by(who), "route"), who)


def comparisons(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables

    def two(words: str, of: Of, least: int = 2, measure: str = "count(*)", level: bool = False) -> Sample:
        def fits(one: str, other: str) -> bool:
            return (against(tables, of, (one, other), measure)[0]["winner"] is None) == level

        pair = ask.two(of, least, fits)
        return ask.ask(words, "compare", against(tables, of, pair, measure), *pair)

    yield two("who reserved more often, {0} or {1}?", RESERVED, 4)
    yield two("{0} vs {1}: total fare?", RESERVED, 3, FARES)
    yield two("Does {0} or {1} give the better survey scores on average?", SURVEYED, 2, SCORE)
    yield two("Which of the two cancelled more often, {0} or {1}?", CANCELLED, 1)
    yield two("Who boarded more crossings in 2026, {0} or {1}?", BOARDED.within(*Y2026), 2)
    yield two("compare the fares of {0} and {1} in 2025", RESERVED.within(*Y2025), 2, FARES)
    yield two("Did {0} reserve more nights than {1}?", RESERVED, 3, NIGHTS)
    yield two("who complains more: {0} or {1}?", COMPLAINED, 1)
    yield two("{0} or {1}, who has opened more newsletters?", OPENED, 2, level=True)
    yield ask.ask(
        "How do reservations in Q1 2026 compare with Q4 2025?",
        "trend",
        change(tables, RESERVED.within(*Q4_2025), RESERVED.within(*Q1_2026)),
    )


def trends(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables

    def way(words: str, of: Of, earlier: tuple[str, str], later: tuple[str, str], measure: str = "count(*)") -> Sample:
        truth = change(tables, of.within(*earlier), of.within(*later), measure)
        return ask.ask(words, "trend", truth, *([of.who] if of.who else []))

    yield way("did complaints go up or down compared with last month?", COMPLAINED, APRIL, MAY)
    yield way("reservations February vs March 2026: up or down?", RESERVED, FEBRUARY, MARCH)
    yield way("Are we getting more cancellations? Compare Q4 2025 with Q1 2026.", CANCELLED, Q4_2025, Q1_2026)
    who = ask.pick(RESERVED, 8, lambda who: count(tables, RESERVED.by(who).within(*Q4_2025))[0] > 0)
    yield way("Did {0} reserve more in Q1 2026 than in Q4 2025?", RESERVED.by(who), Q4_2025, Q1_2026)
    yield way("Did the total fare rise from January to February 2026?", RESERVED, JANUARY, FEBRUARY, FARES)
    yield way("average survey score, Q4 2025 to Q1 2026: higher or lower?", SURVEYED, Q4_2025, Q1_2026, SCORE)
    yield way("How did boardings develop from June to July 2025?", BOARDED, JUNE_2025, JULY_2025)
    yield way("are fewer meals being prebooked in May 2026 than in April 2026?", MEALS, APRIL, MAY)
    yield ask.ask("reservations per month since January", "series", by_month(tables, RESERVED.within(*Y2026)))
    yield ask.ask(
        "Total fare by month from October to December 2025?",
        "series",
        by_month(tables, RESERVED.within(*Q4_2025), FARES),
    )
    yield ask.ask("monthly complaints in Q1 2026", "series", by_month(tables, COMPLAINED.within(*Q1_2026)))


def timelines(ask: Asking) -> Iterator[Sample]:
    def story(words: str, of: Of, says: str, least: int = 2) -> Sample:
        who = ask.pick(of, least, lambda who: _tellable(ask, of.by(who)))
        entries, ids = _entries(ask, [(of.by(who), says)])
        return ask.ask(words, "timeline", (entries, ids), who)

    yield story("List {0}'s cancellations, oldest first.", CANCELLED, "cancel")
    yield story("walk me through the reservations {0} made in 2025", RESERVED.within(*Y2025), "reserv|book", 3)
    who = ask.pick(REACHED, 2)
    tiers = [(REACHED.by(who).where(tier=tier), tier) for tier in ("Silver", "Gold")]
    yield ask.ask("When did {0} reach which loyalty tier?", "timeline", _entries(ask, tiers), who)
    yield story("every complaint of {0} with its date, in order", COMPLAINED, "complain")
    yield story("Which crossings did {0} board in 2026, from first to last?", BOARDED.within(*Y2026), "board|cross", 2)
    yield story("{0}'s survey answers in order of time?", SURVEYED, "survey")
    who = ask.pick(BOARDED.within(*JUNE_2025), 1, lambda who: _eventful(ask, who, JUNE_2025))
    yield _month(ask, "What happened with {0} in June 2025, step by step?", who, JUNE_2025)
    who = ask.pick(BOARDED.within(*MARCH), 1, lambda who: _eventful(ask, who, MARCH))
    yield _month(ask, "timeline of {0} for March 2026", who, MARCH)
    who = ask.pick(BOARDED.within(*FEBRUARY), 1, lambda who: _eventful(ask, who, FEBRUARY))
    yield _month(ask, "what did {0} do in February 2026, in order?", who, FEBRUARY)


#: What a history of a passenger must not leave out, and the words that say it.
_NOTABLE = ((RESERVED, "reserv|book"), (BOARDED, "board"), (CANCELLED, "cancel"), (COMPLAINED, "complain"))


def _month(ask: Asking, words: str, who: str, period: tuple[str, str]) -> Sample:
    return ask.ask(words, "timeline", _entries(ask, [(of.by(who).within(*period), says) for of, says in _NOTABLE]), who)


def _eventful(ask: Asking, who: str, period: tuple[str, str]) -> bool:
    found = _entries(ask, [(of.by(who).within(*period), says) for of, says in _NOTABLE])[0]
    return 2 <= len(found) <= 8 and len({entry["date"] for entry in found}) == len(found)


def _entries(ask: Asking, wanted: list[tuple[Of, str]]) -> tuple[list[dict[str, str]], Evidence]:
    found = sorted(
        (moment, key, day, says)
        for of, says in wanted
        for moment, key, day in of.rows(ask.tables, "moment::VARCHAR, id, day::VARCHAR")
    )
    return [{"date": day, "says": says} for _, _, day, says in found], bounded([key for _, key, _, _ in found])


def _tellable(ask: Asking, of: Of) -> bool:
    """Few enough to be told whole, at most one a day."""
    found = _entries(ask, [(of, "")])[0]
    return len(found) <= 8 and len({entry["date"] for entry in found}) == len(found)


def _is_clear(ask: Asking, of: Of, name: str) -> bool:
    values = [value for _, value, _ in ranked(ask.tables, of, word(name))]
    return len(values) > 1 and values[0] > values[1]
