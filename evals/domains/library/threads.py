"""Questions that lean on the ones before them, and questions that ask for several things."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from evals.domains.asking import Asking, parts
from evals.domains.figures import clear_first, count, day_of, people, ranked, stated, total, trait
from evals.domains.library.asked import (
    ATTENDED,
    BORROWED,
    FINED,
    HELD,
    JUNE,
    MAY,
    MINUTES,
    Q2_2026,
    RENEWED,
    STREAMED,
    TYPE,
    Y2025,
    Y2026,
    has,
)
from evals.sample import Sample


def follow_ups(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    yield ask.ask("what about May?", "count", count(tables, BORROWED.within(*MAY)), before=[
        "Number of items borrowed in April 2026?"])  # fmt: skip
    yield ask.ask("just the magazines", "count", count(
        tables, replace(BORROWED, but=has(TYPE, "magazine")).within(*Y2026)), before=[
        "How many items have been borrowed in 2026?"])  # fmt: skip
    one, other = ask.two(FINED, 2)
    yield ask.ask("same question for {1}", "number", total(tables, FINED.by(other), "amount"), one, other, before=[
        "What do the fines charged to {0} add up to?"]).model_copy(update={"customer_ids": (other,)})  # fmt: skip
    who = ask.pick(BORROWED, 3)
    yield ask.ask("Who is the author?", "leads", stated(tables, BORROWED.by(who), "author"), who, before=[
        "Which title did {0} borrow most recently?"])  # fmt: skip
    code, _ = people(tables, ATTENDED.where(programme="Code Club"))
    some = [who for who in people(tables, FINED)[0] if who in code]
    ids = tuple(key for who in some for key in count(tables, FINED.by(who))[1])
    yield ask.ask("And who among them was ever charged a fine?", "customers", (some, ids), before=[
        "Which members have attended Code Club?"])  # fmt: skip
    yield ask.ask("no, 2025 I meant", "ranking", clear_first(
        ranked(tables, STREAMED.within(*Y2025), "who", MINUTES), 2), before=[
        "Top two members by minutes streamed in 2026?"])  # fmt: skip


def several(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    who = ask.pick(RENEWED, 1)
    yield ask.ask("{0}: how many items borrowed, and how many loans renewed?", "parts", parts(
        ("count", count(tables, BORROWED.by(who))), ("count", count(tables, RENEWED.by(who)))), who)  # fmt: skip
    who = ask.pick(BORROWED, 2)
    yield ask.ask("What are the suburb and the member type of {0}?", "parts", parts(
        ("leads", trait(tables, who, "suburb")), ("leads", trait(tables, who, "member-type"))), who)  # fmt: skip
    second = FINED.within(*Q2_2026)
    yield ask.ask("How many fines did we charge in Q2 2026, and what do those come to?", "parts", parts(
        ("count", count(tables, second)), ("number", total(tables, second, "amount"))))  # fmt: skip
    who = ask.pick(STREAMED, 2)
    yield ask.ask("what did {0} stream last and when?", "parts", parts(
        ("leads", stated(tables, STREAMED.by(who), "media")),
        ("date", day_of(tables, STREAMED.by(who)))), who)  # fmt: skip
    yield ask.ask("holds placed in June 2026 and loans renewed in June 2026, please", "parts", parts(
        ("count", count(tables, HELD.within(*JUNE))), ("count", count(tables, RENEWED.within(*JUNE)))))  # fmt: skip
