"""Questions that lean on the ones before them, and questions that ask for several things."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from evals.domains.asking import Asking, parts
from evals.domains.clinic.asked import (
    BOOKED,
    FEBRUARY,
    JANUARY,
    MISSED,
    NOVEMBER,
    OCTOBER,
    PAID,
    REVIEWED,
    SETTLED,
    VACCINATED,
    VISITED,
    Y2025,
    Y2026,
    of_species,
)
from evals.domains.clinic.truths import values_first
from evals.domains.figures import clear_first, count, day_of, end, mean, number, people, ranked, stated, total, trait
from evals.sample import Sample


def follow_ups(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    yield ask.ask("in November?", "count", count(tables, VISITED.within(*NOVEMBER)), before=[
        "How many visits did we complete in October 2025?"])  # fmt: skip
    one, other = ask.two(SETTLED, 2)
    yield ask.ask("now the same for {1}", "number", total(tables, SETTLED.by(other), "total"), one, other, before=[
        "what has {0} paid on invoices in all?"]).model_copy(update={"customer_ids": (other,)})  # fmt: skip
    who = ask.pick(SETTLED, 3)
    paid = stated(tables, SETTLED.by(who), "paidBy")
    yield ask.ask("How was it paid?", "leads", paid, who, before=["When did {0} last settle an invoice?"])
    yield ask.ask("cats only", "count", count(tables, replace(VISITED.within(*Y2025), but=of_species("cat"))), before=[
        "How many visits were completed in 2025?"])  # fmt: skip
    yield ask.ask("and so far in 2026?", "ranking", clear_first(
        ranked(tables, SETTLED.within(*Y2026), "who", PAID), 2), before=[
        "Top two customers by invoice total in 2025?"])  # fmt: skip
    missed, _ = people(tables, MISSED.where(branch="Boulder"))
    some = [who for who in people(tables, REVIEWED)[0] if who in missed]
    ids = tuple(key for who in some for key in count(tables, REVIEWED.by(who))[1])
    yield ask.ask("which of those have posted a review?", "customers", (some, ids), before=[
        "Who has missed an appointment at Boulder?"])  # fmt: skip


def several(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    who = ask.pick(MISSED, 1)
    yield ask.ask("For {0}: how many appointments booked, and how many missed?", "parts", parts(
        ("count", count(tables, BOOKED.by(who))), ("count", count(tables, MISSED.by(who)))), who)  # fmt: skip
    who = ask.pick(VISITED, 3)
    yield ask.ask("date of {0}'s last completed visit, and the vet?", "parts", parts(
        ("date", day_of(tables, VISITED.by(who))), ("leads", stated(tables, VISITED.by(who), "vet"))), who)  # fmt: skip
    yield ask.ask("What invoice total was settled in January 2026, and what in February 2026?", "parts", parts(
        ("number", total(tables, SETTLED.within(*JANUARY), "total")),
        ("number", total(tables, SETTLED.within(*FEBRUARY), "total"))))  # fmt: skip
    who = ask.pick(VISITED, 3)
    yield ask.ask("Tell me {0}'s home branch and preferred contact.", "parts", parts(
        ("leads", trait(tables, who, "homeBranch")),
        ("leads", trait(tables, who, "preferredContact"))), who)  # fmt: skip
    words = "how many vaccinations did we give in 2025, and which vaccine was given most in 2025?"
    yield ask.ask(words, "parts", parts(
        ("count", count(tables, VACCINATED.within(*Y2025))),
        ("leads", values_first(tables, VACCINATED.within(*Y2025), "vaccine"))))  # fmt: skip
    yield ask.ask("visits completed in October 2025, plus the average star rating of October 2025", "parts", parts(
        ("count", count(tables, VISITED.within(*OCTOBER))),
        ("number", mean(tables, REVIEWED.within(*OCTOBER), "stars"))))  # fmt: skip
    who = ask.pick(SETTLED, 3)
    amount, ids = end(tables, SETTLED.by(who), number("total"))
    yield ask.ask("What was {0}'s last invoice total, and how many invoices have they settled overall?", "parts", parts(
        ("number", ({"value": amount}, ids)), ("count", count(tables, SETTLED.by(who)))), who)  # fmt: skip
