"""One thing on record: what a member borrowed, owes or said; the most and the least; an earlier day."""

from __future__ import annotations

from collections.abc import Iterator

from evals.domains.asking import Asking, Truth
from evals.domains.clinic.truths import said
from evals.domains.figures import (
    at_extreme,
    clear_first,
    count,
    end,
    extreme,
    number,
    ranked,
    stated,
    total,
    trait,
    word,
)
from evals.domains.library.asked import (
    ATTENDED,
    BORROWED,
    DUE,
    FINED,
    FINES,
    HELD,
    LATE,
    MOVED,
    RETURNED,
    STREAMED,
    WISHED,
    Y2026,
)
from evals.sample import Sample
from evals.truth.tables import Tables

_PAST = "0001-01-01"


def home_of(tables: Tables, who: str, until: str = "9999-12-31") -> Truth:
    """A member's home library at the end of a day; the change to it shows it as well as what they then are."""
    value, ids = trait(tables, who, "home-library", until)
    changes = count(tables, MOVED.by(who).within(_PAST, until).where(to=value["first"][0]))[1]
    return value, (*ids, *changes)


def single_fact(ask: Asking) -> Iterator[Sample]:
    yield from _of_members(ask)
    yield from _by_number(ask)


def _of_members(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    who = ask.pick(BORROWED, 3)
    yield ask.ask("title of the item {0} borrowed most recently?", "leads", stated(
        tables, BORROWED.by(who), "title"), who)  # fmt: skip
    who = ask.pick(BORROWED, 2)
    yield ask.ask("In what suburb does {0} live?", "leads", trait(tables, who, "suburb"), who)
    who = ask.pick(BORROWED, 3)
    yield ask.ask("Which due date was set when {0} last borrowed an item?", "date", end(
        tables, BORROWED.by(who), word(DUE)), who)  # fmt: skip
    who = ask.pick(WISHED, 1, lambda who: count(tables, WISHED.by(who))[0] == 1)
    yield ask.ask("What did {0} suggest to us?", "text", said(tables, WISHED.by(who), "text"), who)
    who = ask.pick(HELD, 2)
    position, ids = end(tables, HELD.by(who), number("queue-position"))
    yield ask.ask("At what queue position was {0}'s latest hold placed?", "number", ({"value": position}, ids), who)
    who = ask.pick(STREAMED, 2)
    yield ask.ask("On what device did {0} stream last?", "leads", stated(tables, STREAMED.by(who), "device"), who)
    who = ask.pick(MOVED)
    yield ask.ask("which home library does {0} have these days?", "leads", home_of(tables, who), who)
    who = ask.pick(ATTENDED, 2)
    yield ask.ask("name of the first programme {0} attended?", "leads", stated(
        tables, ATTENDED.by(who), "programme", last=False), who)  # fmt: skip


def _by_number(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    who = ask.pick(BORROWED, 3)
    loan, ids = end(tables, BORROWED.by(who), word("loan-number"), last=False)
    title, _ = stated(tables, BORROWED.by(who), "title", last=False)
    yield ask.ask(f"What was lent under {loan}?", "leads", (title, ids)).model_copy(update={"customer_ids": (who,)})
    who = ask.pick(FINED, 1)
    loan, ids = end(tables, FINED.by(who), word("loan-number"))
    amount, _ = end(tables, FINED.by(who), number("amount"))
    yield ask.ask(f"How high was the fine charged on loan {loan}?", "number", ({"value": amount}, ids)).model_copy(
        update={"customer_ids": (who,)}
    )


def extremes(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    overdue = FINED.where(why="overdue")
    yield ask.ask("what is the largest overdue fine we charged in 2026?", "number", extreme(
        tables, overdue.within(*Y2026), "amount"))  # fmt: skip
    yield ask.ask("Longest single streaming session on record, in minutes", "number", extreme(
        tables, STREAMED, "minutes"))  # fmt: skip
    who = ask.pick(RETURNED, 4, lambda who: float(extreme(tables, RETURNED.by(who), LATE)[0]["value"]) > 0)
    yield ask.ask("by how many days at worst was {0} late with a return?", "number", extreme(
        tables, RETURNED.by(who), LATE), who)  # fmt: skip
    who = ask.pick(STREAMED, 3)
    yield ask.ask("When did {0} have the longest stream?", "date", at_extreme(
        tables, STREAMED.by(who), "minutes", "day::VARCHAR"), who)  # fmt: skip
    yield ask.ask("worst rating that Repair Cafe ever received?", "number", extreme(
        tables, ATTENDED.where(programme="Repair Cafe"), "rating", largest=False))  # fmt: skip


def as_of(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    who = ask.pick(MOVED.within("2026-03-01", "2026-08-14"), 1, lambda who: count(tables, MOVED.by(who))[0] == 1)
    yield ask.ask("what was {0}'s home library on 28 February 2026?", "leads", home_of(
        tables, who, "2026-02-28"), who)  # fmt: skip
    who = ask.pick(BORROWED.within("2026-02-01", "2026-08-14"), 2, lambda who: _before(ask, who, "2026-01-31"))
    yield ask.ask("items borrowed by {0} up to the end of January 2026: how many?", "count", count(
        tables, BORROWED.by(who).within(_PAST, "2026-01-31")), who)  # fmt: skip
    who = ask.pick(BORROWED.within("2026-01-01", "2026-08-14"), 1, lambda who: _before(ask, who, "2025-12-31"))
    yield ask.ask("what title has {0} borrowed last?", "leads", stated(
        tables, BORROWED.by(who).within(_PAST, "2025-12-31"), "title"), who, as_of="2025-12-31")  # fmt: skip
    yield ask.ask("sum of all fines charged so far", "number", total(
        tables, FINED.within(_PAST, "2025-11-30"), "amount"), as_of="2025-11-30")  # fmt: skip
    yield ask.ask("As of 30 April 2026, which member had the highest sum of fines charged?", "ranking", clear_first(
        ranked(tables, FINED.within(_PAST, "2026-04-30"), "who", FINES), 1))  # fmt: skip


def _before(ask: Asking, who: str, day: str) -> bool:
    return count(ask.tables, BORROWED.by(who).within(_PAST, day))[0] > 1
