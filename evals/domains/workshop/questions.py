"""What the workshop's office asks of its members."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from evals.domains.asking import Asking, Questions, parts
from evals.domains.figures import (
    Of,
    against,
    by_month,
    change,
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
    with_trait,
    without,
    word,
)
from evals.sample import Sample

SESSION, INDUCTION, CLASS = Of("Bench Session Logged"), Of("Induction Passed"), Of("Class Joined")
INCIDENT, FEEDBACK, NO_SHOW, PLAN = (
    Of("Incident Reported"), Of("Feedback Left"), Of("No-Show Recorded"), Of("Plan Switched")
)  # fmt: skip
COST = f"sum({number('cost')})"
OCTOBER, NOVEMBER = ("2025-10-01", "2025-10-31"), ("2025-11-01", "2025-11-30")
DECEMBER, JANUARY, FEBRUARY = ("2025-12-01", "2025-12-31"), ("2026-01-01", "2026-01-31"), ("2026-02-01", "2026-02-28")
Q3, Q4, Y2025 = ("2025-07-01", "2025-09-30"), ("2025-10-01", "2025-12-31"), ("2025-01-01", "2025-12-31")
Y2026 = ("2026-01-01", "2026-02-28")


def single_fact(ask: Asking) -> Iterator[Sample]:
    t = ask.tables
    who = ask.pick(SESSION, 3)
    yield ask.ask("what machine did {0} use last?", "leads", stated(t, SESSION.by(who), "machine"), who)
    who = ask.pick(INDUCTION, 2)
    yield ask.ask("When did {0} pass the first induction?", "date", day_of(t, INDUCTION.by(who), last=False), who)
    who = ask.pick(SESSION, 2)
    yield ask.ask("{0}'s trade?", "leads", trait(t, who, "trade"), who)
    who = ask.pick(SESSION, 2)
    yield ask.ask("in which neighbourhood does {0} live", "leads", trait(t, who, "neighbourhood"), who)
    who = ask.pick(INCIDENT)
    note, ids = end(t, INCIDENT.by(who), word("note"))
    yield ask.ask("What happened in {0}'s most recent incident?", "text", ([note], ids), who)
    who = ask.pick(FEEDBACK, 2)
    stars, ids = end(t, FEEDBACK.by(who), number("stars"))
    yield ask.ask("how many stars did {0} leave last time?", "number", ({"value": stars}, ids), who)
    who = ask.pick(SESSION, 3)
    yield ask.ask("material of the latest session by {0}", "leads", stated(t, SESSION.by(who), "material"), who)
    who = ask.pick(INDUCTION, 1, lambda who: count(t, INDUCTION.by(who).where(machine="Kiln"))[0] == 1)
    kiln = INDUCTION.by(who).where(machine="Kiln")
    yield ask.ask("Who was the trainer at {0}'s Kiln induction?", "leads", stated(t, kiln, "trainer"), who)


def counts(ask: Asking) -> Iterator[Sample]:
    t = ask.tables
    who = ask.pick(SESSION, 5)
    yield ask.ask("how many bench sessions has {0} logged?", "count", count(t, SESSION.by(who)), who)
    yield ask.ask("sessions on the laser cutter in 2025?", "count", count(
        t, SESSION.where(machine="Laser cutter").within(*Y2025)))  # fmt: skip
    who = ask.pick(NO_SHOW, 1)
    yield ask.ask("How often was {0} a no-show?", "count", count(t, NO_SHOW.by(who)), who)
    yield ask.ask("How many incidents were reported last month?", "count", count(t, INCIDENT.within(*JANUARY)))
    yield ask.ask("serious incidents so far: how many", "count", count(t, INCIDENT.where(severity="serious")))
    yield ask.ask(
        "How many members joined Welding basics?", "count", _size(people(t, CLASS.where(**{"class": "Welding basics"})))
    )
    yield ask.ask("number of sessions with walnut in Q4 2025", "count", count(
        t, SESSION.where(material="walnut").within(*Q4)))  # fmt: skip
    yield ask.ask("how many inductions did Wendell give?", "count", count(t, INDUCTION.where(trainer="Wendell")))


def amounts(ask: Asking) -> Iterator[Sample]:
    t = ask.tables
    who = ask.pick(SESSION, 4)
    yield ask.ask("What do {0}'s sessions cost in total?", "number", total(t, SESSION.by(who), "cost"), who)
    yield ask.ask(
        "total minutes on the CNC router?", "number", total(t, SESSION.where(machine="CNC router"), "minutes")
    )
    yield ask.ask("sum of class prices in 2025", "number", total(t, CLASS.within(*Y2025), "price"))
    yield ask.ask("How many seats were taken in Screen printing altogether?", "number", total(
        t, CLASS.where(**{"class": "Screen printing"}), "seats"))  # fmt: skip
    who = ask.pick(SESSION, 4)
    yield ask.ask("average session length of {0} in minutes?", "number", mean(t, SESSION.by(who), "minutes"), who)
    yield ask.ask("Mean number of stars this year?", "number", mean(t, FEEDBACK.within(*Y2026), "stars"))
    yield ask.ask("what does a kiln session cost on average", "number", mean(t, SESSION.where(machine="Kiln"), "cost"))
    yield ask.ask("Most expensive session ever, how much?", "number", extreme(t, SESSION, "cost"))
    who = ask.pick(FEEDBACK, 3)
    yield ask.ask("fewest stars {0} has given?", "number", extreme(t, FEEDBACK.by(who), "stars", largest=False), who)


def trends(ask: Asking) -> Iterator[Sample]:
    t = ask.tables
    yield ask.ask("are incidents going up? this month against last month", "trend", change(
        t, INCIDENT.within(*JANUARY), INCIDENT.within(*FEBRUARY)))  # fmt: skip
    yield ask.ask("Did sessions rise or fall from Q3 to Q4 2025?", "trend", change(
        t, SESSION.within(*Q3), SESSION.within(*Q4)))  # fmt: skip
    yield ask.ask("session cost October vs November 2025, up or down?", "trend", change(
        t, SESSION.within(*OCTOBER), SESSION.within(*NOVEMBER), COST))  # fmt: skip
    yield ask.ask("bench sessions per month since October 2025", "series", by_month(
        t, SESSION.within("2025-10-01", "2026-02-28")))  # fmt: skip
    yield ask.ask("How did average stars change from November to December 2025?", "trend", change(
        t, FEEDBACK.within(*NOVEMBER), FEEDBACK.within(*DECEMBER), f"avg({number('stars')})"))  # fmt: skip


def rankings(ask: Asking) -> Iterator[Sample]:
    t = ask.tables
    yield ask.ask("top 3 members by session cost", "ranking", clear_first(ranked(t, SESSION, "who", COST), 3))
    yield ask.ask("Who logged the most sessions in 2025?", "ranking", _first(ask, SESSION.within(*Y2025), 1))
    for words, of, name in (
        ("which machine is used most?", SESSION, "machine"),
        ("most popular class?", CLASS, "class"),
        ("What material do members use the most?", SESSION, "material"),
        ("machine with the most incidents?", INCIDENT, "machine"),
        ("which trainer gave the most inductions", INDUCTION, "trainer"),
    ):
        yield ask.ask(words, "leads", _values(ask, of, name))


def comparisons(ask: Asking) -> Iterator[Sample]:
    t = ask.tables
    for words, of, least, measure in (
        ("who logged more sessions, {0} or {1}?", SESSION, 4, "count(*)"),
        ("{0} vs {1}, total session cost", SESSION, 4, COST),
        ("Has {0} had more incidents than {1}?", INCIDENT, 1, "count(*)"),
        (
            "who spent more minutes at the bench in 2025: {0} or {1}",
            SESSION.within(*Y2025),
            3,
            f"sum({number('minutes')})",
        ),
        ("Does {0} or {1} leave more stars on average?", FEEDBACK, 2, f"avg({number('stars')})"),
    ):

        def fits(a: str, b: str, of: Of = of, measure: str = measure) -> bool:
            return against(t, of, (a, b), measure)[0]["winner"] is not None

        pair = ask.two(of, least, fits)
        yield ask.ask(words, "compare", against(t, of, pair, measure), *pair)


def timelines(ask: Asking) -> Iterator[Sample]:
    for words, of, says, least in (
        ("List {0}'s incidents, oldest first", INCIDENT, "incident", 2),
        ("all inductions of {0} in order of date", INDUCTION, "induction", 2),
        ("which classes did {0} join and when, from first to last?", CLASS, "class", 2),
        ("walk me through the no-shows of {0}", NO_SHOW, "no-show|no show", 2),
    ):

        def single(who: str, of: Of = of) -> bool:
            days = [day for (day,) in of.by(who).rows(ask.tables, "day::VARCHAR")]
            return len(days) <= 8 and len(set(days)) == len(days)

        who = ask.pick(of, least, single)
        rows = of.by(who).rows(ask.tables, "day::VARCHAR, id", "ORDER BY moment, id")
        entries = [{"date": day, "says": says} for day, _ in rows]
        yield ask.ask(words, "timeline", (entries, tuple(key for _, key in rows)), who)


def cohorts(ask: Asking) -> Iterator[Sample]:
    t = ask.tables
    yield ask.ask("who has never logged a session?", "customers", (without(t, SESSION), ()))
    yield ask.ask("How many members live in Dartmouth?", "count", _size(with_trait(t, "neighbourhood", "Dartmouth")))
    yield ask.ask("which members are students?", "customers", with_trait(t, "trade", "student"))
    yield ask.ask("Who had at least 2 no-shows?", "customers", people(t, NO_SHOW, 2))
    yield ask.ask("who reported a moderate incident?", "customers", people(t, INCIDENT.where(severity="moderate")))
    yield ask.ask("how many members used the kiln in 2026?", "count", _size(
        people(t, SESSION.where(machine="Kiln").within(*Y2026))))  # fmt: skip
    yield ask.ask("members on the Unlimited plan", "customers", with_trait(t, "plan", "Unlimited"))
    poor = replace(FEEDBACK, but=f"{number('stars')} = 1")
    yield ask.ask("Who left 1 star?", "customers", people(t, poor))
    yield ask.ask("how many members switched plan?", "count", _size(people(t, PLAN)))


def as_of(ask: Asking) -> Iterator[Sample]:
    t = ask.tables
    who = ask.pick(PLAN.within("2025-09-01", "2026-02-28"))
    yield ask.ask("As of 31 August 2025, which plan was {0} on?", "leads", trait(t, who, "plan", "2025-08-31"), who)
    who = ask.pick(SESSION.within(*Y2026), 1, lambda who: count(t, SESSION.by(who).within(*Y2025))[0] > 0)
    yield ask.ask(
        "How many sessions has {0} logged?", "count", count(t, SESSION.by(who).within(*Y2025)), who, as_of="2025-12-31"
    )
    yield ask.ask("as of the end of September 2025, how many incidents had there been?", "count", count(
        t, INCIDENT.within("0001-01-01", "2025-09-30")))  # fmt: skip
    yield ask.ask(
        "top machine by sessions?",
        "leads",
        _values(ask, SESSION.within("0001-01-01", "2025-08-31"), "machine"),
        as_of="2025-08-31",
    )


def follow_ups(ask: Asking) -> Iterator[Sample]:
    t = ask.tables
    yield ask.ask(
        "and in November?", "count", count(t, SESSION.within(*NOVEMBER)), before=["sessions in October 2025?"]
    )
    one, other = ask.two(SESSION, 3)
    yield ask.ask("what about {1}", "number", total(t, SESSION.by(other), "cost"), one, other, before=[
        "total session cost of {0}?"]).model_copy(update={"customer_ids": (other,)})  # fmt: skip
    yield ask.ask(
        "and canvas?", "count", count(t, SESSION.where(material="canvas")), before=["How many sessions used walnut?"]
    )
    who = ask.pick(SESSION, 3)
    yield ask.ask("How long was it, in minutes?", "number", _last(ask, SESSION.by(who), "minutes"), who, before=[
        "What machine did {0} use last?"])  # fmt: skip
    who = ask.pick(CLASS, 1)
    yield ask.ask(
        "When was the first?",
        "date",
        day_of(t, CLASS.by(who), last=False),
        who,
        before=["how many classes did {0} join?"],
    )


def several(ask: Asking) -> Iterator[Sample]:
    t = ask.tables
    who = ask.pick(NO_SHOW, 1)
    yield ask.ask("{0}: how many sessions and how many no-shows?", "parts", parts(
        ("count", count(t, SESSION.by(who))), ("count", count(t, NO_SHOW.by(who)))), who)  # fmt: skip
    who = ask.pick(SESSION, 2)
    yield ask.ask("plan and trade of {0}?", "parts", parts(
        ("leads", trait(t, who, "plan")), ("leads", trait(t, who, "trade"))), who)  # fmt: skip
    of = INCIDENT.within(*Y2025)
    yield ask.ask("How many incidents in 2025, and which machine had the most of them?", "parts", parts(
        ("count", count(t, of)), ("leads", _values(ask, of, "machine"))))  # fmt: skip
    who = ask.pick(SESSION, 3)
    yield ask.ask("when was {0}'s last session and what did it cost?", "parts", parts(
        ("date", day_of(t, SESSION.by(who))), ("number", _last(ask, SESSION.by(who), "cost"))), who)  # fmt: skip


def limits(ask: Asking) -> Iterator[Sample]:
    for words in (
        "what is {0}'s shoe size?",
        "Does {0} have a driving licence?",
        "Which bank does {0} use?",
        "how old is {0}",
        "who is {0}'s emergency contact?",
    ):
        who = ask.pick(SESSION, 2)
        yield ask.ask(words, "unanswerable", (None, ()), who)
    yield ask.ask("what's the wifi password of the workshop?", "unanswerable", (None, ()))
    yield ask.ask("How many sessions has Leopold Quigg logged?", "unknown", (None, ()))
    yield ask.ask("trade of Ingeborg Thrane?", "unknown", (None, ()))


def ambiguous(ask: Asking) -> Iterator[Sample]:
    for words, name in (
        ("how many sessions did Callum log?", "Callum"),
        ("What plan is Haddad on?", "Haddad"),
        ("last induction of Comeau", "Comeau"),
    ):
        ids = ask.tables.column(
            "SELECT who FROM people WHERE list_contains(string_split(name, ' '), $name) ORDER BY who", name=name
        )
        yield ask.ask(words, "ambiguous", (ids, ())).model_copy(update={"customer_ids": tuple(ids)})


def _size(truth: tuple[list[str], tuple[str, ...]]) -> tuple[int, tuple[str, ...]]:
    return len(truth[0]), truth[1]


def _first(ask: Asking, of: Of, n: int) -> tuple[list[str], tuple[str, ...]]:
    return clear_first(ranked(ask.tables, of, "who"), n)


def _values(ask: Asking, of: Of, name: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    found = ranked(ask.tables, of, word(name))
    first, ids = clear_first(found, 1)
    return {"first": first, "of": [each for each, _, _ in found], "values": [found[0][1]]}, ids


def _last(ask: Asking, of: Of, name: str) -> tuple[dict[str, float], tuple[str, ...]]:
    value, ids = end(ask.tables, of, number(name))
    return {"value": value}, ids


QUESTIONS: tuple[tuple[str, Questions], ...] = (
    ("single_fact", single_fact),
    ("count", counts),
    ("amount", amounts),
    ("trend", trends),
    ("ranking", rankings),
    ("compare", comparisons),
    ("timeline", timelines),
    ("cohort", cohorts),
    ("as_of", as_of),
    ("follow_up", follow_ups),
    ("several", several),
    ("unanswerable", limits),
    ("ambiguous", ambiguous),
)
