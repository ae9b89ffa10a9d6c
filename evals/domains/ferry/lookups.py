"""One thing on record: what somebody booked, said or is, and what was the case on an earlier day."""

from __future__ import annotations

from collections.abc import Iterator

from evals.domains.asking import Asking
from evals.domains.ferry.asked import (
    BOARDED,
    CANCELLED,
    COMPLAINED,
    JANUARY,
    MEALS,
    RESERVED,
    SURVEYED,
    WROTE,
    Y2025,
)
from evals.domains.figures import (
    Of,
    among,
    at_extreme,
    clear_first,
    count,
    day_of,
    end,
    extreme,
    mean,
    number,
    people,
    ranked,
    stated,
    total,
    trait,
    word,
)
from evals.sample import Sample
from evals.truth.figures import Evidence
from evals.truth.tables import Tables


def said(tables: Tables, of: Of, name: str, last: bool = True) -> tuple[list[str], Evidence]:
    """The words of a property of somebody's last (or first) event."""
    value, ids = end(tables, of, word(name), last)
    return [value], ids


def single_fact(ask: Asking) -> Iterator[Sample]:
    yield from _words(ask)
    yield from _last_and_first(ask)
    yield from _by_reference(ask)
    yield from _sailings(ask)


def _words(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    who = ask.pick(RESERVED, 3, lambda who: stated(tables, RESERVED.by(who), "cabin")[0] != stated(
        tables, RESERVED.by(who), "cabin", last=False)[0])  # fmt: skip
    yield ask.ask("which cabin did {0} book last?", "leads", stated(tables, RESERVED.by(who), "cabin"), who)
    who = ask.pick(COMPLAINED, 2)
    topic, ids = end(tables, COMPLAINED.by(who), f"{word('topic')} || '|' || {word('message')}")
    yield ask.ask("What was {0}'s latest complaint about?", "text", ([topic], ids), who)
    who = ask.pick(RESERVED)
    yield ask.ask("home port of {0}?", "leads", trait(tables, who, "home_port"), who)
    who = ask.pick(RESERVED)
    yield ask.ask("Which language does {0} speak?", "leads", trait(tables, who, "language"), who)
    who = ask.pick(CANCELLED, 1, lambda who: count(tables, CANCELLED.by(who))[0] == 1)
    yield ask.ask("why did {0} cancel?", "leads", stated(tables, CANCELLED.by(who), "reason"), who)
    who = ask.pick(SURVEYED, 2, lambda who: bool(said(tables, SURVEYED.by(who), "comment")[0][0]))
    yield ask.ask("What did {0} comment in the last survey?", "text", said(tables, SURVEYED.by(who), "comment"), who)


def _last_and_first(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    who = ask.pick(BOARDED, 3)
    yield ask.ask("When did {0} first board with us?", "date", day_of(tables, BOARDED.by(who), last=False), who)
    who = ask.pick(RESERVED, 3)
    yield ask.ask("date of {0}'s most recent reservation?", "date", day_of(tables, RESERVED.by(who)), who)
    who = ask.pick(RESERVED, 3)
    deck, ids = end(tables, RESERVED.by(who), number("deck"))
    yield ask.ask("what deck is the cabin on that {0} reserved last?", "number", ({"value": deck}, ids), who)


def _by_reference(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    who = ask.pick(RESERVED, 3)
    reference, ids = end(tables, RESERVED.by(who), word("reservation_id"), last=False)
    route, _ = stated(tables, RESERVED.by(who), "route", last=False)
    yield ask.ask(f"Which route is reservation {reference} for?", "leads", (route, ids)).model_copy(
        update={"customer_ids": (who,)}
    )
    who = ask.pick(RESERVED, 3)
    reference, ids = end(tables, RESERVED.by(who), word("reservation_id"))
    yield ask.ask(f"whose booking is {reference}?", "customers", ([who], ids)).model_copy(
        update={"customer_ids": (who,)}
    )


def _sailings(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    who = ask.pick(RESERVED, 3)
    fare, ids = end(tables, RESERVED.by(who), number("fare"), last=False)
    yield ask.ask("fare of {0}'s first reservation, please", "number", ({"value": fare}, ids), who)
    who = ask.pick(BOARDED, 3)
    yield ask.ask("Which ship did {0} board last?", "leads", stated(tables, BOARDED.by(who), "ship"), who)
    who = ask.pick(WROTE)
    yield ask.ask("what did {0} write to us?", "text", said(tables, WROTE.by(who), "text"), who)


def extremes(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    yield ask.ask("What's the highest fare we ever booked?", "number", extreme(tables, RESERVED, "fare"))
    who = ask.pick(RESERVED, 4)
    yield ask.ask(
        "{0}'s most expensive reservation, how much?", "number", extreme(tables, RESERVED.by(who), "fare"), who
    )
    who = ask.pick(SURVEYED, 3)
    yield ask.ask(
        "lowest survey score {0} ever gave?", "number", extreme(tables, SURVEYED.by(who), "score", largest=False), who
    )
    tallinn = RESERVED.where(route="Helsinki-Tallinn").within("2026-01-01", "2026-05-31")
    yield ask.ask(
        "cheapest fare on Helsinki-Tallinn in 2026?", "number", extreme(tables, tallinn, "fare", largest=False)
    )
    dearest, ids = at_extreme(tables, RESERVED, "fare", "who")
    yield ask.ask("Who booked the single most expensive reservation?", "ranking", ([dearest], ids))
    yield ask.ask(
        "biggest number of passengers on a single reservation?", "number", extreme(tables, RESERVED, "passengers")
    )
    who = ask.pick(RESERVED, 4)
    yield ask.ask(
        "When did {0} make the reservation with the highest fare?",
        "date",
        at_extreme(tables, RESERVED.by(who), "fare", "day::VARCHAR"),
        who,
    )
    who = ask.pick(RESERVED, 4)
    value, ids = at_extreme(tables, RESERVED.by(who), "fare", word("route"), largest=False)
    route = among(tables, RESERVED.title, "route", value)
    yield ask.ask("which route was {0}'s cheapest reservation on?", "leads", (route, ids), who)
    yield ask.ask(
        "What was the largest cancellation fee in 2025?", "number", extreme(tables, CANCELLED.within(*Y2025), "fee")
    )
    who = ask.pick(RESERVED, 4)
    yield ask.ask("longest stay {0} reserved, in nights?", "number", extreme(tables, RESERVED.by(who), "nights"), who)


def as_of(ask: Asking) -> Iterator[Sample]:
    yield from _tiers_then(ask)
    yield from _numbers_then(ask)
    yield from _everybody_then(ask)
    yield from _crossings_then(ask)


def _tiers_then(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables

    def rose(day: str) -> str:
        return ask.pick(BOARDED, 4, lambda who: trait(tables, who, "tier", day)[0] != trait(tables, who, "tier")[0])

    who = rose("2026-03-01")
    yield ask.ask("as of 1 March 2026 what was {0}'s tier?", "leads", trait(tables, who, "tier", "2026-03-01"), who)
    who = rose("2025-09-30")
    yield ask.ask(
        "Which tier was {0} on at the end of September 2025?", "leads", trait(tables, who, "tier", "2025-09-30"), who
    )
    who = rose("2025-12-31")
    yield ask.ask("tier of {0}?", "leads", trait(tables, who, "tier", "2025-12-31"), who, as_of="2025-12-31")


def _numbers_then(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    who = ask.pick(RESERVED.within("2026-01-01", "2026-05-31"), 2, lambda who: _some(ask, who))
    yield ask.ask(
        "As of 31 December 2025, how many reservations had {0} made?",
        "count",
        count(tables, RESERVED.by(who).within(*Y2025)),
        who,
    )
    who = ask.pick(COMPLAINED.within("2025-11-16", "2026-05-31"), 1, lambda who: _complained(ask, who))
    yield ask.ask(
        "How many complaints has {0} filed?",
        "count",
        count(tables, COMPLAINED.by(who).within("0001-01-01", "2025-11-15")),
        who,
        as_of="2025-11-15",
    )


def _everybody_then(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    yield ask.ask(
        "top 3 customers by total fare?",
        "ranking",
        clear_first(ranked(tables, RESERVED.within("0001-01-01", "2025-10-31"), "who", f"sum({number('fare')})"), 3),
        as_of="2025-10-31",
    )
    yield ask.ask(
        "What was the average survey score as of the end of January 2026?",
        "number",
        mean(tables, SURVEYED.within("0001-01-01", JANUARY[1]), "score"),
    )
    yield ask.ask(
        "how many cabins had been reserved as of 30 June 2025?",
        "count",
        count(tables, RESERVED.within("0001-01-01", "2025-06-30")),
    )


def _crossings_then(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    who = ask.pick(BOARDED.within("2026-02-01", "2026-05-31"), 2, lambda who: _some(ask, who))
    yield ask.ask(
        "When did {0} last board a crossing?",
        "date",
        day_of(tables, BOARDED.by(who).within("0001-01-01", JANUARY[1])),
        who,
        as_of="2026-01-31",
    )
    who = ask.pick(MEALS.within("2026-01-01", "2026-05-31"), 1, lambda who: _some(ask, who))
    fare = total(tables, RESERVED.by(who).within(*Y2025), "fare")
    yield ask.ask("What did {0}'s fares add up to as of the end of December 2025?", "number", fare, who)


def _some(ask: Asking, who: str) -> bool:
    return who in people(ask.tables, BOARDED.within(*Y2025), 2)[0]


def _complained(ask: Asking, who: str) -> bool:
    return count(ask.tables, COMPLAINED.by(who).within("0001-01-01", "2025-11-15"))[0] > 0
