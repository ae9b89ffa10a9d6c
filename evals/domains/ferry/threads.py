"""Questions that lean on the ones before them, and questions that ask for several things."""

from __future__ import annotations

from collections.abc import Iterator

from evals.domains.asking import Asking, parts
from evals.domains.ferry.asked import (
    APRIL,
    BOARDED,
    CANCELLED,
    COMPLAINED,
    JULY_2025,
    Q1_2026,
    Q4_2025,
    RESERVED,
    SURVEYED,
    Y2025,
    Y2026,
)
from evals.domains.ferry.orders import FARES, HEADS, values_first
from evals.domains.figures import clear_first, count, day_of, end, mean, number, people, ranked, stated, total, trait
from evals.sample import Sample


def follow_ups(ask: Asking) -> Iterator[Sample]:
    yield from _another(ask)
    yield from _of_the_same(ask)
    yield from _another_period(ask)
    yield from _narrowed(ask)


def _another(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    yield ask.ask(
        "and in July?",
        "count",
        count(tables, RESERVED.within(*JULY_2025)),
        before=["how many reservations did we get in June 2025?"],
    )
    one, other = ask.two(COMPLAINED, 1)
    yield ask.ask(
        "and {1}?",
        "count",
        count(tables, COMPLAINED.by(other)),
        one,
        other,
        before=["How many complaints did {0} file?"],
    ).model_copy(update={"customer_ids": (other,)})
    noisy, _ = people(tables, COMPLAINED.where(topic="Noise"))
    some = [who for who in people(tables, CANCELLED)[0] if who in noisy]
    ids = tuple(key for who in some for key in count(tables, CANCELLED.by(who))[1])
    yield ask.ask(
        "which of them have cancelled a reservation?", "customers", (some, ids), before=["who complained about noise?"]
    )


def _of_the_same(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    who = ask.pick(RESERVED, 3)
    fare, ids = end(tables, RESERVED.by(who), number("fare"))
    yield ask.ask(
        "and what was the fare?", "number", ({"value": fare}, ids), who, before=["which cabin did {0} reserve last?"]
    )
    who = ask.pick(RESERVED, 3)
    yield ask.ask(
        "When was the last one?",
        "date",
        day_of(tables, RESERVED.by(who)),
        who,
        before=["How many reservations has {0} made?"],
    )


def _another_period(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    yield ask.ask(
        "and in 2026?",
        "ranking",
        clear_first(ranked(tables, RESERVED.within(*Y2026), "who", FARES), 3),
        before=["Top 3 customers by fare in 2025?"],
    )
    yield ask.ask(
        "and the quarter before?",
        "number",
        mean(tables, SURVEYED.within(*Q4_2025), "score"),
        before=["average survey score in Q1 2026?"],
    )
    yield ask.ask(
        "And Deluxe?",
        "count",
        count(tables, RESERVED.where(cabin="Deluxe").within(*Y2025)),
        before=["How many Suite reservations were there in 2025?"],
    )


def _narrowed(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    one, other = ask.two(BOARDED, 2)
    yield ask.ask(
        "what about {1}?", "date", day_of(tables, BOARDED.by(other)), one, other, before=["When did {0} last board?"]
    ).model_copy(update={"customer_ids": (other,)})
    who = ask.pick(RESERVED.within(*Y2025), 2)
    yield ask.ask(
        "What was their total fare?",
        "number",
        total(tables, RESERVED.by(who).within(*Y2025), "fare"),
        who,
        before=["How many reservations did {0} make in 2025?"],
    )
    who = ask.pick(BOARDED.within(*Y2026), 2)
    yield ask.ask(
        "sorry, I meant 2026",
        "count",
        count(tables, BOARDED.by(who).within(*Y2026)),
        who,
        before=["How many crossings did {0} board in 2025?"],
    )
    yield ask.ask(
        "and by number of passengers?",
        "ranking",
        clear_first(ranked(tables, RESERVED, "who", HEADS), 3),
        before=["Who are the top 3 customers by total fare?"],
    )


def several(ask: Asking) -> Iterator[Sample]:
    yield from _pairs(ask)
    yield from _mixed(ask)


def _pairs(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    who = ask.pick(CANCELLED, 1)
    yield ask.ask(
        "how many reservations and how many cancellations does {0} have?",
        "parts",
        parts(("count", count(tables, RESERVED.by(who))), ("count", count(tables, CANCELLED.by(who)))),
        who,
    )
    who = ask.pick(BOARDED, 3)
    yield ask.ask(
        "What are {0}'s tier and home port?",
        "parts",
        parts(("leads", trait(tables, who, "tier")), ("leads", trait(tables, who, "home_port"))),
        who,
    )
    yield ask.ask(
        "complaints in April 2026 and average survey score in April 2026?",
        "parts",
        parts(
            ("count", count(tables, COMPLAINED.within(*APRIL))),
            ("number", mean(tables, SURVEYED.within(*APRIL), "score")),
        ),
    )
    who = ask.pick(BOARDED, 3)
    yield ask.ask(
        "When did {0} last board, and which ship was it?",
        "parts",
        parts(("date", day_of(tables, BOARDED.by(who))), ("leads", stated(tables, BOARDED.by(who), "ship"))),
        who,
    )
    who = ask.pick(RESERVED, 4)
    yield ask.ask(
        "total fare and average fare for {0}?",
        "parts",
        parts(("number", total(tables, RESERVED.by(who), "fare")), ("number", mean(tables, RESERVED.by(who), "fare"))),
        who,
    )


def _mixed(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    first_quarter = RESERVED.within(*Q1_2026)
    yield ask.ask(
        "How many reservations did we have in Q1 2026, and which route was the most popular?",
        "parts",
        parts(("count", count(tables, first_quarter)), ("leads", values_first(ask, first_quarter, "route"))),
    )
    yield ask.ask(
        "how many complaints about cleanliness, and how many about delays?",
        "parts",
        parts(
            ("count", count(tables, COMPLAINED.where(topic="Cleanliness"))),
            ("count", count(tables, COMPLAINED.where(topic="Delay"))),
        ),
    )
    who = ask.pick(RESERVED, 4)
    yield ask.ask(
        "first and last reservation date of {0}?",
        "parts",
        parts(("date", day_of(tables, RESERVED.by(who), last=False)), ("date", day_of(tables, RESERVED.by(who)))),
        who,
    )
    one, other = ask.two(BOARDED, 3)
    yield ask.ask(
        "How many crossings has {0} boarded? And when did {1} last reserve?",
        "parts",
        parts(("count", count(tables, BOARDED.by(one))), ("date", day_of(tables, RESERVED.by(other)))),
        one,
        other,
    )
