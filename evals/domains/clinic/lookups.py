"""One thing on record: what an owner or an animal did, had or said; the most and the least; an earlier day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from evals.domains.asking import Asking
from evals.domains.clinic.asked import (
    ASKED,
    BOOKED,
    DECEMBER,
    JOINED,
    MISSED,
    PAID,
    PET,
    REGISTERED,
    REVIEWED,
    SETTLED,
    VACCINATED,
    VISITED,
    WEIGHED,
    WEIGHT,
    Y2025,
    of_pet,
    of_species,
)
from evals.domains.clinic.truths import owner_of, plan_of, said
from evals.domains.figures import (
    among,
    at_extreme,
    clear_first,
    count,
    day_of,
    end,
    extreme,
    mean,
    number,
    ranked,
    stated,
    total,
    trait,
    word,
)
from evals.sample import Sample


def single_fact(ask: Asking) -> Iterator[Sample]:
    yield from _of_owners(ask)
    yield from _of_animals(ask)
    yield from _by_number(ask)


def _of_owners(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    who = ask.pick(VISITED, 2)
    yield ask.ask("how does {0} prefer to be contacted?", "leads", trait(tables, who, "preferredContact"), who)
    who = ask.pick(VISITED, 3)
    yield ask.ask(
        "Which vet saw {0} at the last completed visit?", "leads", stated(tables, VISITED.by(who), "vet"), who
    )
    who = ask.pick(SETTLED, 3)
    yield ask.ask("How did {0} pay the most recent invoice?", "leads", stated(tables, SETTLED.by(who), "paidBy"), who)
    who = ask.pick(BOOKED, 3)
    yield ask.ask(
        "reason for {0}'s latest appointment booking?", "leads", stated(tables, BOOKED.by(who), "reason"), who
    )
    who = ask.pick(JOINED)
    yield ask.ask("{0} is on what care plan right now?", "leads", plan_of(tables, who), who)
    who = ask.pick(JOINED, 1, lambda who: count(tables, JOINED.by(who))[0] == 1)
    yield ask.ask("When does the plan that {0} joined renew?", "date", end(
        tables, JOINED.by(who), word("renewsOn")), who)  # fmt: skip
    who = ask.pick(ASKED, 1, lambda who: count(tables, ASKED.by(who))[0] == 1)
    yield ask.ask("What was the question {0} asked us?", "text", said(tables, ASKED.by(who), "body"), who)
    who = ask.pick(REVIEWED, 2)
    yield ask.ask("the wording of {0}'s newest review, please", "text", said(tables, REVIEWED.by(who), "body"), who)


def _of_animals(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    moose = owner_of(ask, "Moose")
    weight, ids = end(tables, replace(VISITED, but=of_pet("Moose")), WEIGHED)
    yield ask.ask("What did Moose weigh at his last visit?", "number", ({"value": weight}, ids)).model_copy(
        update={"customer_ids": (moose,)}
    )
    who = ask.pick(REGISTERED, 1, lambda who: count(tables, REGISTERED.by(who))[0] == 1)
    breed = stated(tables, REGISTERED.by(who), "$.pet.breed")
    yield ask.ask("What breed is the animal that {0} registered with us?", "leads", breed, who)
    who = ask.pick(VACCINATED, 1, lambda who: count(tables, VACCINATED.by(who))[0] == 1)
    yield ask.ask(
        "next due date of the vaccination that {0}'s animal got?",
        "date",
        end(tables, VACCINATED.by(who), word("nextDue")),
        who,
    )


def _by_number(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    who = ask.pick(SETTLED, 3)
    invoice, ids = end(tables, SETTLED.by(who), word("invoiceNumber"), last=False)
    amount, _ = end(tables, SETTLED.by(who), number("total"), last=False)
    yield ask.ask(f"Total of {invoice}?", "number", ({"value": amount}, ids)).model_copy(
        update={"customer_ids": (who,)}
    )
    who = ask.pick(BOOKED, 3)
    appointment, ids = end(tables, BOOKED.by(who), word("appointmentId"))
    yield ask.ask(f"who booked {appointment}?", "customers", ([who], ids)).model_copy(update={"customer_ids": (who,)})


def extremes(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    yield ask.ask("biggest invoice total so far in 2026?", "number", extreme(
        tables, SETTLED.within("2026-01-01", "2026-03-19"), "total"))  # fmt: skip
    who = ask.pick(SETTLED, 4)
    yield ask.ask(
        "What's the smallest invoice {0} ever settled?",
        "number",
        extreme(tables, SETTLED.by(who), "total", largest=False),
        who,
    )
    yield ask.ask("how long was our longest visit, in minutes?", "number", extreme(tables, VISITED, "minutes"))
    heaviest, ids = at_extreme(tables, replace(VISITED, but=of_species("dog")), WEIGHT, word(PET))
    yield ask.ask("Which dog had the highest weight ever at a visit?", "leads", (
        among(tables, VISITED.title, PET, heaviest), ids))  # fmt: skip
    yield ask.ask("lowest star rating we got in December 2025?", "number", extreme(
        tables, REVIEWED.within(*DECEMBER), "stars", largest=False))  # fmt: skip
    who = ask.pick(SETTLED, 5, lambda who: len(ranked(tables, SETTLED.by(who), word("total"))) > 4)
    yield ask.ask(
        "On what day did {0} settle their largest invoice?",
        "date",
        at_extreme(tables, SETTLED.by(who), "total", "day::VARCHAR"),
        who,
    )


def as_of(ask: Asking) -> Iterator[Sample]:
    tables = ask.tables
    who = ask.pick(JOINED, 2, lambda who: count(tables, JOINED.by(who).within(*Y2025))[0] == 1)
    yield ask.ask(
        "Back on December 31, 2025, what care plan was {0} on?", "leads", plan_of(tables, who, "2025-12-31"), who
    )
    who = ask.pick(JOINED.within("0001-01-01", "2025-08-31"), 1, lambda who: count(tables, JOINED.by(who))[0] == 2)
    yield ask.ask("{0}: care plan?", "leads", plan_of(tables, who, "2025-08-31"), who, as_of="2025-08-31")
    who = ask.pick(VISITED.within("2025-10-01", "2026-03-19"), 2, lambda who: _came(ask, who))
    until = ("0001-01-01", "2025-09-30")
    yield ask.ask(
        "By the end of September 2025, how many completed visits had {0} had?",
        "count",
        count(tables, VISITED.by(who).within(*until)),
        who,
    )
    yield ask.ask(
        "Who are the two customers that have paid us the most on invoices?",
        "ranking",
        clear_first(ranked(tables, SETTLED.within("0001-01-01", "2025-11-30"), "who", PAID), 2),
        as_of="2025-11-30",
    )
    who = ask.pick(VISITED.within("2025-10-01", "2026-03-19"), 1, lambda who: _came(ask, who))
    yield ask.ask(
        "As of 2025-09-30, when was {0}'s most recent completed visit?",
        "date",
        day_of(tables, VISITED.by(who).within(*until)),
        who,
    )
    yield ask.ask(
        "Total no-show fees as of the end of June 2025?",
        "number",
        total(tables, MISSED.within("0001-01-01", "2025-06-30"), "noShowFee"),
    )
    yield ask.ask(
        "average stars over all reviews?",
        "number",
        mean(tables, REVIEWED.within("0001-01-01", "2025-07-31"), "stars"),
        as_of="2025-07-31",
    )


def _came(ask: Asking, who: str) -> bool:
    return count(ask.tables, VISITED.by(who).within("0001-01-01", "2025-09-30"))[0] > 1
