"""What is not on record, who does not exist, and names that fit several owners."""

from __future__ import annotations

from collections.abc import Iterator

from evals.domains.asking import Asking
from evals.domains.clinic.asked import VISITED
from evals.generated.unanswerable import held
from evals.sample import Sample

#: A question, and the words of which none may stand in any event.
_UNKNOWN_OF_SOMEBODY: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Where does {0} work?", ("employer", "occupation", '"job')),
    ("is {0} married?", ("married", "spouse", "husband", "wife")),
    ("What blood type does {0}'s animal have?", ("bloodType", "blood type", "DEA 1")),
    ("Which insurance company is {0} with?", ("insurer", "insurance company", "underwriter")),
    ("What is the street address of {0}?", ("street", "zip", 'address":')),
)
_UNKNOWN_OF_ALL: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("What salary does Dr. Haldane get?", ("salary", "wage", "payroll")),
    ("how many exam rooms are there in Arvada?", ("exam room", "rooms")),
)
_STRANGERS = (
    ("When was Leopold Grunwald's last completed visit?", "Grunwald"),
    ("how much did ownr_9321 pay on invoices?", "ownr_9321"),
)
_SHARED = (
    ("when was {name} last here for a visit?", "Nora"),
    ("Invoices of {name}, added together?", "Raghavan"),
    ("what's {name}'s home branch?", "Caleb"),
    ("How many appointments did {name} miss?", "Lindgren"),
    ("which vet did {name} see most recently?", "Abernathy"),
)


def unanswerable(ask: Asking) -> Iterator[Sample]:
    for words, absent in _UNKNOWN_OF_SOMEBODY:
        _absent(ask, absent)
        yield ask.ask(words, "unanswerable", (None, ()), ask.pick(VISITED, 2))
    for words, absent in _UNKNOWN_OF_ALL:
        _absent(ask, absent)
        yield ask.ask(words, "unanswerable", (None, ()))
    for words, stranger in _STRANGERS:
        _absent(ask, (stranger,))
        yield ask.ask(words, "unknown", (None, ()))


def ambiguous(ask: Asking) -> Iterator[Sample]:
    for words, name in _SHARED:
        owners = ask.tables.column(
            "SELECT who FROM people WHERE list_contains(string_split(name, ' '), $name) ORDER BY who", name=name
        )
        if len(owners) < 2:
            raise ValueError(f"{name} fits {owners} alone")
        yield ask.ask(words.replace("{name}", name), "ambiguous", (owners, ())).model_copy(
            update={"customer_ids": tuple(owners)}
        )


def _absent(ask: Asking, words: tuple[str, ...]) -> None:
    if told := held(ask.tables, words):
        raise ValueError(f"{words} stand in events of {sorted(told)[:3]}")
